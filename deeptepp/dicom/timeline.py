"""Puts volumes on one axis of time, by the most trusted signs that tell them apart.

When images were acquired comes first; then the offset from the start of their own series (TriggerTime,
TemporalPositionTimeOffset, the private begin of Philips); then the temporal position with its resolution. Without
a time, an order is enough: temporal position, AcquisitionNumber, SeriesTime, SeriesNumber. When images were
reconstructed (ContentTime) counts only where nothing else tells volumes apart.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from deeptepp.dicom.clock import SECONDS_PER_DAY, TIME_DECIMALS, Clock
from deeptepp.dicom.kinds import is_motion_corrected
from deeptepp.dicom.rows import Row

SAME_MOMENT_S = 1.0
"""Two volumes begun within this many seconds show one acquisition."""

LONGEST_OFFSET_S = 4 * 3600.0
"""Offsets from the start of a series beyond this, in s, were written in microseconds instead of milliseconds."""

LONGEST_PERIOD_S = 1000.0
"""The same for the time from one temporal position to the next."""

PLAUSIBLE_PERIOD_S = (20.0, 900.0)
"""Closed interval of seconds from phase to phase in which times of reconstruction may stand for those of
acquisition."""

_MINUTE_S = 60.0

RowFingerprint = Callable[[Row], bytes]
"""Gives a digest of the middle plane of a volume; empty where the plane is of one value, which says nothing."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Volumes in order of time.

    Parameters
    ----------
    rows : tuple of Row
        One for each moment.
    times_s : tuple of float or None
        Seconds after the first; None where only the order is known.
    sign : str
        What tells the order, in the keywords of DICOM.
    repeats : tuple of Row
        Further volumes of these moments: second reconstructions and copies.
    """

    rows: tuple[Row, ...]
    times_s: tuple[float, ...] | None
    sign: str
    repeats: tuple[Row, ...] = ()


_Keys = list[float] | None
"""A sortable number for each volume, or None where a sign says nothing."""


def timeline_of(rows: Sequence[Row], fingerprint: RowFingerprint | None = None) -> Timeline | None:
    """Order volumes of one grid and sequence by time.

    Parameters
    ----------
    rows : sequence of Row
        At least one.
    fingerprint : callable, optional
        Without it copies are told by their times alone.

    Returns
    -------
    Timeline or None
        None where no sign tells the volumes apart.
    """
    different, copies = _without_copies(rows, fingerprint)
    if len(different) == 1:
        return Timeline(tuple(different), (0.0,), "", tuple(copies))
    for sign, read in _TIMES:
        keys = read(different)
        if keys is not None and _tells_apart(different, keys):
            return _by_moment(different, keys, sign, copies)
    for sign, read in _ORDERS:
        keys = read(different)
        known = None if keys is None else _in_order(different, keys)
        if known is not None:
            ordered, repeats = known
            return Timeline(ordered, _times_of(ordered, sign), sign, (*repeats, *copies))
    return None


def times_in_order(rows: Sequence[Row]) -> tuple[float, ...] | None:
    """Give times that ascend in an order that a reader chose.

    Parameters
    ----------
    rows : sequence of Row
        In the order chosen.

    Returns
    -------
    tuple of float or None
        Seconds after the first; None where no time ascends in that order.
    """
    for read in (*(read for _, read in _TIMES), _number(lambda clock: clock.series_s), _CONTENT[1]):
        starts = _ascending(read(rows) or [None])
        if starts is not None and len(starts) == len(rows):
            return after_first(starts)
    return None


def after_first(starts_s: Sequence[float]) -> tuple[float, ...]:
    """Count times from the first one.

    Parameters
    ----------
    starts_s : sequence of float
        Absolute times in seconds.

    Returns
    -------
    tuple of float
        Seconds after the first, rounded to ``TIME_DECIMALS``.
    """
    return tuple(round(start - starts_s[0], TIME_DECIMALS) for start in starts_s)


def past_midnight(starts_s: Sequence[float]) -> list[float]:
    """Carry times over midnight where all have one date, or none: an examination takes less than half a day.

    Parameters
    ----------
    starts_s : sequence of float
        Seconds since the year 1.

    Returns
    -------
    list of float
        Those more than half a day before the last, where all are of one day, are of the next day.
    """
    half = SECONDS_PER_DAY / 2
    last = max(starts_s, default=0.0)
    if len({start // SECONDS_PER_DAY for start in starts_s}) > 1:
        return list(starts_s)
    return [start + SECONDS_PER_DAY if last - start > half else start for start in starts_s]


# --- signs that are times -------------------------------------------------------------------------------------


def _acquired(rows: Sequence[Row]) -> _Keys:
    """Read when each volume was acquired, with the offset within a series whose AcquisitionTime stands still."""
    found = [row.stack.clock.acquired_s for row in rows]
    known = [start for start in found if start is not None]
    if len(known) < len(found):
        return None
    starts = past_midnight(known)
    series = list(_by_series(rows).values())
    if _is_one_moment(starts) and not _are_sets(rows, series):
        # One time for several series, as anonymisers write it: offsets count if they are all apart.
        series = [list(range(len(rows)))]
    for members in series:
        if len(members) > 1 and _is_one_moment([starts[i] for i in members]):
            offsets = _offsets([rows[i] for i in members])
            for i, offset in zip(members, offsets or [0.0] * len(members), strict=True):
                starts[i] += offset
    return starts


def _are_sets(rows: Sequence[Row], series: Sequence[Sequence[int]]) -> bool:
    """Tell whether several series have the same offsets from their start: whole sets of reconstructions."""
    offsets = [_offsets([rows[i] for i in members]) for members in series]
    return len(series) > 1 and all(found is not None and found == offsets[0] for found in offsets)


def _started(rows: Sequence[Row]) -> _Keys:
    """Read when each series started, and the offset of each volume from it."""
    series = _by_series(rows)
    starts = [row.stack.clock.series_s for row in rows]
    if len({starts[members[0]] for members in series.values()}) < len(series):
        return None  # one time for several series, as anonymisers write it, says nothing of their order
    found: list[float] = [0.0] * len(rows)
    for members in series.values():
        offsets = _offsets([rows[i] for i in members])
        if offsets is None and len(members) > 1:
            return None
        for i, offset in zip(members, offsets or [0.0], strict=True):
            start = 0.0 if len(series) == 1 else starts[i]
            if start is None:
                return None
            found[i] = start + offset
    return found if len(series) == 1 or any(len(m) > 1 for m in series.values()) else None


_OFFSETS: tuple[Callable[[Clock], float | None], ...] = (
    lambda clock: clock.trigger_s,
    lambda clock: clock.offset_s,
    lambda clock: clock.begin_s,
)
"""Seconds from the start of the series, in order of trust."""


def _offsets(rows: Sequence[Row]) -> list[float] | None:
    """Give the offsets of the volumes of one series by the first sign that tells all of them apart."""
    for read in _OFFSETS:
        found = [read(row.stack.clock) for row in rows]
        if all(offset is None for offset in found):
            continue
        # Absent means zero: the first dynamic of a series has no TriggerTime.
        offsets = _in_seconds([offset or 0.0 for offset in found], LONGEST_OFFSET_S)
        if _are_apart(offsets):
            return offsets
    return _positions_in_seconds(rows)


def _positions_in_seconds(rows: Sequence[Row]) -> list[float] | None:
    """Multiply temporal positions by the temporal resolution."""
    positions = [row.stack.clock.position for row in rows]
    periods = {row.stack.clock.resolution_s for row in rows} - {None}
    known = [position for position in positions if position is not None]
    if len(known) < len(positions) or len(set(known)) < len(known) or len(periods) != 1:
        return None
    (period,) = _in_seconds([periods.pop() or 0.0], LONGEST_PERIOD_S)
    offsets = [(position - min(known)) * period for position in known]
    return offsets if _are_apart(offsets) else None


def _in_seconds(offsets: Sequence[float], longest_s: float) -> list[float]:
    """Mend offsets that were written in microseconds where the standard asks for milliseconds."""
    span = max(offsets) - min(min(offsets), 0.0)
    return [offset / 1000 for offset in offsets] if span > longest_s else list(offsets)


_TIMES: tuple[tuple[str, Callable[[Sequence[Row]], _Keys]], ...] = (
    ("AcquisitionTime", _acquired),
    ("SeriesTime and TriggerTime", _started),
    ("TemporalPositionIdentifier and TemporalResolution", _positions_in_seconds),
)
"""Ways to tell when volumes were acquired, in order of trust."""


# --- signs that are an order ----------------------------------------------------------------------------------


def _number(read: Callable[[Clock], float | None]) -> Callable[[Sequence[Row]], _Keys]:
    """Read one sign of all volumes."""

    def numbers(rows: Sequence[Row]) -> _Keys:
        found = [read(row.stack.clock) for row in rows]
        known = [number for number in found if number is not None]
        return known if len(known) == len(found) else None

    return numbers


def _series_then_number(rows: Sequence[Row]) -> _Keys:
    """Order by series, then by the position or number within it: a pre-contrast series and one of all others."""
    series = list(_by_series(rows).values())
    if len(series) == 1:
        return None
    starts = [min(_series_start(rows[i]) for i in members) for members in series]
    if len(set(starts)) < len(starts):
        return None
    keys = [0.0] * len(rows)
    for rank, members in enumerate(series[i] for i in sorted(range(len(series)), key=starts.__getitem__)):
        within = _numbers_within([rows[i] for i in members])
        if within is None:
            return None
        order = sorted(within)
        for i, number in zip(members, within, strict=True):
            keys[i] = rank + order.index(number) / len(order)
    return keys


def _series_start(row: Row) -> tuple[float, float]:
    """Say when a series began: its time, then its number."""
    clock = row.stack.clock
    start = clock.acquired_s if clock.series_s is None else clock.series_s
    return (0.0 if start is None else start, float(clock.series_number or 0))


def _numbers_within(rows: Sequence[Row]) -> list[float] | None:
    """Give the numbers of the volumes of one series by the first sign that tells all of them apart."""
    if len(rows) == 1:
        return [0.0]
    for _, read in _WITHIN:
        found = read(rows)
        if found is not None and len(set(found)) == len(found):
            return found
    return None


_POSITION = ("TemporalPositionIdentifier", _number(lambda clock: clock.position))
_ACQUISITION = ("AcquisitionNumber", _number(lambda clock: clock.acquisition_number))
_CONTENT = ("ContentTime", _number(lambda clock: clock.content_s))
_INSTANCE = ("InstanceNumber", _number(lambda clock: clock.instance_number))
_WITHIN = (("TriggerTime", _offsets), _POSITION, _ACQUISITION, _CONTENT, _INSTANCE)
_ORDERS: tuple[tuple[str, Callable[[Sequence[Row]], _Keys]], ...] = (
    _POSITION,
    _ACQUISITION,
    ("SeriesTime", _number(lambda clock: clock.series_s)),
    ("series and number", _series_then_number),
    ("SeriesNumber", _number(lambda clock: clock.series_number)),
    _CONTENT,
    _INSTANCE,
)
"""Ways to tell the order of volumes, in order of trust."""


# --- one volume for each moment -------------------------------------------------------------------------------


def _by_moment(rows: Sequence[Row], starts: Sequence[float], sign: str, copies: Sequence[Row]) -> Timeline:
    """Keep the preferred volume of each moment."""
    rank = _ranks(rows)
    kept: list[tuple[float, Row]] = []
    repeats = list(copies)
    for start, row in sorted(zip(starts, rows, strict=True), key=lambda pair: rank(pair[1])):
        if any(abs(start - other) < SAME_MOMENT_S for other, _ in kept):
            repeats.append(row)
        else:
            kept.append((start, row))
    kept.sort(key=lambda pair: pair[0])
    times_s = after_first([start for start, _ in kept])
    return Timeline(tuple(row for _, row in kept), times_s, sign, tuple(repeats))


def _in_order(rows: Sequence[Row], keys: Sequence[float]) -> tuple[tuple[Row, ...], tuple[Row, ...]] | None:
    """Order volumes by a number; several of one number must be whole sets of reconstructions."""
    alike: dict[float, list[Row]] = defaultdict(list)
    for key, row in zip(keys, rows, strict=True):
        alike[key].append(row)
    if len(alike) < 2:
        return None
    made = [sorted(_way_made(row) for row in group) for group in alike.values()]
    if any(found != made[0] or len(set(found)) < len(found) for found in made):
        return None
    rank = _ranks(rows)
    groups = [sorted(alike[key], key=rank) for key in sorted(alike)]
    return tuple(group[0] for group in groups), tuple(row for group in groups for row in group[1:])


def _tells_apart(rows: Sequence[Row], starts: Sequence[float]) -> bool:
    """Tell whether times part the volumes of each series, and are not one moment or full minutes for all."""
    if _is_one_moment(starts):
        return False
    for members in _by_series(rows).values():
        if not _are_apart([starts[i] for i in members]):
            return False
    # Where an anonymiser cut the seconds, two phases of one minute look like copies of one.
    is_coarse = all(start % _MINUTE_S == 0 for start in starts)
    return not (
        is_coarse and len(set(starts)) < len(starts) and not _are_sets(rows, list(_by_series(rows).values()))
    )


def _times_of(ordered: Sequence[Row], sign: str) -> tuple[float, ...] | None:
    """Give times that agree with a known order: of the series, or, where they are plausible, of reconstruction."""
    clocks = [row.stack.clock for row in ordered]
    is_apart = len(_by_series(ordered)) == len(ordered)
    starts = _ascending([clock.series_s for clock in clocks])
    if starts is not None and is_apart:
        return after_first(starts)
    made = _ascending([clock.content_s for clock in clocks])
    if made is None:
        return None
    low, high = PLAUSIBLE_PERIOD_S
    is_plausible = is_apart and all(low <= b - a <= high for a, b in pairwise(made))
    return after_first(made) if sign == "ContentTime" or is_plausible else None


def _ascending(starts: Sequence[float | None]) -> list[float] | None:
    """Carry times over midnight; None where one is absent or they do not ascend."""
    known = past_midnight([start for start in starts if start is not None])
    is_ascending = len(known) == len(starts) and all(b - a >= SAME_MOMENT_S for a, b in pairwise(known))
    return known if is_ascending else None


def _without_copies(rows: Sequence[Row], fingerprint: RowFingerprint | None) -> tuple[list[Row], list[Row]]:
    """Part volumes from others of equal pixels: a second export, or a series that combines others."""
    if fingerprint is None:
        return list(rows), []
    alike: dict[Hashable, list[Row]] = defaultdict(list)
    for row in rows:
        alike[fingerprint(row) or row.key].append(row)
    rank, timed = _ranks(rows), _share_timed(rows)
    best = {key: min(group, key=lambda r: (-timed(r), *rank(r))) for key, group in alike.items()}
    kept = [row for row in rows if row in best.values()]
    return kept, [row for row in rows if row not in kept]


def _share_timed(rows: Sequence[Row]) -> Callable[[Row], float]:
    """Tell how well the times of a volume's own series part its volumes: a combined series may have but one."""
    series = {i: members for members in _by_series(rows).values() for i in members}
    singles = [i for i, members in series.items() if len(members) == 1]
    index = {row.key: i for i, row in enumerate(rows)}

    def share(row: Row) -> float:
        members = series[index[row.key]]
        family = members if len(members) > 1 else singles
        starts = [rows[i].stack.clock.acquired_s for i in family]
        return len(set(starts) - {None}) / len(family)

    return share


def _ranks(rows: Sequence[Row]) -> Callable[[Row], tuple[object, ...]]:
    """Prefer what most volumes are, as acquired before corrected, and the lower series number."""
    common = Counter(_way_made(row) for row in rows)
    lowest: dict[Hashable, int] = {}
    for row in rows:
        number = row.stack.series.series_number
        lowest[_way_made(row)] = min(number, lowest.get(_way_made(row), number))

    def rank(row: Row) -> tuple[object, ...]:
        way = _way_made(row)
        return (
            is_motion_corrected(row.stack.series),
            -common[way],
            lowest[way],
            way,
            row.stack.series.series_number,
        )

    return rank


def _way_made(row: Row) -> tuple[bool, tuple[str, ...]]:
    """Say how a volume was reconstructed."""
    return is_motion_corrected(row.stack.series), row.stack.series.image_type


def _by_series(rows: Sequence[Row]) -> dict[Hashable, list[int]]:
    """Gather the indices of volumes of one series made in one way."""
    series: dict[Hashable, list[int]] = defaultdict(list)
    for i, row in enumerate(rows):
        series[row.stack.series.series_uid, _way_made(row)].append(i)
    return series


def _is_one_moment(starts: Sequence[float]) -> bool:
    """Tell whether no two times differ."""
    return max(starts) - min(starts) < SAME_MOMENT_S


def _are_apart(starts: Sequence[float]) -> bool:
    """Tell whether all times differ."""
    return all(b - a >= SAME_MOMENT_S for a, b in pairwise(sorted(starts)))
