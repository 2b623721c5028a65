"""Grids and volumes: array order is (z, y, x), the patient frame is LPS millimetres, everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_ORTHOGONALITY_TOLERANCE = 1e-4
"""Largest cosine between two grid axes that still counts as a right angle."""

_GRID_TOLERANCE_MM = 0.01
"""Two grids whose corners differ by less than this, in mm, are the same grid."""


def frozen(array: npt.ArrayLike, dtype: npt.DTypeLike | None = None) -> npt.NDArray[Any]:
    """Read-only view of an array, converted where it is of another type."""
    result = np.asarray(array, dtype=dtype).view()
    result.flags.writeable = False
    return result


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A regular sampling of the patient frame.

    Parameters
    ----------
    shape : (z, y, x)
        Number of voxels along each array axis.
    affine : (4, 4) float64
        Maps an array index ``(k, j, i, 1)`` in (z, y, x) order to LPS millimetres ``(x, y, z, 1)``.

    Raises
    ------
    ValueError
        The shape is not positive, or the axes are not orthogonal.
    """

    shape: tuple[int, int, int]
    affine: FloatArray

    def __post_init__(self) -> None:
        shape = tuple(int(n) for n in self.shape)
        affine = frozen(np.array(self.affine, dtype=np.float64))
        if len(shape) != 3 or min(shape) < 1:
            msg = f"Grid shape must be three positive numbers (z, y, x), got {shape}"
            raise ValueError(msg)
        if affine.shape != (4, 4) or not np.isfinite(affine).all():
            msg = f"Grid affine must be a finite 4x4 matrix, got shape {affine.shape}"
            raise ValueError(msg)
        columns = affine[:3, :3]
        lengths = np.linalg.norm(columns, axis=0)
        if lengths.min() <= 0:
            msg = "Grid spacing must be positive along each axis"
            raise ValueError(msg)
        unit = columns / lengths
        if np.abs(unit.T @ unit - np.eye(3)).max() > _ORTHOGONALITY_TOLERANCE:
            msg = "Grid axes must be orthogonal"
            raise ValueError(msg)
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "affine", affine)

    @classmethod
    def axial(
        cls,
        shape: Sequence[int],
        spacing_mm: Sequence[float],
        origin_mm: Sequence[float] = (0.0, 0.0, 0.0),
    ) -> Grid:
        """Make a grid whose z, y, x array axes run along +S, +P, +L.

        Parameters
        ----------
        shape : (z, y, x)
            Number of voxels.
        spacing_mm : (dz, dy, dx)
            Millimetres per voxel in array order.
        origin_mm : (x, y, z)
            LPS position of the centre of voxel (0, 0, 0).

        Returns
        -------
        Grid
            The grid.
        """
        dz, dy, dx = spacing_mm
        affine = np.eye(4)
        affine[:3, :3] = [[0.0, 0.0, dx], [0.0, dy, 0.0], [dz, 0.0, 0.0]]
        affine[:3, 3] = origin_mm
        nz, ny, nx = shape
        return cls((nz, ny, nx), affine)

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Millimetres per voxel, (dz, dy, dx) in array order."""
        # Three roots of three squares: what numpy's norm gives, at a tenth of the time.
        dz, dy, dx = (sqrt(x * x + y * y + z * z) for x, y, z in self.affine[:3, :3].T.tolist())
        return dz, dy, dx

    @property
    def voxel_volume_mm3(self) -> float:
        """Volume of one voxel in cubic millimetres."""
        return prod(self.spacing_mm)

    @property
    def voxel_volume_ml(self) -> float:
        """Volume of one voxel in millilitres."""
        return self.voxel_volume_mm3 / 1000.0

    @property
    def directions(self) -> FloatArray:
        """Unit LPS vectors of the z, y, x array axes, as the columns of a (3, 3) matrix."""
        unit: FloatArray = self.affine[:3, :3] / np.asarray(self.spacing_mm)
        return unit

    @property
    def centre_mm(self) -> FloatArray:
        """LPS position of the middle of the grid, (3,)."""
        return self.to_mm((np.asarray(self.shape) - 1) / 2.0)

    def to_mm(self, index: npt.ArrayLike) -> FloatArray:
        """Map array indices (..., 3) in (z, y, x) order to LPS millimetres (..., 3)."""
        points: FloatArray = np.asarray(index, dtype=np.float64) @ self.affine[:3, :3].T + self.affine[:3, 3]
        return points

    def to_index(self, points_mm: npt.ArrayLike) -> FloatArray:
        """Map LPS millimetres (..., 3) to fractional array indices (..., 3) in (z, y, x) order."""
        inverse = np.linalg.inv(self.affine[:3, :3])
        index: FloatArray = (np.asarray(points_mm, dtype=np.float64) - self.affine[:3, 3]) @ inverse.T
        return index

    def contains(self, point_mm: npt.ArrayLike) -> bool:
        """Tell whether an LPS point lies inside the outermost voxel centres."""
        index = self.to_index(point_mm)
        return bool((index >= -0.5).all() and (index <= np.asarray(self.shape) - 0.5).all())

    def corners_mm(self) -> FloatArray:
        """Centres of the eight corner voxels in LPS millimetres, (8, 3)."""
        last = np.asarray(self.shape) - 1
        return self.to_mm(np.array(np.meshgrid(*[(0, n) for n in last], indexing="ij")).reshape(3, -1).T)

    def crop(self, start: Sequence[int], stop: Sequence[int]) -> Grid:
        """Take the block of voxels from ``start`` to ``stop`` (exclusive), both (z, y, x)."""
        affine = self.affine.copy()
        affine[:3, 3] = self.to_mm(start)
        nz, ny, nx = (int(b) - int(a) for a, b in zip(start, stop, strict=True))
        return Grid((nz, ny, nx), affine)

    def is_close(self, other: Grid, *, tolerance_mm: float = _GRID_TOLERANCE_MM) -> bool:
        """Tell whether two grids sample the same points."""
        if self.shape != other.shape:
            return False
        return bool(np.abs(self.corners_mm() - other.corners_mm()).max() <= tolerance_mm)


def overlap(a: Grid, b: Grid) -> float:
    """Share of the smaller of two boxes that lies in the other, axis by axis of the patient.

    The result is in [0, 1].
    """
    p, q = a.corners_mm(), b.corners_mm()
    low, high = np.maximum(p.min(axis=0), q.min(axis=0)), np.minimum(p.max(axis=0), q.max(axis=0))
    size = np.minimum(np.ptp(p, axis=0), np.ptp(q, axis=0))
    return float(np.prod(np.clip(high - low, 0, None) / np.maximum(size, 1e-6)))


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """Intensities on a grid.

    ``voxels`` (z, y, x): intensities, any real dtype, kept read-only. Raises ValueError: shapes differ, or a voxel
    is not finite.
    """

    voxels: npt.NDArray[Any]
    grid: Grid

    def __post_init__(self) -> None:
        voxels = frozen(self.voxels)
        if voxels.shape != self.grid.shape:
            msg = f"Voxels {voxels.shape} do not fill the grid {self.grid.shape}"
            raise ValueError(msg)
        if voxels.dtype.kind == "f" and not np.isfinite(voxels).all():
            msg = "Volume voxels must be finite"
            raise ValueError(msg)
        object.__setattr__(self, "voxels", voxels)
