"""The score beside what else is known or was estimated of the patient: stage, HER2DX, PREDICT.

Each line says which patients its number comes from. HER2DX and PREDICT are entered by hand, never computed here.

References
----------
Villacampa et al., HER2DX and survival outcomes in early-stage HER2-positive breast cancer: an individual
patient-level meta-analysis, Lancet Oncol 2025.
Wishart et al., Breast Cancer Res 2010;12:R1, and Br J Cancer 2012;107:800-807 (PREDICT, and HER2 in it).
Agostinetto et al., npj Breast Cancer 2022;8:87, doi 10.1038/s41523-022-00452-8 (PREDICT in ALTTO).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from deeptepp.domain.clinical import Stage
from deeptepp.domain.cohort import TIER, Cohort, Endpoint
from deeptepp.domain.risk import Assessment, Tier
from deeptepp.domain.typed_number import number_text
from deeptepp.report.format import percent_ci
from deeptepp.stats.survival.group_comparison import compare_groups
from deeptepp.stats.survival.kaplan_meier import SurvivalEstimate
from deeptepp.wording.sentence import sentence

HER2DX_HIGH_FROM = 50
"""HER2DX risk score from which a patient is in its high-risk group."""

_MONTHS = 60.0
"""Where PREDICT and the tier are read."""

_RANK = {Tier.LOW: 0, Tier.MODERATE: 1, Tier.HIGH: 2}

HER2DX_GROUPS = {
    False: "In the low-risk group of HER2DX, below {cut}. Event-free survival of that group at 6 years: 93.6 % "
    "(95 % CI 92.0 to 95.2; patients: 1,259).",
    True: "In the high-risk group of HER2DX, {cut} or more. Event-free survival of that group at 6 years: 82.9 % "
    "(95 % CI 80.0 to 85.5; patients: 1,259).",
}
"""What a group of HER2DX is, by whether it is the high-risk group."""

HER2DX_PATIENTS = "HER2DX: 2,518 patients of 11 studies, all with anti-HER2 treatment."
PREDICT_PATIENTS = (
    "PREDICT: made from 5,694 women of an English registry, operated 1999 to 2003; HER2 was added in 2012, "
    "pertuzumab never. In 2,794 HER2-positive patients of the ALTTO trial it was 6.7 points too low at 5 years."
)


_RESTS_ON = ": {survival}; patients: {n}, deaths by then: {events}."
PREDICT_PLACES = {
    "below": "Below the overall survival of the {tier} tier at 5 years" + _RESTS_ON,
    "above": "Above the overall survival of the {tier} tier at 5 years" + _RESTS_ON,
    "inside": "Inside the interval of the overall survival of the {tier} tier at 5 years" + _RESTS_ON,
}
"""Where an estimate of PREDICT can lie."""

NO_SURVIVAL = "Overall survival of the {tier} tier at 5 years cannot be estimated."

STAGES = {
    True: "Of {n} patients of the reference cohort with stage {stage}, {k} are in the {tier} tier.",
    False: "The reference cohort has no patient of stage {stage}.",
}
"""What a stage says, by whether the reference cohort has patients of it."""

REFERENCE = {True: "Reference cohort, {n} simulated patients.", False: "Reference cohort, {n} patients."}
"""The reference cohort, by whether it is simulated."""

NAMES = {"stage": "Stage group", "her2dx": "HER2DX risk score", "predict": "PREDICT (5-year OS)"}
"""What stands beside the tier."""


class Concord(StrEnum):
    """How an estimate stands to the tier."""

    SAME = "points the same way"
    BETWEEN = "inconclusive"
    APART = "disagrees"


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherEstimate:
    """One estimate beside the score."""

    name: str
    value: str
    said: str
    patients: str
    concord: Concord


def other_estimates(assessment: Assessment, reference: Cohort) -> tuple[OtherEstimate, ...]:
    """Set stage, HER2DX and PREDICT beside the tier, as far as they are known.

    ``assessment``: nothing stands beside one without a tier. The result is in this order, what was not entered is
    left out.
    """
    tier, profile = assessment.tier, assessment.profile
    if tier is None:
        return ()
    stage = profile.stage or (profile.stages_allowed[0] if profile.stages_allowed else None)
    found = [
        None if stage is None else _stage(stage, tier, reference),
        None if profile.her2dx_score is None else _her2dx(profile.her2dx_score, tier),
        None if profile.predict_os_pct is None else _predict(profile.predict_os_pct, tier, reference),
    ]
    return tuple(each for each in found if each is not None)


def _stage(stage: Stage, tier: Tier, reference: Cohort) -> OtherEstimate:
    """Count reference patients of her stage in each tier."""
    of_stage = reference["stage"].astype(str) == stage.value if "stage" in reference else None
    n = 0 if of_stage is None else int(of_stage.sum())
    n_tier = 0 if of_stage is None else int((of_stage & (reference[TIER] == tier.value)).sum())
    group = 0 if stage is Stage.I else 1 if stage in (Stage.IIA, Stage.IIB) else 2
    return OtherEstimate(
        name=NAMES["stage"],
        value=stage.value,
        said=sentence(STAGES[n > 0], n=n, stage=stage.value, k=n_tier, tier=tier),
        patients=sentence(REFERENCE[reference.is_simulated], n=len(reference)),
        concord=_concord(group, _RANK[tier]),
    )


def _her2dx(score: float, tier: Tier) -> OtherEstimate:
    """In which group of HER2DX she is."""
    is_high = score >= HER2DX_HIGH_FROM
    return OtherEstimate(
        name=NAMES["her2dx"],
        value=number_text(score),
        said=sentence(HER2DX_GROUPS[is_high], cut=HER2DX_HIGH_FROM),
        patients=sentence(HER2DX_PATIENTS),
        concord=_concord(2 * is_high, _RANK[tier]),
    )


def _predict(survival_pct: float, tier: Tier, reference: Cohort) -> OtherEstimate:
    """Set her estimate beside the overall survival of her tier."""
    at = _overall(tier, reference)
    share = survival_pct / 100
    if at is None or at.low is None or at.high is None:
        said = sentence(NO_SURVIVAL, tier=tier)
        concord = Concord.BETWEEN
    else:
        facts = {"tier": tier, "n": at.n, "events": at.n_events}
        facts["survival"] = percent_ci(at.value, at.low, at.high)
        place = "below" if share < at.low else "above" if share > at.high else "inside"
        said = sentence(PREDICT_PLACES[place], **facts)
        concord = Concord.SAME if place == "inside" else Concord.APART
    return OtherEstimate(
        name=NAMES["predict"],
        value=f"{number_text(survival_pct)} %",
        said=said,
        patients=sentence(PREDICT_PATIENTS),
        concord=concord,
    )


def _overall(tier: Tier, reference: Cohort) -> SurvivalEstimate | None:
    """Read the overall survival of a tier at five years; None where nobody was followed so long."""
    if tier.value not in reference[TIER]:
        return None
    at = compare_groups(reference, TIER, [tier.value], Endpoint.OS).curves[0].at(_MONTHS)
    return None if at.is_beyond_follow_up else at


def _concord(one: int, other: int) -> Concord:
    """Compare two places among low, middle and high."""
    return (Concord.SAME, Concord.BETWEEN, Concord.APART)[abs(one - other)]
