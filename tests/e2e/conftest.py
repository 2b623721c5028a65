"""A real server and a real Chromium."""

import logging
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny_bundle
from dashboard_server import ROOT, free_port, serve
from playwright.sync_api import expect, sync_playwright

from deeptepp.dicom.write import write_study
from deeptepp.errors import NoBrowser
from deeptepp.report.figures.figure_files import find_browser
from deeptepp.simulate.protocols import RUIJIN
from deeptepp.simulate.simulated_study import simulate_study

collect_ignore = ["harness_app.py", "harness_page.py", "question_app.py"]
HERE = Path(__file__).parent
BROWSER = logging.getLogger("browser")
PATIENCE_MS = 60_000
"""How long a step may take on a busy machine; what is there sooner is not waited for."""

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def bundle_folder(tmp_path_factory):
    return tiny_bundle.make_tiny_bundle(tmp_path_factory.mktemp("artifacts") / "tiny")


def write_coarse_study(folder: Path, *, size_mm: float, latent_risk: float, side: int, seed: int) -> Path:
    """Write a simulated study of four phases on a coarse grid as DICOM files."""
    coarse = replace(RUIJIN, matrix=160, n_slices=52, slice_mm=2.0, phase_times_s=(0.0, 90.0, 180.0, 270.0))
    rng = np.random.default_rng(seed)
    simulated = simulate_study(
        latent_risk=latent_risk, tumour_size_mm=size_mm, rng=rng, protocol=coarse, side=side, age_years=52.0
    )
    write_study(simulated.study, folder, description="simulated", patient_key=f"e2e{seed}")
    return folder


def zipped(folder: Path, place: Path) -> Path:
    return Path(shutil.make_archive(str(place / "study"), "zip", folder))


@pytest.fixture(scope="session")
def study_folder(tmp_path_factory):
    """A tumour of 26 mm in the left breast."""
    return write_coarse_study(tmp_path_factory.mktemp("left"), size_mm=26.0, latent_risk=1.0, side=1, seed=7)


@pytest.fixture(scope="session")
def study_zip(study_folder, tmp_path_factory):
    return zipped(study_folder, tmp_path_factory.mktemp("zip"))


@pytest.fixture(scope="session")
def right_study_zip(tmp_path_factory):
    """A tumour of 18 mm in the right breast."""
    folder = write_coarse_study(tmp_path_factory.mktemp("right"), size_mm=18.0, latent_risk=-1.0, side=-1, seed=11)
    return zipped(folder, tmp_path_factory.mktemp("zip"))


@pytest.fixture(scope="session")
def pacs_port():
    """Where the dashboard looks for its PACS; there is none until a test starts one."""
    return free_port()


@pytest.fixture(scope="session")
def app(tmp_path_factory, bundle_folder, pacs_port):
    """The whole dashboard, with the tiny bundle."""
    own = {"DEEPTEPP_ARTIFACTS": str(bundle_folder)}
    own["DEEPTEPP_PACS_URL"] = f"http://127.0.0.1:{pacs_port}/dicom-web"
    with serve(ROOT / "app.py", tmp_path_factory.mktemp("app"), **own) as server:
        yield server
    assert server.uploads == []


@pytest.fixture(scope="session")
def harness(tmp_path_factory):
    """The components alone, on a phantom."""
    with serve(HERE / "harness_app.py", tmp_path_factory.mktemp("harness")) as server:
        yield server


@pytest.fixture(scope="module")
def browser():
    """One browser per module: while it is open, its thread counts as running an event loop."""
    try:
        chromium = find_browser()
    except NoBrowser:
        pytest.skip("Chromium is not installed (apt-get install chromium-headless-shell fonts-dejavu)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def context(browser):
    """One profile per module, so that the scripts of the dashboard are fetched once."""
    with browser.new_context(viewport={"width": 1440, "height": 1000}) as context:
        context.set_default_timeout(PATIENCE_MS)
        yield context


@pytest.fixture
def page(context):
    """A page is a session of its own; a script error in it fails the test, which prints what the browser said."""
    errors = []
    with context.new_page() as page:
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: BROWSER.warning("%s: %s", said.type, said.text))
        yield page
    assert errors == []
