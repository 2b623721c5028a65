"""Whether every phase is whole: slices lost, scans stopped early, stopped and begun again, or elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from deeptepp.dicom.header.clock import CONTENT, SIGNS
from deeptepp.dicom.roles.refusals import broken_phase, is_part_of, moved
from deeptepp.dicom.roles.rows import Row
from deeptepp.dicom.roles.series import as_found, is_same_grid
from deeptepp.dicom.roles.signs import SAME_MOMENT_S
from deeptepp.dicom.roles.timeline import Timeline
from deeptepp.dicom.volumes.kinds import is_same_sequence
from deeptepp.domain.geometry import overlap
from deeptepp.domain.risk import Finding, Severity
from deeptepp.errors import DeepTeppError, MissingSlice
from deeptepp.wording.sentence import sentence

MOST_STOPPED = 0.75
"""A scan with more of its slices than this was not stopped: slices of it were lost."""


LONGEST_PAUSE_S = 180.0
"""Longest time in s from a stopped scan before contrast to the one that replaces it."""


def broken(timeline: Timeline, others: Sequence[Row]) -> DeepTeppError | None:
    """Find a phase that lacks slices, unless it is the last, which may have been stopped.

    ``others``: what else could be a phase by its header. To be raised; it names the phase.
    """
    phases = [row.stack for row in timeline.rows]
    rest = [row.stack for row in others if not _is_stopped(row, timeline)]
    return broken_phase(
        phases, rest, (as_found(timeline, "The whole phases, without the one that lacks slices."),)
    )


def _is_stopped(row: Row, timeline: Timeline) -> bool:
    """Whether a volume may lack slices since its scan was stopped; other faults have other causes."""
    if not isinstance(row.stack.problem, MissingSlice | None):
        return False
    return _is_after(row, timeline) or _is_repeated(row, timeline)


def _is_after(row: Row, timeline: Timeline) -> bool:
    """Whether a volume came after all phases, by the first sign that all of them have."""
    for sign in SIGNS:
        if sign.is_offset or sign is CONTENT:
            continue
        mine = sign.read(row.stack.clock)
        theirs = [moment for phase in timeline.rows if (moment := sign.read(phase.stack.clock)) is not None]
        if mine is not None and len(theirs) == len(timeline.rows) and mine not in theirs:
            return mine > max(theirs)
    return False


def incomplete_last(timeline: Timeline, others: Sequence[Row]) -> tuple[Finding, ...]:
    """Name a last phase that was stopped before all of its slices were made.

    ``others``: what else could be a phase by its header.
    """
    stopped = [row.stack for row in others if _is_stopped(row, timeline)]
    error = broken_phase([row.stack for row in timeline.rows], stopped, ())
    if error is None:
        return ()
    n_absent = str(error.value)
    message = sentence(
        "{phase} lack {n} slice(s), as after a stopped scan, and were left out.",
        phase=error.facts["phase"],
        n=n_absent,
    )
    return (Finding("dicom.incomplete-phase", Severity.WARNING, message, n_absent, 0),)


def _is_repeated(row: Row, timeline: Timeline) -> bool:
    """Whether a scan was stopped early and begun again: a whole one follows sooner than a phase would."""
    first, start = timeline.rows[0].stack, row.stack.clock.acquired_s
    starts = [phase.stack.clock.acquired_s for phase in timeline.rows]
    if start is None or None in starts or not is_part_of(row.stack, first):
        return False
    if len(row.stack.frames) > MOST_STOPPED * len(first.frames):
        return False
    waits = [other - start for other in starts if other is not None and other > start]
    # The interval in which it lies says nothing of the time from phase to phase: without it, one may be lost.
    periods = [b - a for a, b in pairwise(other for other in starts[1:] if other is not None) if not a < start < b]
    longest = float(np.median(periods)) if periods else 0.0
    return bool(waits) and min(waits) < (LONGEST_PAUSE_S if len(waits) == len(starts) else longest)


def missing_between(timeline: Timeline, others: Sequence[Row]) -> DeepTeppError | None:
    """Find a single volume of the sequence on another grid, acquired between two phases: one of them, moved.

    ``others``: what else could be a phase by its header.
    """
    first = timeline.rows[0].stack
    elsewhere = [row for row in others if row.stack.grid is not None and not is_same_grid(row.stack, first)]
    for row in elsewhere:
        is_alone = sum(is_same_grid(row.stack, other.stack) for other in elsewhere) == 1
        is_there = (
            first.grid is not None and row.stack.grid is not None and overlap(row.stack.grid, first.grid) > 0
        )
        is_phase = (
            is_there and is_same_sequence(row.stack.series, first.series) and not is_part_of(row.stack, first)
        )
        if is_alone and is_phase and _is_between(row, timeline):
            ways = (as_found(timeline, "The phases found, without the images that lie elsewhere."),)
            return moved([first, row.stack], ways)
    return None


def _is_between(row: Row, timeline: Timeline) -> bool:
    """Whether a volume was acquired after the first phase and before the last, at a time that none has."""
    start = row.stack.clock.acquired_s
    starts = [phase.stack.clock.acquired_s for phase in timeline.rows]
    known = [other for other in starts if other is not None]
    if start is None or len(known) < len(starts):
        return False
    return min(known) < start < max(known) and all(abs(start - other) >= SAME_MOMENT_S for other in known)
