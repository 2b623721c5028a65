import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.survival.kaplan_meier import NO_EVENT_YET, NOBODY_LEFT, kaplan_meier, product_limit

# Times on a coarse grid make ties between events and censorings common.
FOLLOW_UPS = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=40).map(
    lambda rows: FollowUp(np.array([float(t) for t, _ in rows]), np.array([e for _, e in rows]))
)

# Freireich's leukaemia patients on 6-mercaptopurine (Blood 1963;21:699), the textbook example.
SIX_MP = FollowUp(
    np.array([6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35.0]),
    np.array([1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0], dtype=bool),
)


def test_textbook_curve_equals_its_product_of_fractions():
    curve = kaplan_meier(SIX_MP)
    expected = {6: 18 / 21, 7: 18 / 21 * 16 / 17}
    expected[10] = expected[7] * 14 / 15
    expected[13] = expected[10] * 11 / 12
    expected[16] = expected[13] * 10 / 11
    expected[22] = expected[16] * 6 / 7
    expected[23] = expected[22] * 5 / 6
    for months, value in expected.items():
        assert curve.at(months).value == pytest.approx(value, abs=1e-14)
    assert curve.median.months == 23


def test_greenwood_equals_the_closed_form_at_the_second_event_time():
    estimate = kaplan_meier(SIX_MP).at(7)
    variance = (18 / 21 * 16 / 17) ** 2 * (3 / (21 * 18) + 1 / (17 * 16))
    assert estimate.standard_error == pytest.approx(np.sqrt(variance), abs=1e-14)


def test_an_event_comes_before_a_censoring_at_the_same_time():
    curve = kaplan_meier(FollowUp(np.array([5.0, 5.0]), np.array([True, False])))
    assert curve.at(5).value == 0.5
    assert curve.n_at_risk([4.9, 5, 5.1]).tolist() == [2, 2, 0]


def test_without_censoring_the_curve_is_the_share_still_event_free():
    months = np.random.default_rng(3).exponential(30, 50)
    curve = kaplan_meier(FollowUp(months, np.ones(50, dtype=bool)))
    for t in (5, 20, 60):
        assert curve.at(t).value == pytest.approx((months > t).mean(), abs=1e-12)


def test_estimate_carries_its_counts_level_and_method():
    estimate = kaplan_meier(SIX_MP, label="6-MP", level=0.9).at(12)
    assert (estimate.n, estimate.n_events, estimate.n_at_risk, estimate.level) == (21, 5, 12, 0.9)
    assert "Kaplan-Meier" in estimate.method
    assert "log-log" in estimate.method
    assert estimate.low < estimate.value < estimate.high


def test_a_group_without_events_has_no_interval_and_no_median():
    curve = kaplan_meier(FollowUp(np.array([3.0, 20.0, 61.0]), np.zeros(3, dtype=bool)))
    estimate = curve.at(60)
    assert (estimate.value, estimate.low, estimate.high) == (1.0, None, None)
    assert estimate.reason == NO_EVENT_YET
    assert curve.median.months is None


def test_a_group_where_everybody_had_the_event_has_no_interval_at_zero():
    estimate = kaplan_meier(FollowUp(np.array([3.0, 3.0]), np.ones(2, dtype=bool))).at(3)
    assert (estimate.value, estimate.low, estimate.standard_error) == (0.0, None, None)
    assert estimate.reason == NOBODY_LEFT


def test_times_beyond_the_last_observation_are_flagged_and_carry_the_last_value():
    curve = kaplan_meier(SIX_MP)
    assert not curve.at(35).is_beyond_follow_up
    beyond = curve.at(60)
    assert beyond.is_beyond_follow_up
    assert beyond.value == curve.at(35).value
    assert beyond.n_at_risk == 0


def test_median_on_a_flat_half_is_the_middle_of_the_flat_part():
    curve = kaplan_meier(FollowUp(np.array([1.0, 2.0, 4.0, 7.0]), np.ones(4, dtype=bool)))
    assert curve.median.months == 3.0


def test_median_where_the_curve_ends_at_one_half_is_the_middle_of_its_last_part():
    # survival::quantile.survfit gives (2 + 5) / 2 as well.
    curve = kaplan_meier(FollowUp(np.array([2.0, 5.0]), np.array([True, False])))
    assert curve.median.months == 3.5


def test_one_patient_makes_a_curve():
    curve = kaplan_meier(FollowUp(np.array([7.0]), np.array([False])))
    assert curve.at(7).n_at_risk == 1
    assert curve.censored_months.tolist() == [7.0]


def test_an_empty_group_is_not_estimable():
    with pytest.raises(NotEstimable, match="treated"):
        kaplan_meier(FollowUp(np.array([]), np.array([], dtype=bool)), label="treated")


@pytest.mark.parametrize("months", [-1.0, float("nan")])
def test_negative_or_missing_times_are_refused(months):
    with pytest.raises(OutOfRange):
        kaplan_meier(SIX_MP).at(months)


def test_a_level_that_is_no_probability_is_refused():
    with pytest.raises(OutOfRange):
        kaplan_meier(SIX_MP, level=95)


@settings(max_examples=30)
@given(FOLLOW_UPS, st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(follow_up, random):
    order = list(range(follow_up.n))
    random.shuffle(order)
    shuffled = kaplan_meier(FollowUp(follow_up.months[order], follow_up.event[order]))
    curve = kaplan_meier(follow_up)
    assert np.array_equal(curve.survival, shuffled.survival)
    assert np.array_equal(curve.low, shuffled.low, equal_nan=True)


@settings(max_examples=30)
@given(FOLLOW_UPS, st.sampled_from([0.5, 30.4375, 365.25]))
def test_time_units_do_not_matter(follow_up, factor):
    curve = kaplan_meier(follow_up)
    scaled = kaplan_meier(FollowUp(follow_up.months * factor, follow_up.event))
    assert np.array_equal(curve.survival, scaled.survival)
    assert np.array_equal(curve.high, scaled.high, equal_nan=True)
    if curve.median.months is not None:
        assert scaled.median.months == pytest.approx(curve.median.months * factor)


@settings(max_examples=30)
@given(FOLLOW_UPS)
def test_curve_falls_and_lies_inside_its_band(follow_up):
    curve = kaplan_meier(follow_up)
    assert (np.diff(curve.survival) <= 0).all()
    known = ~np.isnan(curve.low)
    assert (curve.low[known] <= curve.survival[known] + 1e-12).all()
    assert (curve.high[known] >= curve.survival[known] - 1e-12).all()
    assert ((curve.low[known] >= 0) & (curve.high[known] <= 1)).all()


@settings(max_examples=30)
@given(FOLLOW_UPS)
def test_counts_add_up(follow_up):
    curve = kaplan_meier(follow_up)
    assert len(curve.censored_months) + curve.n_events == curve.n
    assert curve.at(100).n_events == curve.n_events
    assert curve.n_at_risk([0.0])[0] == curve.n


@given(FOLLOW_UPS)
def test_the_curve_of_the_inner_loops_is_the_same_to_the_last_bit(follow_up):
    curve, (months, survival) = kaplan_meier(follow_up), product_limit(follow_up)
    assert np.array_equal(curve.months, months)
    assert np.array_equal(curve.survival, survival)


def test_the_band_is_the_closed_form_on_the_log_log_scale():
    curve = kaplan_meier(SIX_MP, level=0.9)
    inside = (curve.survival > 0) & (curve.survival < 1)
    survival = curve.survival[inside]
    half = ndtri(0.95) * curve.standard_error[inside] / (survival * np.log(survival))
    assert curve.low[inside] == pytest.approx(survival ** np.exp(-half), abs=1e-14)
    assert curve.high[inside] == pytest.approx(survival ** np.exp(half), abs=1e-14)


def test_the_warnings_of_numpy_stay_as_they_were():
    with np.errstate(divide="raise", invalid="raise"):
        before = np.geterr()
        kaplan_meier(SIX_MP)
        assert np.geterr() == before
