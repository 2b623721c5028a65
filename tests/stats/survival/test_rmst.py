import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.utils import restricted_mean_survival_time

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.survival.kaplan_meier import kaplan_meier
from deeptepp.stats.survival.rmst import area_to, compare_restricted_means

FOLLOW_UPS = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=30).map(
    lambda rows: FollowUp(np.array([float(t) for t, _ in rows]), np.array([e for _, e in rows]))
)


def mean_to(times, horizon):
    return area_to(kaplan_meier(times), horizon).estimate


def follow_up(months, event):
    return FollowUp(np.array(months, dtype=float), np.array(event, dtype=bool))


def test_without_censoring_the_mean_is_that_of_the_times_cut_at_the_horizon():
    months = np.random.default_rng(3).exponential(30, 60)
    found = mean_to(FollowUp(months, np.ones(60, bool)), 40)
    cut = np.minimum(months, 40)
    assert found.value == pytest.approx(cut.mean())
    # Greenwood without censoring is the variance with n.
    assert (found.high - found.low) / 2 / 1.959963984540054 == pytest.approx(cut.std() / np.sqrt(60))


def test_two_patients_give_the_closed_form():
    # S = 1/2 from 4 on: 4 + 6/2 = 7; the area behind the event is 3, its hazard variance 1/(2 * 1).
    arm = area_to(kaplan_meier(follow_up([4, 10], [1, 0])), 10)
    assert (arm.estimate.value, arm.lost_months) == (7, 3)
    assert arm.standard_error == pytest.approx(np.sqrt(9 / 2))
    assert not arm.is_beyond_follow_up
    assert arm.estimate.reason == ""


def test_beyond_the_last_observation_the_curve_is_carried_on_and_said_so():
    arm = area_to(kaplan_meier(follow_up([4, 10], [1, 0])), 20)
    assert (arm.estimate.value, arm.is_beyond_follow_up, arm.ends_with_event) == (12, True, False)
    assert "beyond the last observation (10, a censoring)" in arm.estimate.reason
    arm = area_to(kaplan_meier(follow_up([4, 10], [1, 1])), 20)
    assert (arm.estimate.value, arm.ends_with_event) == (7, True)
    assert "an event" in arm.estimate.reason


def test_no_event_means_no_time_lost_and_no_interval():
    found = mean_to(follow_up([5, 9, 12], [0, 0, 0]), 7)
    assert (found.value, found.low, found.high, found.n_events) == (7, None, None, 0)
    assert "no interval" in found.reason


def test_all_events_at_once_have_no_variance():
    found = mean_to(follow_up([5, 5], [1, 1]), 7)
    assert (found.value, found.low) == (5, None)


def test_comparing_is_index_against_reference():
    index, reference = follow_up([4, 10, 12], [1, 0, 0]), follow_up([2, 5, 11], [1, 1, 0])
    found = compare_restricted_means(index, reference, 10)
    assert found.difference.value == pytest.approx(8 - 17 / 3)
    assert found.standard_error == pytest.approx(
        np.hypot(found.index.standard_error, found.reference.standard_error)
    )
    assert found.difference.low < found.difference.value < found.difference.high
    assert (found.difference.n, found.difference.n_events) == (6, 3)


def test_an_arm_without_events_has_a_difference_and_is_named():
    without, with_events = follow_up([12, 13], [0, 0]), follow_up([2, 5, 11], [1, 1, 0])
    found = compare_restricted_means(without, with_events, 10)
    assert found.difference.is_estimable
    assert "index arm" in found.difference.reason


def test_two_arms_without_events_have_a_difference_of_0_and_no_p_value():
    found = compare_restricted_means(follow_up([12], [0]), follow_up([11], [0]), 10)
    assert (found.difference.value, found.difference.p_value) == (0, None)


def test_the_reason_names_the_arm_that_was_not_followed_long_enough():
    index, reference = follow_up([4, 10, 12], [1, 0, 0]), follow_up([2, 5, 8], [1, 1, 0])
    reason = compare_restricted_means(index, reference, 10).difference.reason
    assert reason.startswith("reference arm: the horizon lies beyond the last observation (8")
    assert "index" not in reason


@pytest.mark.parametrize("horizon", [0.0, -1.0, float("nan"), float("inf")])
def test_horizons_that_are_none_are_refused(horizon):
    with pytest.raises(OutOfRange):
        mean_to(follow_up([4], [1]), horizon)


def test_an_empty_arm_is_not_estimable():
    with pytest.raises(NotEstimable, match="reference arm"):
        compare_restricted_means(follow_up([4], [1]), follow_up([], []), 3)


@given(FOLLOW_UPS, st.integers(1, 15))
def test_mean_and_time_lost_add_up_to_the_horizon(times, horizon):
    arm = area_to(kaplan_meier(times), horizon)
    assert arm.estimate.value + arm.lost_months == pytest.approx(horizon)
    assert 0 <= arm.estimate.value <= horizon + 1e-9


@given(FOLLOW_UPS, FOLLOW_UPS, st.sampled_from([0.5, 30.4375]), st.randoms(use_true_random=False))
def test_row_order_does_not_matter_and_time_units_scale_the_months_only(index, reference, factor, random):
    order = list(range(index.n))
    random.shuffle(order)
    changed = FollowUp(index.months[order] * factor, index.event[order])
    scaled = FollowUp(reference.months * factor, reference.event)
    first, second = (
        compare_restricted_means(index, reference, 8),
        compare_restricted_means(changed, scaled, 8 * factor),
    )
    assert first.difference.value * factor == pytest.approx(second.difference.value, abs=1e-9)
    assert first.standard_error * factor == pytest.approx(second.standard_error, abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_the_mean_equals_an_independent_implementation(seed):
    rng = np.random.default_rng(seed)
    months, event = np.ceil(rng.exponential(30, 80)), rng.random(80) < 0.6
    expected = restricted_mean_survival_time(KaplanMeierFitter().fit(months, event), t=24)
    assert mean_to(FollowUp(months, event), 24).value == pytest.approx(expected, rel=1e-9)
