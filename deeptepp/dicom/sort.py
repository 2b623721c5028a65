"""Sorts image planes into volumes by geometry and time alone.

File order, file names, InstanceNumber and SliceThickness play no part: a plane's place is its
ImagePositionPatient projected on the common normal, and planes that fall on one place are told apart by time.

References
----------
DICOM PS3.3 C.7.6.2.1.1 (Image Plane Module: position, orientation, spacing).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isclose

import numpy as np

from deeptepp.dicom.clock import Clock
from deeptepp.dicom.headers import Frame, SeriesFacts
from deeptepp.dicom.split import split_in_time
from deeptepp.domain.geometry import FloatArray, Grid
from deeptepp.errors import DicomError, ImplausibleGeometry, IrregularSpacing, MissingSlice, MissingTag

SAME_DIRECTION = 1e-3
"""Largest difference of two direction cosines that still count as one orientation (headers carry noise of 1e-10
to 1e-5)."""

SAME_PLACE_MM = 0.01
"""Planes nearer than this along the normal lie on one place."""

SPACING_TOLERANCE = 0.02
"""Largest deviation of a slice interval from the mean, as a share of it."""

SPACING_TOLERANCE_MM = 0.02
"""Deviation in mm that is always allowed: rounding of decimal strings."""

SHEAR_TOLERANCE_MM = 0.1
"""Largest sideways drift of a stack in mm, beyond which it is no rectangular volume (gantry tilt)."""

PLAUSIBLE_SPACING_MM = (0.05, 50.0)
"""Closed interval of slice intervals and pixel spacings in mm, wide of any protocol; a survey has 20 mm slices."""

FARTHEST_MM = 10_000.0
"""Largest coordinate of a position in mm: no scanner is longer; beyond 1e12, a voxel is lost in rounding."""

_NOISE = 1e-6
"""Direction cosines below this are zero written with rounding noise."""


@dataclass(frozen=True, slots=True)
class Stack:
    """The planes of one volume, in slice order.

    Parameters
    ----------
    series : SeriesFacts
        What the planes share.
    frames : tuple of Frame
        In slice order where there is a grid, else in no order.
    grid : Grid or None
        None where the planes make no regular volume.
    problem : DicomError or None
        Why not; None also for a single plane.
    clock : Clock
        Earliest sign of each kind over the planes.
    """

    series: SeriesFacts
    frames: tuple[Frame, ...]
    grid: Grid | None
    problem: DicomError | None
    clock: Clock


def stacks_of(frames: Iterable[Frame]) -> tuple[Stack, ...]:
    """Sort planes into volumes; planes that make none still come back, with the reason.

    Parameters
    ----------
    frames : iterable of Frame
        Planes of any number of series, in any order, each once.

    Returns
    -------
    tuple of Stack
        Ordered by series and time; the same whatever the order of the planes.
    """
    by_series: dict[str, list[Frame]] = defaultdict(list)
    for frame in frames:
        by_series[frame.series.series_uid].append(frame)
    stacks = []
    for uid in sorted(by_series):
        ordered = sorted(by_series[uid], key=lambda f: f.identity)
        for kind in _kinds(ordered):
            stacks.extend(_stacks_of_kind(kind))
    return tuple(stacks)


def _kinds(frames: Sequence[Frame]) -> list[list[Frame]]:
    """Part the planes of a series by image type, echo and orientation."""
    kinds: list[list[Frame]] = []
    for frame in frames:
        home = next((kind for kind in kinds if _is_same_kind(kind[0], frame)), None)
        if home is None:
            kinds.append([frame])
        else:
            home.append(frame)
    return kinds


def _is_same_kind(a: Frame, b: Frame) -> bool:
    """Tell whether two planes of one series can belong to one dynamic series."""
    if (a.rows, a.columns, a.series.image_type) != (b.rows, b.columns, b.series.image_type):
        return False
    echo = (a.series.echo_time_ms or 0.0, b.series.echo_time_ms or 0.0)
    return (
        a.series.is_diffusion == b.series.is_diffusion
        and isclose(*echo, rel_tol=0.02)
        and _are_close(a.orientation, b.orientation, SAME_DIRECTION)
        and _are_close(a.spacing_mm, b.spacing_mm, SAME_DIRECTION)
    )


def _are_close(a: tuple[float, ...] | None, b: tuple[float, ...] | None, tolerance: float) -> bool:
    """Compare two vectors, either of which may be absent."""
    if a is None or b is None:
        return a is b
    return all(abs(x - y) <= tolerance for x, y in zip(a, b, strict=True))


def _stacks_of_kind(frames: list[Frame]) -> list[Stack]:
    """Part planes of one kind by time and order each part by place."""
    problem = _lacks_geometry(frames)
    if problem is not None:
        return [_unsorted(frames, problem)]
    axes = _axes(frames[0])
    if axes is None:
        return [_unsorted(frames, MissingTag(value=len(frames), keyword="a valid ImageOrientationPatient"))]
    places = _places(frames, axes)
    if len(places) == 1:
        return [_unsorted(part, None) for part in split_in_time(places) or [frames]]
    parts = split_in_time(places)
    if parts is None:
        keyword = "a TemporalPositionIdentifier or AcquisitionTime that tells repeated slices apart"
        return [_unsorted(frames, MissingTag(value=len(frames), keyword=keyword))]
    return [_ordered(part, axes) for part in parts]


def _lacks_geometry(frames: Sequence[Frame]) -> DicomError | None:
    """Name the first attribute without which planes have no place."""
    for keyword, name in (
        ("ImagePositionPatient", "position_mm"),
        ("ImageOrientationPatient", "orientation"),
        ("PixelSpacing", "spacing_mm"),
    ):
        n_lacking = sum(getattr(frame, name) is None for frame in frames)
        if n_lacking:
            return MissingTag(value=n_lacking, keyword=keyword)
    return None


def _axes(frame: Frame) -> FloatArray | None:
    """Give the unit LPS directions of the (z, y, x) axes as columns; None where they are no right angle.

    z runs along the normal towards +L, +P or +S, whichever it is nearest to.
    """
    cosines = np.array(frame.orientation, dtype=np.float64)
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


def _places(frames: Sequence[Frame], axes: FloatArray) -> list[list[Frame]]:
    """Gather planes on one place along the normal, in ascending order of place."""
    heights = np.array([frame.position_mm for frame in frames]) @ axes[:, 0]
    order = np.argsort(heights, kind="stable")
    places: list[list[Frame]] = []
    last = -np.inf
    for i in order:
        if heights[i] - last > SAME_PLACE_MM:
            places.append([])
        places[-1].append(frames[i])
        last = heights[i]
    return places


def _ordered(frames: Sequence[Frame], axes: FloatArray) -> Stack:
    """Order the planes of one phase, given in order of place, and check that they make a volume."""
    points = np.array([frame.position_mm for frame in frames])
    problem = _irregularity(points, axes[:, 0])
    if len(frames) < 2 or problem is not None:
        return _unsorted(frames, problem)
    first = frames[0]
    rise = (points[-1] - points[0]) @ axes[:, 0] / (len(frames) - 1)
    dy, dx = first.spacing_mm or (0.0, 0.0)
    if min(dy, dx) <= 0:
        return _unsorted(frames, MissingTag(value=len(frames), keyword="a positive PixelSpacing"))
    problem = _implausibility(points, (float(rise), dy, dx))
    if problem is not None:
        return _unsorted(frames, problem)
    affine = np.eye(4)
    affine[:3, :3] = axes * np.array([rise, dy, dx])
    affine[:3, 3] = points[0]
    grid = Grid((len(frames), first.rows, first.columns), affine)
    return Stack(first.series, tuple(frames), grid, None, earliest(frames))


def _irregularity(points: FloatArray, normal: FloatArray) -> DicomError | None:
    """Find absent slices, uneven intervals and sideways drift of a stack, (n, 3) mm in order of place."""
    if len(points) < 2:
        return None
    heights = points @ normal
    intervals = np.diff(heights)
    counts = np.maximum(np.rint(intervals / intervals.min()), 1)
    step = float(intervals.sum() / counts.sum())
    tolerance = max(SPACING_TOLERANCE_MM, SPACING_TOLERANCE * step)
    n_absent = int(counts.sum()) - len(intervals)
    deviation = float(np.abs(intervals - counts * step).max())
    if deviation > tolerance or n_absent > len(points):
        spread = float(np.abs(intervals - np.median(intervals)).max())
        return IrregularSpacing(value=round(spread, 3), limit=round(tolerance, 3))
    if n_absent:
        return MissingSlice(phase=1, value=n_absent, every_mm=round(step, 3))
    drift = points - points[0] - np.outer(heights - heights[0], normal)
    sideways = float(np.linalg.norm(drift, axis=1).max())
    if sideways > SHEAR_TOLERANCE_MM:
        return IrregularSpacing(value=round(sideways, 3), limit=SHEAR_TOLERANCE_MM)
    return None


def _implausibility(points: FloatArray, spacing_mm: tuple[float, float, float]) -> DicomError | None:
    """Find spacings, (dz, dy, dx) mm, and positions, (n, 3) mm, that only a damaged header can hold."""
    low, high = PLAUSIBLE_SPACING_MM
    for keyword, mm in zip(("The slice interval", "PixelSpacing", "PixelSpacing"), spacing_mm, strict=True):
        if not low <= mm <= high:
            return ImplausibleGeometry(keyword=keyword, value=float(f"{mm:.3g}"), limit=f"{low:g} to {high:g}")
    farthest = float(np.abs(points).max())
    if farthest > FARTHEST_MM:
        limit = f"-{FARTHEST_MM:g} to {FARTHEST_MM:g}"
        return ImplausibleGeometry(keyword="ImagePositionPatient", value=float(f"{farthest:.3g}"), limit=limit)
    return None


def _unsorted(frames: Sequence[Frame], problem: DicomError | None) -> Stack:
    """Keep planes that make no volume, with the reason."""
    return Stack(frames[0].series, tuple(frames), None, problem, earliest(frames))


def earliest(frames: Sequence[Frame]) -> Clock:
    """Give the earliest sign of each kind.

    Parameters
    ----------
    frames : sequence of Frame
        Planes of one volume.

    Returns
    -------
    Clock
        Each sign is None where no plane has it.
    """
    return Clock(
        acquired_s=_least(frame.clock.acquired_s for frame in frames),
        content_s=_least(frame.clock.content_s for frame in frames),
        trigger_s=_least(frame.clock.trigger_s for frame in frames),
        position=frames[0].clock.position,
        resolution_s=frames[0].clock.resolution_s,
        acquisition_number=frames[0].clock.acquisition_number,
    )


def _least(values: Iterable[float | None]) -> float | None:
    """Give the least of the values that are there."""
    return min((value for value in values if value is not None), default=None)
