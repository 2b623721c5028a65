"""Puts volumes on one axis of time, one for each moment, and parts copies and reconstructions from phases."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from deeptepp.dicom.header.clock import TIME_DECIMALS
from deeptepp.dicom.roles.rows import Row
from deeptepp.dicom.roles.signs import (
    CHOSEN_TIMES,
    ORDERS,
    SAME_MOMENT_S,
    TIMES,
    SignReading,
    are_apart,
    are_sets,
    by_series,
    is_one_moment,
    past_midnight,
    way_made,
)
from deeptepp.dicom.volumes.kinds import is_motion_corrected

PLAUSIBLE_PERIOD_S = (20.0, 900.0)
"""Closed interval of seconds from phase to phase in which times of reconstruction may stand for those of
acquisition."""

_MINUTE_S = 60.0

RowFingerprint = Callable[[Row], bytes]
"""Gives a digest of the middle plane of a volume; empty where the plane is of one value, which says nothing."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Volumes in order of time.

    ``rows``: one for each moment; ``times_s``: seconds after the first; None where only the order is known;
    ``sign``: what tells the order, in the keywords of DICOM; ``repeats``: second reconstructions of these moments;
    ``copies``: volumes of equal pixels; ``rivals``: those of ``repeats`` that may as well be phases: made in one
    way with a volume of their moment, which not every moment has twice.
    """

    rows: tuple[Row, ...]
    times_s: tuple[float, ...] | None
    sign: str
    repeats: tuple[Row, ...] = ()
    copies: tuple[Row, ...] = ()
    rivals: tuple[Row, ...] = ()


def timeline_of(rows: Sequence[Row], fingerprint: RowFingerprint | None = None) -> Timeline | None:
    """Order volumes of one grid and sequence by time.

    ``fingerprint``: without it copies are told by their times alone. None where no sign tells the volumes apart.
    """
    different, copies = _without_copies(rows, fingerprint)
    if len(different) == 1:
        return Timeline(tuple(different), (0.0,), "", copies=copies)
    for read in TIMES:
        found = read(different)
        if found is not None and _tells_apart(different, found.keys):
            return _by_moment(different, found, copies)
    for read in ORDERS:
        found = read(different)
        known = None if found is None else _in_order(different, found.keys)
        if found is not None and known is not None:
            ordered, repeats = known
            return Timeline(ordered, _times_of(ordered, found.sign), found.sign, repeats, copies)
    return None


def times_in_order(rows: Sequence[Row]) -> tuple[float, ...] | None:
    """Give times that ascend in an order that a reader chose.

    Gives seconds after the first; None where no time ascends in that order.
    """
    for read in CHOSEN_TIMES:
        found = read(rows)
        starts = None if found is None else _ascending(found.keys)
        if starts is not None:
            return after_first(starts)
    return None


def orders_by_sign(rows: Sequence[Row]) -> tuple[tuple[str, tuple[Row, ...]], ...]:
    """Give every order in which a sign puts volumes.

    Gives the sign and the order, in order of trust; each order once.
    """
    orders: dict[tuple[str, ...], tuple[str, tuple[Row, ...]]] = {}
    for read in (*TIMES, *ORDERS):
        found = read(rows)
        if found is not None and len(set(found.keys)) == len(rows):
            ordered = tuple(row for _, row in sorted(zip(found.keys, rows, strict=True), key=lambda pair: pair[0]))
            orders.setdefault(tuple(row.key for row in ordered), (found.sign, ordered))
    return tuple(orders.values())


def after_first(starts_s: Sequence[float]) -> tuple[float, ...]:
    """Count times from the first one.

    ``starts_s``: absolute times in seconds. Gives seconds after the first, rounded to ``TIME_DECIMALS``.
    """
    return tuple(round(start - starts_s[0], TIME_DECIMALS) for start in starts_s)


def _by_moment(rows: Sequence[Row], found: SignReading, copies: tuple[Row, ...]) -> Timeline:
    """Keep the preferred volume of each moment."""
    rank = _ranks(rows)
    kept: list[tuple[float, Row]] = []
    repeats = []
    for start, row in sorted(zip(found.keys, rows, strict=True), key=lambda pair: rank(pair[1])):
        if any(abs(start - other) < SAME_MOMENT_S for other, _ in kept):
            repeats.append(row)
        else:
            kept.append((start, row))
    kept.sort(key=lambda pair: pair[0])
    times_s = after_first([start for start, _ in kept])
    phases = tuple(row for _, row in kept)
    n_made = Counter(way_made(row) for row in (*phases, *repeats))
    # A way in which phases were made once or several times each made whole sets; else a time was lost.
    is_torn = {way for way in n_made if n_made[way] % len(phases) > 0 and way_made(phases[0]) == way}
    rivals = tuple(
        row for row in repeats if way_made(row) in is_torn and not is_motion_corrected(row.stack.series)
    )
    return Timeline(phases, times_s, found.sign, tuple(repeats), copies, rivals)


def _in_order(rows: Sequence[Row], keys: Sequence[float]) -> tuple[tuple[Row, ...], tuple[Row, ...]] | None:
    """Order volumes by a number; several of one number must be whole sets of reconstructions."""
    alike: dict[float, list[Row]] = defaultdict(list)
    for key, row in zip(keys, rows, strict=True):
        alike[key].append(row)
    if len(alike) < 2:
        return None
    made = [sorted(way_made(row) for row in group) for group in alike.values()]
    if any(found != made[0] or len(set(found)) < len(found) for found in made):
        return None
    rank = _ranks(rows)
    groups = [sorted(alike[key], key=rank) for key in sorted(alike)]
    return tuple(group[0] for group in groups), tuple(row for group in groups for row in group[1:])


def _tells_apart(rows: Sequence[Row], starts_s: Sequence[float]) -> bool:
    """Whether times part the volumes of each series, and are not one moment or full minutes for all."""
    if is_one_moment(starts_s):
        return False
    if not all(are_apart([starts_s[i] for i in members]) for members in by_series(rows).values()):
        return False
    # Where an anonymiser cut the seconds, two phases of one minute look like copies of one.
    is_coarse = all(start % _MINUTE_S == 0 for start in starts_s)
    return not is_coarse or len(set(starts_s)) == len(starts_s) or are_sets(rows)


def _times_of(ordered: Sequence[Row], sign: str) -> tuple[float, ...] | None:
    """Times that agree with a known order: of the series, or, where they are plausible, of reconstruction."""
    clocks = [row.stack.clock for row in ordered]
    has_own_series = len(by_series(ordered)) == len(ordered)
    starts = _ascending([clock.series_s for clock in clocks])
    if starts is not None and has_own_series:
        return after_first(starts)
    made = _ascending([clock.content_s for clock in clocks])
    if made is None:
        return None
    low, high = PLAUSIBLE_PERIOD_S
    is_plausible = has_own_series and all(low <= b - a <= high for a, b in pairwise(made))
    return after_first(made) if sign == "ContentTime" or is_plausible else None


def _ascending(starts_s: Sequence[float | None]) -> list[float] | None:
    """Carry times over midnight; None where one is absent or they do not ascend."""
    known = past_midnight([start for start in starts_s if start is not None])
    is_ascending = len(known) == len(starts_s) and all(b - a >= SAME_MOMENT_S for a, b in pairwise(known))
    return known if is_ascending else None


def _without_copies(rows: Sequence[Row], fingerprint: RowFingerprint | None) -> tuple[list[Row], tuple[Row, ...]]:
    """Part volumes from others of equal pixels: a second export, or a series that combines others."""
    if fingerprint is None:
        return list(rows), ()
    alike: dict[Hashable, list[Row]] = defaultdict(list)
    for row in rows:
        alike[fingerprint(row) or row.key].append(row)
    rank, timed = _ranks(rows), _share_timed(rows)
    best = {min(group, key=lambda r: (-timed(r), *rank(r))).key for group in alike.values()}
    return [row for row in rows if row.key in best], tuple(row for row in rows if row.key not in best)


def _share_timed(rows: Sequence[Row]) -> Callable[[Row], float]:
    """How well the times of a volume's own series part its volumes: a combined series may have but one."""
    series = {i: members for members in by_series(rows).values() for i in members}
    singles = [i for i, members in series.items() if len(members) == 1]
    index = {row.key: i for i, row in enumerate(rows)}

    def share(row: Row) -> float:
        members = series[index[row.key]]
        family = members if len(members) > 1 else singles
        starts = [rows[i].stack.clock.acquired_s for i in family]
        return len(set(starts) - {None}) / len(family)

    return share


def _ranks(rows: Sequence[Row]) -> Callable[[Row], tuple[object, ...]]:
    """Prefer as acquired before corrected, then what most volumes are, then the lower series number."""
    common = Counter(way_made(row) for row in rows)
    lowest: dict[Hashable, int] = {}
    for row in rows:
        number = row.stack.series.series_number
        lowest[way_made(row)] = min(number, lowest.get(way_made(row), number))

    def rank(row: Row) -> tuple[object, ...]:
        series, way = row.stack.series, way_made(row)
        return is_motion_corrected(series), -common[way], lowest[way], way, series.series_number

    return rank
