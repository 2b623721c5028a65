"""Parts planes that share places into volumes, by whichever signs of time tell them apart."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from deeptepp.dicom.header.clock import SIGNS, TimeSign
from deeptepp.dicom.header.headers import Frame

Placed = tuple[int, Frame]
"""A plane and the number of its place along the normal."""


def split_in_time(places: Sequence[Sequence[Frame]]) -> list[list[Frame]] | None:
    """Part planes that share places into volumes.

    Gives Volumes, each with at most one plane on a place, in order of place; None where no sign of time tells them
    apart.
    """
    placed = [(k, frame) for k, place in enumerate(places) for frame in place]
    parts = _split(placed) or _by_number(places)
    return None if parts is None else [[frame for _, frame in sorted(part, key=_place)] for part in parts]


def parts_by_sign(frames: Sequence[Frame]) -> Iterator[list[list[Frame]]]:
    """Part planes by each sign of time that is the same for several of them.

    Yields two parts or more, each of two planes or more.
    """
    for sign in SIGNS:
        parts: dict[float | None, list[Frame]] = defaultdict(list)
        for frame in frames:
            parts[sign.read(frame.clock)].append(frame)
        if len(parts) > 1 and min(map(len, parts.values())) > 1:
            yield list(parts.values())


def _place(plane: Placed) -> int:
    """Place of a plane."""
    return plane[0]


def _depth(planes: Sequence[Placed]) -> int:
    """Count the planes on the fullest place: the number of volumes."""
    return max(Counter(k for k, _ in planes).values())


def _split(planes: list[Placed]) -> list[list[Placed]] | None:
    """Part by the first sign that can, and each part again until one plane is left on a place."""
    if _depth(planes) == 1:
        return [planes]
    for way in (_by_value, _by_rank):
        for sign in SIGNS:
            parts = way(planes, sign)
            if parts is None:
                continue
            finer = [_split(part) for part in parts]
            if None not in finer:
                return [part for parts_of_part in finer for part in parts_of_part or ()]
    return None


def _by_value(planes: Sequence[Placed], sign: TimeSign) -> list[list[Placed]] | None:
    """Part by a sign that is the same for all planes of a volume."""
    values = [sign.read(frame.clock) for _, frame in planes]
    if sign.is_offset and any(value is not None for value in values):
        values = [value or 0.0 for value in values]
    if None in values or len(set(values)) == 1:
        return None
    parts: dict[float, list[Placed]] = defaultdict(list)
    for value, plane in zip(values, planes, strict=True):
        parts[value or 0.0].append(plane)
    # A sign that differs from slice to slice would make more volumes than planes lie on a place.
    if sum(map(_depth, parts.values())) != _depth(planes):
        return None
    return [parts[value] for value in sorted(parts)]


def _by_rank(planes: Sequence[Placed], sign: TimeSign) -> list[list[Placed]] | None:
    """Part by the order of a sign that differs from slice to slice, as in two-dimensional series."""
    parts: list[list[tuple[float, Placed]]] = [[] for _ in range(_depth(planes))]
    by_place: dict[int, list[tuple[float, Placed]]] = defaultdict(list)
    for plane in planes:
        value = sign.read(plane[1].clock)
        if value is None:
            return None
        by_place[plane[0]].append((value, plane))
    for found in by_place.values():
        if len({value for value, _ in found}) != len(found):
            return None
        for part, pair in zip(parts, sorted(found, key=lambda pair: pair[0]), strict=False):
            part.append(pair)
    # A volume must be over before the next one begins, else the ranks mean something else.
    ends = [max(value for value, _ in part) for part in parts]
    starts = [min(value for value, _ in part) for part in parts]
    if any(end >= start for end, start in zip(ends, starts[1:], strict=False)):
        return None
    return [[plane for _, plane in part] for part in parts]


def _by_number(places: Sequence[Sequence[Frame]]) -> list[list[Placed]] | None:
    """Part by InstanceNumber, the last sign: volume after volume, or all moments of slice after slice."""
    n_volumes = len(places[0])
    numbers = [sorted(frame.clock.instance_number or 0 for frame in place) for place in places]
    if n_volumes < 2 or any(len(set(found)) != n_volumes or found[0] < 1 for found in numbers):
        return None
    ranks = list(zip(*numbers, strict=True))
    is_volume_by_volume = all(max(a) < min(b) for a, b in pairwise(ranks))
    is_slice_by_slice = all(found[-1] - found[0] == n_volumes - 1 for found in numbers)
    if not is_volume_by_volume and not is_slice_by_slice:
        return None
    parts: list[list[Placed]] = [[] for _ in range(n_volumes)]
    for k, place in enumerate(places):
        for part, frame in zip(parts, sorted(place, key=lambda f: f.clock.instance_number or 0), strict=True):
            part.append((k, frame))
    return parts
