"""What a flow of patients holds: steps, who left after each, and whether the reasons add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deeptepp.errors import OutOfRange
from deeptepp.wording.sentence import glued, sentence

_NOT_STATED = "n\u00a0not\u00a0stated"
"""Where a source names a reason and no count."""


@dataclass(frozen=True, slots=True)
class FlowStep:
    """One box of the flow.

    ``excluded``: why patients left after this step, and how many, None where a source does not say.
    """

    label: str
    n: int
    excluded: tuple[tuple[str, int | None], ...] = ()


def patients_lost(steps: Sequence[FlowStep], arms: Sequence[tuple[str, int]]) -> list[int | None]:
    """Count who left after each step.

    ``arms``: name and patients of each final box, may be empty. Returns one per step, None after the last one
    where there are no arms. Raises OutOfRange: a step has more patients than the one before, or a count is
    negative.
    """
    sizes = [step.n for step in steps]
    for n in [*sizes, *(n for _, n in arms)]:
        if n < 0:
            raise OutOfRange(field="patients of a step", value=n, limit="0 or more")
    after = [*sizes[1:], sum(n for _, n in arms) if arms else None]
    for before, n_left in zip(sizes, after, strict=True):
        if n_left is not None and n_left > before:
            raise OutOfRange(
                field="patients of a step",
                value=n_left,
                limit=sentence("at most {before}, as before it", before=before),
            )
    return [None if n is None else before - n for before, n in zip(sizes, after, strict=True)]


def reasons_of(step: FlowStep, lost: int | None) -> list[str]:
    """Write who left after a step and why.

    ``lost``: who left, None where it is not known. Returns a heading and one line for each reason, nothing where
    nobody left.
    """
    if not step.excluded and not lost:
        return []
    total = "" if lost is None else glued(" ({})", counted(lost))
    lines = [glued("{}{}", sentence("Excluded"), total)]
    for reason, n in step.excluded:
        lines.append(glued("• {} ({})", reason, _NOT_STATED if n is None else counted(n)))
    if not step.excluded:
        lines.append(sentence("• reason not stated"))
    known = [n for _, n in step.excluded if n is not None]
    # Some may have left for several reasons, or a source miscounts: either is for the reader to see.
    if lost is not None and known and _contradicts(sum(known), lost, is_complete=len(known) == len(step.excluded)):
        lines.append(sentence("(reasons add up to {sum})", sum=sum(known)))
    return lines


def counted(n: int) -> str:
    """Write a count that stays on one line.

    The result is like ``n = 12`` with spaces that do not break.
    """
    return glued("n = {}", n)


def _contradicts(known: int, lost: int, *, is_complete: bool) -> bool:
    """Whether counted reasons cannot be all, or are more than all, who left."""
    return known != lost if is_complete else known > lost
