"""A real server and a real Chromium."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest
import tiny_bundle
from playwright.sync_api import expect, sync_playwright

collect_ignore = ["harness_app.py", "harness_page.py"]
ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=15_000)


@dataclass(frozen=True)
class Server:
    """Where the server answers, and where it keeps uploads."""

    url: str
    temporary: Path

    @property
    def uploads(self) -> list[Path]:
        """Every upload on disk, complete or not."""
        return list(self.temporary.glob("deeptepp-uploads-*/studies/*"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_up(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as reply:  # noqa: S310  our own server
            return reply.status == 200
    except OSError:
        return False


@contextlib.contextmanager
def serve(script: Path, temporary: Path, **environment: str):
    """Run one app on a free port until the block ends."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", script.name, "--server.port", str(port)]
    command += ["--server.headless", "true", "--server.address", "127.0.0.1"]
    own = {"TMPDIR": str(temporary), "DEEPTEPP_BOARD": str(temporary / "board.sqlite"), "OMP_NUM_THREADS": "1"}
    env = os.environ | own | environment
    log = (temporary / "server.log").open("w")
    process = subprocess.Popen(command, cwd=script.parent, env=env, stdout=log, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 90
        while not is_up(url):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"The server did not start:\n{(temporary / 'server.log').read_text()[-2000:]}")
            time.sleep(0.3)
        yield Server(url, temporary)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


@pytest.fixture(scope="session")
def bundle_folder(tmp_path_factory):
    return tiny_bundle.make_tiny_bundle(tmp_path_factory.mktemp("artifacts") / "tiny")


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
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("Chromium is not installed (apt-get install chromium fonts-dejavu)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def context(browser):
    """One profile per module, so that the scripts of the dashboard are fetched once."""
    with browser.new_context(viewport={"width": 1440, "height": 1000}) as context:
        yield context


@pytest.fixture
def page(context):
    """A page is a session of its own; a script error in it fails the test."""
    errors = []
    with context.new_page() as page:
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page
    assert errors == []
