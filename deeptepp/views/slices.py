"""Slice filtering: where along a normal the slices of a view lie, so that each of them shows tumour."""

from __future__ import annotations

import numpy as np

from deeptepp.domain.geometry import FloatArray
from deeptepp.domain.lesion import Roi

MIN_AREA_FRACTION = 0.10
"""A slice with less tumour area than this fraction of the largest one is left out (slice filtering)."""

_FALLBACK_HALF_EXTENT_MM = 12.0
"""Slices span +- this much where the outline is a single layer of voxels along the normal."""

_THIN = 0.99
"""A single layer: the voxel centres differ by less than this many voxels along the normal."""

_REACH = 0.75
"""No slice lies farther out than this fraction of the ball's radius; there its disc is two thirds as wide."""


def slice_positions_mm(
    roi: Roi,
    normal: FloatArray,
    centre_mm: FloatArray,
    *,
    n_slices: int,
    radius_mm: float,
    min_area_fraction: float = MIN_AREA_FRACTION,
) -> FloatArray:
    """Place the slices of a view evenly over the tumour.

    ``normal``, (3,) float64: unit LPS normal of the slices; ``centre_mm``, (3,) float64: LPS point at which the
    position is 0: the middle of the ball that the view shows; ``radius_mm``: radius of that ball, in mm;
    ``min_area_fraction``: share of the largest area from which on a slice is kept; 0 keeps all with tumour. Gives
    (M,) float64: positions along the normal in mm, ascending: from where the tumour area first reaches that share
    of its maximum to where it last does, but within three quarters of the ball's radius.
    """
    # 1. The position along the normal of every voxel of the tumour.
    spacing_mm = roi.grid.spacing_mm[0]
    per_index = roi.grid.affine[:3, :3].T @ normal
    start = float((roi.grid.affine[:3, 3] - centre_mm) @ normal)
    z, y, x = (np.arange(n) * step for n, step in zip(roi.mask.shape, per_index, strict=True))
    # Only where there is tumour: the whole cube would take most of the time of a view.
    row, column = np.divmod(np.flatnonzero(roi.mask), roi.mask.shape[2])
    layer, row = np.divmod(row, roi.mask.shape[1])
    position = ((z[layer] + y[row]) + x[column]) + start
    # 2. From where to where there is enough tumour; a flat one has a fixed extent around its middle.
    if np.ptp(position) < _THIN * spacing_mm:
        extent_mm = position.mean() + np.array([-_FALLBACK_HALF_EXTENT_MM, _FALLBACK_HALF_EXTENT_MM])
    else:
        extent_mm = _trimmed_extent(position / spacing_mm, min_area_fraction) * spacing_mm
    # 3. Even steps between, within the ball that the view shows.
    low_mm, high_mm = np.clip(extent_mm, -_REACH * radius_mm, _REACH * radius_mm)
    return np.linspace(low_mm, high_mm, n_slices)


def _trimmed_extent(position: FloatArray, min_area_fraction: float) -> FloatArray:
    """Find where the area profile of positions (n,), in voxels, first and last crosses the kept fraction."""
    first = int(np.floor(position.min())) - 1
    # Each voxel is shared between its two nearest bins: lattice planes oblique to the normal would beat otherwise.
    below = np.floor(position).astype(np.int64)
    share = position - below
    length = int(below.max()) - first + 3
    area = np.bincount(below - first, 1 - share, length) + np.bincount(below - first + 1, share, length)
    # Where the profile crosses the limit, by linear interpolation between bins.
    limit = min_area_fraction * area.max()
    kept = np.flatnonzero((area >= limit) & (area > 0))
    i, j = int(kept[0]), int(kept[-1])
    low = i - (area[i] - limit) / (area[i] - area[i - 1])
    high = j + (area[j] - limit) / (area[j] - area[j + 1])
    # Sharing widens a sharp end by up to a bin; no slice lies beyond the edge of the outermost voxel.
    extent: FloatArray = np.clip(first + np.array([low, high]), position.min() - 0.5, position.max() + 0.5)
    return extent
