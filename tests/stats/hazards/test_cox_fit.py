import numpy as np
import pandas as pd
import pytest
from partial_likelihood import drawn, lifelines_fit

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import OutOfRange
from deeptepp.stats.design import Design
from deeptepp.stats.hazards.cox import fit_cox
from deeptepp.stats.hazards.cox_fit import ALIASED, MONOTONE
from deeptepp.stats.hazards.cox_likelihood import Ties

NAMES = ("age", "arm")


@pytest.fixture(scope="module")
def facts():
    return drawn(21)


@pytest.fixture(scope="module")
def fit(facts):
    times, values = facts
    return fit_cox(times, Design(NAMES, values))


@pytest.fixture(scope="module")
def in_strata(facts):
    times, values = facts
    strata = np.where(np.arange(times.n) % 3 == 0, "x", "y")
    return fit_cox(times, Design(NAMES, values), strata=strata)


def two_patients():
    times = FollowUp(np.array([1.0, 2.0, 3.0]), np.array([True, True, False]))
    return fit_cox(times, Design(("x",), np.array([[1.0], [0.0], [1.0]])))


def test_the_interval_is_that_of_the_normal_on_the_log_scale(fit):
    age, _ = fit.hazard_ratios()
    log, error = fit.coefficients[0], fit.standard_errors[0]
    assert age.value == pytest.approx(np.exp(log))
    assert (age.low, age.high) == pytest.approx(
        np.exp([log - 1.959963984540054 * error, log + 1.959963984540054 * error])
    )
    assert age.level == 0.95


def test_a_lower_level_makes_a_narrower_interval_of_the_same_value(facts, fit):
    times, values = facts
    wide, narrow = fit.hazard_ratios()[0], fit_cox(times, Design(NAMES, values), level=0.5).hazard_ratios()[0]
    assert narrow.value == wide.value
    assert wide.low < narrow.low < narrow.high < wide.high


def test_every_hazard_ratio_carries_its_counts_and_method(facts, fit):
    times, _ = facts
    for ratio in fit.hazard_ratios():
        assert (ratio.n, ratio.n_events) == (times.n, times.n_events)
        assert ratio.method == "Cox, Efron ties, Wald interval"


def test_the_method_names_strata_and_ties(facts):
    times, values = facts
    found = fit_cox(times, Design(NAMES, values), strata=np.arange(times.n) % 2, ties=Ties.BRESLOW)
    assert found.method == "Cox, Breslow ties, stratified, Wald interval"


def test_the_p_value_is_that_of_the_squared_wald_statistic(facts):
    times, values = facts
    alone = fit_cox(times, Design(("arm",), values[:, 1:]))
    assert alone.p_values[0] == pytest.approx(alone.wald.p_value)
    assert alone.z[0] ** 2 == pytest.approx(alone.wald.statistic)


def test_warnings_name_the_columns_without_a_hazard_ratio(facts):
    times, values = facts
    found = fit_cox(times, Design(("arm", "again", "age"), values[:, [1, 1, 0]]))
    assert found.warnings == (f"again: {ALIASED}",)


def test_what_has_no_estimate_has_no_standard_error_and_no_p_value():
    times = FollowUp(np.array([1.0, 2, 3, 4]), np.array([True, True, False, False]))
    found = fit_cox(times, Design(("x",), np.array([[1.0], [1], [0], [0]])))
    assert found.reasons == (MONOTONE,)
    assert np.isnan([*found.standard_errors, *found.z, *found.p_values]).all()
    assert np.isfinite(found.finite_coefficients).all()


def test_the_linear_predictor_is_the_sum_of_columns_times_coefficients(fit):
    patients = np.array([[40.0, 1.0], [60.0, 0.0]])
    assert fit.linear_predictor(patients) == pytest.approx(patients @ fit.coefficients)


def test_columns_without_a_coefficient_do_not_enter_predictions(facts):
    times, values = facts
    once, twice = (
        fit_cox(times, Design(NAMES, values)),
        fit_cox(times, Design((*NAMES, "b"), values[:, [0, 1, 1]])),
    )
    assert twice.linear_predictor(values[:, [0, 1, 1]]) == pytest.approx(once.linear_predictor(values))
    assert twice.survival_at(24, values[:, [0, 1, 1]]) == pytest.approx(once.survival_at(24, values))


def test_predicted_survival_of_three_patients_is_the_closed_form():
    # Hazard ratio w = 1 / sqrt(2): the hazard of x = 0 jumps by 1 / (2w + 1), then by 1 / (w + 1).
    found, w = two_patients(), np.sqrt(0.5)
    first, second = 1 / (2 * w + 1), 1 / (2 * w + 1) + 1 / (w + 1)
    expected = [[1, np.exp(-first), np.exp(-second)], [1, np.exp(-w * first), np.exp(-w * second)]]
    assert found.survival_at([0.5, 1.0, 2.0], [[0.0], [1.0]]) == pytest.approx(np.array(expected))


def test_past_the_last_event_the_curve_stays_where_it_is():
    found = two_patients()
    assert found.survival_at(500, [[0.0]]) == found.survival_at(2, [[0.0]])


def test_one_time_gives_one_number_a_patient_and_several_a_column_each(fit, facts):
    _, values = facts
    assert fit.survival_at(24, values).shape == (len(values),)
    assert fit.survival_at([24], values).shape == (len(values), 1)
    assert fit.survival_at([24, 60], values)[:, 0].tolist() == fit.survival_at(24, values).tolist()


def test_predicted_survival_equals_an_independent_implementation(fit, facts):
    times, values = facts
    theirs, frame = lifelines_fit(times, values)
    # Theirs is a slope between events, so that both are asked at events.
    at_events = np.sort(times.months[times.event])[[2, 20, 60]]
    expected = theirs.predict_survival_function(frame, times=at_events).to_numpy().T
    assert fit.survival_at(at_events, values) == pytest.approx(expected, rel=1e-7)


def test_predicted_survival_falls_and_stays_between_0_and_1(fit, facts):
    _, values = facts
    curves = fit.survival_at(np.linspace(0, 90, 50), values)
    assert (np.diff(curves, axis=1) <= 0).all()
    assert ((curves >= 0) & (curves <= 1)).all()


@pytest.mark.parametrize("label", ["x", "y"])
def test_patients_of_a_stratum_get_the_hazard_of_their_own(facts, in_strata, label):
    times, values = facts
    strata = np.where(np.arange(times.n) % 3 == 0, "x", "y")
    mine = strata == label
    theirs, _ = lifelines_fit(times, values, strata=strata)
    at_events = np.sort(times.months[times.event & mine])[[1, 10]]
    hazard = theirs.baseline_cumulative_hazard_[label].loc[at_events].to_numpy()
    relative = theirs.predict_log_partial_hazard(pd.DataFrame(values, columns=["x0", "x1"])).to_numpy()
    expected = np.exp(-np.exp(relative[:, None]) * hazard)
    assert in_strata.survival_at(at_events, values, strata=[label] * times.n) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("strata", [None, ["z"], ["a"]])
def test_a_stratum_that_is_not_in_the_fit_is_refused(in_strata, strata):
    with pytest.raises(OutOfRange, match="strata"):
        in_strata.survival_at(30, [[50.0, 1.0]], strata=strata)


def test_a_hazard_ratio_too_large_for_a_number_has_no_value():
    # One in a thousandth of a unit: the hazard ratio per unit is beyond what a float holds.
    times, values = drawn(22)
    found = fit_cox(times, Design(("age",), values[:, :1] / 1e6))
    (ratio,) = found.hazard_ratios()
    assert found.coefficients[0] > 710
    assert ratio.value is None
    assert ratio.p_value is not None


def test_an_infinite_coefficient_predicts_survival_of_almost_one_and_of_what_was_seen():
    times = FollowUp(np.array([1.0, 2, 3, 4]), np.array([True, True, False, False]))
    found = fit_cox(times, Design(("x",), np.array([[1.0], [1], [0], [0]])))
    assert found.survival_at(2, [[0.0]])[0] == pytest.approx(1, abs=1e-6)
    assert found.survival_at(2, [[1.0]])[0] == pytest.approx(np.exp(-3 / 2), abs=1e-6)
