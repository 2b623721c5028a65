"""Everything that is measured in one simulated cohort, for the table over many of them.

Tiers follow a score s = sqrt(0.91) z + sqrt(0.09) e, about as good as the published network: the 143 highest are
High, the next 144 Moderate. "Upper" is Moderate and High together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import nan

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import ARM, FIRST_EVENT, LATENT_RISK, TIER, Arm, Cohort, Endpoint, FollowUp
from deeptepp.domain.published import TIER_COUNTS
from deeptepp.domain.risk import Tier
from deeptepp.errors import NotEstimable
from deeptepp.simulate.hazards import RELAPSE_SHARES
from deeptepp.simulate.simulated_cohort import simulate_cohort
from deeptepp.stats.design import design
from deeptepp.stats.hazards.cox import fit_cox
from deeptepp.stats.horizon import censor_at
from deeptepp.stats.logistic import fit_logistic
from deeptepp.stats.prediction.operating_point import youden
from deeptepp.stats.prediction.roc import roc_auc
from deeptepp.stats.survival.kaplan_meier import kaplan_meier
from deeptepp.stats.survival.logrank import log_rank
from simulated_summary.matching import Matching, match_on_follow_up

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

SCORE_RELIABILITY = 0.91
"""Share of the variance of the score that is z."""

HORIZON_MONTHS = 60.0
"""Where curves by tier are read."""

COMMON_MONTHS = 24.0
"""Where the arms with and without pertuzumab are both cut."""

N_FOLDS = 5
"""Of the cross-validated clinical model."""


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """One simulated cohort with its score and tiers.

    Parameters
    ----------
    cohort : Cohort
        726 patients, with ``tier``.
    score : (n,) float64
        s of each patient.
    seed : int
        Of the draw.
    """

    cohort: Cohort
    score: Floats
    seed: int

    def members(self, tiers: tuple[Tier, ...] = tuple(Tier), arms: tuple[Arm, ...] = tuple(Arm)) -> Bools:
        """Mark the patients of these tiers and arms, (n,)."""
        return np.isin(self.cohort[TIER], [t.value for t in tiers]) & np.isin(
            self.cohort[ARM], [a.value for a in arms]
        )

    def follow_up(self, endpoint: Endpoint, chosen: Bools) -> FollowUp:
        """Give the follow-up of the chosen (n,)."""
        return self.cohort.follow_up(endpoint).where(chosen)


UPPER = (Tier.MODERATE, Tier.HIGH)
TREATED = (Arm.T, Arm.TP)
TRAINING = (Arm.NONE, Arm.T)
"""Cohorts 1 and 2."""

PARTS: dict[str, tuple[Arm, ...]] = {"all": tuple(Arm), "treated": TREATED, "untreated": (Arm.NONE,)}
"""Groups of arms that curves are drawn for."""


def make_draw(seed: int, *, preset: str = "paper") -> Draw:
    """Simulate one cohort and deal its tiers.

    Parameters
    ----------
    seed : int
        Of patients, follow-up and score, >= 0.
    preset : str
        One of ``simulate.hazards.PRESETS``.

    Returns
    -------
    Draw
        The cohort; Table 1 is exact in it, or the simulator refuses.
    """
    cohort = simulate_cohort(preset=preset, seed=seed)
    noise = np.random.default_rng(np.random.SeedSequence((seed, 2))).standard_normal(len(cohort))
    score = np.sqrt(SCORE_RELIABILITY) * cohort[LATENT_RISK] + np.sqrt(1 - SCORE_RELIABILITY) * noise
    tier = np.full(len(cohort), Tier.LOW.value, dtype="U8")
    order = np.argsort(-score, kind="stable")
    n_high = TIER_COUNTS[Tier.HIGH]
    tier[order[:n_high]] = Tier.HIGH.value
    tier[order[n_high : n_high + TIER_COUNTS[Tier.MODERATE]]] = Tier.MODERATE.value
    return Draw(cohort.with_columns(**{TIER: tier}), score, seed)


def measure_draw(seed: int, *, preset: str = "paper") -> dict[str, float]:
    """Measure one draw.

    Parameters
    ----------
    seed : int
        Of the draw.
    preset : str
        One of ``simulate.hazards.PRESETS``.

    Returns
    -------
    dict of str to float
        By the keys of ``targets.QUANTITIES``; NaN where a draw does not determine a number, and infinite
        where a hazard ratio grows without bound.
    """
    draw = make_draw(seed, preset=preset)
    return {
        **_survival(draw),
        **_events(draw),
        **_discrimination(draw),
        **_matched(draw),
        **_hazard_ratios(draw),
        **_p_values(draw),
    }


def _survival(draw: Draw) -> dict[str, float]:
    """Read survival at five years by tier and arm, %."""
    found = {}
    for endpoint in Endpoint:
        for part, arms in PARTS.items():
            for tier in Tier:
                found[f"{endpoint}5.{part}.{tier}"] = _survival_pct(draw, endpoint, (tier,), arms)
        for part in ("treated", "untreated"):
            found[f"{endpoint}5.{part}.upper"] = _survival_pct(draw, endpoint, UPPER, PARTS[part])
    return found


def _survival_pct(draw: Draw, endpoint: Endpoint, tiers: tuple[Tier, ...], arms: tuple[Arm, ...]) -> float:
    """Read one curve at five years, %."""
    chosen = draw.members(tiers, arms)
    return 100 * kaplan_meier(draw.follow_up(endpoint, chosen)).at(HORIZON_MONTHS).value if chosen.any() else nan


def _events(draw: Draw) -> dict[str, float]:
    """Count events, relapses by kind, deaths after relapse, and follow-up."""
    kind = draw.cohort[FIRST_EVENT]
    is_relapse = np.isin(kind, list(RELAPSE_SHARES))
    overall = draw.cohort.follow_up(Endpoint.OS)
    return {
        "n.rfs_events": draw.follow_up(Endpoint.RFS, draw.members(arms=TRAINING)).n_events,
        "n.relapses": int(is_relapse.sum()),
        **{f"n.{name}": int((kind == name).sum()) for name in RELAPSE_SHARES},
        "n.deaths_after_relapse": int((overall.event & is_relapse).sum()),
        "n.untreated_low": int(draw.members((Tier.LOW,), (Arm.NONE,)).sum()),
        "follow_up.median": float(np.median(overall.months)),
        # Of patients alive at their last visit: an early death is no short follow-up.
        "follow_up.min": float(overall.months[~overall.event].min()),
        "follow_up.max": float(overall.months.max()),
    }


def _discrimination(draw: Draw) -> dict[str, float]:
    """Measure areas and the operating point in cohorts 1 and 2, by status at the end of follow-up."""
    chosen = draw.members(arms=TRAINING)
    part = draw.cohort.where(chosen)
    event = part.follow_up(Endpoint.RFS).event
    point = youden(draw.score[chosen], event)
    arms = {"treated": Arm.T, "untreated": Arm.NONE}
    return {
        "auc.z": roc_auc(part[LATENT_RISK], event).auc,
        "auc.score": roc_auc(draw.score[chosen], event).auc,
        "auc.clinical": _clinical_auc(part, event, draw.seed),
        **{
            f"auc.score.{name}": roc_auc(draw.score[chosen][part[ARM] == arm], event[part[ARM] == arm]).auc
            for name, arm in arms.items()
        },
        "youden.sensitivity": 100 * (point.sensitivity.value or nan),
        "youden.specificity": 100 * (point.specificity.value or nan),
    }


def _clinical_auc(part: Cohort, event: Bools, seed: int) -> float:
    """Give the area of a cross-validated logistic regression on size, nodes, ER and PR, out-of-fold, pooled."""
    columns = np.column_stack(
        [part["tumour_size_mm"] > 20, part["node_stage"] != "N0", ~part["er_positive"], ~part["pr_positive"]]
    ).astype(np.float64)
    fold = np.empty(len(event), dtype=np.int64)
    rng = np.random.default_rng(np.random.SeedSequence((seed, 3)))
    for status in (True, False):
        rows = rng.permutation(np.flatnonzero(event == status))
        fold[rows] = np.arange(len(rows)) % N_FOLDS
    predicted = np.empty(len(event))
    try:
        for k in range(N_FOLDS):
            fit = fit_logistic(columns[fold != k], event[fold != k])
            predicted[fold == k] = fit.probability(columns[fold == k])
    except NotEstimable:
        return nan
    return roc_auc(predicted, event).auc


def matched_groups(draw: Draw, tier: Tier, matching: Matching) -> tuple[FollowUp, FollowUp] | None:
    """Match T+P with T inside a tier by stage and observed follow-up, as published.

    Parameters
    ----------
    draw : Draw
        The cohort.
    tier : Tier
        Moderate or High.
    matching : Matching
        The paper does not say more than what was matched on.

    Returns
    -------
    tuple of FollowUp or None
        Recurrence-free survival of the matched with T and with T+P; None where nobody could be matched.
    """
    return match_on_follow_up(draw.cohort.where(draw.members((tier,), TREATED)), matching)


def _matched(draw: Draw) -> dict[str, float]:
    """Read two-year recurrence-free survival after matching on observed follow-up, %, and test it."""
    found: dict[str, float] = {}
    for matching, tier in product(Matching, UPPER):
        groups = matched_groups(draw, tier, matching)
        values = [100 * kaplan_meier(group).at(COMMON_MONTHS).value for group in groups or ()] or [nan, nan]
        found[f"{matching}2.T.{tier}"], found[f"{matching}2.T+P.{tier}"] = values
        found[f"{matching}.n_pairs.{tier}"] = groups[0].n if groups else 0
        found[f"p.{matching}.{tier}"] = p_of(groups)
    return found


def _hazard_ratios(draw: Draw) -> dict[str, float]:
    """Give the hazard ratios of the tiers, adjusted for stage and arm."""
    facts = {TIER: draw.cohort[TIER], "stage": draw.cohort["stage"], ARM: draw.cohort[ARM]}
    columns = design(facts, tuple(facts), reference={TIER: Tier.LOW.value, ARM: Arm.T.value})
    found = {}
    for endpoint in Endpoint:
        fit = fit_cox(draw.cohort.follow_up(endpoint), columns)
        for tier in UPPER:
            with np.errstate(over="ignore"):
                found[f"hr.{endpoint}.{tier}"] = float(np.exp(fit.coefficients[fit.names.index(f"{TIER}{tier}")]))
    return found


def _p_values(draw: Draw) -> dict[str, float]:
    """Test what the paper claims, by log-rank tests of recurrence-free survival."""
    arms = [draw.follow_up(Endpoint.RFS, draw.members(UPPER, part)) for part in ((Arm.NONE,), TREATED)]
    return {"p.treated.upper": p_of(arms), **{f"p.dual24.{tier}": dual_p(draw, tier) for tier in UPPER}}


def dual_p(draw: Draw, tier: Tier) -> float:
    """Test T+P against T in all patients of a tier, both arms cut at 24 months.

    Parameters
    ----------
    draw : Draw
        The cohort.
    tier : Tier
        The tier.

    Returns
    -------
    float
        p of the log-rank test; NaN where there is no event.
    """
    groups = [draw.follow_up(Endpoint.RFS, draw.members((tier,), (arm,))) for arm in TREATED]
    return p_of([censor_at(group, COMMON_MONTHS) for group in groups])


def p_of(groups: Sequence[FollowUp] | None) -> float:
    """Test groups of patients by the log-rank test.

    Parameters
    ----------
    groups : sequence of FollowUp or None
        The groups; None where there are none.

    Returns
    -------
    float
        p; NaN where it is not estimable.
    """
    p_value = log_rank(groups).p_value if groups else None
    return nan if p_value is None else p_value
