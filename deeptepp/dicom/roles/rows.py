"""The rows of the series table, their keys, and what is proposed for each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from deeptepp.dicom.volumes.stack import Stack, order_of
from deeptepp.domain.progress import bounds
from deeptepp.domain.risk import Finding
from deeptepp.domain.study import PhaseProposal
from deeptepp.errors import ArchiveTooLarge, DeepTeppError
from deeptepp.wording.sentence import sentence

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

    ``phases``: Pre-contrast first; empty where refused; ``times_s``: seconds after the pre-contrast phase began,
    one for each phase; without times 0, 1, 2 ; ``reasons``: one sentence for each row key; ``findings``: what the
    user should know; ``refusal``: why there is no study; ``has_times``: False where only the order of the phases
    is known; ``alternatives``: other dynamic series, best first; ``sign``: what tells the order of the phases, in
    the keywords of DICOM; ``spare``: keys of other volumes on the grid of the phases, which may be what one of
    them was taken for.
    """

    phases: tuple[Row, ...] = ()
    times_s: tuple[float, ...] = ()
    reasons: dict[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    refusal: DeepTeppError | None = None
    has_times: bool = True
    alternatives: tuple[PhaseProposal, ...] = ()
    sign: str = ""
    spare: tuple[str, ...] = ()


def stands_for(key: str, row_key: str) -> bool:
    """Tell whether a key names a row, or the series that the row belongs to.

    Gives ``s2`` stands for ``s2.1``, ``s2.2`` ..., never for ``s21``.
    """
    return row_key == key or row_key.startswith(f"{key}.")


def rows_of(stacks: Sequence[Stack], digest: Callable[[Stack], bytes] = lambda _: b"") -> tuple[Row, ...]:
    """Give each volume its key: ``s1`` for a series of one volume, ``s2.1``, ``s2.2`` ... for one of several.

    ``digest``: gives a digest of pixels, by which volumes are listed whose headers are all the same. By time, then
    series number; the same for the same files in any order.
    """
    limit = bounds().n_volumes
    if len(stacks) > limit:
        raise ArchiveTooLarge(
            value=sentence("{n} series of images", n=len(stacks)),
            limit=sentence("{n} series of images", n=int(limit)),
        )
    alike: dict[tuple[object, ...], list[Stack]] = defaultdict(list)
    for stack in sorted(stacks, key=order_of):
        alike[order_of(stack)].append(stack)
    ordered: list[Stack] = []
    studies: dict[str, int] = {}
    for tied in alike.values():
        # Of volumes that are the same in all, as in a second export, those of one study go first throughout.
        ordered += sorted(tied, key=lambda one: (digest(one), _number(studies, one))) if len(tied) > 1 else tied
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


def _number(studies: dict[str, int], stack: Stack) -> int:
    """Number of a study, in the order in which studies come."""
    return studies.setdefault(stack.series.study_uid, len(studies))
