"""Takes the phases that the user names instead of those proposed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from deeptepp.dicom.clock import WAYS_TO_TELL_TIME, after_first, past_midnight
from deeptepp.dicom.rows import MIN_PHASES, Proposal, Row
from deeptepp.errors import DeepTeppError, MissingPhase, MissingTag, MixedGeometry, UnknownSeries, WrongModality


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
    for read in WAYS_TO_TELL_TIME:
        known = [s for s in (read(row.stack.clock) for row in chosen) if s is not None]
        if len(known) == len(chosen) and all(a < b for a, b in pairwise(past_midnight(known))):
            return after_first(past_midnight(known))
    return None
