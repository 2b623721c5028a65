"""Sorts image planes into volumes by geometry and time alone.

File order, file names, UIDs and SliceThickness play no part: a plane's place is its ImagePositionPatient projected
on the common normal, and planes that fall on one place are told apart by time.

References
----------
DICOM PS3.3 C.7.6.2.1.1 (Image Plane Module: position, orientation, spacing).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import isclose

import numpy as np

from deeptepp.dicom.header.headers import Frame
from deeptepp.dicom.volumes.copies import Fingerprint, without_copies, without_resent
from deeptepp.dicom.volumes.kinds import has_same_settings
from deeptepp.dicom.volumes.lattice import (
    PLACE_SHARE,
    SAME_DIRECTION,
    SAME_GRID_MM,
    are_close,
    axes_of,
    irregularity,
    volume_of,
)
from deeptepp.dicom.volumes.split import parts_by_sign, split_in_time
from deeptepp.dicom.volumes.stack import Stack, order_of, unsorted
from deeptepp.domain.geometry import FloatArray, overlap
from deeptepp.domain.progress import checkpoint
from deeptepp.errors import DicomError, MissingTag

SEPARATE_STACKS_MM = 10.0
"""Planes of one orientation whose origins lie farther apart than this along a row or column make stacks of their
own."""


_NEAREST_PLACES_MM = 0.1
"""Planes nearer than this along the normal always lie on one place: positions may be rounded to 0.1 mm."""


def stacks_of(frames: Iterable[Frame], fingerprint: Fingerprint | None = None) -> tuple[Stack, ...]:
    """Sort planes into volumes; planes that make none still come back, with the reason.

    ``frames``: planes of any number of series, in any order, copies included; ``fingerprint``: gives a digest of
    the pixels of a plane; without it no two planes are taken for copies.
    """
    by_series: dict[str, list[Frame]] = defaultdict(list)
    for frame in frames:
        by_series[frame.series.series_uid].append(frame)
    stacks = []
    for planes in _with_torn_series_joined(list(by_series.values())):
        for kind in _kinds(planes):
            checkpoint()
            stacks.extend(_stacks_of_kind(kind, fingerprint))
    return tuple(sorted(stacks, key=order_of))


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
            checkpoint()
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
    """What must be equal in all planes of one volume."""
    series = frame.series
    has_place = (frame.position_mm is None, frame.orientation is None, frame.spacing_mm is None)
    kind = (series.image_type, series.is_diffusion, series.is_image, series.description, series.laterality)
    return (frame.rows, frame.columns, *has_place, *kind)


def _is_same_kind(a: Frame, b: Frame) -> bool:
    """Whether two planes were made with one echo and settings in one orientation and spacing."""
    echo = (a.series.echo_time_ms or 0.0, b.series.echo_time_ms or 0.0)
    return (
        isclose(*echo, rel_tol=0.02)
        and has_same_settings(a.series, b.series)
        and are_close(a.orientation, b.orientation, SAME_DIRECTION)
        and are_close(a.spacing_mm, b.spacing_mm, SAME_GRID_MM / max(a.rows, a.columns, 1))
    )


def _stacks_of_kind(frames: list[Frame], fingerprint: Fingerprint | None) -> list[Stack]:
    """Part planes of one kind by place in the plane, by time, and order each part by place along the normal."""
    problem = _lacks_geometry(frames)
    if problem is not None:
        return [unsorted(frames, problem)]
    axes = axes_of(frames)
    if axes is None:
        return [unsorted(frames, MissingTag(value=len(frames), keyword="a valid ImageOrientationPatient"))]
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
            return [unsorted(frames, None)]
        apart = sorted(kept, key=lambda frame: float(np.dot(frame.position_mm or (0, 0, 0), axes[:, 0])))
        if len({frame.position_mm for frame in apart}) == len(apart):
            # Nothing is there twice: the planes are unevenly spaced.
            return [_ordered(apart, axes)]
        keyword = "a TemporalPositionIdentifier or AcquisitionTime that tells repeated slices apart"
        return [unsorted(frames, MissingTag(value=len(frames), keyword=keyword))]
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
        return unsorted(frames, problem)
    return volume_of(frames, axes)
