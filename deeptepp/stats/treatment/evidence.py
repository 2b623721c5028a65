"""What a contrast of two treatments is worth, in words that count events and direct nobody.

The rule is per arm: a contrast with an arm of fewer than ``MIN_EVENTS`` events has no ratio, difference, number
needed or p-value, however many events the other arm has. Counts and the survival of each arm with its interval
stay.

Why per arm. The ratio is as uncertain as its smaller arm, about sqrt(1/d1 + 1/d0) on the log scale, and one
event more in an arm of d moves it by the factor (d + 1) / d. An arm without events has no likelihood estimate
at all: what is printed then is the penalty's (0 against 18 events of 47 and 47: 0.02 by Firth, 0.11 in one
step), and Greenwood's variance of its survival is 0, so that a difference and a number needed take its survival
as known. The curve of such an arm is drawn in grey and is not tested; patients compared are some of those of
the curve, so that a number is never given beside a grey curve.

References
----------
Heinze G, Schemper M. Biometrics 2001;57:114-119 (an arm without events).
Peduzzi P et al. J Clin Epidemiol 1995;48:1503-1510 (ten events).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from deeptepp.domain.cohort import FollowUp
from deeptepp.stats.estimate import ChiSquareTest, Estimate
from deeptepp.stats.event_rule import MIN_EVENTS, count_events
from deeptepp.stats.treatment.contrast_adequacy import contrast_adequacy
from deeptepp.wording.sentence import Words, glued, joined, sentence

NOT_RANDOMISED: Words = "treatment was not randomised"
"""Stands beside every count of two arms."""

_FEWER: Words = "Fewer events with {arm} ({counts})"
_MORE: Words = "More events with {arm} ({counts})"


class EvidenceLevel(StrEnum):
    """How much a contrast can tell."""

    NOTHING = "nothing to compare"
    """A side is empty, or no event was seen."""
    TOO_FEW_TO_COMPARE = "too few to compare"
    """Fewer than ``MIN_EVENTS`` events in an arm."""
    NOT_ALIKE = "the matched arms are not alike"
    """Events enough, but matching left the arms less alike than they were; nothing is given."""
    TOO_FEW_TO_TELL_APART = "too few to tell apart"
    """The interval holds 1, and a halved hazard would often be missed with so few events."""
    NOT_TOLD_APART = "not told apart"
    """The interval holds 1 although a halved hazard would mostly be seen."""
    FEWER_EVENTS = "fewer events in the index arm"
    """The whole interval lies below 1."""
    MORE_EVENTS = "more events in the index arm"
    """The whole interval lies above 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceBadge:
    """What stands beside a contrast on every surface.

    ``sentence``: the same in words, with the number of events of each arm. ``n_events_needed``: events with which
    a halved hazard would be seen with 80 % power (Schoenfeld); None where a side is empty. ``hazard_ratio``: index
    against reference; without a value where an arm has fewer than ``MIN_EVENTS`` events. ``rmst_difference``:
    months without the event, index less reference; likewise. ``interaction``: whether the hazard ratio differs
    between tiers; None where one tier stands alone. ``is_simulated``: the patients are not real.
    """

    level: EvidenceLevel
    sentence: str
    n: int
    n_events: int
    n_events_needed: int | None
    hazard_ratio: Estimate
    rmst_difference: Estimate
    interaction: ChiSquareTest | None = None
    is_simulated: bool


def grade_evidence(
    index: FollowUp,
    reference: FollowUp,
    hazard_ratio: Estimate,
    rmst_difference: Estimate,
    *,
    index_label: str,
    is_simulated: bool,
    is_alike: bool = True,
    interaction: ChiSquareTest | None = None,
) -> EvidenceBadge:
    """Say what a contrast is worth.

    ``hazard_ratio``, ``rmst_difference``: of the contrast, held back already where there are too few events.
    ``index_label``: name of the index side. ``is_simulated``: the patients are not real. ``is_alike``: matching
    left the arms no less alike than they were. Returns: never a directive, and never the claim that two treatments
    are equally good.
    """
    n, n_events = index.n + reference.n, index.n_events + reference.n_events
    needed = contrast_adequacy(index, reference).n_events_needed if index.n and reference.n else None
    level = _level(index, reference, hazard_ratio, needed, is_alike=is_alike)
    return EvidenceBadge(
        level=level,
        sentence=_sentence(level, index, reference, needed, index_label),
        n=n,
        n_events=n_events,
        n_events_needed=needed,
        hazard_ratio=hazard_ratio,
        rmst_difference=rmst_difference,
        interaction=interaction,
        is_simulated=is_simulated,
    )


def _level(
    index: FollowUp, reference: FollowUp, hazard_ratio: Estimate, needed: int | None, *, is_alike: bool
) -> EvidenceLevel:
    """Grade by the number of events first and by the interval then."""
    n_events = index.n_events + reference.n_events
    if needed is None or n_events == 0:
        return EvidenceLevel.NOTHING
    if min(index.n_events, reference.n_events) < MIN_EVENTS:
        return EvidenceLevel.TOO_FEW_TO_COMPARE
    if not is_alike:
        return EvidenceLevel.NOT_ALIKE
    if hazard_ratio.high is not None and hazard_ratio.high < 1:
        return EvidenceLevel.FEWER_EVENTS
    if hazard_ratio.low is not None and hazard_ratio.low > 1:
        return EvidenceLevel.MORE_EVENTS
    return EvidenceLevel.TOO_FEW_TO_TELL_APART if n_events < needed else EvidenceLevel.NOT_TOLD_APART


def _sentence(
    level: EvidenceLevel, index: FollowUp, reference: FollowUp, needed: int | None, index_label: str
) -> str:
    """Write the level out."""
    if level is EvidenceLevel.NOTHING:
        return sentence(
            "One side has no patients: nothing to compare" if needed is None else "No event: nothing to compare"
        )
    if level in (EvidenceLevel.FEWER_EVENTS, EvidenceLevel.MORE_EVENTS):
        words = _FEWER if level is EvidenceLevel.FEWER_EVENTS else _MORE
        return joined("; ", (sentence(words, arm=index_label, counts=_counts(index, reference)), NOT_RANDOMISED))
    if level in (EvidenceLevel.TOO_FEW_TO_COMPARE, EvidenceLevel.NOT_ALIKE):
        return joined("; ", (_observed(index, reference, index_label), sentence(level.value), NOT_RANDOMISED))
    events = count_events(index.n_events + reference.n_events)
    if level is EvidenceLevel.TOO_FEW_TO_TELL_APART:
        return sentence(
            "{events}: too few to tell apart ({needed} would show a halved hazard with 80 % power)",
            events=events,
            needed=needed,
        )
    return glued("{}: {}", events, sentence(level.value))


def _observed(index: FollowUp, reference: FollowUp, index_label: str) -> str:
    """Which arm had fewer events, as far as counts and shares say the same of it."""
    of_index, of_reference = index.n_events / index.n, reference.n_events / reference.n
    counts = _counts(index, reference)
    if of_index < of_reference and index.n_events < reference.n_events:
        return sentence(_FEWER, arm=index_label, counts=counts)
    if of_index > of_reference and index.n_events > reference.n_events:
        return sentence(_MORE, arm=index_label, counts=counts)
    return sentence("Events {counts}", counts=counts)


def _counts(index: FollowUp, reference: FollowUp) -> str:
    """Write the events of both arms, with the patients where the arms differ in size."""
    if index.n == reference.n:
        return f"{index.n_events} vs {reference.n_events}"
    return sentence(
        "{n} of {total} vs {m} of {k}", n=index.n_events, total=index.n, m=reference.n_events, k=reference.n
    )
