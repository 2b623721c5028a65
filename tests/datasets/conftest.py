"""Manifests that are right, to be spoilt one thing at a time."""

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import phantoms_dicom
import pytest

from deeptepp.dicom.write import write_study
from deeptepp.domain.geometry import Grid
from deeptepp.domain.lesion import Roi
from deeptepp.imaging.roi import RoiSettings, write_roi
from deeptepp.simulate.protocols import RUIJIN
from deeptepp.simulate.simulated_study import simulate_study

SETTINGS = RoiSettings(size_mm=48.0, spacing_mm=2.0)
Rows = list[dict[str, object]]


def make_roi(rng: np.random.Generator, settings: RoiSettings = SETTINGS) -> Roi:
    """A ball in noise."""
    n = settings.n_voxels
    grid = Grid.axial((n, n, n), (settings.spacing_mm,) * 3, (0.0, 0.0, 0.0))
    mask = np.zeros((n, n, n), dtype=bool)
    mask[n // 3 : n // 2, n // 3 : n // 2, n // 3 : n // 2] = True
    return Roi(rng.normal(size=(1, n, n, n)).astype(np.float32), mask, grid)


@pytest.fixture
def new_roi() -> Callable[..., Roi]:
    return make_roi


@pytest.fixture
def settings() -> RoiSettings:
    return SETTINGS


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    """Eighteen patients with regions of interest; six have an event, three are in cohort 3."""
    rng = np.random.default_rng(1)
    made: Rows = []
    for i in range(18):
        name = f"region-{i}.npz"
        write_roi(make_roi(rng), tmp_path / name)
        made.append(
            {
                "subject": f"MRN-55{i:02d}",
                "arm": "T+P" if i % 6 == 5 else "T",
                "rfs_months": 20 + i,
                "rfs_event": int(i % 3 == 0),
                "os_months": 60,
                "os_event": 0,
                "tumour_size_mm": 18 + i,
                "node_stage": "N0",
                "er_positive": "yes",
                "pr_positive": "no",
                "roi": name,
            }
        )
    return made


@pytest.fixture
def write_manifest(tmp_path: Path) -> Callable[..., Path]:
    """Write rows as CSV beside the images."""

    def write(rows: Rows, name: str = "manifest.csv", delimiter: str = ",") -> Path:
        path = tmp_path / name
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]), delimiter=delimiter)
            writer.writeheader()
            writer.writerows(rows)
        return path

    return write


@pytest.fixture(scope="session")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real DICOM: two with a tumour, one of noise, one of a single phase, one that is CT, one that is no DICOM."""
    folder = tmp_path_factory.mktemp("studies")
    tiny = replace(RUIJIN, name="tiny", matrix=88, n_slices=28, slice_mm=3.8)
    for i in range(2):
        rng = np.random.default_rng(3 + i)
        study = simulate_study(latent_risk=0.5, tumour_size_mm=26.0, rng=rng, protocol=tiny).study
        write_study(study, folder / f"tumour-{i}", description="simulated", patient_key="SIM")
    known = phantoms_dicom.truth()
    phantoms_dicom.save_zip(phantoms_dicom.dynamic_series(known), folder / "noise.zip")
    phantoms_dicom.save_zip(
        phantoms_dicom.dynamic_series(phantoms_dicom.truth(times_s=(0.0,))), folder / "one.zip"
    )
    phantoms_dicom.save_zip(phantoms_dicom.dynamic_series(known, Modality="CT"), folder / "ct.zip")
    (folder / "letter.zip").write_text("Dear Jane Doe")
    return folder
