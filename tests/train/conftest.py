"""Made-up patients: a bright sphere, with a dark core where the event will come."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from sphere_dataset import dataset_of, rois_of, write_dataset

from deeptepp.domain.cohort import Cohort
from deeptepp.train.data.dataset import Dataset
from deeptepp.train.settings import TrainSettings

SMALLEST = {"tile_px": 8, "width": 8, "stem_channels": 4, "view_names": ["axial", "coronal"]}
"""Settings that change how long a run takes, not how it is stopped, shared between processes and resumed."""


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
        rois = rois_of(event, rng)
        return dataset_of(make_cohort(event, arm.astype(str), rng), rois)

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
    return write_dataset
