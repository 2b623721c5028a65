"""Regions of interest made up for tests, a bright sphere with or without a core, and their dataset on disk."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from deeptepp.domain.cohort import Cohort
from deeptepp.domain.geometry import Grid
from deeptepp.domain.lesion import Roi
from deeptepp.imaging.roi import RoiSettings, write_roi
from deeptepp.tables import write_cohort
from deeptepp.train.data.dataset import Dataset, PackedRoi

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


ROI_SETTINGS = RoiSettings(size_mm=N_VOXELS * SPACING_MM, spacing_mm=SPACING_MM, channels=("post",))


def rois_of(has_rim: np.ndarray, rng: np.random.Generator) -> tuple[PackedRoi, ...]:
    """A region of interest of each patient, (n,) with a rim or without."""
    return tuple(PackedRoi.pack(make_roi(rng, has_rim=bool(each))) for each in has_rim)


def dataset_of(cohort: Cohort, rois: tuple[PackedRoi, ...]) -> Dataset:
    """Put patients and their regions of interest together."""
    return Dataset(cohort, rois, ROI_SETTINGS, "0" * 64, {"preset": "made up"})


def write_dataset(dataset: Dataset, folder: Path) -> Path:
    """Lay a dataset out on disk as ``deeptepp simulate`` does."""
    (folder / "rois").mkdir(parents=True)
    write_cohort(dataset.cohort, folder / "cohort.parquet")
    for patient, subject in enumerate(dataset.cohort["subject"]):
        write_roi(dataset.roi(patient), folder / "rois" / f"{subject}.npz")
    description = {"roi_settings": asdict(dataset.roi_settings), **dataset.description}
    (folder / "dataset.json").write_text(json.dumps(description), encoding="utf-8")
    return folder
