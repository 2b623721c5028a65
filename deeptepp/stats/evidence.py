"""What a contrast of two treatments is worth, in words that count events and direct nobody."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from deeptepp.domain.cohort import FollowUp
from deeptepp.stats.contrast_adequacy import contrast_adequacy
from deeptepp.stats.estimate import ChiSquareTest, Estimate

MIN_EVENTS = 10
"""With fewer events in a contrast no difference is printed: a single event would turn it round."""


class EvidenceLevel(StrEnum):
    """How much a contrast can tell."""

    NOTHING = "nothing to compare"
    """A side is empty, or no event was seen."""
    TOO_FEW_TO_COMPARE = "too few to compare"
    """Fewer than ``MIN_EVENTS`` events."""
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

    Parameters
    ----------
    level : EvidenceLevel
        How much it can tell.
    sentence : str
        The same in words, with the number of events.
    n : int
        Patients compared.
    n_events : int
        Their events.
    n_events_needed : int or None
        Events with which a halved hazard would be seen with 80 % power (Schoenfeld); None where a side is empty.
    hazard_ratio : Estimate
        Index against reference; without a value below ``MIN_EVENTS`` events.
    rmst_difference : Estimate
        Months without the event, index less reference; likewise.
    interaction : ChiSquareTest or None
        Whether the hazard ratio differs between tiers; None where one tier stands alone.
    is_simulated : bool
        The patients are not real.
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
    interaction: ChiSquareTest | None = None,
) -> EvidenceBadge:
    """Say what a contrast is worth.

    Parameters
    ----------
    index, reference : FollowUp
        Patients compared.
    hazard_ratio, rmst_difference : Estimate
        Of the contrast, held back already where there are too few events.
    index_label : str
        Name of the index side.
    is_simulated : bool
        The patients are not real.
    interaction : ChiSquareTest, optional
        Across tiers.

    Returns
    -------
    EvidenceBadge
        Never a directive, and never the claim that two treatments are equally good.
    """
    n, n_events = index.n + reference.n, index.n_events + reference.n_events
    needed = contrast_adequacy(index, reference).n_events_needed if index.n and reference.n else None
    level = _level(index, reference, hazard_ratio, needed)
    return EvidenceBadge(
        level=level,
        sentence=_sentence(level, n, n_events, needed, index_label),
        n=n,
        n_events=n_events,
        n_events_needed=needed,
        hazard_ratio=hazard_ratio,
        rmst_difference=rmst_difference,
        interaction=interaction,
        is_simulated=is_simulated,
    )


def count_events(n: int) -> str:
    """Count events in words."""
    return "no event" if n == 0 else "1 event" if n == 1 else f"{n} events"


def _level(index: FollowUp, reference: FollowUp, hazard_ratio: Estimate, needed: int | None) -> EvidenceLevel:
    """Grade by the number of events first and by the interval then."""
    n_events = index.n_events + reference.n_events
    if needed is None or n_events == 0:
        return EvidenceLevel.NOTHING
    if n_events < MIN_EVENTS:
        return EvidenceLevel.TOO_FEW_TO_COMPARE
    if hazard_ratio.high is not None and hazard_ratio.high < 1:
        return EvidenceLevel.FEWER_EVENTS
    if hazard_ratio.low is not None and hazard_ratio.low > 1:
        return EvidenceLevel.MORE_EVENTS
    return EvidenceLevel.TOO_FEW_TO_TELL_APART if n_events < needed else EvidenceLevel.NOT_TOLD_APART


def _sentence(level: EvidenceLevel, n: int, n_events: int, needed: int | None, index_label: str) -> str:
    """Write the level out."""
    counted = count_events(n_events)
    if level is EvidenceLevel.NOTHING:
        return "One side has no patients: nothing to compare" if needed is None else "No event: nothing to compare"
    if level is EvidenceLevel.FEWER_EVENTS:
        return f"{counted} in {n} patients: fewer with {index_label}; treatments were not assigned at random"
    if level is EvidenceLevel.MORE_EVENTS:
        return f"{counted} in {n} patients: more with {index_label}; treatments were not assigned at random"
    if level is EvidenceLevel.TOO_FEW_TO_TELL_APART:
        return f"{counted}: {level} ({needed} would show a halved hazard with 80 % power)"
    return f"{counted}: {level}"
