"""The signs by which volumes are put on one axis of time, in order of trust.

When images were acquired comes first; then the offset from the start of their own series (TriggerTime,
TemporalPositionTimeOffset, the private begin of Philips); then the temporal position with its resolution. Without
a time, an order is enough: temporal position, AcquisitionNumber, SeriesTime, SeriesNumber. When images were
reconstructed (ContentTime), and how they are numbered, count only where nothing else tells volumes apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from deeptepp.dicom.header.clock import (
    ACQUIRED,
    CONTENT,
    SECONDS_PER_DAY,
    SERIES_NUMBER,
    SERIES_TIME,
    SIGNS,
    TimeSign,
)
from deeptepp.dicom.roles.rows import Row
from deeptepp.dicom.volumes.kinds import is_motion_corrected
from deeptepp.wording.sentence import listed

SAME_MOMENT_S = 1.0
"""Two volumes begun within this many seconds show one acquisition."""

LONGEST_OFFSET_S = 4 * 3600.0
"""Offsets from the start of a series beyond this, in s, were written in microseconds instead of milliseconds."""

LONGEST_PERIOD_S = 1000.0
"""The same for the time from one temporal position to the next."""


@dataclass(frozen=True, slots=True)
class SignReading:
    """What a sign says of volumes.

    ``keys``: a number for each volume that sorts them; seconds where the sign is a time; ``sign``: its DICOM
    keywords.
    """

    keys: list[float]
    sign: str


ReadSign = Callable[[Sequence[Row]], SignReading | None]
"""Reads a sign of all volumes; None where one lacks it."""


# --- times ----------------------------------------------------------------------------------------------------


def _acquired(rows: Sequence[Row]) -> SignReading | None:
    """Read when each volume was acquired, with the offset within a series whose AcquisitionTime stands still."""
    found = [row.stack.clock.acquired_s for row in rows]
    known = [start for start in found if start is not None]
    if len(known) < len(found):
        return None
    starts = past_midnight(known)
    series = list(by_series(rows).values())
    if is_one_moment(starts) and not are_sets(rows):
        # One time for several series, as anonymisers write it: offsets count if they are all apart.
        series = [list(range(len(rows)))]
    sign = "AcquisitionTime"
    for members in series:
        if len(members) > 1 and is_one_moment([starts[i] for i in members]):
            offsets = _offsets([rows[i] for i in members])
            if offsets is None:
                continue
            sign = listed(("AcquisitionTime", offsets.sign))
            for i, offset in zip(members, offsets.keys, strict=True):
                starts[i] += offset
    return SignReading(starts, sign)


def _started(rows: Sequence[Row]) -> SignReading | None:
    """Read when each series started, and the offset of each volume from it."""
    series = by_series(rows)
    starts = [row.stack.clock.series_s for row in rows]
    is_alone = len(series) == 1
    if len({starts[members[0]] for members in series.values()}) < len(series):
        return None  # one time for several series, as anonymisers write it, says nothing of their order
    if not is_alone and (None in starts or all(len(members) == 1 for members in series.values())):
        return None
    keys, sign = [0.0] * len(rows), "SeriesTime"
    for members in series.values():
        offsets = _offsets([rows[i] for i in members]) if len(members) > 1 else SignReading([0.0], sign)
        if offsets is None:
            return None
        sign = offsets.sign if len(members) > 1 else sign
        for i, offset in zip(members, offsets.keys, strict=True):
            keys[i] = (0.0 if is_alone else starts[i] or 0.0) + offset
    return SignReading(keys, sign if is_alone else listed(("SeriesTime", sign)))


def _offsets(rows: Sequence[Row]) -> SignReading | None:
    """Offsets of the volumes of one series by the first sign that tells all of them apart."""
    for sign in (each for each in SIGNS if each.is_offset):
        found = [sign.read(row.stack.clock) for row in rows]
        if all(offset is None for offset in found):
            continue
        # Absent means zero: the first dynamic of a series has no TriggerTime.
        offsets = _in_seconds([offset or 0.0 for offset in found], LONGEST_OFFSET_S)
        if are_apart(offsets):
            return SignReading(offsets, sign.keywords)
    return _positions_in_seconds(rows)


def _positions_in_seconds(rows: Sequence[Row]) -> SignReading | None:
    """Multiply temporal positions by the temporal resolution."""
    positions = [row.stack.clock.position for row in rows]
    periods = {row.stack.clock.resolution_s for row in rows} - {None}
    known = [position for position in positions if position is not None]
    if len(known) < len(positions) or len(set(known)) < len(known) or len(periods) != 1:
        return None
    (period,) = _in_seconds([periods.pop() or 0.0], LONGEST_PERIOD_S)
    offsets = [(position - min(known)) * period for position in known]
    sign = listed(("TemporalPositionIdentifier", "TemporalResolution"))
    return SignReading(offsets, sign) if are_apart(offsets) else None


def _in_seconds(offsets: Sequence[float], longest_s: float) -> list[float]:
    """Mend offsets that were written in microseconds where the standard asks for milliseconds."""
    span = max(offsets) - min(min(offsets), 0.0)
    return [offset / 1000 for offset in offsets] if span > longest_s else list(offsets)


TIMES: tuple[ReadSign, ...] = (_acquired, _started, _positions_in_seconds)
"""Ways to tell when volumes were acquired, in order of trust."""


# --- orders ---------------------------------------------------------------------------------------------------


def _number(sign: TimeSign) -> ReadSign:
    """Make a reader of one number of each volume."""

    def numbers(rows: Sequence[Row]) -> SignReading | None:
        found = [sign.read(row.stack.clock) for row in rows]
        known = [float(number) for number in found if number is not None]
        return SignReading(known, sign.keywords) if len(known) == len(found) else None

    return numbers


def _series_then_number(rows: Sequence[Row]) -> SignReading | None:
    """Order by series, then by the position or number within it: a pre-contrast series and one of all others."""
    series = list(by_series(rows).values())
    has_times = all(row.stack.clock.series_s is not None for row in rows)
    starts = [min(_series_start(rows[i], has_times=has_times) for i in members) for members in series]
    if len(series) == 1 or len(set(starts)) < len(starts):
        return None
    keys, signs = [0.0] * len(rows), ["SeriesTime", "SeriesNumber"] if has_times else ["SeriesNumber"]
    for rank, members in enumerate(series[i] for i in sorted(range(len(series)), key=starts.__getitem__)):
        within = _numbers_within([rows[i] for i in members])
        if within is None:
            return None
        signs.append(within.sign)
        order = sorted(within.keys)
        for i, number in zip(members, within.keys, strict=True):
            keys[i] = rank + order.index(number) / len(order)
    return SignReading(keys, " and ".join(dict.fromkeys(sign for sign in signs if sign)))


def _series_start(row: Row, *, has_times: bool) -> tuple[float, float]:
    """When a series began: its time where all have one, then its number."""
    clock = row.stack.clock
    return (clock.series_s or 0.0 if has_times else 0.0, float(clock.series_number or 0))


def _numbers_within(rows: Sequence[Row]) -> SignReading | None:
    """Numbers of the volumes of one series by the first sign that tells all of them apart."""
    if len(rows) == 1:
        return SignReading([0.0], "")
    of_series = (SERIES_TIME, SERIES_NUMBER)
    within = (number for sign, number in _NUMBERS.items() if sign not in of_series)
    for read in (_offsets, *within):
        found = read(rows)
        if found is not None and len(set(found.keys)) == len(rows):
            return found
    return None


_NUMBERS: dict[TimeSign, ReadSign] = {
    sign: _number(sign)
    for sign in (
        *(sign for sign in SIGNS if sign is not ACQUIRED and not sign.is_offset),
        TimeSign("InstanceNumber", lambda clock: clock.instance_number),
    )
}
"""Readers of what orders volumes without a time, in order of trust."""

ORDERS: tuple[ReadSign, ...] = tuple(
    each
    for sign, number in _NUMBERS.items()
    for each in ((_series_then_number, number) if sign is SERIES_NUMBER else (number,))
)
"""Ways to tell the order of volumes, in order of trust."""

CHOSEN_TIMES: tuple[ReadSign, ...] = (*TIMES, _NUMBERS[SERIES_TIME], _NUMBERS[CONTENT])
"""Times that an order chosen by a reader may be held against."""


# --- what times and series say --------------------------------------------------------------------------------


def past_midnight(starts_s: Sequence[float]) -> list[float]:
    """Carry times over midnight where all have one date, or none: an examination takes less than half a day.

    ``starts_s``: seconds since the year 1. Gives those more than half a day before the last, where all are of one
    day, are of the next day.
    """
    half = SECONDS_PER_DAY / 2
    last = max(starts_s, default=0.0)
    if len({start // SECONDS_PER_DAY for start in starts_s}) > 1:
        return list(starts_s)
    return [start + SECONDS_PER_DAY if last - start > half else start for start in starts_s]


def is_one_moment(starts_s: Sequence[float]) -> bool:
    """Whether no two times differ by ``SAME_MOMENT_S``."""
    return max(starts_s) - min(starts_s) < SAME_MOMENT_S


def are_apart(starts_s: Sequence[float]) -> bool:
    """Whether all times differ by ``SAME_MOMENT_S`` or more."""
    return all(b - a >= SAME_MOMENT_S for a, b in pairwise(sorted(starts_s)))


def way_made(row: Row) -> tuple[bool, tuple[str, ...]]:
    """Say how a volume was reconstructed.

    Whether it was corrected for motion, and its ImageType.
    """
    return is_motion_corrected(row.stack.series), row.stack.series.image_type


def by_series(rows: Sequence[Row]) -> dict[Hashable, list[int]]:
    """Gather the indices of volumes of one series made in one way."""
    series: dict[Hashable, list[int]] = defaultdict(list)
    for i, row in enumerate(rows):
        series[row.stack.series.series_uid, way_made(row)].append(i)
    return series


def are_sets(rows: Sequence[Row]) -> bool:
    """Tell whether several series have the same offsets from their start: whole sets of reconstructions.

    False where there is one series.
    """
    offsets = [_offsets([rows[i] for i in members]) for members in by_series(rows).values()]
    first = offsets[0]
    return len(offsets) > 1 and first is not None and all(o is not None and o.keys == first.keys for o in offsets)
