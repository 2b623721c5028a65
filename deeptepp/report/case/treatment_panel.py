"""The treatment question for one tier, ready to be laid out: curves, two contrasts, what each is worth.

Nothing here directs anybody. Where an arm has too few events, or matching made the arms less alike, a contrast
holds counts, the survival of each arm and the reason, but no difference.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from deeptepp.domain.cohort import ARM, TIER, Arm, Cohort, Endpoint
from deeptepp.domain.risk import Tier
from deeptepp.errors import DeepTeppError, NotEstimable
from deeptepp.report.format import hazard_ratio, p_value
from deeptepp.report.survival_tables import survival_text
from deeptepp.stats.estimate import ChiSquareTest, Estimate
from deeptepp.stats.survival.group_comparison import GroupComparison, compare_groups
from deeptepp.stats.survival.kaplan_meier import KaplanMeierCurve
from deeptepp.stats.treatment.treatment_by_tier import TierContrasts, contrast_by_tier
from deeptepp.stats.treatment.treatment_effect import LANDMARKS_MONTHS, TreatmentContrast
from deeptepp.stats.treatment.treatment_question import T_VS_NONE, TP_VS_T, Matching, TreatmentQuestion
from deeptepp.wording.sentence import arranged, glued, sentence

_N_KEPT = 64
"""Panels and answers that are kept: two models with three tiers, two end points, three ways and two questions."""

QUESTIONS = (T_VS_NONE, TP_VS_T)
"""Contrasts of the panel, in its order."""

SURVIVAL = "{years}-year survival"
"""Name of a line of survival of both sides, as a template."""

ROWS = {
    "survival": "Difference at {years:g} years",
    "rmst": "Difference in mean months up to {months:.0f} (RMST)",
    "hazard": "Hazard ratio",
    "log-rank": "Log-rank",
}
"""Names of the lines of a contrast, as templates."""

NOT_TESTED = "Whether tiers differ in it was not tested: {reason}."
INTERACTION = "Interaction across tiers: {p}."

NOT_RANDOMISED = (
    "Treatment was not randomised: patients who received different treatments also differed otherwise. Neither a "
    "difference nor the lack of one shows what a treatment would do for this patient; an interval that holds zero "
    "does not exclude a difference."
)
"""Stands below the contrasts."""

NOT_EXCLUDED = "A difference, in either direction, is not excluded."
"""Stands where no difference is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceRow:
    """One line of a contrast.

    ``name``: what is compared, a template with ``{years}`` or ``{months}``; ``at``: the time that the template
    names, 0 where it names none; ``value``: the estimate with its interval, or why there is none.
    """

    name: str
    at: float
    value: str
    is_given: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmRow:
    """Survival of both sides at one time.

    ``index``, ``reference``: share with its interval, or that the follow-up was too short.
    """

    years: float
    index: str
    reference: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ContrastSummary:
    """Two treatments of one tier side by side.

    ``n_events_index``, ``n_events_reference``: their events up to the common horizon; ``survival``: of each side
    of its own, whether or not the contrast is held back; ``rows``: differences, empty where the contrast is held
    back; ``reason``: why it is held back, empty where it is not; ``warnings``: what must be known, the caveat of
    the matching first; ``curves``: of the patients compared, the reference side first, empty where nobody is
    compared; ``p_value``: log-rank, None where held back.
    """

    question: TreatmentQuestion
    index: Arm
    reference: Arm
    n_index: int = 0
    n_reference: int = 0
    n_events_index: int = 0
    n_events_reference: int = 0
    n_before_index: int = 0
    n_before_reference: int = 0
    survival: tuple[ArmRow, ...] = ()
    rows: tuple[DifferenceRow, ...] = ()
    reason: str = ""
    badge: str = ""
    interaction: ChiSquareTest | None = None
    warnings: tuple[str, ...] = ()
    curves: tuple[KaplanMeierCurve, ...] = ()
    p_value: float | None = None

    @property
    def is_given(self) -> bool:
        """Whether differences are given."""
        return not self.reason

    @property
    def n(self) -> int:
        """Patients compared."""
        return self.n_index + self.n_reference

    @property
    def n_events(self) -> int:
        """Their events."""
        return self.n_events_index + self.n_events_reference


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TreatmentPanel:
    """All that a screen says of treatment in one tier.

    ``arms``: every patient of the tier by treatment received, None where it has none.
    """

    tier: Tier
    endpoint: Endpoint
    matching: Matching
    arms: GroupComparison | None
    contrasts: tuple[ContrastSummary, ...]
    is_simulated: bool


@lru_cache(_N_KEPT)
def treatment_panel(reference: Cohort, tier: Tier, endpoint: Endpoint, matching: Matching) -> TreatmentPanel:
    """Compare the treatments that patients of one tier received, once for all cases; ``reference``: of a model.

    Returns a contrast that the cohort does not allow holds the reason.
    """
    return TreatmentPanel(
        tier=tier,
        endpoint=endpoint,
        matching=matching,
        arms=_arms(reference, tier, endpoint),
        contrasts=tuple(_summary(reference, question, tier, endpoint, matching) for question in QUESTIONS),
        is_simulated=reference.is_simulated,
    )


def interaction_words(test: ChiSquareTest | None) -> tuple[str, str]:
    """Whether tiers differ in a contrast.

    Returns a template with ``{p}`` or ``{reason}``, and what stands there.
    """
    if test is None or test.p_value is None:
        reason = "nothing can be compared" if test is None else test.reason
        return NOT_TESTED, reason
    return INTERACTION, p_value(test.p_value)


def _arms(reference: Cohort, tier: Tier, endpoint: Endpoint) -> GroupComparison | None:
    """Curves of all patients of the tier by treatment."""
    try:
        return compare_groups(reference.where(reference[TIER] == tier.value), ARM, tuple(Arm), endpoint)
    except NotEstimable:
        return None


@lru_cache(_N_KEPT)
def _in_all_tiers(
    reference: Cohort, question: TreatmentQuestion, endpoint: Endpoint, matching: Matching
) -> TierContrasts:
    """Ask once for the panels of all tiers."""
    return contrast_by_tier(reference, question, endpoint=endpoint, matching=matching)


def _summary(
    reference: Cohort, question: TreatmentQuestion, tier: Tier, endpoint: Endpoint, matching: Matching
) -> ContrastSummary:
    """Ask one question in all tiers, for the interaction, and lay out the answer in hers."""
    (index,), (other,) = question.index, question.reference
    try:
        answers = _in_all_tiers(reference, question, endpoint, matching)
    except DeepTeppError as error:
        return ContrastSummary(
            question=question, index=index, reference=other, reason=arranged(_unended, error.sentence)
        )
    contrast = next(each for each in answers.contrasts if each.tiers == (tier,))
    return ContrastSummary(
        question=question,
        index=index,
        reference=other,
        n_index=contrast.index.n,
        n_reference=contrast.reference.n,
        n_events_index=contrast.index.n_events,
        n_events_reference=contrast.reference.n_events,
        n_before_index=contrast.index.n_before,
        n_before_reference=contrast.reference.n_before,
        survival=_survival(contrast),
        rows=_rows(contrast) if contrast.is_reportable else (),
        reason=contrast.cause,
        badge=contrast.badge.sentence,
        interaction=answers.interaction,
        warnings=contrast.warnings,
        curves=_curves(contrast, (other, index)),
        p_value=contrast.p_value,
    )


def _unended(sentence: str) -> str:
    """Leave out the point at the end, which the sentence around it sets."""
    return sentence.rstrip(".。")


def _curves(contrast: TreatmentContrast, arms: tuple[Arm, Arm]) -> tuple[KaplanMeierCurve, ...]:
    """Curves of both sides, named by their arm."""
    sides = zip((contrast.reference, contrast.index), arms, strict=True)
    return tuple(replace(side.curve, label=arm.value) for side, arm in sides if side.curve is not None)


def _survival(contrast: TreatmentContrast) -> tuple[ArmRow, ...]:
    """Read the curve of each side at the times of the contrast."""
    one, other = contrast.index.curve, contrast.reference.curve
    if one is None or other is None:
        return ()
    return tuple(
        ArmRow(years=at / 12, index=survival_text(one.at(at)), reference=survival_text(other.at(at)))
        for at in LANDMARKS_MONTHS
    )


def _rows(contrast: TreatmentContrast) -> tuple[DifferenceRow, ...]:
    """Write every difference, or why one of them is missing."""
    ratio = contrast.hazard_ratio
    return (
        *(
            _row(ROWS["survival"], each.months / 12, each.difference, 100, "points")
            for each in contrast.differences
        ),
        _row(ROWS["rmst"], _end(contrast), contrast.rmst_difference),
        DifferenceRow(
            name=ROWS["hazard"],
            at=0.0,
            value=hazard_ratio(ratio.value, ratio.low, ratio.high).removeprefix("HR\u00a0"),
            is_given=ratio.value is not None,
        ),
        DifferenceRow(name=ROWS["log-rank"], at=0.0, value=p_value(contrast.p_value), is_given=True),
    )


def _end(contrast: TreatmentContrast) -> float:
    """Horizon of the restricted mean, months."""
    followed = (float(side.follow_up.months.max()) for side in (contrast.index, contrast.reference))
    return contrast.sample.horizon_months or min(contrast.question.horizon_months, *followed)


def _row(name: str, at: float, difference: Estimate, scale: float = 1, unit: str = "months") -> DifferenceRow:
    """Write one difference with sign, unit and interval."""
    if difference.value is None:
        return DifferenceRow(
            name=name, at=at, value=sentence("not given: {reason}", reason=difference.reason), is_given=False
        )
    value = glued("{} {}", _signed(scale * difference.value), unit)
    if difference.low is None or difference.high is None:
        return DifferenceRow(
            name=name, at=at, value=sentence("{value} (CI not estimable)", value=value), is_given=True
        )
    interval = glued("{} to {}", _signed(scale * difference.low), _signed(scale * difference.high))
    return DifferenceRow(name=name, at=at, value=glued("{} ({})", value, interval), is_given=True)


def _signed(value: float) -> str:
    """Write a number with its sign, and zero without one."""
    rounded = round(value, 1)
    return "0.0" if rounded == 0 else f"{rounded:+.1f}".replace("-", "\u2212")
