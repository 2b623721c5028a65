"""Sorts image planes into volumes by geometry and time alone.

File order, file names, UIDs and SliceThickness play no part: a plane's place is its ImagePositionPatient projected
on the common normal, and planes that fall on one place are told apart by time.

References
----------
DICOM PS3.3 C.7.6.2.1.1 (Image Plane Module: position, orientation, spacing).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isclose
from typing import Any

import numpy as np

from deeptepp.dicom.clock import Clock
from deeptepp.dicom.copies import Fingerprint, without_copies, without_resent
from deeptepp.dicom.headers import Frame, SeriesFacts
from deeptepp.dicom.kinds import has_same_settings
from deeptepp.dicom.split import parts_by_sign, split_in_time
from deeptepp.domain.geometry import FloatArray, Grid, overlap
from deeptepp.errors import DicomError, ImplausibleGeometry, IrregularSpacing, MissingSlice, MissingTag

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

SEPARATE_STACKS_MM = 10.0
"""Planes of one orientation whose origins lie farther apart than this along a row or column make stacks of their
own."""

PLAUSIBLE_SPACING_MM = (0.05, 50.0)
"""Closed interval of slice intervals and pixel spacings in mm, wide of any protocol; a survey has 20 mm slices."""

FARTHEST_MM = 10_000.0
"""Largest coordinate of a position in mm: no scanner is longer; beyond 1e12, a voxel is lost in rounding."""

_NOISE = 1e-6
"""Direction cosines below this are zero written with rounding noise."""

_NEAREST_PLACES_MM = 0.1
"""Planes nearer than this along the normal always lie on one place: positions may be rounded to 0.1 mm."""


@dataclass(frozen=True, slots=True)
class Stack:
    """The planes of one volume, in slice order.

    Parameters
    ----------
    series : SeriesFacts
        What the planes share.
    frames : tuple of Frame
        In slice order where their places are known, else in no order.
    grid : Grid or None
        None where the planes make no regular volume.
    problem : DicomError or None
        Why not; None also for a single plane.
    clock : Clock
        Earliest sign of each kind over the planes.
    n_copies : int
        Planes that were left out since they are there twice.
    """

    series: SeriesFacts
    frames: tuple[Frame, ...]
    grid: Grid | None
    problem: DicomError | None
    clock: Clock
    n_copies: int = 0


def stacks_of(frames: Iterable[Frame], fingerprint: Fingerprint | None = None) -> tuple[Stack, ...]:
    """Sort planes into volumes; planes that make none still come back, with the reason.

    Parameters
    ----------
    frames : iterable of Frame
        Planes of any number of series, in any order, copies included.
    fingerprint : callable, optional
        Gives a digest of the pixels of a plane; without it no two planes are taken for copies.

    Returns
    -------
    tuple of Stack
        The same whatever the order of the planes.
    """
    by_series: dict[str, list[Frame]] = defaultdict(list)
    for frame in frames:
        by_series[frame.series.series_uid].append(frame)
    stacks = []
    for planes in _with_torn_series_joined(list(by_series.values())):
        for kind in _kinds(planes):
            stacks.extend(_stacks_of_kind(kind, fingerprint))
    return tuple(sorted(stacks, key=order_of))


def order_of(stack: Stack) -> tuple[object, ...]:
    """Give what volumes are listed by: time, then what else the order of files and the digits of UIDs leave alone.

    Parameters
    ----------
    stack : Stack
        One volume.

    Returns
    -------
    tuple
        A key to sort by.
    """
    clock, series = stack.clock, stack.series
    start = clock.acquired_s if clock.acquired_s is not None else clock.content_s
    offset = clock.trigger_s if clock.trigger_s is not None else float(clock.position or 0)
    return (
        float("inf") if start is None else start,
        offset,
        series.series_number,
        clock.content_s or 0.0,
        clock.acquisition_number or 0,
        series.description,
        series.image_type,
        stack.frames[0].position_mm or (),
        clock.instance_number or 0,
        len(stack.frames),
        series.modality,
        series.sop_class,
        series.is_diffusion,
        series.echo_time_ms or 0.0,
        series.flip_angle_deg or 0.0,
    )


def _with_torn_series_joined(series: list[list[Frame]]) -> list[list[Frame]]:
    """Join single planes whose series an anonymiser tore apart by a new SeriesInstanceUID for each file."""
    joined: dict[object, list[list[Frame]]] = defaultdict(list)
    whole = []
    for planes in series:
        if len(planes) > 1:
            whole.append(planes)
        else:
            facts = planes[0].series
            joined[facts.series_number, facts.description, facts.image_type, facts.modality].append(planes)
    return [*whole, *([plane for planes in group for plane in planes] for group in joined.values())]


def _kinds(frames: Sequence[Frame]) -> list[list[Frame]]:
    """Part the planes of a series by image type, settings, orientation and spacing."""
    exact: dict[object, list[Frame]] = defaultdict(list)
    for frame in sorted(frames, key=_content):
        exact[_exact_kind(frame)].append(frame)
    kinds = []
    for alike in exact.values():
        nearby: list[list[Frame]] = []
        for frame in alike:
            home = next((kind for kind in nearby if _is_same_kind(kind[0], frame)), None)
            if home is None:
                nearby.append([frame])
            else:
                home.append(frame)
        kinds.extend(nearby)
    return kinds


def _content(frame: Frame) -> tuple[object, ...]:
    """Order planes by what they say, never by a UID or a place in the archive."""
    return (
        frame.orientation or (),
        frame.spacing_mm or (),
        frame.position_mm or (),
        frame.clock.acquired_s or 0.0,
        frame.clock.instance_number or 0,
    )


def _exact_kind(frame: Frame) -> tuple[object, ...]:
    """Give what must be equal in all planes of one volume."""
    series = frame.series
    has_place = (frame.position_mm is None, frame.orientation is None, frame.spacing_mm is None)
    kind = (series.image_type, series.is_diffusion, series.is_image, series.description, series.laterality)
    return (frame.rows, frame.columns, *has_place, *kind)


def _is_same_kind(a: Frame, b: Frame) -> bool:
    """Tell whether two planes were made with one echo and settings in one orientation and spacing."""
    echo = (a.series.echo_time_ms or 0.0, b.series.echo_time_ms or 0.0)
    return (
        isclose(*echo, rel_tol=0.02)
        and has_same_settings(a.series, b.series)
        and are_close(a.orientation, b.orientation, SAME_DIRECTION)
        and are_close(a.spacing_mm, b.spacing_mm, SAME_GRID_MM / max(a.rows, a.columns, 1))
    )


def are_close(a: tuple[float, ...] | None, b: tuple[float, ...] | None, tolerance: float) -> bool:
    """Compare two vectors, either of which may be absent.

    Parameters
    ----------
    a, b : tuple of float, optional
        Of one length.
    tolerance : float
        Largest difference of two components.

    Returns
    -------
    bool
        True also where both are absent.
    """
    if a is None or b is None:
        return a is b
    return all(abs(x - y) <= tolerance for x, y in zip(a, b, strict=True))


def _stacks_of_kind(frames: list[Frame], fingerprint: Fingerprint | None) -> list[Stack]:
    """Part planes of one kind by place in the plane, by time, and order each part by place along the normal."""
    problem = _lacks_geometry(frames)
    if problem is not None:
        return [_unsorted(frames, problem)]
    axes = axes_of(frames)
    if axes is None:
        return [_unsorted(frames, MissingTag(value=len(frames), keyword="a valid ImageOrientationPatient"))]
    return [stack for part in _apart_in_plane(frames, axes) for stack in _volumes(part, axes, fingerprint)]


def _volumes(frames: list[Frame], axes: FloatArray, fingerprint: Fingerprint | None) -> list[Stack]:
    """Tell the volumes of one stack of places apart by time."""
    kept, n_copies = without_copies(frames, fingerprint)
    places = _places(kept, axes)
    is_uneven = len({len(place) for place in places}) > 1
    parts = None if is_uneven else split_in_time(places)
    if parts is None:
        # The same slice sent again under another UID says the same of its time: look at the pixels.
        kept, n_resent = without_resent(places, fingerprint)
        n_copies += n_resent
        places = _places(kept, axes)
        parts = split_in_time(places)
    if parts is None:
        if len(places) == 1:
            return [_unsorted(frames, None)]
        apart = sorted(kept, key=lambda frame: float(np.dot(frame.position_mm or (0, 0, 0), axes[:, 0])))
        if len({frame.position_mm for frame in apart}) == len(apart):
            # Nothing is there twice: the planes are unevenly spaced.
            return [_ordered(apart, axes)]
        keyword = "a TemporalPositionIdentifier or AcquisitionTime that tells repeated slices apart"
        return [_unsorted(frames, MissingTag(value=len(frames), keyword=keyword))]
    stacks = [_ordered(part, axes) for part in parts]
    if len(stacks) == 1 and stacks[0].problem is not None:
        stacks = _moved_volumes(kept, axes) or stacks
    first = stacks[0]
    stacks[0] = Stack(first.series, first.frames, first.grid, first.problem, first.clock, n_copies)
    return stacks


def _moved_volumes(frames: Sequence[Frame], axes: FloatArray) -> list[Stack]:
    """Find volumes that lie between the slices of one another: the table moved from one to the next."""
    for parts in parts_by_sign(frames):
        stacks = [_ordered([place[0] for place in _places(part, axes)], axes) for part in parts]
        grids = [stack.grid for stack in stacks if stack.grid is not None]
        is_alike = len(grids) == len(parts) and len({grid.shape for grid in grids}) == 1
        if is_alike and all(overlap(grids[0], grid) > 0.5 for grid in grids):
            return stacks
    return []


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
    n_without_size = sum(frame.rows < 1 or frame.columns < 1 for frame in frames)
    return MissingTag(value=n_without_size, keyword="Rows and Columns") if n_without_size else None


def axes_of(frames: Sequence[Frame]) -> FloatArray | None:
    """Give the axes that planes of one orientation share.

    z runs along the normal towards +L, +P or +S, whichever it is nearest to. The median over the planes stands for
    all, so that none is more than any other.

    Parameters
    ----------
    frames : sequence of Frame
        Each with an orientation.

    Returns
    -------
    (3, 3) float64 or None
        Unit LPS directions of the (z, y, x) axes as columns; None where they are no right angle.
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


def _apart_in_plane(frames: list[Frame], axes: FloatArray) -> list[list[Frame]]:
    """Part planes whose origins in the plane leave a wide gap: the slabs of two breasts beside each other."""
    parts = [frames]
    for axis in (1, 2):
        parts = [piece for part in parts for piece in _cut_at_gaps(part, axes[:, axis])]
    return parts


def _cut_at_gaps(frames: list[Frame], direction: FloatArray) -> list[list[Frame]]:
    """Cut planes where their origins along a direction are farther apart than ``SEPARATE_STACKS_MM``."""
    along = np.array([frame.position_mm for frame in frames]) @ direction
    order = np.argsort(along, kind="stable")
    cuts = np.flatnonzero(np.diff(along[order]) > SEPARATE_STACKS_MM) + 1
    return [[frames[i] for i in piece] for piece in np.split(order, cuts)]


def _places(frames: Sequence[Frame], axes: FloatArray) -> list[list[Frame]]:
    """Gather planes on one place along the normal, in ascending order of place."""
    heights = np.array([frame.position_mm for frame in frames]) @ axes[:, 0]
    order = np.argsort(heights, kind="stable")
    steps = np.diff(heights[order])
    wide = steps[steps > _NEAREST_PLACES_MM]
    step = float(np.median(wide)) if wide.size else 0.0
    tolerance = max(_NEAREST_PLACES_MM, min(SAME_GRID_MM, PLACE_SHARE * step))
    places: list[list[Frame]] = []
    last = -np.inf
    for i in order:
        if heights[i] - last > tolerance:
            places.append([])
            last = heights[i]
        places[-1].append(frames[i])
    return places


def _ordered(frames: Sequence[Frame], axes: FloatArray) -> Stack:
    """Order the planes of one phase, given in order of place, and check that they make a volume."""
    points = np.array([frame.position_mm for frame in frames])
    problem = irregularity(points, axes[:, 0])
    if len(frames) < 2 or problem is not None:
        return _unsorted(frames, problem)
    return volume_of(frames, axes)


def volume_of(frames: Sequence[Frame], axes: FloatArray) -> Stack:
    """Put regular planes on a grid.

    Parameters
    ----------
    frames : sequence of Frame
        At least two, in order of place, without irregularity.
    axes : (3, 3) float64
        Unit LPS directions of the (z, y, x) axes as columns.

    Returns
    -------
    Stack
        Without a grid where a spacing is none that an image can have.
    """
    points = np.array([frame.position_mm for frame in frames])
    rise = float((points[-1] - points[0]) @ axes[:, 0] / (len(frames) - 1))
    dy, dx = (float(v) for v in np.median(np.array([frame.spacing_mm for frame in frames]), axis=0))
    if min(dy, dx) <= 0:
        return _unsorted(frames, MissingTag(value=len(frames), keyword="a positive PixelSpacing"))
    problem = _implausibility(points, (rise, dy, dx))
    if problem is not None:
        return _unsorted(frames, problem)
    first = frames[0]
    affine = np.eye(4)
    affine[:3, :3] = axes * np.array([rise, dy, dx])
    affine[:3, 3] = points[0]
    grid = Grid((len(frames), first.rows, first.columns), affine)
    return Stack(first.series, tuple(frames), grid, None, earliest(frames))


def irregularity(points: FloatArray, normal: FloatArray) -> DicomError | None:
    """Find absent slices, uneven intervals and sideways drift of a stack.

    Parameters
    ----------
    points : (n, 3) float64
        Origins of the planes in mm, in order of place.
    normal : (3,) float64
        Their common normal.

    Returns
    -------
    DicomError or None
        To be raised.
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
    """Give the earliest sign of each kind, or the one that most planes share.

    Parameters
    ----------
    frames : sequence of Frame
        Planes of one volume.

    Returns
    -------
    Clock
        Each sign is None where no plane has it.
    """
    signs = {sign: _shared(getattr(frame.clock, sign) for frame in frames) for sign in Clock.__dataclass_fields__}
    return Clock(**signs)


def _shared(values: Iterable[Any]) -> Any:  # noqa: ANN401  whole numbers stay whole
    """Give the value that more than half of the planes share, else the least of those that are there."""
    known = Counter(value for value in values if value is not None)
    if not known:
        return None
    # One damaged header of a volume made at one moment must not move its time.
    value, n = known.most_common(1)[0]
    return value if 2 * n > known.total() else min(known)
