import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from survival_samples import PATIENTS, cohort, watched

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.prediction.dynamic_auc import dynamic_auc
from deeptepp.stats.prediction.roc import roc_auc


def by_pairs(follow_up, x, horizon):
    t = follow_up.months
    won = total = 0.0
    for i in np.flatnonzero(follow_up.event & (t <= horizon)):
        weight = 1 / watched(follow_up, t[i], included=False)
        for j in np.flatnonzero((t > horizon) | ((t == horizon) & ~follow_up.event)):
            total += weight
            won += weight * ((x[i] > x[j]) + (x[i] == x[j]) / 2)
    return won / total if total else None


def test_a_case_after_a_loss_stands_for_the_lost_one_too():
    # Censored at 2 of three at risk, so G(3-) = 2/3: weight 1 for the event at 1, 3/2 for that at 3.
    follow_up = FollowUp(np.array([1.0, 2, 3, 9]), np.array([True, False, True, False]))
    found = dynamic_auc(follow_up, [1, 5, 3, 2], 5)
    assert found.auc.value == pytest.approx(1.5 / 2.5)
    assert (found.n_cases, found.n_controls, found.auc.n, found.auc.n_events) == (2, 1, 4, 2)


@given(PATIENTS, st.sampled_from([1.0, 4.0, 6.5]))
def test_the_area_is_that_of_looking_at_every_pair(rows, horizon):
    follow_up, x = cohort(rows)
    found = dynamic_auc(follow_up, x, horizon)
    assert found.auc.value == pytest.approx(by_pairs(follow_up, x, horizon))
    assert found.auc.is_estimable or found.auc.reason


@given(PATIENTS, st.randoms())
def test_order_of_rows_unit_of_time_and_scale_of_the_marker_do_not_matter(rows, random):
    follow_up, x = cohort(rows)
    order = random.sample(range(len(rows)), len(rows))
    there = dynamic_auc(follow_up, x, 4)
    back = dynamic_auc(FollowUp(follow_up.months[order] * 30, follow_up.event[order]), np.exp(x[order]), 120)
    assert there.auc.value == pytest.approx(back.auc.value)
    assert there.standard_error == pytest.approx(back.standard_error)


def test_without_censoring_it_is_the_auc_of_the_status_with_its_error_up_to_small_sample_factors():
    rng = np.random.default_rng(2)
    months, x = rng.exponential(size=400), rng.normal(size=400)
    found = dynamic_auc(FollowUp(months, np.ones(400, dtype=bool)), x, 1.0)
    plain = roc_auc(x, months <= 1)
    assert found.auc.value == pytest.approx(plain.auc)
    assert found.standard_error == pytest.approx(plain.standard_error, rel=0.01)


def test_the_interval_covers_the_truth_in_nineteen_of_twenty_cohorts():
    # Hazard exp(x), x normal: densities of x with and without the event by 1, integrated on a grid.
    grid = np.linspace(-6, 6, 4001)
    density = np.exp(-(grid**2) / 2)
    free = density * np.exp(-np.exp(grid))
    case = density - free
    truth = (case * (np.cumsum(free) - free / 2)).sum() / (case.sum() * free.sum())
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(300):
        x = rng.normal(size=150)
        months, lost = rng.exponential(np.exp(-x)), rng.uniform(0, 3, size=150)
        found = dynamic_auc(FollowUp(np.minimum(months, lost), months <= lost), x, 1.0).auc
        covered += found.low <= truth <= found.high
    assert 0.92 <= covered / 300 <= 0.98


@pytest.mark.parametrize(
    ("months", "event", "reason"),
    [
        ([1.0, 2, 4], [True, True, False], "ends at 4 months"),
        ([1.0, 2, 4], [True, True, True], "nobody is known to be free"),
        ([1.0, 2, 9], [False, False, False], "nobody had the event"),
        ([1.0, 2, 9], [True, False, False], "variance is 0"),
        ([1.0, 5], [True, True], "nobody is known to be free"),
        ([9.0], [True], "nobody had the event"),
    ],
)
def test_what_cannot_be_measured_has_a_reason(months, event, reason):
    found = dynamic_auc(FollowUp(np.array(months), np.array(event)), np.arange(len(months)), 5)
    assert reason in found.auc.reason
    assert found.auc.low is None


def test_impossible_input_is_refused():
    follow_up = FollowUp(np.array([1.0, 2]), np.array([True, False]))
    for horizon in (0, -1, np.nan, np.inf):
        with pytest.raises(OutOfRange):
            dynamic_auc(follow_up, [1, 2], horizon)
    with pytest.raises(NotEstimable):
        dynamic_auc(FollowUp(np.empty(0), np.empty(0, dtype=bool)), [], 5)
