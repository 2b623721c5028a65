"""Proposes which volumes are the pre-contrast and post-contrast phases, with a reason for each row of the table.

Geometry and time decide; sequence settings and image type exclude; descriptions only hint.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from deeptepp.dicom.clock import WAYS_TO_TELL_TIME, after_first, past_midnight
from deeptepp.dicom.kinds import is_derived, is_same_sequence, speaks_of_post, speaks_of_pre, tissue, unfit_reason
from deeptepp.dicom.refusals import broken_phase, no_series_refusal, other_geometry
from deeptepp.dicom.rows import MIN_PHASES, Proposal, Row
from deeptepp.dicom.sort import Stack
from deeptepp.domain.risk import Finding, Severity
from deeptepp.errors import DeepTeppError, MissingSlice, NoPreContrast

SAME_MOMENT_S = 1.0
"""Two volumes begun within this many seconds show one acquisition."""


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
    for read in WAYS_TO_TELL_TIME:
        starts = [read(row.stack.clock) for row in preferred]
        known = [s for s in starts if s is not None]
        if len(known) < len(starts):
            continue
        group = _distinct(preferred, past_midnight(known))
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
    times_s = after_first(group.starts_s)
    reasons |= _phase_reasons(group.rows, times_s)
    return Proposal(group.rows, times_s, reasons, (*_findings(group), *_left_out(group, others)))


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
    if isinstance(stack.problem, MissingSlice):  # its phase is not known before the others are
        facts = stack.problem.facts
        return f"It lacks {facts['value']} slice(s): expected one every {facts['every_mm']} mm."
    return "A single plane makes no volume." if stack.problem is None else str(stack.problem)


def _other_reason(stack: Stack, first: Stack) -> str:
    """Say how a fit volume differs from the phases."""
    if stack.grid is None:
        return _no_volume_reason(stack)
    if first.grid is not None and not stack.grid.is_close(first.grid):
        return "Its grid differs from that of the dynamic phases."
    return "Its sequence (TR, TE, flip angle or image type) differs from that of the dynamic phases."


def _left_out(group: _Group, others: Sequence[Row]) -> tuple[Finding, ...]:
    """Warn of volumes of the same sequence that another grid keeps from being phases."""
    first = group.rows[0].stack
    n = sum(
        is_same_sequence(row.stack.series, first.series) and not _belong_together(row.stack, first)
        for row in others
    )
    if n == 0:
        return ()
    message = "A volume of the dynamic sequence lies on another grid and was left out. See the series table."
    return (Finding("dicom.phase-left-out", Severity.WARNING, message, n, 0),)


def _findings(group: _Group) -> tuple[Finding, ...]:
    """Tell what may matter about the phases found."""
    if not is_derived(group.rows[0].stack.series):
        return ()
    message = "The phases are marked as derived images; no original dynamic series was found."
    return (Finding("dicom.derived", Severity.WARNING, message),)
