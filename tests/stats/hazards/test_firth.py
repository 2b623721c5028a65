import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from partial_likelihood import PATIENTS, drawn, log_likelihood, sample
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import chi2

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.design import Design
from deeptepp.stats.hazards.cox import fit_cox
from deeptepp.stats.hazards.cox_fit import ALIASED, MONOTONE, NO_EVENT
from deeptepp.stats.hazards.cox_likelihood import RiskSets, Ties
from deeptepp.stats.hazards.firth import NO_LIMIT, UNSTABLE, fit_firth


def follow_up(months, event):
    return FollowUp(np.array(months, dtype=float), np.array(event, dtype=bool))


def one(values):
    return Design(("x",), np.array(values, dtype=float)[:, None])


def two(values):
    return Design(("x0", "x1"), values)


def at_once(events_index, n_index, events_reference, n_reference):
    """Everybody is followed for 6 months, when all events are: a two by two table."""
    event = [np.arange(n_index) < events_index, np.arange(n_reference) < events_reference]
    return follow_up([6] * (n_index + n_reference), np.concatenate(event)), np.repeat(
        [1, 0], [n_index, n_reference]
    )


def penalised(times, values, beta, strata=None):
    """Log likelihood from its definition and half the log determinant of its curvature (Breslow)."""
    sets = RiskSets(times, strata, Ties.BRESLOW)
    columns = values[sets.rows].T
    information = sets.evaluate(columns, beta @ columns).information
    return log_likelihood(times, values @ beta, Ties.BRESLOW, strata) + np.linalg.slogdet(information)[1] / 2


@pytest.mark.parametrize(("a", "n1", "b", "n0"), [(0, 8, 5, 20), (3, 8, 5, 20), (3, 8, 0, 20), (1, 1, 0, 1)])
def test_a_two_by_two_table_gives_half_an_event_more_to_each_arm(a, n1, b, n0):
    # With all events at once p = n1 w / (n1 w + n0), the penalised likelihood is p^(a + 1/2) (1 - p)^(b + 1/2).
    times, is_index = at_once(a, n1, b, n0)
    (ratio,) = fit_firth(times, one(is_index)).hazard_ratios()
    assert ratio.value == pytest.approx((a + 0.5) / (b + 0.5) * n0 / n1)


@pytest.mark.parametrize(("a", "b"), [(0, 5), (3, 5), (4, 0)])
def test_the_limits_of_a_two_by_two_table_are_where_its_profile_has_fallen(a, b):
    times, is_index = at_once(a, 8, b, 20)
    found = fit_firth(times, one(is_index))

    def height(log_ratio):
        p = 8 * np.exp(log_ratio) / (8 * np.exp(log_ratio) + 20)
        return (a + 0.5) * np.log(p) + (b + 0.5) * np.log1p(-p)

    top = height(found.coefficients[0])
    for limit in (found.low[0], found.high[0]):
        assert 2 * (top - height(limit)) == pytest.approx(chi2.ppf(0.95, 1))
    assert found.p_values[0] == pytest.approx(chi2.sf(2 * (top - height(0)), 1))
    assert found.low[0] < found.coefficients[0] < found.high[0]


def test_one_event_in_two_patients_has_the_ratio_of_three():
    (ratio,) = fit_firth(follow_up([1, 2], [1, 0]), one([1, 0])).hazard_ratios()
    assert ratio.value == pytest.approx(3)


@pytest.mark.parametrize("seed", range(3))
def test_one_column_is_at_the_top_of_the_penalised_definition(seed):
    times, values = drawn(seed, 40, grid=5)
    arm = values[:, 1:]
    expected = minimize_scalar(
        lambda b: -penalised(times, arm, np.array([b])), bounds=(-8, 8), method="bounded", options={"xatol": 1e-10}
    )
    found = fit_firth(times, one(arm[:, 0]))
    assert found.coefficients[0] == pytest.approx(expected.x, abs=1e-6)
    assert found.penalised_log_likelihood == pytest.approx(-expected.fun, abs=1e-9)
    assert found.penalised_log_likelihood_null == pytest.approx(penalised(times, arm, np.zeros(1)), abs=1e-9)


def test_limits_and_p_value_of_one_column_are_those_of_the_penalised_definition():
    times, values = drawn(5, 40)
    arm = values[:, 1:]
    found = fit_firth(times, one(arm[:, 0]))
    top = penalised(times, arm, found.coefficients)

    def left(b):
        return 2 * (top - penalised(times, arm, np.array([b]))) - chi2.ppf(0.95, 1)

    estimate = found.coefficients[0]
    assert found.low[0] == pytest.approx(brentq(left, estimate - 9, estimate), abs=1e-7)
    assert found.high[0] == pytest.approx(brentq(left, estimate, estimate + 9), abs=1e-7)
    assert found.p_values[0] == pytest.approx(chi2.sf(left(0) + chi2.ppf(0.95, 1), 1))


@pytest.mark.parametrize("is_stratified", [False, True])
def test_no_place_near_two_coefficients_is_higher_in_the_penalised_definition(is_stratified):
    times, values = drawn(6, 60, grid=4)
    strata = np.arange(60) % 2 if is_stratified else None
    found = fit_firth(times, two(values), strata=strata)
    top = penalised(times, values, found.coefficients, strata)
    assert found.penalised_log_likelihood == pytest.approx(top, abs=1e-9)
    for step in ([1e-4, 0], [-1e-4, 0], [0, 1e-3], [0, -1e-3]):
        assert penalised(times, values, found.coefficients + step, strata) < top


def test_an_arm_without_events_is_finite_where_cox_has_none():
    times, is_index = follow_up([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 0]), [0, 0, 0, 1, 1, 1]
    assert fit_cox(times, one(is_index)).reasons == (MONOTONE,)
    (ratio,) = fit_firth(times, one(is_index)).hazard_ratios()
    assert 0 < ratio.low < ratio.value < 1
    assert ratio.value < ratio.high
    assert ratio.is_estimable


def test_a_number_that_puts_all_events_in_order_is_finite():
    times = follow_up([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 1])
    (ratio,) = fit_firth(times, one([9, 7, 6, 4, 3, 1])).hazard_ratios()
    assert 1 < ratio.value < 1e3
    assert ratio.low < ratio.value < ratio.high


def test_with_many_events_it_is_close_to_cox():
    times, values = drawn(7, 1500)
    plain, found = fit_cox(times, two(values)), fit_firth(times, two(values))
    assert found.coefficients == pytest.approx(plain.coefficients, rel=0.02)
    half = 1.959963984540054 * plain.standard_errors
    assert found.low == pytest.approx(plain.coefficients - half, rel=0.05)
    assert found.high == pytest.approx(plain.coefficients + half, rel=0.05)


def test_it_lies_nearer_to_1_than_cox():
    times, values = drawn(8, 60)
    plain, found = fit_cox(times, one(values[:, 1]), ties=Ties.BRESLOW), fit_firth(times, one(values[:, 1]))
    assert abs(found.coefficients[0]) < abs(plain.coefficients[0])


@settings(max_examples=40, deadline=None)
@given(PATIENTS)
def test_the_interval_holds_the_estimate_or_there_is_a_reason(rows):
    times, values, _ = sample(rows)
    found = fit_firth(times, one(values[:, 1]))
    (ratio,) = found.hazard_ratios()
    if ratio.reason in (ALIASED, NO_EVENT, UNSTABLE):
        assert (ratio.value, ratio.low, ratio.high, ratio.p_value) == (None, None, None, None)
        return
    assert np.isfinite(ratio.value)
    assert ratio.low is None or ratio.low < ratio.value
    assert ratio.high is None or ratio.value < ratio.high
    assert ratio.is_estimable == (ratio.reason == "")
    assert (ratio.reason == NO_LIMIT) == (not np.isfinite([found.low[0], found.high[0]]).all())


@settings(max_examples=40, deadline=None)
@given(PATIENTS, st.sampled_from([0.25, 30.4375]), st.randoms(use_true_random=False))
def test_neither_row_order_nor_the_unit_of_time_matters(rows, factor, random):
    times, values, strata = sample(rows)
    order = list(range(len(rows)))
    random.shuffle(order)
    changed = FollowUp(times.months[order] * factor, times.event[order])
    ours = fit_firth(times, one(values[:, 1]), strata=strata)
    theirs = fit_firth(changed, one(values[order, 1]), strata=strata[order])
    assert ours.reasons == theirs.reasons
    assert theirs.coefficients == pytest.approx(ours.coefficients, abs=1e-6, nan_ok=True)
    assert theirs.high == pytest.approx(ours.high, abs=1e-5, nan_ok=True)


@pytest.mark.parametrize("scale", [1e-3, 365.25])
def test_the_hazard_ratio_of_another_unit_is_a_power(scale):
    times, values = drawn(9, 60)
    found, scaled = fit_firth(times, two(values)), fit_firth(times, two(values * [scale, 1]))
    assert scaled.coefficients * [scale, 1] == pytest.approx(found.coefficients, rel=1e-7)
    assert scaled.low * [scale, 1] == pytest.approx(found.low, rel=1e-6)
    assert scaled.p_values == pytest.approx(found.p_values, rel=1e-6)
    # The penalty is that of the columns in their own units.
    assert scaled.penalised_log_likelihood == pytest.approx(found.penalised_log_likelihood + np.log(scale))


def test_exchanging_the_arms_inverts_the_hazard_ratio_and_its_limits():
    times, is_index = at_once(0, 8, 5, 20)
    ours, theirs = (fit_firth(times, one(arm)).hazard_ratios()[0] for arm in (is_index, 1 - is_index))
    assert (ours.value * theirs.value, ours.low * theirs.high) == pytest.approx((1, 1))
    assert ours.p_value == pytest.approx(theirs.p_value)


def test_the_test_of_all_columns_is_twice_the_rise_of_the_penalised_likelihood():
    times, values = drawn(10, 60)
    found = fit_firth(times, two(values))
    rise = found.penalised_log_likelihood - found.penalised_log_likelihood_null
    assert found.likelihood_ratio.statistic == pytest.approx(2 * rise)
    assert found.likelihood_ratio.degrees_of_freedom == 2


def test_a_narrower_level_lies_inside():
    times, values = drawn(11, 60)
    wide, narrow = (fit_firth(times, one(values[:, 1]), level=level).hazard_ratios()[0] for level in (0.95, 0.5))
    assert wide.low < narrow.low < narrow.value < narrow.high < wide.high


def test_a_column_that_follows_from_another_has_a_reason_and_changes_nothing():
    times, values = drawn(12, 60)
    alone = fit_firth(times, one(values[:, 1]))
    found = fit_firth(times, two(np.column_stack([values[:, 1], 2 - values[:, 1]])))
    assert found.reasons == ("", ALIASED)
    assert found.coefficients[0] == pytest.approx(alone.coefficients[0])
    assert found.hazard_ratios()[1].value is None


def test_no_event_has_a_reason():
    found = fit_firth(follow_up([1, 2, 3], [0, 0, 0]), one([1, 0, 1]))
    assert found.reasons == (NO_EVENT,)
    assert found.hazard_ratios()[0].value is None
    assert found.likelihood_ratio.p_value is None


def test_a_stratum_of_one_arm_adds_nothing():
    times, values = drawn(13, 60)
    arm, strata = values[:, 1], np.where(np.arange(60) < 40, "a", "b")
    chosen = (strata == "a") | (arm == 1)
    both = fit_firth(times.where(chosen), one(arm[chosen]), strata=strata[chosen])
    first = fit_firth(times.where(strata == "a"), one(arm[strata == "a"]))
    assert both.coefficients == pytest.approx(first.coefficients)
    assert both.high == pytest.approx(first.high)


def test_strata_of_one_patient_each_determine_nothing():
    times, values = drawn(14, 20)
    assert fit_firth(times, one(values[:, 1]), strata=np.arange(20)).reasons == (ALIASED,)


def test_the_method_names_penalty_ties_and_interval():
    times, values = drawn(15, 40)
    (ratio,) = fit_firth(times, one(values[:, 1]), strata=np.arange(40) % 2, ties=Ties.EFRON).hazard_ratios()
    assert ratio.method == "Firth-penalised Cox, Efron ties, stratified, profile likelihood interval"
    assert (ratio.n, ratio.n_events) == (40, times.n_events)


def test_efron_is_breslow_where_no_events_are_tied():
    times, values = drawn(16, 40)
    efron, breslow = (fit_firth(times, one(values[:, 1]), ties=ties) for ties in Ties)
    assert efron.coefficients == pytest.approx(breslow.coefficients)


def test_nobody_and_missing_values_are_refused():
    with pytest.raises(NotEstimable):
        fit_firth(follow_up([], []), one([]))
    with pytest.raises(OutOfRange):
        fit_firth(follow_up([1, 2], [1, 0]), one([1, np.nan]))
