"""One result read in plain sentences and as a table: what became of patients of her tier.

Sentences are templates with their facts, so that a screen can say them in another language. Counts are out of one
hundred, as patients are told them, and every one carries its interval, the patients and the events behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from deeptepp.domain.cohort import ARM, TIER, Arm, Cohort, Endpoint
from deeptepp.domain.risk import Tier
from deeptepp.errors import NotEstimable
from deeptepp.report.format import out_of_hundred
from deeptepp.report.names import name_of
from deeptepp.report.survival_tables import HORIZONS_MONTHS, survival_text
from deeptepp.stats.survival.group_comparison import GroupComparison, compare_groups
from deeptepp.stats.survival.kaplan_meier import KaplanMeierCurve, SurvivalEstimate
from deeptepp.wording.sentence import Words, glued, sentence

STATES: dict[Endpoint, str] = {endpoint: endpoint.free for endpoint in Endpoint}
"""What it means not to have had the event."""

EVENTS: dict[Endpoint, str] = {endpoint: endpoint.met for endpoint in Endpoint}
"""What it means to have had it."""

PATIENTS: dict[bool, Words] = {False: "patients", True: "simulated patients"}
"""What patients are called, by whether they are simulated."""

WHOLE_TIER = "Of 100 {kind} of the {group} tier, {count} were {state} {years} years after surgery"
OTHER_TIER = "{group} tier: of 100, {count} were {state} {years} years after surgery"
TREATED = "{group}: of 100, {count} were {state} {years} years after surgery"

TEMPLATES: dict[tuple[str, bool], str] = {
    (start, has_interval): start + rest
    for start in (WHOLE_TIER, OTHER_TIER, TREATED)
    for has_interval, rest in (
        (True, " (95 % CI {low} to {high}; patients: {n}, events by then: {events})."),
        (False, " (no interval can be given; patients: {n}, events by then: {events})."),
    )
}
"""Every sentence that states an estimate, by its start and by whether there is an interval."""

_N_KEPT = 24
"""Readings that are kept: of four models with three tiers and two end points."""

NOT_FOLLOWED: Words = "{group}: none of the {n} patients was followed for {years} years."
NO_PATIENT: Words = "The reference cohort has no patient of this tier with known follow-up."

LIMITS: Words = (
    "These numbers describe groups. They do not say whether one patient will be among the {free} or among the "
    "{affected}. Treatment was not randomised: groups by treatment also differ otherwise."
)
"""What a number of a group cannot tell of one patient."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ResultReading:
    """What became of the reference patients, as far as one result shows it.

    ``arms``: treatments inside her tier, None where the tier has no patient with known follow-up.
    """

    tier: Tier
    endpoint: Endpoint
    tiers: GroupComparison
    arms: GroupComparison | None
    is_simulated: bool

    @property
    def curve(self) -> KaplanMeierCurve | None:
        """Curve of her tier, or None where it has no patient with known follow-up."""
        return self.tiers.curve_of(self.tier.value)


@lru_cache(_N_KEPT)
def result_reading(reference: Cohort, tier: Tier, endpoint: Endpoint) -> ResultReading:
    """Estimate what one result shows, once for all cases; ``reference``: of a model.

    Returns all tiers, and the treatments inside hers. Raises NotEstimable: no patient of any tier has known
    follow-up.
    """
    try:
        arms = compare_groups(reference.where(reference[TIER] == tier.value), ARM, tuple(Arm), endpoint)
    except NotEstimable:
        arms = None
    tiers = compare_groups(reference, TIER, tuple(Tier), endpoint)
    return ResultReading(tier=tier, endpoint=endpoint, tiers=tiers, arms=arms, is_simulated=reference.is_simulated)


def reading_sentences(reading: ResultReading) -> tuple[str, ...]:
    """What became of patients of her tier, at five and at two years."""
    if reading.curve is None:
        return (sentence(NO_PATIENT),)
    kind = {"kind": PATIENTS[reading.is_simulated]}
    return tuple(
        _sentence(reading.curve.at(months), WHOLE_TIER, name_of(reading.tier), reading.endpoint, kind)
        for months in reversed(HORIZONS_MONTHS)
    )


def arm_sentences(reading: ResultReading) -> tuple[str, ...]:
    """What became of patients of her tier by the treatment that they received.

    Returns one per treatment that was given, at five years, or at two where nobody was followed for five.
    """
    if reading.arms is None:
        return ()
    sentences = []
    for level, curve in zip(reading.arms.levels, reading.arms.curves, strict=True):
        late = [months for months in HORIZONS_MONTHS if months <= curve.last_months]
        at = curve.at(late[-1] if late else HORIZONS_MONTHS[0])
        sentences.append(_sentence(at, TREATED, name_of(Arm(level)), reading.endpoint))
    return tuple(sentences)


def other_tier_sentences(reading: ResultReading) -> tuple[str, ...]:
    """What became of patients of the other tiers at five years."""
    return tuple(
        _sentence(curve.at(HORIZONS_MONTHS[-1]), OTHER_TIER, name_of(Tier(level)), reading.endpoint)
        for level, curve in zip(reading.tiers.levels, reading.tiers.curves, strict=True)
        if level != reading.tier.value
    )


def reading_rows(reading: ResultReading) -> list[tuple[str, ...]]:
    """Read all curves at two and five years.

    Returns group, patients, events, and survival and number at risk at each time, the tiers, then the treatments.
    """
    named = [(name_of(Tier(level)), curve) for level, curve in _pairs(reading.tiers)]
    named += [
        (glued("{}: {}", name_of(reading.tier), name_of(Arm(level))), curve)
        for level, curve in _pairs(reading.arms)
    ]
    return [
        (
            group,
            str(curve.n),
            str(curve.n_events),
            *(cell for months in HORIZONS_MONTHS for cell in _cells(curve, months)),
        )
        for group, curve in named
    ]


def _pairs(comparison: GroupComparison | None) -> list[tuple[str, KaplanMeierCurve]]:
    """Give every group with its curve."""
    return [] if comparison is None else list(zip(comparison.levels, comparison.curves, strict=True))


def _cells(curve: KaplanMeierCurve, months: float) -> tuple[str, str]:
    """Write survival and the number at risk at one time."""
    estimate = curve.at(months)
    return survival_text(estimate), str(estimate.n_at_risk)


def _sentence(
    at: SurvivalEstimate, start: str, group: str, endpoint: Endpoint, words: Mapping[str, str] | None = None
) -> str:
    """Say one estimate out of one hundred, with what it rests on."""
    facts: dict[str, object] = {"group": group, "years": f"{at.months / 12:.0f}", "n": at.n}
    if at.is_beyond_follow_up:
        return sentence(NOT_FOLLOWED, **facts)
    facts |= {"count": out_of_hundred(at), "events": at.n_events, "state": STATES[endpoint], **(words or {})}
    has_interval = at.low is not None and at.high is not None
    if at.low is not None and at.high is not None:
        facts |= {"low": round(100 * at.low), "high": round(100 * at.high)}
    return sentence(TEMPLATES[start, has_interval], **facts)
