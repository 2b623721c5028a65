"""The tiers laboratory: what changes when cut-offs, endpoint, treatments or matching do, as values.

``view_tiers`` is what a moved slider needs at once; the rest is asked for one by one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import ARM, SCORE, TIER, Cohort, Endpoint, FollowUp
from deeptepp.domain.risk import Tier
from deeptepp.errors import MissingColumn, NotEstimable
from deeptepp.report.cohort.cohort_validation import THRESHOLDS
from deeptepp.report.laboratory.recipe import Recipe
from deeptepp.stats.estimate import ChiSquareTest, Estimate
from deeptepp.stats.prediction.decision_curve import DecisionCurve, decision_curve_at
from deeptepp.stats.prediction.optimism import Optimism, correct_optimism
from deeptepp.stats.survival.group_comparison import GroupComparison, compare_groups
from deeptepp.stats.survival.kaplan_meier import survival_at
from deeptepp.stats.survival.logrank import LogRankTest, log_rank_trend
from deeptepp.stats.treatment.balance import Balance
from deeptepp.stats.treatment.number_needed import difference_at, number_needed
from deeptepp.stats.treatment.treatment_by_tier import contrast_by_tier
from deeptepp.stats.treatment.treatment_effect import TreatmentContrast, contrast_treatments


@dataclass(frozen=True, slots=True, eq=False)
class TierView:
    """Tiers by the cut-offs of a recipe, and their outcomes.

    ``cohort``: scored patients of the treatments asked for, with the column ``TIER``; ``n_unscored``,
    ``n_of_other_arms``: patients left out, first for having no score, then for another or an unknown treatment;
    ``comparison``: curves by tier and log-rank test; ``trend``: test for trend along the tiers, None where fewer
    than two have patients.
    """

    recipe: Recipe
    cohort: Cohort
    sizes: dict[Tier, int]
    n_unscored: int
    n_of_other_arms: int
    comparison: GroupComparison
    trend: LogRankTest | None


@dataclass(frozen=True, slots=True, eq=False)
class TreatmentView:
    """Two treatments compared inside the tiers asked for.

    ``interaction``: whether the hazard ratio differs between the tiers in which the treatments are compared;
    ``difference``: index less reference at that time; ``number_needed``: patients whom one event stands against.
    """

    contrast: TreatmentContrast
    interaction: ChiSquareTest
    months: float
    difference: Estimate
    number_needed: Estimate

    @property
    def balance(self) -> Balance | None:
        """How alike both sides are, before and after matching."""
        return self.contrast.sample.balance


def retiered(cohort: Cohort, recipe: Recipe) -> Cohort:
    """Keep the scored patients of a cohort, in tiers by the cut-offs of a recipe.

    Raises NotEstimable: no patient has a score.
    """
    if recipe.endpoint not in cohort.endpoints:
        raise MissingColumn(value=", ".join(recipe.endpoint.columns))
    scores = _scores(cohort)
    scored = np.isfinite(scores)
    if not scored.any():
        raise NotEstimable(what="The tiers", reason="no patient has a score")
    places = (scores[scored] >= recipe.low_below).astype(int) + (scores[scored] >= recipe.high_from)
    names = np.array([tier.value for tier in Tier], dtype=object)
    # Equal cut-offs leave no room between them; a score from both on is High, as TierScheme has it.
    return cohort.where(scored).with_columns(**{TIER: names[places]})


def view_tiers(cohort: Cohort, recipe: Recipe) -> TierView:
    """Divide patients into tiers and compare their outcomes.

    ``recipe``: cut-offs, endpoint and treatments. Returns sizes, curves and tests. Raises NotEstimable: no patient
    of these treatments has a score and known follow-up.
    """
    scored = retiered(cohort, recipe)
    patients = scored.where(np.isin(np.asarray(scored[ARM]).astype(str), list(recipe.arms)))
    comparison = compare_groups(patients, TIER, tuple(Tier), recipe.endpoint)
    tier = np.asarray(patients[TIER]).astype(str)
    return TierView(
        recipe=recipe,
        cohort=patients,
        sizes={each: int((tier == each.value).sum()) for each in Tier},
        n_unscored=len(cohort) - len(scored),
        n_of_other_arms=len(scored) - len(patients),
        comparison=comparison,
        trend=log_rank_trend(comparison.follow_up) if len(comparison.curves) > 1 else None,
    )


def view_treatment(cohort: Cohort, recipe: Recipe) -> TreatmentView:
    """Compare two treatments inside the tiers of a recipe.

    ``recipe``: cut-offs, contrast, tiers, matching and horizon. Returns contrast, interaction and number needed to
    treat. Raises MissingColumn: the published matching needs stage, which the cohort does not have; NotEstimable:
    no patient has a score.
    """
    patients = retiered(cohort, recipe)
    contrast = contrast_treatments(
        patients,
        recipe.question,
        tiers=recipe.contrast_tiers,
        endpoint=recipe.endpoint,
        matching=recipe.matching,
        caliper_sd=recipe.caliper_sd,
    )
    by_tier = contrast_by_tier(
        patients, recipe.question, endpoint=recipe.endpoint, matching=recipe.matching, caliper_sd=recipe.caliper_sd
    )
    difference = difference_at(contrast, recipe.horizon_months)
    return TreatmentView(
        contrast, by_tier.interaction, recipe.horizon_months, difference, number_needed(difference)
    )


def decision_curves(view: TierView) -> tuple[DecisionCurve, ...]:
    """Measure the net benefit of the tiers and of the score at the horizon.

    Returns tiers, each patient at the observed risk of her tier, then the score, read as a risk.
    """
    follow_up, known = known_follow_up(view)
    scores, tier = _scores(view.cohort)[known], np.asarray(view.cohort[TIER]).astype(str)[known]
    risk = np.zeros(len(scores))
    for name in np.unique(tier):
        members = tier == name
        risk[members] = 1 - survival_at(follow_up.where(members), view.recipe.horizon_months)
    return tuple(
        decision_curve_at(each, follow_up, view.recipe.horizon_months, THRESHOLDS, label=name)
        for name, each in (("Tiers", risk), ("Score", scores))
    )


def optimism_or_reason(view: TierView, *, n_tried: int = 1) -> tuple[Optimism | None, str]:
    """Correct the cut-offs for having been found on these patients.

    Returns Optimism or None: None where cut-offs cannot be found in these patients; str: says why; empty where
    they can.
    """
    follow_up, known = known_follow_up(view)
    try:
        scores = _scores(view.cohort)[known]
        return correct_optimism(scores, follow_up, view.recipe.tiers, n_tried=n_tried), ""
    except NotEstimable as error:
        return None, str(error)


def known_follow_up(view: TierView) -> tuple[FollowUp, npt.NDArray[np.bool_]]:
    """Follow-up that is known, and whose it is.

    Returns FollowUp: of the patients with known follow-up; (n,) bool (n,): who they are.
    """
    endpoint: Endpoint = view.recipe.endpoint
    months = np.asarray(view.cohort[endpoint.months], dtype=np.float64)
    known = np.isfinite(months)
    return FollowUp(months[known], np.asarray(view.cohort[endpoint.event])[known].astype(bool)), known


def _scores(cohort: Cohort) -> npt.NDArray[np.float64]:
    """Scores, NaN where there is none."""
    if SCORE not in cohort:
        return np.full(len(cohort), np.nan)
    return np.asarray(cohort[SCORE], dtype=np.float64)
