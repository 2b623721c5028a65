import numpy as np
import pytest
from hypothesis import given
from survival_samples import PATIENTS, cohort, watched

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable
from deeptepp.stats.survival.censoring import censoring_survival, influence_of_censoring, reverse_kaplan_meier

# At 2 an event and a censoring: the event leaves first, so 1 of 3 is censored; at 4 the last one.
FIVE = FollowUp(np.array([1.0, 2.0, 2.0, 3.0, 4.0]), np.array([True, True, False, True, False]))


def test_a_censoring_comes_after_an_event_of_the_same_time():
    g = censoring_survival(FIVE)
    assert g.before([0, 2, 3, 4]) == pytest.approx([1, 1, 2 / 3, 2 / 3])
    assert g.at([0, 2, 3, 4, 9]) == pytest.approx([1, 2 / 3, 2 / 3, 0, 0])


@given(PATIENTS)
def test_g_is_the_product_over_the_times_of_censoring(rows):
    follow_up, _ = cohort(rows)
    g = censoring_survival(follow_up)
    times = np.arange(0, 10.5, 0.5)
    assert g.before(times) == pytest.approx([watched(follow_up, t, included=False) for t in times])
    assert g.at(times) == pytest.approx([watched(follow_up, t, included=True) for t in times])
    assert (g.before(follow_up.months[follow_up.event]) > 0).all()


def cumulative_censoring(follow_up, weights, months, *, included):
    """Nelson-Aalen hazard of the censoring of weighted patients."""
    total = 0.0
    for u in np.unique(follow_up.months[~follow_up.event]):
        if u < months or (included and u == months):
            is_then = follow_up.months == u
            at_risk = weights[follow_up.months >= u].sum() - weights[is_then & follow_up.event].sum()
            total += weights[is_then & ~follow_up.event].sum() / at_risk
    return total


@given(PATIENTS)
def test_the_influence_is_the_derivative_by_the_weight_of_each_patient(rows):
    follow_up, x = cohort(rows)
    values, horizon, at_horizon = np.where(follow_up.months <= 5, x, 0.0), 5.0, 3.0

    def through_weights(weights):
        before = [cumulative_censoring(follow_up, weights, t, included=False) for t in follow_up.months]
        return values @ before + at_horizon * cumulative_censoring(follow_up, weights, horizon, included=False)

    step = 1e-6
    found = influence_of_censoring(follow_up, values, horizon, at_horizon)
    for k, influence in enumerate(found):
        one = np.eye(follow_up.n)[k] * step
        slope = (through_weights(1 + one) - through_weights(1 - one)) / (2 * step)
        assert influence == pytest.approx(slope, abs=1e-6)


def test_without_censoring_everybody_stays_under_observation():
    assert (
        censoring_survival(FollowUp(np.array([1.0, 5.0]), np.array([True, True]))).at([0, 1, 5, 9]).tolist()
        == [1] * 4
    )


def test_the_reversed_curve_keeps_the_times_of_the_cohort():
    curve = reverse_kaplan_meier(FIVE)
    assert curve.follow_up_months.tolist() == [1, 2, 2, 3, 4]
    assert curve.event_months.tolist() == [2, 4]
    assert curve.at(2).value == pytest.approx(2 / 3)
    assert curve.at(2).low == pytest.approx(0.0541, abs=5e-4)


def test_nobody_has_no_curve():
    with pytest.raises(NotEstimable):
        censoring_survival(FollowUp(np.empty(0), np.empty(0, dtype=bool)))
