"""Made-up patients: a bright sphere, with a dark core where the event will come."""

import json
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from deeptepp.domain.cohort import Cohort
from deeptepp.domain.geometry import Grid
from deeptepp.domain.lesion import Roi
from deeptepp.imaging.roi import RoiSettings, write_roi
from deeptepp.tables import write_cohort
from deeptepp.train.data.dataset import Dataset, PackedRoi
from deeptepp.train.settings import TrainSettings

SMALLEST = {"tile_px": 8, "width": 8, "stem_channels": 4, "view_names": ["axial", "coronal"]}
"""Settings that change how long a run takes, not how it is stopped, shared between processes and resumed."""

SPACING_MM = 3.0
N_VOXELS = 24


def make_roi(rng: np.random.Generator, *, has_rim: bool) -> Roi:
    """A sphere of 12 mm radius in noise; the rim is a sphere without its core."""
    affine = np.zeros((4, 4))
    affine[[0, 1, 2], [2, 1, 0]] = SPACING_MM
    affine[3, 3] = 1.0
    grid = Grid((N_VOXELS,) * 3, affine)
    distance_mm = np.linalg.norm(grid.to_mm(np.argwhere(np.ones(grid.shape))) - grid.centre_mm, axis=1)
    distance_mm = distance_mm.reshape(grid.shape)
    mask = distance_mm <= 12
    bright = mask & (distance_mm > 8) if has_rim else mask
    voxels = 3.0 * bright + 0.2 * rng.normal(size=grid.shape)
    return Roi(voxels[None].astype(np.float32), mask, grid)


def make_cohort(event: np.ndarray, arm: np.ndarray, rng: np.random.Generator) -> Cohort:
    """Follow-up and clinical facts that say nothing about the event."""
    n = len(event)
    columns = {
        "subject": np.array([f"S{i:04d}" for i in range(n)]),
        "arm": arm,
        "rfs_months": rng.uniform(10, 100, n),
        "rfs_event": event,
        "os_months": np.full(n, 100.0),
        "os_event": np.zeros(n, dtype=bool),
        "latent_risk": np.where(event, 1.0, -0.2) + 0.1 * rng.normal(size=n),
        "tumour_size_mm": rng.uniform(10, 60, n),
        "node_stage": rng.choice(["N0", "N1"], n),
        "er_positive": rng.random(n) < 0.5,
        "pr_positive": rng.random(n) < 0.5,
        "ki67_pct": rng.uniform(5, 80, n),
    }
    return Cohort(columns, is_simulated=True)


@pytest.fixture(scope="session")
def make_dataset() -> Callable[..., Dataset]:
    def make(n: int, *, positive_every: int = 3, scored_only_every: int = 0, seed: int = 0) -> Dataset:
        rng = np.random.default_rng(seed)
        event = np.arange(n) % positive_every == 0
        arm = np.full(n, "T", dtype=object)
        if scored_only_every:
            arm[1::scored_only_every] = "T+P"
        rois = tuple(PackedRoi.pack(make_roi(rng, has_rim=bool(e))) for e in event)
        roi_settings = RoiSettings(size_mm=N_VOXELS * SPACING_MM, spacing_mm=SPACING_MM, channels=("post",))
        return Dataset(
            make_cohort(event, arm.astype(str), rng), rois, roi_settings, "0" * 64, {"preset": "made up"}
        )

    return make


@pytest.fixture(scope="session")
def settings_in() -> Callable[..., TrainSettings]:
    """Settings of a run that takes seconds, in a folder."""

    def make(folder: Path, **changes: object) -> TrainSettings:
        small = {
            "dataset": folder / "dataset",
            "output": folder / "run",
            "fov_mm": 56.0,
            "n_slices": 4,
            "tile_px": 16,
            "width": 16,
            "stem_channels": 8,
            "epochs": 2,
            "batch_size": 8,
            "n_folds": 2,
            "precision": "fp32",
            "device": "cpu",
            "n_threads": 1,
        }
        return TrainSettings.from_mapping(small | changes)

    return make


@pytest.fixture(scope="session")
def smallest_settings_in(settings_in: Callable[..., TrainSettings]) -> Callable[..., TrainSettings]:
    """Settings of the smallest run, for tests that ask how runs end and go on, not what they learn."""
    return partial(settings_in, **SMALLEST)


@pytest.fixture
def quick_settings(settings_in: Callable[..., TrainSettings], tmp_path: Path) -> Callable[..., TrainSettings]:
    return partial(settings_in, tmp_path)


@pytest.fixture
def smallest_settings(
    smallest_settings_in: Callable[..., TrainSettings], tmp_path: Path
) -> Callable[..., TrainSettings]:
    return partial(smallest_settings_in, tmp_path)


@pytest.fixture(scope="session")
def write_folder() -> Callable[[Dataset, Path], Path]:
    """Lay a dataset out on disk as ``deeptepp simulate`` does."""

    def write(dataset: Dataset, folder: Path) -> Path:
        (folder / "rois").mkdir(parents=True)
        write_cohort(dataset.cohort, folder / "cohort.parquet")
        for patient, subject in enumerate(dataset.cohort["subject"]):
            write_roi(dataset.roi(patient), folder / "rois" / f"{subject}.npz")
        description = {"roi_settings": asdict(dataset.roi_settings), **dataset.description}
        (folder / "dataset.json").write_text(json.dumps(description), encoding="utf-8")
        return folder

    return write
