import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from survival_samples import PATIENTS, cohort

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.prediction.survival_calibration import ALL_EQUAL, calibration_at
from deeptepp.stats.survival.kaplan_meier import kaplan_meier


def simulated(n=2000, seed=0, hazard=0.01):
    """Patients whose hazard a month is known, followed for 20 to 120 months."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    months, lost = rng.exponential(1 / (hazard * np.exp(x))), rng.uniform(20, 120, size=n)
    return FollowUp(np.minimum(months, lost), months <= lost), x, hazard * np.exp(x) * 60


def test_observed_over_expected_is_worked_by_hand():
    # Two of four have the event by 5, nobody is lost before: observed 1/2, expected 0.4.
    follow_up = FollowUp(np.array([1.0, 3, 8, 9]), np.array([True, True, False, True]))
    found = calibration_at(follow_up, [0.7, 0.5, 0.3, 0.1], 5, n_groups=2)
    seen = kaplan_meier(follow_up).at(5)
    assert (found.observed.value, found.mean_predicted) == (0.5, pytest.approx(0.4))
    assert found.ratio.value == pytest.approx(1.25)
    assert (found.ratio.low, found.ratio.high) == pytest.approx(((1 - seen.high) / 0.4, (1 - seen.low) / 0.4))
    assert (found.n, found.n_events) == (4, 2)
    low, high = found.groups
    assert (low.n, low.n_events, low.observed, low.lowest, low.highest) == (2, 0, 0.0, 0.1, 0.3)
    assert (high.n, high.n_events, high.observed) == (2, 2, 1.0)
    assert low.low is None
    assert low.reason


def test_true_risks_are_found_calibrated():
    follow_up, _, cumulative = simulated()
    found = calibration_at(follow_up, -np.expm1(-cumulative), 60, n_groups=10)
    assert found.ratio.low < 1 < found.ratio.high
    assert found.slope.low < 1 < found.slope.high
    assert found.ici < 0.02
    assert found.ici <= found.e90 <= found.emax
    assert sum(group.low <= group.mean_predicted <= group.high for group in found.groups) >= 8


@pytest.mark.parametrize("n_knots", [3, 4])
def test_risks_that_are_too_extreme_are_found_out(n_knots):
    follow_up, x, _ = simulated()
    extreme = 0.02 * np.exp(2 * x)
    found = calibration_at(follow_up, -np.expm1(-extreme), 60, n_knots=n_knots, linear_predictor=2 * x)
    assert found.slope.value == pytest.approx(0.5, abs=0.05)
    assert found.slope_of_linear_predictor.value == pytest.approx(found.slope.value)
    assert found.ici > 0.08
    assert found.straight.ici == pytest.approx(found.ici, abs=0.02)
    assert len(found.smooth.knots) == n_knots


def test_the_distances_are_those_between_curve_and_predictions():
    follow_up, _, cumulative = simulated(300)
    found = calibration_at(follow_up, -np.expm1(-2 * cumulative), 60)
    distance = np.abs(found.smooth.observed - found.smooth.predicted)
    expected = (distance.mean(), np.median(distance), np.quantile(distance, 0.9), distance.max())
    assert (found.ici, found.e50, found.e90, found.emax) == pytest.approx(expected)


@given(st.randoms())
def test_order_of_rows_and_unit_of_time_do_not_matter(random):
    follow_up, _, cumulative = simulated(60)
    p = -np.expm1(-cumulative)
    order = random.sample(range(60), 60)
    there = calibration_at(follow_up, p, 60)
    back = calibration_at(FollowUp(follow_up.months[order] * 30, follow_up.event[order]), p[order], 1800)
    assert back.ratio.value == pytest.approx(there.ratio.value)
    assert back.slope.value == pytest.approx(there.slope.value)
    assert back.emax == pytest.approx(there.emax)
    assert [group.observed for group in back.groups] == pytest.approx([group.observed for group in there.groups])


def test_groups_include_their_upper_limit_and_the_lowest_value():
    follow_up = FollowUp(np.arange(1.0, 9), np.ones(8, dtype=bool))
    found = calibration_at(follow_up, [0.1, 0.2, 0.2, 0.2, 0.5, 0.6, 0.7, 0.8], 5, n_groups=2)
    assert found.group_limits == pytest.approx((0.1, 0.35, 0.8))
    assert [group.n for group in found.groups] == [4, 4]
    at_limit = calibration_at(follow_up.where(np.arange(8) < 5), [0.1, 0.2, 0.3, 0.4, 0.5], 3, n_groups=2)
    assert [group.n for group in at_limit.groups] == [3, 2]


def test_tied_predictions_merge_groups_and_this_is_said():
    follow_up = FollowUp(np.arange(1.0, 9), np.ones(8, dtype=bool))
    found = calibration_at(follow_up, [0.2] * 6 + [0.5, 0.8], 5)
    assert sum(group.n for group in found.groups) == 8
    assert len(found.groups) < 4
    assert any("predicted risks tie" in note for note in found.notes)


def test_equal_predictions_have_a_ratio_and_neither_slope_nor_curve():
    follow_up = FollowUp(np.array([1.0, 3, 8, 9]), np.array([True, True, False, True]))
    found = calibration_at(follow_up, [0.4] * 4, 5)
    assert found.ratio.value == pytest.approx(1.25)
    assert (found.slope.value, found.slope.reason) == (None, ALL_EQUAL)
    assert (found.ici, found.smooth.reason, found.straight.reason) == (None, ALL_EQUAL, ALL_EQUAL)
    assert [group.n for group in found.groups] == [4]


def test_certain_predictions_are_moved_a_little_and_this_is_said():
    follow_up, _, cumulative = simulated(200)
    p = -np.expm1(-cumulative)
    p[:2], p[2] = 0.0, 1.0
    found = calibration_at(follow_up, p, 60)
    assert any(note.startswith("3 predicted risk(s) of 0 or 1") for note in found.notes)
    assert np.isfinite(found.slope.value)
    assert found.smooth.predicted[:3].tolist() == [0, 0, 1]


def test_predictions_that_are_all_zero_have_no_ratio():
    follow_up = FollowUp(np.array([1.0, 3, 8, 9]), np.array([True, True, False, True]))
    found = calibration_at(follow_up, [0.0] * 4, 5)
    assert (found.ratio.value, found.ratio.reason) == (None, "every predicted risk is 0")


def test_a_horizon_beyond_follow_up_has_no_observed_risk():
    follow_up, _, cumulative = simulated(200)
    found = calibration_at(follow_up, -np.expm1(-cumulative), 200)
    assert (found.observed.value, found.ratio.value, found.ici) == (None, None, None)
    assert "before the horizon" in found.ratio.reason
    assert "before the horizon" in found.smooth.reason
    assert found.slope.value is not None


def test_a_group_that_is_not_followed_to_the_horizon_says_so():
    follow_up = FollowUp(np.array([1.0, 2, 9, 9]), np.array([True, False, False, True]))
    low, high = calibration_at(follow_up, [0.8, 0.7, 0.2, 0.1], 5, n_groups=2).groups
    assert not low.is_beyond_follow_up
    assert high.is_beyond_follow_up
    assert "ends at 2 months" in high.reason


def test_a_cohort_without_events_before_the_horizon_has_no_curve():
    follow_up = FollowUp(np.array([6.0, 7, 8, 9]), np.array([False, True, False, False]))
    found = calibration_at(follow_up, [0.1, 0.2, 0.3, 0.4], 5)
    assert (found.observed.value, found.ratio.value, found.ratio.low) == (0.0, 0.0, None)
    assert found.ratio.reason
    assert (found.ici, found.smooth.reason) == (None, "no event up to the horizon")


def test_without_any_event_there_is_no_slope_either():
    found = calibration_at(FollowUp(np.array([6.0, 7]), np.array([False, False])), [0.1, 0.2], 5)
    assert (found.slope.value, found.slope.reason) == (None, "no event was seen")


def test_separation_has_a_reason_instead_of_an_infinite_slope():
    follow_up = FollowUp(np.arange(1.0, 13), np.ones(12, dtype=bool))
    found = calibration_at(follow_up, np.linspace(0.9, 0.1, 12), 6)
    assert found.slope.value is None
    assert "without bound" in found.slope.reason
    assert found.ici is None


def test_certain_predictions_that_separate_have_a_reason_and_no_overflow():
    follow_up = FollowUp(np.array([2.0, 3, 1, 5]), np.array([True, True, False, True]))
    found = calibration_at(follow_up, [0.2, 1 - 1e-15, 1e-13, 0.5], 3)
    assert found.ratio.value == pytest.approx(8 / 3 / (1.7 - 1e-15 + 1e-13))
    assert (found.ici is None) == bool(found.smooth.reason)


@given(PATIENTS, st.sampled_from([1.0, 4.0]))
def test_small_and_tied_cohorts_give_a_number_or_a_reason(rows, horizon):
    follow_up, x = cohort(rows)
    found = calibration_at(follow_up, x / 5, horizon)
    for estimate in (found.observed, found.ratio, found.slope):
        assert estimate.is_estimable or estimate.reason
    for curve in (found.smooth, found.straight):
        assert (curve.ici is None) == bool(curve.reason)
    assert sum(group.n for group in found.groups) == follow_up.n


def test_impossible_input_is_refused():
    follow_up = FollowUp(np.array([1.0, 9]), np.array([True, False]))
    for wrong in ({"n_groups": 0}, {"n_knots": 7}):
        with pytest.raises(OutOfRange):
            calibration_at(follow_up, [0.1, 0.2], 5, **wrong)
    with pytest.raises(OutOfRange):
        calibration_at(follow_up, [0.1, 1.2], 5)
    with pytest.raises(NotEstimable):
        calibration_at(FollowUp(np.empty(0), np.empty(0, dtype=bool)), [], 5)
