import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from partial_likelihood import PATIENTS, drawn, log_likelihood, sample, slopes

from deeptepp.domain.cohort import FollowUp
from deeptepp.stats.hazards.cox_likelihood import RiskSets, Ties

TIES = st.sampled_from(list(Ties))
PLACES = st.tuples(st.floats(-2, 2), st.floats(-2, 2)).map(np.array)


def follow_up(months, event):
    return FollowUp(np.array(months, dtype=float), np.array(event, dtype=bool))


def at(times, values, beta, ties=Ties.EFRON, strata=None):
    sets = RiskSets(times, strata, ties)
    columns = values[sets.rows].T
    return sets.evaluate(columns, beta @ columns)


@given(PATIENTS, PLACES, TIES, st.booleans())
def test_the_value_is_that_of_the_definition(rows, beta, ties, is_stratified):
    times, values, labels = sample(rows)
    strata = labels if is_stratified else None
    expected = log_likelihood(times, values @ beta, ties, strata)
    assert at(times, values, beta, ties, strata).value == pytest.approx(expected, abs=1e-9)


@given(PATIENTS, PLACES, TIES)
def test_the_gradient_is_the_slope_of_the_value(rows, beta, ties):
    times, values, strata = sample(rows)
    expected = slopes(lambda place: log_likelihood(times, values @ place, ties, strata), beta)
    assert at(times, values, beta, ties, strata).gradient == pytest.approx(expected, abs=1e-5)


@given(PATIENTS, PLACES, TIES)
def test_the_information_is_minus_the_slope_of_the_gradient(rows, beta, ties):
    times, values, strata = sample(rows)
    expected = -slopes(lambda place: at(times, values, place, ties, strata).gradient, beta)
    assert at(times, values, beta, ties, strata).information == pytest.approx(expected, abs=1e-5)


@given(PATIENTS, PLACES, TIES)
def test_the_information_bends_no_direction_upwards(rows, beta, ties):
    times, values, strata = sample(rows)
    assert (np.linalg.eigvalsh(at(times, values, beta, ties, strata).information) > -1e-9).all()


@pytest.mark.parametrize(("ties", "factor"), [(Ties.BRESLOW, 5), (Ties.EFRON, 4)])
def test_two_of_five_at_once_without_effect_choose_from_five_and_five_or_four(ties, factor):
    times = follow_up([3, 3, 3, 4, 5], [1, 1, 0, 0, 0])
    assert at(times, np.ones((5, 1)), np.zeros(1), ties).value == pytest.approx(-np.log(5 * factor))


def test_a_censoring_at_the_time_of_an_event_is_still_at_risk():
    tied, later = follow_up([2, 2], [1, 0]), follow_up([2, 3], [1, 0])
    values, beta = np.array([[1.0], [0.0]]), np.array([0.7])
    assert (
        at(tied, values, beta).value == at(later, values, beta).value == pytest.approx(0.7 - np.log1p(np.exp(0.7)))
    )


def test_patients_who_leave_before_the_first_event_are_in_no_risk_set():
    sets = RiskSets(follow_up([1, 5, 2, 9], [0, 1, 0, 0]), None, Ties.EFRON)
    assert sorted(sets.rows.tolist()) == [1, 3]


def test_a_stratum_without_events_is_in_no_risk_set():
    sets = RiskSets(follow_up([1, 5, 2, 9], [1, 0, 0, 0]), ["a", "a", "b", "b"], Ties.EFRON)
    assert sorted(sets.rows.tolist()) == [0, 1]
    assert sets.labels.tolist() == ["a", "b"]


def test_no_event_is_a_likelihood_of_one():
    found = at(follow_up([1, 2, 3], [0, 0, 0]), np.arange(3.0)[:, None], np.array([2.0]))
    assert (found.value, found.gradient.tolist(), found.information.tolist()) == (0, [0], [[0]])


def test_strata_add_up_to_what_each_has_by_itself():
    times, values = drawn(1, grid=4)
    strata, beta = np.arange(times.n) % 3, np.array([0.02, -0.4])
    parts = [at(times.where(strata == s), values[strata == s], beta) for s in range(3)]
    whole = at(times, values, beta, strata=strata)
    assert whole.value == pytest.approx(sum(part.value for part in parts))
    assert whole.gradient == pytest.approx(sum(part.gradient for part in parts))
    assert whole.information == pytest.approx(sum(part.information for part in parts))


def test_efron_is_breslow_where_no_events_are_tied():
    times, values = drawn(2)
    beta = np.array([0.03, -0.5])
    efron, breslow = (at(times, values, beta, ties) for ties in Ties)
    assert (efron.value, efron.information.tolist()) == (breslow.value, breslow.information.tolist())


@given(PATIENTS, st.floats(-500, 500))
def test_a_constant_added_to_the_linear_predictor_changes_nothing(rows, constant):
    times, values, strata = sample(rows)
    sets = RiskSets(times, strata, Ties.EFRON)
    columns = values[sets.rows].T
    linear = np.array([0.5, -1.0]) @ columns
    one, other = sets.evaluate(columns, linear), sets.evaluate(columns, linear + constant)
    assert other.value == pytest.approx(one.value, abs=1e-8)
    assert other.gradient == pytest.approx(one.gradient, abs=1e-8)


@pytest.mark.parametrize("ties", list(Ties))
def test_means_are_those_of_a_risk_set_weighted_by_hazard(ties):
    # Hazards 1, 2, 3 at the first time, then 2 and 3; the columns are 10, 20, 40.
    sets = RiskSets(follow_up([1, 2, 5], [1, 1, 0]), None, ties)
    columns = np.array([10.0, 20.0, 40.0])[sets.rows][None]
    found = sets.means(columns, np.log([1.0, 2.0, 3.0])[sets.rows])[0]
    by_time = dict(zip(sets.months[sets.deaths.argsort()], found, strict=True))
    assert by_time == pytest.approx({1.0: (10 + 40 + 120) / 6, 2.0: (40 + 120) / 5})


def test_jumps_of_the_hazard_without_effect_are_events_by_patients_at_risk():
    times = follow_up([1, 2, 2, 3, 5], [1, 1, 1, 0, 0])
    for ties, at_two in ((Ties.BRESLOW, 2 / 4), (Ties.EFRON, 1 / 4 + 1 / 3)):
        sets = RiskSets(times, None, ties)
        found = sets.evaluate(np.zeros((1, 5)), np.zeros(5))
        assert dict(zip(sets.months.tolist(), found.hazard, strict=True)) == pytest.approx({1: 1 / 5, 2: at_two})


def test_restricting_keeps_the_derivatives_of_some_columns():
    times, values = drawn(3)
    found = at(times, values, np.array([0.01, 0.2]))
    kept = found.restricted(np.array([False, True]))
    assert (kept.value, kept.gradient.tolist()) == (found.value, [found.gradient[1]])
    assert kept.information.tolist() == [[found.information[1, 1]]]
    assert kept.means.shape == (1, times.n_events)


def test_strata_of_another_length_are_refused():
    with pytest.raises(ValueError, match="one value for each patient"):
        RiskSets(follow_up([1, 2], [1, 0]), ["a"], Ties.EFRON)
