import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from partial_likelihood import PATIENTS, drawn, lifelines_fit, log_likelihood, sample, slopes

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.design import Design
from deeptepp.stats.hazards.cox import fit_cox
from deeptepp.stats.hazards.cox_fit import ALIASED, MONOTONE, NO_EVENT, UNSTABLE
from deeptepp.stats.hazards.cox_likelihood import Ties
from deeptepp.stats.survival.logrank import log_rank


def follow_up(months, event):
    return FollowUp(np.array(months, dtype=float), np.array(event, dtype=bool))


def one(values):
    return Design(("x",), np.array(values, dtype=float)[:, None])


def two(values):
    return Design(("x0", "x1"), values)


def test_three_patients_give_the_closed_form():
    # w / (2w + 1) x 1 / (w + 1) is largest at w = 1 / sqrt(2).
    fit = fit_cox(follow_up([1, 2, 3], [1, 1, 0]), one([1, 0, 1]))
    assert fit.hazard_ratios()[0].value == pytest.approx(np.sqrt(0.5))
    w = np.sqrt(0.5)
    assert fit.log_likelihood == pytest.approx(np.log(w / (2 * w + 1) / (w + 1)))
    assert fit.log_likelihood_null == pytest.approx(-np.log(6))
    information = 2 * w / (2 * w + 1) ** 2 + w / (w + 1) ** 2
    assert fit.standard_errors[0] == pytest.approx(1 / np.sqrt(information))


@pytest.mark.parametrize(("ties", "expected"), [(Ties.EFRON, 1 / np.sqrt(6)), (Ties.BRESLOW, 1 / 2)])
def test_an_event_of_each_arm_at_once_gives_the_closed_form(ties, expected):
    # Efron: w / ((2w + 1) (3w + 1) / 2), Breslow: w / (2w + 1)^2.
    fit = fit_cox(follow_up([1, 1, 2], [1, 1, 0]), one([1, 0, 1]), ties=ties)
    assert fit.hazard_ratios()[0].value == pytest.approx(expected)


def test_ties_only_by_breslow_are_the_ratio_of_shares():
    # 3 of 8 against 5 of 20 at one time; the variance of the log ratio is 1/3 + 1/5.
    is_index = np.repeat([1, 0], [8, 20])
    event = np.concatenate([np.arange(8) < 3, np.arange(20) < 5])
    fit = fit_cox(follow_up([6] * 28, event), one(is_index), ties=Ties.BRESLOW)
    assert fit.hazard_ratios()[0].value == pytest.approx((3 / 8) / (5 / 20))
    assert fit.covariance[0, 0] == pytest.approx(1 / 3 + 1 / 5)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("grid", [None, 5])
def test_the_fit_equals_an_independent_implementation(seed, grid):
    times, values = drawn(seed, grid=grid)
    fit, (theirs, _) = fit_cox(times, two(values)), lifelines_fit(times, values)
    assert fit.coefficients == pytest.approx(theirs.params_.to_numpy(), rel=1e-8)
    assert fit.covariance == pytest.approx(theirs.variance_matrix_.to_numpy(), rel=1e-7)
    assert fit.log_likelihood == pytest.approx(theirs.log_likelihood_, abs=1e-8)
    assert fit.likelihood_ratio.statistic == pytest.approx(theirs.log_likelihood_ratio_test().test_statistic)
    assert fit.p_values == pytest.approx(theirs.summary["p"].to_numpy(), rel=1e-6)


@pytest.mark.parametrize("grid", [None, 5])
def test_a_stratified_fit_equals_an_independent_implementation(grid):
    times, values = drawn(7, grid=grid)
    strata = np.array(list("abc"))[np.arange(times.n) % 3]
    fit, (theirs, _) = fit_cox(times, two(values), strata=strata), lifelines_fit(times, values, strata=strata)
    assert fit.coefficients == pytest.approx(theirs.params_.to_numpy(), rel=1e-8)
    assert fit.covariance == pytest.approx(theirs.variance_matrix_.to_numpy(), rel=1e-7)
    assert fit.log_likelihood == pytest.approx(theirs.log_likelihood_, abs=1e-8)


@given(PATIENTS, st.sampled_from(list(Ties)))
def test_no_place_near_the_estimate_is_more_likely(rows, ties):
    times, values, strata = sample(rows)
    fit = fit_cox(times, two(values), strata=strata, ties=ties)
    assert fit.log_likelihood_null == pytest.approx(log_likelihood(times, values @ [0, 0], ties, strata), abs=1e-9)
    if any(fit.reasons):
        return
    beta = fit.coefficients
    assert fit.log_likelihood == pytest.approx(log_likelihood(times, values @ beta, ties, strata), abs=1e-9)
    steps = 1e-3 * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
    near = log_likelihood(times, values @ (beta + steps).T, ties, strata)
    assert (near <= fit.log_likelihood + 1e-9).all()


def test_the_covariance_inverts_the_curvature_of_the_definition():
    times, values = drawn(8, grid=4)
    fit = fit_cox(times, two(values))

    def gradient(beta):
        return slopes(lambda place: log_likelihood(times, values @ place, Ties.EFRON), beta, step=1e-4)

    curvature = -slopes(gradient, fit.coefficients, step=1e-4)
    assert fit.covariance == pytest.approx(np.linalg.inv(curvature), rel=1e-3)


@given(PATIENTS, st.sampled_from([0.25, 30.4375]), st.randoms(use_true_random=False))
def test_neither_row_order_nor_the_unit_of_time_matters(rows, factor, random):
    times, values, strata = sample(rows)
    order = list(range(len(rows)))
    random.shuffle(order)
    changed = FollowUp(times.months[order] * factor, times.event[order])
    one_way = fit_cox(times, two(values), strata=strata)
    other = fit_cox(changed, two(values[order]), strata=strata[order])
    assert one_way.reasons == other.reasons
    assert other.coefficients == pytest.approx(one_way.coefficients, abs=1e-6, nan_ok=True)
    assert other.log_likelihood == pytest.approx(one_way.log_likelihood, abs=1e-8)
    assert other.baseline_months == pytest.approx(one_way.baseline_months * factor)


@pytest.mark.parametrize("scale", [1e-6, 0.1, 365.25, 1e6])
def test_the_hazard_ratio_of_another_unit_is_a_power(scale):
    times, values = drawn(9)
    fit, scaled = fit_cox(times, two(values)), fit_cox(times, two(values * [scale, 1] + [1e3 * scale, 0]))
    assert scaled.coefficients * [scale, 1] == pytest.approx(fit.coefficients, rel=1e-8)
    assert scaled.z == pytest.approx(fit.z, rel=1e-7)
    assert scaled.log_likelihood == pytest.approx(fit.log_likelihood)


def test_exchanging_the_arms_inverts_the_hazard_ratio():
    times, values = drawn(10)
    ours, theirs = (fit_cox(times, one(arm)).hazard_ratios()[0] for arm in (values[:, 1], 1 - values[:, 1]))
    assert (ours.value * theirs.value, ours.low * theirs.high) == pytest.approx((1, 1))


def test_the_score_test_of_two_arms_without_ties_is_the_log_rank_test():
    times, values = drawn(11)
    is_index = values[:, 1] == 1
    fit = fit_cox(times, one(is_index))
    assert fit.score.statistic == pytest.approx(
        log_rank([times.where(is_index), times.where(~is_index)]).statistic
    )


def test_the_three_tests_are_close_where_there_are_many_events():
    times, values = drawn(12, 2000)
    fit = fit_cox(times, two(values))
    assert fit.wald.statistic == pytest.approx(fit.likelihood_ratio.statistic, rel=0.1)
    assert fit.score.statistic == pytest.approx(fit.likelihood_ratio.statistic, rel=0.1)
    assert (
        fit.wald.degrees_of_freedom == fit.score.degrees_of_freedom == fit.likelihood_ratio.degrees_of_freedom == 2
    )


def test_a_true_effect_is_inside_its_interval_about_as_often_as_said():
    covered = 0
    for seed in range(200):
        times, values = drawn(1000 + seed, 80)
        ratio = fit_cox(times, two(values)).hazard_ratios()[1]
        covered += ratio.low <= np.exp(-0.7) <= ratio.high
    assert 180 <= covered <= 199


@pytest.mark.parametrize(
    "values",
    [
        lambda x: np.column_stack([x[:, 1], 1 - x[:, 1]]),
        lambda x: np.column_stack([x[:, 1], np.full(len(x), 3.0)]),
        lambda x: np.column_stack([x[:, 1], 1e6 * x[:, 1] + 7]),
    ],
)
def test_a_column_that_follows_from_another_has_a_reason_and_changes_nothing(values):
    times, drawn_values = drawn(13)
    alone, fit = fit_cox(times, one(drawn_values[:, 1])), fit_cox(times, two(values(drawn_values)))
    assert fit.reasons == ("", ALIASED)
    assert fit.hazard_ratios()[1].value is None
    assert fit.coefficients[0] == pytest.approx(alone.coefficients[0])
    assert fit.likelihood_ratio.degrees_of_freedom == 1
    assert fit.wald.statistic == pytest.approx(alone.wald.statistic)


def test_a_column_that_is_constant_in_each_stratum_has_a_reason():
    times, values = drawn(14)
    strata = values[:, 1].astype(int)
    fit = fit_cox(times, two(values), strata=strata)
    assert fit.reasons == ("", ALIASED)


@pytest.mark.parametrize(("arm", "limit"), [([1, 1, 0, 0], np.inf), ([0, 0, 1, 1], -np.inf)])
def test_an_arm_without_events_has_a_reason_and_no_number(arm, limit):
    fit = fit_cox(follow_up([1, 2, 3, 4], [1, 1, 0, 0]), one(arm))
    (ratio,) = fit.hazard_ratios()
    assert fit.reasons == (MONOTONE,)
    assert fit.coefficients[0] == limit
    assert (ratio.value, ratio.low, ratio.high, ratio.p_value, ratio.reason) == (None, None, None, None, MONOTONE)
    assert fit.wald.p_value is None
    # At the limit the likelihood is that of the index arm alone: 1/2 x 1.
    assert fit.likelihood_ratio.statistic == pytest.approx(2 * (np.log(1 / 2) - np.log(1 / 12)))


@pytest.mark.parametrize(("values", "reason"), [([10, 8, 6, 5, 1], MONOTONE), ([10, 8, 7.5, 7.49, 1], UNSTABLE)])
def test_a_number_that_puts_all_events_in_order_has_a_reason_and_no_value(values, reason):
    # Where neighbours are close, hazards of the others are beyond what a float holds before that shows.
    fit = fit_cox(follow_up([1, 2, 3, 4, 5], [1, 1, 1, 1, 1]), one(values))
    assert fit.reasons == (reason,)
    assert fit.hazard_ratios()[0].value is None


def test_no_event_has_a_reason_and_no_test():
    fit = fit_cox(follow_up([1, 2, 3], [0, 0, 0]), one([1, 0, 1]))
    assert fit.reasons == (NO_EVENT,)
    assert (fit.log_likelihood, fit.n_events, fit.likelihood_ratio.p_value) == (0, 0, None)


def test_everybody_at_once_determines_nothing_by_efron():
    fit = fit_cox(follow_up([3, 3, 3, 3], [1, 1, 1, 1]), one([1, 0, 1, 0]))
    assert fit.coefficients == pytest.approx([0.0], abs=1e-9)
    assert fit.hazard_ratios()[0].value == pytest.approx(1)


def test_strata_of_one_patient_each_determine_nothing():
    times, values = drawn(15, 20)
    fit = fit_cox(times, two(values), strata=np.arange(20))
    assert fit.reasons == (ALIASED, ALIASED)
    assert fit.log_likelihood == 0


def test_a_stratum_of_one_arm_adds_nothing():
    times, values = drawn(16)
    arm, strata = values[:, 1], np.where(np.arange(times.n) < 90, "a", "b")
    chosen = (strata == "a") | (arm == 1)
    both = fit_cox(times.where(chosen), one(arm[chosen]), strata=strata[chosen])
    first = fit_cox(times.where(strata == "a"), one(arm[strata == "a"]))
    assert both.coefficients == pytest.approx(first.coefficients)
    assert both.standard_errors == pytest.approx(first.standard_errors)
    assert both.n > first.n


def test_strata_that_are_one_change_nothing():
    times, values = drawn(17)
    plain, stratified = fit_cox(times, two(values)), fit_cox(times, two(values), strata=["a"] * times.n)
    assert stratified.coefficients.tolist() == plain.coefficients.tolist()
    assert (plain.is_stratified, stratified.is_stratified) == (False, True)


def test_without_columns_the_baseline_hazard_is_that_of_nelson_and_aalen():
    times = follow_up([1, 2, 3, 4], [1, 0, 1, 0])
    fit = fit_cox(times, Design((), np.empty((4, 0))))
    assert fit.baseline_months.tolist() == [1, 3]
    assert fit.baseline_hazard == pytest.approx([1 / 4, 1 / 4 + 1 / 2])
    assert fit.likelihood_ratio.reason == "no column can be tested"


def test_the_baseline_hazard_equals_an_independent_implementation():
    times, values = drawn(18)
    fit, (theirs, _) = fit_cox(times, two(values)), lifelines_fit(times, values)
    expected = theirs.baseline_cumulative_hazard_.iloc[:, 0]
    assert fit.baseline_hazard == pytest.approx(expected.loc[fit.baseline_months].to_numpy(), rel=1e-7)


def test_one_patient_is_no_error():
    fit = fit_cox(follow_up([3], [1]), one([1]))
    assert fit.reasons == (ALIASED,)
    assert (fit.n, fit.n_events) == (1, 1)


def test_nobody_is_not_estimable():
    with pytest.raises(NotEstimable):
        fit_cox(follow_up([], []), one([]))


def test_missing_values_are_refused():
    with pytest.raises(OutOfRange):
        fit_cox(follow_up([1, 2], [1, 0]), one([1, np.nan]))
