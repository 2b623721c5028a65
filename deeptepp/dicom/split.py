"""Parts planes that share places into phases, by whichever sign of time tells them apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from deeptepp.dicom.clock import Clock
from deeptepp.dicom.headers import Frame

_KEYS: tuple[Callable[[Clock], float | None], ...] = (
    lambda clock: clock.position,
    lambda clock: clock.trigger_s,
    lambda clock: clock.acquired_s,
    lambda clock: clock.content_s,
    lambda clock: clock.acquisition_number,
)
"""Signs of time in order of trust."""


def split_in_time(places: Sequence[Sequence[Frame]]) -> list[list[Frame]] | None:
    """Part planes that share places into phases.

    Parameters
    ----------
    places : sequence of sequence of Frame
        The planes on each place.

    Returns
    -------
    list of list of Frame, or None
        Phases in order of time, each with at most one plane on a place; None where no sign of time tells them
        apart.
    """
    n_phases = max(len(place) for place in places)
    if n_phases == 1:
        return [[place[0] for place in places]]
    for key in _KEYS:
        parts = _split_by_value(places, key, n_phases)
        if parts is not None:
            return parts
    for key in _KEYS:
        parts = _split_by_rank(places, key, n_phases)
        if parts is not None:
            return parts
    return None


def _split_by_value(
    places: Sequence[Sequence[Frame]], key: Callable[[Clock], float | None], n_phases: int
) -> list[list[Frame]] | None:
    """Part by a sign that is the same for all planes of a phase."""
    parts: dict[float, list[Frame]] = defaultdict(list)
    for place in places:
        values = [key(frame.clock) for frame in place]
        if None in values or len(set(values)) != len(values):
            return None
        for value, frame in zip(values, place, strict=True):
            parts[value if value is not None else 0.0].append(frame)
    return [parts[value] for value in sorted(parts)] if len(parts) == n_phases else None


def _split_by_rank(
    places: Sequence[Sequence[Frame]], key: Callable[[Clock], float | None], n_phases: int
) -> list[list[Frame]] | None:
    """Part by the order of a sign that differs from slice to slice, as in two-dimensional series."""
    parts: list[list[tuple[float, Frame]]] = [[] for _ in range(n_phases)]
    for place in places:
        timed = [(value, frame) for frame in place if (value := key(frame.clock)) is not None]
        if len(timed) != n_phases or len({value for value, _ in timed}) != n_phases:
            return None
        for part, pair in zip(parts, sorted(timed, key=lambda pair: pair[0]), strict=True):
            part.append(pair)
    # A phase must be over before the next one begins, else the ranks mean something else.
    ends = [max(value for value, _ in part) for part in parts]
    starts = [min(value for value, _ in part) for part in parts]
    if any(end >= start for end, start in zip(ends, starts[1:], strict=False)):
        return None
    return [[frame for _, frame in part] for part in parts]
