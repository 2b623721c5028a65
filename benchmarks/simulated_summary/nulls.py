"""How often tests call what is not there, in cohorts simulated without an effect.

``no_TP_effect``: pertuzumab changes nothing beside trastuzumab. ``no_T_effect``: trastuzumab changes nothing for
recurrence-free survival (deaths after relapse still differ). ``no_signal``: outcomes follow a biology that neither
score nor clinical facts carry. The published matching is measured too, and is marked as no valid test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import nan

import numpy as np
from scipy.special import ndtr

from deeptepp.domain.cohort import ARM, TIER, Arm, Endpoint
from deeptepp.domain.risk import Tier
from deeptepp.stats.design import design
from deeptepp.stats.hazards.cox import fit_cox
from deeptepp.stats.prediction.roc import roc_auc
from deeptepp.stats.survival.logrank import log_rank
from simulated_summary.draw import (
    TRAINING,
    TREATED,
    UPPER,
    Draw,
    dual_p,
    make_draw,
    matched_groups,
    p_of,
)
from simulated_summary.matching import Matching


@dataclass(frozen=True, slots=True, kw_only=True)
class NullTest:
    """A test in cohorts where what it looks for is absent.

    Parameters
    ----------
    preset : str
        One of ``simulate.hazards.PRESETS``.
    key : str
        Stable name inside the preset.
    title : str
        What is tested.
    measure : callable
        Gives p of a draw; NaN where it is not estimable.
    is_valid : bool
        Whether p < 0.05 may occur in 5 % of draws only; False for the published matching.
    """

    preset: str
    key: str
    title: str
    measure: Callable[[Draw], float]
    is_valid: bool = True


def _arms_p(tiers: tuple[Tier, ...], arms: tuple[Arm, ...], *, by_tier: bool = False) -> Callable[[Draw], float]:
    """Make a log-rank test of recurrence-free survival between arms, inside tiers where asked."""

    def measure(draw: Draw) -> float:
        chosen = [draw.members(tiers, (arm,)) for arm in arms]
        groups = [draw.follow_up(Endpoint.RFS, each) for each in chosen]
        strata = [draw.cohort[TIER][each] for each in chosen] if by_tier else None
        p_value = log_rank(groups, strata=strata).p_value
        return nan if p_value is None else p_value

    return measure


def _tiers_p(endpoint: Endpoint, arms: tuple[Arm, ...]) -> Callable[[Draw], float]:
    """Make a log-rank test between the tiers, inside arms."""

    def measure(draw: Draw) -> float:
        chosen = [draw.members((tier,), arms) for tier in Tier]
        groups = [draw.follow_up(endpoint, each) for each in chosen]
        p_value = log_rank(groups, strata=[draw.cohort[ARM][each] for each in chosen]).p_value
        return nan if p_value is None else p_value

    return measure


def _matched_p(tier: Tier, matching: Matching) -> Callable[[Draw], float]:
    """Make the test after matching on observed follow-up."""
    return lambda draw: p_of(matched_groups(draw, tier, matching))


def _dual_p(tier: Tier) -> Callable[[Draw], float]:
    """Make the test of all patients with both arms cut at a common time."""
    return lambda draw: dual_p(draw, tier)


def _auc_p(draw: Draw) -> float:
    """Test the area of the score against one half by DeLong's standard error, cohorts 1 and 2."""
    chosen = draw.members(arms=TRAINING)
    curve = roc_auc(draw.score[chosen], draw.follow_up(Endpoint.RFS, chosen).event)
    if not curve.standard_error:
        return nan
    return float(2 * ndtr(-abs(curve.auc - 0.5) / curve.standard_error))


def _cox_p(draw: Draw) -> float:
    """Test the score in a Cox model beside stage and arm, cohorts 1 and 2, by Wald's test."""
    chosen = draw.members(arms=TRAINING)
    facts = {"score": draw.score[chosen], "stage": draw.cohort["stage"][chosen], ARM: draw.cohort[ARM][chosen]}
    fit = fit_cox(draw.follow_up(Endpoint.RFS, chosen), design(facts, tuple(facts)))
    return float(fit.p_values[0])


NULL_TESTS = (
    *(
        NullTest(
            preset="no_TP_effect",
            key=f"dual24.{tier}",
            title=f"{tier}: T+P against T, all patients, both cut at 24 months",
            measure=_dual_p(tier),
        )
        for tier in UPPER
    ),
    *(
        NullTest(
            preset="no_TP_effect",
            key=f"dual.{tier}",
            title=f"{tier}: T+P against T, all patients, whole follow-up",
            measure=_arms_p((tier,), TREATED),
        )
        for tier in UPPER
    ),
    *(
        NullTest(
            preset="no_TP_effect",
            key=f"{matching}.{tier}",
            title=f"{tier}: T+P against T, matched by {matching.words}",
            measure=_matched_p(tier, matching),
            is_valid=False,
        )
        for matching in Matching
        for tier in UPPER
    ),
    NullTest(
        preset="no_T_effect",
        key="T.Low",
        title="Low: T against none",
        measure=_arms_p((Tier.LOW,), TRAINING),
    ),
    NullTest(
        preset="no_T_effect",
        key="T.upper",
        title="Moderate and High: T against none",
        measure=_arms_p(UPPER, TRAINING),
    ),
    NullTest(
        preset="no_T_effect",
        key="T.all",
        title="All tiers: T against none, stratified by tier",
        measure=_arms_p(tuple(Tier), TRAINING, by_tier=True),
    ),
    NullTest(
        preset="no_signal",
        key="tiers.rfs",
        title="RFS by tier, stratified by arm",
        measure=_tiers_p(Endpoint.RFS, tuple(Arm)),
    ),
    NullTest(
        preset="no_signal",
        key="tiers.os",
        title="OS by tier, stratified by arm",
        measure=_tiers_p(Endpoint.OS, tuple(Arm)),
    ),
    NullTest(
        preset="no_signal",
        key="tiers.untreated",
        title="RFS by tier, untreated",
        measure=_tiers_p(Endpoint.RFS, (Arm.NONE,)),
    ),
    NullTest(preset="no_signal", key="auc", title="AUC of the score against 0.5, cohorts 1 and 2", measure=_auc_p),
    NullTest(
        preset="no_signal",
        key="cox",
        title="Score in a Cox model beside stage and arm, cohorts 1 and 2",
        measure=_cox_p,
    ),
)
"""Every test; all of recurrence-free survival where no endpoint is named."""


def measure_nulls(seed: int) -> dict[tuple[str, str], float]:
    """Run every test in one draw of its preset.

    Parameters
    ----------
    seed : int
        Of the draw, >= 0.

    Returns
    -------
    dict of (str, str) to float
        p by preset and key; NaN where it is not estimable.
    """
    draws = {preset: make_draw(seed, preset=preset) for preset in dict.fromkeys(t.preset for t in NULL_TESTS)}
    return {(test.preset, test.key): test.measure(draws[test.preset]) for test in NULL_TESTS}


def n_significant(p_values: list[float], *, alpha: float = 0.05) -> tuple[int, int]:
    """Count the draws with a small p among those that have one.

    Parameters
    ----------
    p_values : list of float
        One for each draw; NaN where not estimable.
    alpha : float
        Level of the test.

    Returns
    -------
    tuple of int
        Significant, and tested.
    """
    tested = np.array([p for p in p_values if not np.isnan(p)])
    return int((tested < alpha).sum()), len(tested)
