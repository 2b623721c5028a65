"""A lesion in the patient frame, and the region of interest around it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.domain.geometry import FloatArray, Grid, frozen
from deeptepp.domain.study import Side


class LesionOrigin(StrEnum):
    """Who outlined the lesion."""

    DETECTOR = "detector"
    READER = "reader"
    """In a box that a reader drew."""
    EXPERT = "expert"
    """By hand, in a file that came with the images."""


@dataclass(frozen=True, slots=True)
class BoxMm:
    """An axis-aligned box in LPS millimetres: ``low`` and ``high`` corners, each (x, y, z)."""

    low: tuple[float, float, float]
    high: tuple[float, float, float]

    @property
    def centre(self) -> tuple[float, float, float]:
        """Middle of the box, (x, y, z) LPS mm."""
        x, y, z = ((a + b) / 2 for a, b in zip(self.low, self.high, strict=True))
        return x, y, z

    @property
    def size_mm(self) -> tuple[float, float, float]:
        """Edge lengths along x, y, z in mm."""
        x, y, z = (b - a for a, b in zip(self.low, self.high, strict=True))
        return x, y, z


@dataclass(frozen=True, slots=True)
class SliceBox:
    """A box in the files of one phase: first and last row, column and slice, each counted from 1 and inside.

    Slices count in the order of the file names, as the annotations of Duke-Breast-Cancer-MRI do.
    """

    rows: tuple[int, int]
    columns: tuple[int, int]
    slices: tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Lesion:
    """One enhancing lesion.

    Parameters
    ----------
    mask : (z, y, x) bool
        Voxels of the lesion; not empty. May cover only a block around it.
    grid : Grid
        Where the mask is.
    confidence : float
        Detector score of this candidate in [0, 1]; 1 for a reader's outline.
    origin : LesionOrigin
        Detector, reader or expert.
    runner_up_ratio : float
        Score of this candidate over that of the next one; inf when alone.
    features : dict of str to float
        Measured facts (mean enhancement, tubeness ...), each named with its unit.
    side : Side or None
        The breast that it lies in; None where that is not known.

    Raises
    ------
    ValueError
        The mask is empty or does not fill the grid.
    """

    mask: npt.NDArray[np.bool_]
    grid: Grid
    confidence: float = 1.0
    origin: LesionOrigin = LesionOrigin.DETECTOR
    runner_up_ratio: float = float("inf")
    features: dict[str, float] = field(default_factory=dict)
    side: Side | None = None

    def __post_init__(self) -> None:
        mask = frozen(self.mask, bool)
        if mask.shape != self.grid.shape:
            msg = f"Mask {mask.shape} does not fill the grid {self.grid.shape}"
            raise ValueError(msg)
        if not mask.any():
            msg = "A lesion mask must not be empty"
            raise ValueError(msg)
        object.__setattr__(self, "mask", mask)

    @property
    def points_mm(self) -> FloatArray:
        """LPS positions of the mask voxels, (n, 3)."""
        return self.grid.to_mm(np.argwhere(self.mask))

    @property
    def centroid_mm(self) -> FloatArray:
        """LPS centroid of the mask, (3,)."""
        centroid: FloatArray = self.points_mm.mean(axis=0)
        return centroid

    @property
    def volume_ml(self) -> float:
        """Volume of the mask in millilitres."""
        return float(self.mask.sum()) * self.grid.voxel_volume_ml

    @property
    def box(self) -> BoxMm:
        """Smallest LPS box around the mask, voxel edges included."""
        half = np.abs(self.grid.affine[:3, :3]).sum(axis=1) / 2
        points = self.points_mm
        low, high = points.min(axis=0) - half, points.max(axis=0) + half
        return BoxMm(
            (float(low[0]), float(low[1]), float(low[2])), (float(high[0]), float(high[1]), float(high[2]))
        )

    @property
    def longest_diameter_mm(self) -> float:
        """Largest distance between two mask voxels along 181 directions, plus one voxel, in mm."""
        points = self.points_mm - self.centroid_mm
        k = np.arange(181) + 0.5
        polar, azimuth = np.arccos(1 - k / 181), np.pi * (1 + 5**0.5) * k
        directions = np.stack([np.cos(azimuth) * np.sin(polar), np.sin(azimuth) * np.sin(polar), np.cos(polar)])
        projected = points @ directions
        return float((projected.max(axis=0) - projected.min(axis=0)).max()) + min(self.grid.spacing_mm)

    def contains(self, point_mm: npt.ArrayLike) -> bool:
        """Tell whether the voxel nearest to an LPS point belongs to the lesion."""
        index = np.rint(self.grid.to_index(point_mm)).astype(int)
        if (index < 0).any() or (index >= np.asarray(self.grid.shape)).any():
            return False
        return bool(self.mask[tuple(index)])


@dataclass(frozen=True, slots=True, eq=False)
class Roi:
    """Normalised intensities in a cube around one lesion.

    ``voxels`` (c, z, y, x): channels as the bundle asks for, normalised, see ``imaging.normalise``; ``mask`` is
    (z, y, x). Raises ValueError: shapes differ, the spacing is not isotropic, or the lesion is not inside.
    """

    voxels: npt.NDArray[Any]
    mask: npt.NDArray[np.bool_]
    grid: Grid

    def __post_init__(self) -> None:
        voxels, mask = frozen(self.voxels, np.float32), frozen(self.mask, bool)
        if voxels.ndim != 4 or voxels.shape[1:] != self.grid.shape or mask.shape != self.grid.shape:
            msg = f"Roi voxels {voxels.shape} and mask {mask.shape} do not fill the grid {self.grid.shape}"
            raise ValueError(msg)
        if np.ptp(self.grid.spacing_mm) > 1e-6:
            msg = f"Roi spacing must be isotropic, got {self.grid.spacing_mm}"
            raise ValueError(msg)
        if not mask.any():
            msg = "The lesion must lie inside the Roi"
            raise ValueError(msg)
        object.__setattr__(self, "voxels", voxels)
        object.__setattr__(self, "mask", mask)


@dataclass(frozen=True, slots=True, eq=False)
class ViewStack:
    """Mosaics of one lesion, one per view.

    ``names``: one name per view, in the order that the bundle fixes. Raises ValueError: number of names and views
    differ.
    """

    views: npt.NDArray[np.float32]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        views = frozen(self.views, np.float32)
        if views.ndim != 4 or len(views) != len(self.names):
            msg = f"{len(self.names)} view names for views of shape {views.shape}"
            raise ValueError(msg)
        object.__setattr__(self, "views", views)
