"""Every estimator on cohorts that determine nothing or little: a reason, a refusal or a number, never nonsense.

The answer must not depend on the order of the rows nor on the unit of time. pytest turns every warning of numpy
into an error, so that a division by zero on the way would show.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable
from deeptepp.stats.design import Design
from deeptepp.stats.estimate import ChiSquareTest, Estimate
from deeptepp.stats.hazards.cox import fit_cox
from deeptepp.stats.hazards.firth import fit_firth
from deeptepp.stats.hazards.mantel_haenszel import one_step_hazard_ratio, subgroup_analysis
from deeptepp.stats.prediction.adequacy import validation_adequacy
from deeptepp.stats.prediction.brier import brier_score
from deeptepp.stats.prediction.concordance import harrell_c, uno_c
from deeptepp.stats.prediction.decision_curve import decision_curve_at
from deeptepp.stats.prediction.dynamic_auc import dynamic_auc
from deeptepp.stats.prediction.survival_calibration import calibration_at
from deeptepp.stats.survival.fixed_time import compare_survival_at
from deeptepp.stats.survival.follow_up_time import follow_up_time
from deeptepp.stats.survival.kaplan_meier import kaplan_meier
from deeptepp.stats.survival.logrank import log_rank, log_rank_trend
from deeptepp.stats.survival.rmst import area_to, compare_restricted_means
from deeptepp.stats.treatment.contrast_adequacy import contrast_adequacy

HORIZON = 4.0
"""Months; every cohort below is followed to about there."""


def cohort(months, event, is_index):
    n = len(months)
    marker = np.linspace(0.1, 0.9, n)
    return FollowUp(np.array(months, float), np.array(event, bool)), np.array(is_index, bool), marker


COHORTS = {
    "one arm": cohort([1, 2, 3, 4, 5, 6], [1, 0, 1, 1, 0, 1], [1] * 6),
    "no event": cohort([1, 2, 3, 4, 5, 6], [0] * 6, [1, 0, 1, 0, 1, 0]),
    "events in one arm only": cohort([1, 2, 3, 4, 5, 6], [1, 0, 1, 0, 1, 0], [1, 0, 1, 0, 1, 0]),
    "ties only": cohort([3] * 6, [1, 0, 1, 0, 1, 0], [1, 1, 1, 0, 0, 0]),
    "everybody at once": cohort([3] * 6, [1] * 6, [1, 0, 1, 0, 1, 0]),
    "one patient": cohort([3], [1], [1]),
    "two patients": cohort([3, 5], [1, 0], [1, 0]),
    "everybody dies": cohort([1, 2, 3, 4, 5, 6], [1] * 6, [1, 0, 1, 0, 1, 0]),
    "at the start": cohort([0, 0, 0, 5, 6, 6], [1, 1, 0, 0, 1, 0], [1, 0, 1, 0, 1, 0]),
    "apart in time": cohort([1, 2, 3, 7, 8, 9], [1, 1, 1, 0, 1, 1], [1, 1, 1, 0, 0, 0]),
}


def sides(follow_up, is_index):
    return follow_up.where(is_index), follow_up.where(~is_index)


ESTIMATORS = {
    "Kaplan-Meier": lambda f, g, x, h: kaplan_meier(f).at(h),
    "log-rank": lambda f, g, x, h: log_rank(sides(f, g)),
    "log-rank trend": lambda f, g, x, h: log_rank_trend(sides(f, g)),
    "Cox": lambda f, g, x, h: fit_cox(f, Design(("arm",), g[:, None].astype(float))).hazard_ratios(),
    "Cox, two columns": lambda f, g, x, h: fit_cox(
        f, Design(("arm", "x"), np.column_stack([g, x]))
    ).hazard_ratios(),
    "Cox in strata": lambda f, g, x, h: fit_cox(f, Design(("x",), x[:, None]), strata=g).hazard_ratios(),
    "Firth": lambda f, g, x, h: fit_firth(f, Design(("arm",), g[:, None].astype(float))).hazard_ratios(),
    "one-step": lambda f, g, x, h: one_step_hazard_ratio(*sides(f, g)),
    "subgroups": lambda f, g, x, h: subgroup_analysis(f, g, np.where(x > 0.5, "a", "b")),
    "restricted mean": lambda f, g, x, h: area_to(kaplan_meier(f), h).estimate,
    "restricted means": lambda f, g, x, h: compare_restricted_means(*sides(f, g), h),
    "fixed time": lambda f, g, x, h: compare_survival_at(*sides(f, g), h),
    "Harrell": lambda f, g, x, h: harrell_c(f, x),
    "Uno": lambda f, g, x, h: uno_c(f, x, horizon_months=h),
    "AUC over time": lambda f, g, x, h: dynamic_auc(f, x, h),
    "Brier": lambda f, g, x, h: brier_score(f, x, h),
    "calibration": lambda f, g, x, h: calibration_at(f, x, h, n_groups=2),
    "net benefit": lambda f, g, x, h: decision_curve_at(x, f, h, [0.2, 0.5]).n_events,
    "length of follow-up": lambda f, g, x, h: follow_up_time(f),
    "adequacy": lambda f, g, x, h: validation_adequacy(f, h),
    "adequacy of a contrast": lambda f, g, x, h: contrast_adequacy(*sides(f, g)),
}


@pytest.mark.parametrize("which", COHORTS)
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_awkward_cohorts_end_in_a_number_a_reason_or_a_refusal(estimator, which):
    follow_up, is_index, marker = COHORTS[which]
    try:
        answer = ESTIMATORS[estimator](follow_up, is_index, marker, HORIZON)
    except NotEstimable:
        return
    found = list(estimates_in(answer))
    for each in found:
        numbers = (
            [each.p_value] if isinstance(each, ChiSquareTest) else [each.value, each.low, each.high, each.p_value]
        )
        assert all(number is None or np.isfinite(number) for number in numbers), each
        has_gap = (
            each.p_value is None if isinstance(each, ChiSquareTest) else each.low is None or each.high is None
        )
        assert each.reason or not has_gap or each.method.endswith("hazard ratio)"), each


@pytest.mark.parametrize("which", [name for name, (f, _, _) in COHORTS.items() if f.n > 1])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_neither_row_order_nor_the_unit_of_time_changes_what_is_found(estimator, which):
    follow_up, is_index, marker = COHORTS[which]
    order = np.random.default_rng(3).permutation(follow_up.n)
    in_days = FollowUp(follow_up.months[order] * 30.4375, follow_up.event[order])
    answers = [
        run(estimator, follow_up, is_index, marker, HORIZON),
        run(estimator, in_days, is_index[order], marker[order], HORIZON * 30.4375),
    ]
    # Months are what changes with their unit; everything without a dimension stays.
    assert answers[0] == pytest.approx(answers[1], rel=1e-6, abs=1e-8)


def run(estimator, *arguments):
    """Numbers without dimension of an answer, in order; a refusal is its own answer."""
    try:
        answer = ESTIMATORS[estimator](*arguments)
    except NotEstimable:
        return [-1.0]
    timed = estimator in ("restricted mean", "restricted means", "length of follow-up")
    numbers = []
    for each in estimates_in(answer):
        if isinstance(each, ChiSquareTest):
            numbers += [each.p_value]
        elif not timed or "ratio" in each.method:
            numbers += [each.value, each.low, each.high, each.p_value]
    return [-2.0 if number is None else number for number in numbers]


def estimates_in(value) -> Iterator[Estimate | ChiSquareTest]:
    """All estimates and tests inside an answer."""
    if isinstance(value, Estimate | ChiSquareTest):
        yield value
    elif isinstance(value, tuple | list):
        for each in value:
            yield from estimates_in(each)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from estimates_in(getattr(value, field.name))
