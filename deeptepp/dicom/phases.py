"""Proposes which volumes are the pre-contrast and post-contrast phases, with a reason for each row of the table.

Geometry and time decide; sequence settings and image type exclude; descriptions only hint.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from deeptepp.dicom.clock import Clock
from deeptepp.dicom.kinds import is_derived, is_same_sequence, speaks_of_post, speaks_of_pre, tissue, unfit_reason
from deeptepp.dicom.refusals import broken_phase, no_series_refusal, other_geometry
from deeptepp.dicom.sort import Stack
from deeptepp.domain.risk import Finding, Severity
from deeptepp.errors import (
    DeepTeppError,
    MissingPhase,
    MissingTag,
    MixedGeometry,
    NoPreContrast,
    UnknownSeries,
    WrongModality,
)

SAME_MOMENT_S = 1.0
"""Two volumes begun within this many seconds show one acquisition."""

TIME_DECIMALS = 4
"""Decimals of a time in seconds; seconds since the year 1 resolve 10 microseconds in 64 bits."""

MIN_PHASES = 2
"""One before and one after contrast."""


@dataclass(frozen=True, slots=True)
class Row:
    """One volume under the key of the series table."""

    key: str
    stack: Stack


@dataclass(frozen=True, slots=True)
class Proposal:
    """Which rows are phases, why, and why not.

    Parameters
    ----------
    phases : tuple of Row
        Pre-contrast first; empty where refused.
    times_s : tuple of float
        Seconds after the pre-contrast phase began, one for each phase.
    reasons : dict of str to str
        One sentence for each row key.
    findings : tuple of Finding
        What the user should know.
    refusal : DeepTeppError or None
        Why there is no study.
    """

    phases: tuple[Row, ...] = ()
    times_s: tuple[float, ...] = ()
    reasons: dict[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    refusal: DeepTeppError | None = None


def rows_of(stacks: Sequence[Stack]) -> tuple[Row, ...]:
    """Give each volume its key: ``s1`` for a series of one volume, ``s2.1``, ``s2.2`` ... for one of several.

    Parameters
    ----------
    stacks : sequence of Stack
        All volumes of the study.

    Returns
    -------
    tuple of Row
        By time, then series number; the same for the same files in any order.
    """
    ordered = sorted(stacks, key=_order)
    numbers = {uid: i for i, uid in enumerate(dict.fromkeys(s.series.series_uid for s in ordered), start=1)}
    sizes = Counter(s.series.series_uid for s in ordered)
    seen: Counter[str] = Counter()
    rows = []
    for stack in ordered:
        uid = stack.series.series_uid
        seen[uid] += 1
        key = f"s{numbers[uid]}" if sizes[uid] == 1 else f"s{numbers[uid]}.{seen[uid]}"
        rows.append(Row(key, stack))
    return tuple(rows)


def _order(stack: Stack) -> tuple[float, float, int, float, str]:
    """Sort by time, then by what else is the same whatever the order of files."""
    clock = stack.clock
    start = clock.acquired_s if clock.acquired_s is not None else clock.content_s
    late = float("inf")
    offset = clock.trigger_s if clock.trigger_s is not None else float(clock.position or 0)
    return (
        late if start is None else start,
        offset,
        stack.series.series_number,
        clock.content_s or 0.0,
        stack.frames[0].identity,
    )


def propose_phases(rows: Sequence[Row]) -> Proposal:
    """Find the dynamic series and its phases.

    Parameters
    ----------
    rows : sequence of Row
        All volumes of the study.

    Returns
    -------
    Proposal
        With a refusal where no dynamic series can be made of them.
    """
    reasons = {row.key: reason for row in rows if (reason := unfit_reason(row.stack)) is not None}
    fit = [row for row in rows if row.key not in reasons]
    reasons |= {row.key: _no_volume_reason(row.stack) for row in fit if row.stack.grid is None}
    whole = [row for row in fit if row.stack.grid is not None]
    groups = [_timed(group) for group in _groups(whole)]
    best = max(groups, key=_merit, default=None)
    if best is None or len(best.rows) < MIN_PHASES:
        reasons |= {row.key: "No second volume on its grid and with its sequence was found." for row in whole}
        stacks = [row.stack for row in rows]
        refusal = no_series_refusal(stacks, [row.stack for row in fit])
        return Proposal(reasons=reasons, refusal=refusal)
    return _judged(best, fit, reasons)


@dataclass(frozen=True, slots=True)
class _Group:
    """Volumes on one grid with one sequence, in order of time."""

    rows: tuple[Row, ...]
    starts_s: tuple[float, ...]
    repeats: tuple[Row, ...]


_CLOCKS: tuple[Callable[[Clock], float | None], ...] = (
    lambda c: c.acquired_s,
    lambda c: None if c.acquired_s is None or c.trigger_s is None else c.acquired_s + c.trigger_s,
    lambda c: c.trigger_s,
    lambda c: c.content_s,
    lambda c: None if c.position is None or c.resolution_s is None else c.position * c.resolution_s,
)
"""Ways to tell when a volume began, in seconds, in order of trust."""


def _groups(rows: Sequence[Row]) -> list[list[Row]]:
    """Gather volumes on one grid made with one sequence."""
    groups: list[list[Row]] = []
    for row in rows:
        home = next((g for g in groups if _belong_together(g[0].stack, row.stack)), None)
        if home is None:
            groups.append([row])
        else:
            home.append(row)
    return groups


def _belong_together(a: Stack, b: Stack) -> bool:
    """Tell whether two volumes may be phases of one dynamic series."""
    if a.grid is None or b.grid is None:
        return False
    return a.grid.is_close(b.grid) and is_same_sequence(a.series, b.series)


def _timed(rows: Sequence[Row]) -> _Group:
    """Order volumes by the clock that tells most of them apart; a second volume of one moment is a repeat."""
    best = _Group((), (), ())
    common = Counter(row.stack.series.image_type for row in rows)
    preferred = sorted(rows, key=lambda r: (-common[r.stack.series.image_type], r.stack.series.series_number))
    for read in _CLOCKS:
        starts = [read(row.stack.clock) for row in preferred]
        known = [s for s in starts if s is not None]
        if len(known) < len(starts):
            continue
        group = _distinct(preferred, known)
        if len(group.rows) > len(best.rows):
            best = group
    return best if best.rows else _Group((rows[0],), (0.0,), tuple(rows[1:]))


def _distinct(rows: Sequence[Row], starts_s: Sequence[float]) -> _Group:
    """Keep the first volume of each moment, in order of time."""
    kept: list[tuple[float, Row]] = []
    repeats = []
    for start, row in zip(starts_s, rows, strict=True):
        if any(abs(start - other) < SAME_MOMENT_S for other, _ in kept):
            repeats.append(row)
        else:
            kept.append((start, row))
    kept.sort(key=lambda pair: pair[0])
    return _Group(tuple(row for _, row in kept), tuple(start for start, _ in kept), tuple(repeats))


def _merit(group: _Group) -> tuple[bool, bool, int, int, int]:
    """Rank groups: a dynamic series first, then original images, water, many phases, many voxels."""
    series = group.rows[0].stack.series
    grid = group.rows[0].stack.grid
    n_voxels = grid.shape[0] * grid.shape[1] * grid.shape[2] if grid is not None else 0
    rank = {"water": 3, "all": 2, "opposed": 1, "fat": 0}[tissue(series)]
    return len(group.rows) >= MIN_PHASES, not is_derived(series), rank, len(group.rows), n_voxels


def _judged(group: _Group, fit: Sequence[Row], reasons: dict[str, str]) -> Proposal:
    """Check a dynamic series for absent phases and slices, and write the reasons."""
    group, earlier = _without_earlier_pre(group)
    reasons |= {r.key: "An earlier pre-contrast volume; the last one before contrast is used." for r in earlier}
    reasons |= {r.key: "A second reconstruction of a phase that is used." for r in group.repeats}
    used = {row.key for row in group.rows}
    others = [row for row in fit if row.key not in used and row.key not in reasons]
    reasons |= {row.key: _other_reason(row.stack, group.rows[0].stack) for row in others}
    refusal = _refusal(group, fit)
    if refusal is not None:
        reasons |= {row.key: "It is on the grid of the dynamic series, which was refused." for row in group.rows}
        return Proposal(reasons=reasons, refusal=refusal)
    times_s = _after_first(group.starts_s)
    reasons |= _phase_reasons(group.rows, times_s)
    return Proposal(group.rows, times_s, reasons, _findings(group))


def _refusal(group: _Group, fit: Sequence[Row]) -> DeepTeppError | None:
    """Find why a group of volumes is no complete dynamic series."""
    phases = [row.stack for row in group.rows]
    rest = [row.stack for row in fit if row not in group.rows and row not in group.repeats]
    absent = broken_phase(phases, rest)
    if absent is not None:
        return absent
    first = phases[0].series
    if speaks_of_pre(first):
        return None
    moved = other_geometry(phases, rest)
    if moved is not None:
        return moved
    n_in_first_series = sum(p.series.series_uid == first.series_uid for p in phases)
    if n_in_first_series == 1 and speaks_of_post(first) and first.has_contrast_agent:
        return NoPreContrast(value=len(phases))
    return None


def _without_earlier_pre(group: _Group) -> tuple[_Group, tuple[Row, ...]]:
    """Drop all but the last of several volumes that precede contrast by header and by description."""
    series = [row.stack.series for row in group.rows]
    n_before = 0
    while n_before < len(series) and speaks_of_pre(series[n_before]) and not series[n_before].has_contrast_agent:
        n_before += 1
    drop = n_before - 1 if 1 < n_before < len(series) and _one_volume_each(series[:n_before]) else 0
    kept = _Group(group.rows[drop:], group.starts_s[drop:], group.repeats)
    return kept, group.rows[:drop]


def _one_volume_each(series: Sequence[object]) -> bool:
    """Tell whether no two volumes come from one series, whose description then speaks for both."""
    uids = [getattr(s, "series_uid", "") for s in series]
    return len(set(uids)) == len(uids)


def _after_first(starts_s: Sequence[float]) -> tuple[float, ...]:
    """Count from the first time, rounded."""
    return tuple(round(start - starts_s[0], TIME_DECIMALS) for start in starts_s)


def _phase_reasons(rows: Sequence[Row], times_s: Sequence[float]) -> dict[str, str]:
    """Say why each phase was proposed."""
    has_agent = rows[0].stack.series.has_contrast_agent
    agent = "" if has_agent else ", without a contrast agent in its header"
    reasons = {rows[0].key: f"Earliest of {len(rows)} gradient-echo volumes on one grid with one sequence{agent}."}
    for row, time in zip(rows[1:], times_s[1:], strict=True):
        reasons[row.key] = f"Same grid and sequence as the pre-contrast phase, begun {time:.0f} s after it."
    return reasons


def _no_volume_reason(stack: Stack) -> str:
    """Say why planes make no volume."""
    return "A single plane makes no volume." if stack.problem is None else str(stack.problem)


def _other_reason(stack: Stack, first: Stack) -> str:
    """Say how a fit volume differs from the phases."""
    if stack.grid is None:
        return _no_volume_reason(stack)
    if first.grid is not None and not stack.grid.is_close(first.grid):
        return "Its grid differs from that of the dynamic phases."
    return "Its sequence (TR, TE, flip angle or image type) differs from that of the dynamic phases."


def _findings(group: _Group) -> tuple[Finding, ...]:
    """Tell what may matter about the phases found."""
    if not is_derived(group.rows[0].stack.series):
        return ()
    message = "The phases are marked as derived images; no original dynamic series was found."
    return (Finding("dicom.derived", Severity.WARNING, message),)


def chosen_phases(rows: Sequence[Row], keys: Sequence[str]) -> Proposal:
    """Take the phases that the user names, in the order pre, post 1, post 2 ...

    Parameters
    ----------
    rows : sequence of Row
        All volumes of the study.
    keys : sequence of str
        Row keys; the key of a series of several volumes stands for all of them in order of time.

    Returns
    -------
    Proposal
        With a refusal where they make no study.
    """
    reasons = {row.key: "Not chosen by the user." for row in rows}
    chosen: list[Row] = []
    for key in keys:
        found = [row for row in rows if row.key == key or row.key.startswith(f"{key}.")]
        if not found:
            known = ", ".join(row.key for row in rows)
            return Proposal(reasons=reasons, refusal=UnknownSeries(value=key, limit=known))
        chosen.extend(found)
    refusal = _choice_refusal(chosen)
    times_s = None if refusal else _ascending(chosen)
    if times_s is None:
        keyword = "an AcquisitionTime that ascends in the order chosen"
        return Proposal(reasons=reasons, refusal=refusal or MissingTag(value=len(chosen), keyword=keyword))
    reasons |= {row.key: "Chosen by the user." for row in chosen}
    return Proposal(tuple(chosen), times_s, reasons)


def _choice_refusal(chosen: Sequence[Row]) -> DeepTeppError | None:
    """Find why chosen volumes cannot be phases of one study."""
    stacks = [row.stack for row in chosen]
    foreign = {s.series.modality for s in stacks if s.series.modality != "MR"}
    if foreign:
        return WrongModality(value=", ".join(sorted(foreign)), limit="MR")
    if len({row.key for row in chosen}) < MIN_PHASES:
        return MissingPhase(value=len({row.key for row in chosen}), limit=MIN_PHASES)
    for stack in stacks:
        if stack.grid is None:
            return stack.problem or MissingTag(value=1, keyword="a second slice")
    grids = [s.grid for s in stacks if s.grid is not None]
    if not all(grid.is_close(grids[0]) for grid in grids):
        return MixedGeometry(value=" and ".join(sorted({str(grid.shape) for grid in grids})))
    return None


def _ascending(chosen: Sequence[Row]) -> tuple[float, ...] | None:
    """Give times by the first clock that ascends in the order chosen."""
    for read in _CLOCKS:
        known = [s for s in (read(row.stack.clock) for row in chosen) if s is not None]
        if len(known) == len(chosen) and all(a < b for a, b in pairwise(known)):
            return _after_first(known)
    return None
