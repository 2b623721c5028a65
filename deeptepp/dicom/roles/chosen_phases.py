"""Takes the phases that the user names instead of those proposed: a choice goes through where one grid allows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from deeptepp.dicom.roles.doubts import LONGEST_GAP_S
from deeptepp.dicom.roles.rows import MIN_PHASES, Proposal, Row, stands_for
from deeptepp.dicom.roles.series import is_same_grid
from deeptepp.dicom.roles.timeline import times_in_order
from deeptepp.domain.risk import Finding, Severity
from deeptepp.errors import DeepTeppError, MissingPhase, MissingTag, MixedGeometry, UnknownSeries, WrongModality
from deeptepp.wording.sentence import listed, sentence


def chosen_phases(rows: Sequence[Row], keys: Sequence[str]) -> Proposal:
    """Take the phases that the user names, in the order pre, post 1, post 2 ...

    ``keys``: row keys; the key of a series of several volumes stands for all of them in order of time. With a
    refusal where they make no study.
    """
    reasons = {row.key: "Not chosen by the user." for row in rows}
    chosen: list[Row] = []
    for key in keys:
        found = [row for row in rows if stands_for(key, row.key)]
        if not found:
            known = ", ".join(row.key for row in rows)
            return Proposal(reasons=reasons, refusal=UnknownSeries(value=key, limit=known))
        chosen.extend(found)
    refusal = _choice_refusal(chosen)
    if refusal is not None:
        return Proposal(reasons=reasons, refusal=refusal)
    reasons |= {row.key: "Chosen by the user." for row in chosen}
    times_s = _plausible(times_in_order(chosen))
    order = tuple(float(i) for i in range(len(chosen)))
    return Proposal(tuple(chosen), times_s or order, reasons, _findings(times_s), has_times=times_s is not None)


def _plausible(times_s: tuple[float, ...] | None) -> tuple[float, ...] | None:
    """Forget times with hours between phases: a reader who chose these knows that the times are wrong."""
    if times_s is None or any(b - a > LONGEST_GAP_S for a, b in pairwise(times_s)):
        return None
    return times_s


def _choice_refusal(chosen: Sequence[Row]) -> DeepTeppError | None:
    """Find why chosen volumes cannot be phases of one study."""
    stacks = [row.stack for row in chosen]
    foreign = {s.series.modality for s in stacks if s.series.modality != "MR"}
    if foreign:
        return WrongModality(value=", ".join(sorted(foreign)), limit="MR")
    n_different = len({row.key for row in chosen})
    if n_different < MIN_PHASES or n_different < len(chosen):
        return MissingPhase(value=n_different, limit=max(MIN_PHASES, len(chosen)))
    for stack in stacks:
        if stack.grid is None:
            return stack.problem or MissingTag(value=1, keyword="a second slice")
    if not all(is_same_grid(a, b) for a, b in pairwise(stacks)):
        shapes = sorted({str(s.grid.shape) for s in stacks if s.grid is not None})
        return MixedGeometry(value=sentence("{sizes} voxels (z, y, x)", sizes=listed(shapes)))
    return None


def _findings(times_s: tuple[float, ...] | None) -> tuple[Finding, ...]:
    """That the order is the user's."""
    if times_s is not None:
        return ()
    message = "The headers give no plausible times that ascend in the order chosen; the order is the user's."
    return (Finding("dicom.order-without-times", Severity.WARNING, message),)
