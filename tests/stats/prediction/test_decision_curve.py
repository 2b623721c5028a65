import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.prediction.decision_curve import decision_curve_at

ROWS = st.lists(st.tuples(st.integers(0, 10), st.integers(0, 12), st.booleans()), min_size=1, max_size=40)


def of_known(risk, events, thresholds, label=""):
    """The curve of an outcome known of everybody: all were followed to the horizon."""
    times = FollowUp(np.ones(len(events)), np.asarray(events, dtype=bool))
    return decision_curve_at(risk, times, 1.0, thresholds, label=label)


def test_net_benefit_weighs_false_by_true_positives():
    # At 0.5: two true and one false positive of five, odds 1.  At 0.2: two and two, odds 1/4.
    curve = of_known([0.9, 0.6, 0.5, 0.3, 0.1], [1, 1, 0, 0, 0], [0.2, 0.5], label="model")
    assert curve.net_benefit == pytest.approx([2 / 5 - 2 / 5 / 4, 1 / 5])
    assert curve.treat_all == pytest.approx([2 / 5 - 3 / 5 / 4, -1 / 5])
    assert curve.avoided_per_100 == pytest.approx([20, 40])
    assert curve.n_positive.tolist() == [4, 3]
    assert (curve.label, curve.n, curve.n_events, curve.horizon_months) == ("model", 5, 2, 1)


def test_nobody_above_the_threshold_is_worth_nothing():
    assert of_known([0.1, 0.2], [1, 0], [0.5]).net_benefit.tolist() == [0]


def test_threshold_0_has_no_interventions_avoided():
    curve = of_known([0.1, 0.2], [1, 0], [0.0])
    assert curve.net_benefit.tolist() == [0.5]
    assert np.isnan(curve.avoided_per_100[0])


def test_positives_that_were_not_followed_to_the_horizon_have_no_value():
    times = FollowUp(np.array([2.0, 3.0, 9.0, 9.0]), np.array([True, False, False, True]))
    curve = decision_curve_at([0.9, 0.8, 0.3, 0.1], times, 5, [0.2, 0.5])
    assert np.isnan(curve.net_benefit).tolist() == [False, True]
    assert np.isfinite(curve.treat_all).all()
    assert np.isnan(curve.avoided_per_100).tolist() == [False, True]
    assert "followed" in curve.reason
    assert (curve.n_events, curve.horizon_months) == (1, 5)


def test_positives_who_all_had_the_event_need_no_longer_follow_up():
    times = FollowUp(np.array([2.0, 3.0, 9.0]), np.array([True, True, False]))
    curve = decision_curve_at([0.9, 0.8, 0.1], times, 5, [0.5])
    assert curve.net_benefit == pytest.approx([2 / 3])
    assert curve.reason == ""


def test_a_cohort_that_was_not_followed_to_the_horizon_has_no_treat_all():
    curve = decision_curve_at([0.9, 0.1], FollowUp(np.array([2.0, 3.0]), np.zeros(2, bool)), 5, [0.95])
    assert np.isnan(curve.treat_all).all()
    assert curve.net_benefit.tolist() == [0]


@pytest.mark.parametrize(
    ("risk", "thresholds"), [([0.1, float("nan")], [0.5]), ([0.1, 0.2], [1.0]), ([0.1, 0.2], [-0.1])]
)
def test_missing_risks_and_impossible_thresholds_are_refused(risk, thresholds):
    with pytest.raises(OutOfRange):
        of_known(risk, [1, 0], thresholds)


def test_nobody_and_columns_of_different_length_are_refused():
    with pytest.raises(NotEstimable):
        of_known([], [], [0.5])
    with pytest.raises(ValueError, match="one column each"):
        of_known([0.1], [1, 0], [0.5])
    with pytest.raises(OutOfRange):
        decision_curve_at([0.1], FollowUp(np.array([1.0]), np.array([True])), 0, [0.5])


@given(ROWS)
def test_without_censoring_the_share_with_the_event_is_the_plain_one(rows):
    risk, months, _ = (np.array(column) for column in zip(*rows, strict=True))
    times = FollowUp(months.astype(float), np.ones(len(rows), bool))
    thresholds = [0.05, 0.3, 0.75]
    by_time = decision_curve_at(risk / 10, times, 6, thresholds)
    by_status = of_known(risk / 10, months <= 6, thresholds)
    assert by_time.net_benefit == pytest.approx(by_status.net_benefit)
    assert by_time.treat_all == pytest.approx(by_status.treat_all)
    assert by_time.n_events == by_status.n_events


@given(ROWS, st.sampled_from([0.5, 30.4375]), st.randoms(use_true_random=False))
def test_row_order_and_time_units_do_not_matter(rows, factor, random):
    risk, months, event = (np.array(column) for column in zip(*rows, strict=True))
    order = list(range(len(rows)))
    random.shuffle(order)
    first = decision_curve_at(risk / 10, FollowUp(months, event), 6, [0.1, 0.5])
    changed = FollowUp(months[order] * factor, event[order])
    second = decision_curve_at(risk[order] / 10, changed, 6 * factor, [0.1, 0.5])
    assert np.allclose(first.net_benefit, second.net_benefit, equal_nan=True)


@given(ROWS, st.floats(0.01, 0.99))
def test_a_model_that_calls_everybody_positive_is_worth_treating_all(rows, threshold):
    events = np.array([event for _, _, event in rows])
    assume(len(events))
    curve = of_known(np.ones(len(rows)), events, [threshold])
    assert curve.net_benefit == pytest.approx(curve.treat_all)
    assert curve.avoided_per_100 == pytest.approx([0])
