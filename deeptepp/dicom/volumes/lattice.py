"""Whether planes lie on a regular lattice, and on which grid: spacing, absent slices, drift, what is one grid.

References
----------
DICOM PS3.3 C.7.6.2.1.1 (Image Plane Module: position, orientation, spacing).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deeptepp.dicom.header.headers import Frame
from deeptepp.dicom.volumes.stack import Stack, earliest, unsorted
from deeptepp.domain.geometry import FloatArray, Grid
from deeptepp.errors import DicomError, ImplausibleGeometry, IrregularSpacing, MissingSlice, MissingTag
from deeptepp.imaging.plausible import implausible_length

SAME_GRID_MM = 0.5
"""Two volumes whose corners lie no farther apart than this share one grid. Real headers have positions rounded to
0.1 mm (0.05 mm off), spacings rounded in the fifth digit (0.01 mm at the last column), orientations computed anew
for each slice (1e-3 over 340 mm: 0.34 mm). A patient who moved by less needs no other grid: a voxel has 0.7 mm."""


PLACE_SHARE = 0.05
"""Planes nearer to a regular place than this share of the slice interval lie on it, up to ``SAME_GRID_MM``."""


ROUNDING_MM = 0.06
"""Deviation from a regular place in mm that is always allowed: positions may be rounded to 0.1 mm."""


SAME_DIRECTION = 1.5e-3
"""Largest difference of two direction cosines in one orientation: ``SAME_GRID_MM`` over 340 mm."""


_NOISE = 1e-6
"""Direction cosines below this are zero written with rounding noise."""


def are_close(a: tuple[float, ...] | None, b: tuple[float, ...] | None, tolerance: float) -> bool:
    """Compare two vectors, either of which may be absent.

    True also where both are absent.
    """
    if a is None or b is None:
        return a is b
    return all(abs(x - y) <= tolerance for x, y in zip(a, b, strict=True))


def axes_of(frames: Sequence[Frame]) -> FloatArray | None:
    """Give the axes that planes of one orientation share.

    z runs along the normal towards +L, +P or +S, whichever it is nearest to. The median over the planes stands for
    all, so that none is more than any other. Gives (3, 3) float64 or None: unit LPS directions of the (z, y, x)
    axes as columns; None where they are no right angle.
    """
    cosines = np.median(np.array([frame.orientation for frame in frames], dtype=np.float64), axis=0)
    cosines[np.abs(cosines) < _NOISE] = 0.0
    row, column = cosines[:3], cosines[3:]
    lengths = np.linalg.norm(row), np.linalg.norm(column)
    if min(lengths) < 0.9 or abs(row @ column) > SAME_DIRECTION:
        return None
    row = row / lengths[0]
    column = column - (column @ row) * row
    column = column / np.linalg.norm(column)
    return np.stack([_upward(np.cross(row, column)), column, row], axis=1)


def _upward(normal: FloatArray) -> FloatArray:
    """Turn a normal towards +S, +P or +L, whichever it is nearest to; at a tie the first of these."""
    size = np.abs(normal)
    # The tolerance keeps rounding noise from turning one phase of a 45-degree oblique around.
    axis = next(i for i in (2, 1, 0) if size[i] > size.max() - SAME_DIRECTION)
    upward: FloatArray = normal * np.sign(normal[axis])
    return upward


def volume_of(frames: Sequence[Frame], axes: FloatArray) -> Stack:
    """Put regular planes on a grid.

    ``frames``: at least two, in order of place, without irregularity; ``axes``, (3, 3) float64: unit LPS
    directions of the (z, y, x) axes as columns. Without a grid where a spacing is none that an image can have.
    """
    points = np.array([frame.position_mm for frame in frames])
    rise = float((points[-1] - points[0]) @ axes[:, 0] / (len(frames) - 1))
    dy, dx = (float(v) for v in np.median(np.array([frame.spacing_mm for frame in frames]), axis=0))
    if min(dy, dx) <= 0:
        return unsorted(frames, MissingTag(value=len(frames), keyword="a positive PixelSpacing"))
    edges = (("The slice interval", rise), ("PixelSpacing", dy), ("PixelSpacing", dx))
    implausible = implausible_length(edges, "ImagePositionPatient", float(np.abs(points).max()))
    if implausible:
        return unsorted(frames, ImplausibleGeometry(**implausible))
    first = frames[0]
    affine = np.eye(4)
    affine[:3, :3] = axes * np.array([rise, dy, dx])
    affine[:3, 3] = points[0]
    grid = Grid((len(frames), first.rows, first.columns), affine)
    return Stack(first.series, tuple(frames), grid, None, earliest(frames))


def irregularity(points: FloatArray, normal: FloatArray) -> DicomError | None:
    """Find absent slices, uneven intervals and sideways drift of a stack.

    ``points``, (n, 3) float64: origins of the planes in mm, in order of place; ``normal``, (3,) float64: their
    common normal.
    """
    if len(points) < 2:
        return None
    heights = points @ normal
    intervals = np.diff(heights)
    counts = np.maximum(np.rint(intervals / intervals.min()), 1)
    step = float(intervals.sum() / counts.sum())
    tolerance = max(ROUNDING_MM, min(SAME_GRID_MM, PLACE_SHARE * step))
    n_absent = int(counts.sum()) - len(intervals)
    # How far planes lie from their places, not how uneven the intervals are: rounding does not add up.
    places = heights[0] + step * np.concatenate([[0.0], np.cumsum(counts)])
    deviation = float(np.ptp(heights - places)) / 2
    if deviation > tolerance or n_absent > len(points):
        spread = float(np.abs(intervals - np.median(intervals)).max())
        return IrregularSpacing(value=round(spread, 3), limit=round(tolerance, 3))
    if n_absent:
        return MissingSlice(phase="The images", value=n_absent, every_mm=round(step, 3))
    drift = points - points[0] - np.outer(heights - heights[0], normal)
    sideways = float(np.linalg.norm(drift, axis=1).max())
    if sideways > SAME_GRID_MM:
        return IrregularSpacing(value=round(sideways, 3), limit=SAME_GRID_MM)
    return None
