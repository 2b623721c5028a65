import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from partial_likelihood import drawn
from scipy.optimize import linprog

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.design import Design
from deeptepp.stats.hazards.cox import fit_cox
from deeptepp.stats.hazards.cox_fit import MONOTONE, SEPARATED_BY_OTHERS
from deeptepp.stats.hazards.cox_likelihood import RiskSets, Ties
from deeptepp.stats.hazards.cox_maximum import (
    centre_and_scale,
    check_design,
    independent,
    inverse,
    maximise,
    without_information,
)

# Four levels of which the later ones are rare, as stages are.
STAGES = st.lists(
    st.tuples(st.integers(0, 40), st.booleans(), st.sampled_from([0, 0, 0, 0, 1, 1, 2, 3])),
    min_size=2,
    max_size=40,
)


def follow_up(months, event):
    return FollowUp(np.array(months, dtype=float), np.array(event, dtype=bool))


def maximum(times, values):
    sets = RiskSets(times, None, Ties.EFRON)
    columns = np.asarray(values, dtype=float)[sets.rows].T
    start = sets.evaluate(columns, np.zeros(len(sets.rows)))
    return maximise(sets, columns, start), columns


def one_rare_patient(n, *, has_event):
    """One patient of her own level; she is the first to have the event, or leaves in the end without it."""
    rng = np.random.default_rng(n)
    months, event = rng.integers(5, 120, n).astype(float), rng.random(n) < 0.5
    levels = rng.integers(0, 3, n)
    months[0], event[0], levels[0] = (2.0 if has_event else 200.0), has_event, 3
    return FollowUp(months, event), levels


def indicators(levels):
    return np.column_stack([np.asarray(levels) == level for level in (1, 2, 3)]).astype(float)


def can_rise_for_ever(times, values):
    """Whether some direction never ranks a patient at risk above one who has the event, and ranks some below."""
    gaps = [
        values[i] - values[j]
        for i in np.flatnonzero(times.event)
        for j in np.flatnonzero(times.months >= times.months[i])
    ]
    gaps = np.unique(np.array(gaps).reshape(-1, values.shape[1]), axis=0)
    if not len(gaps):
        return False
    found = linprog(-gaps.sum(axis=0), A_ub=-gaps, b_ub=np.zeros(len(gaps)), bounds=(-1, 1), method="highs")
    return bool(-found.fun > 1e-7)


@pytest.mark.parametrize("n", [40, 143, 2500])
@pytest.mark.parametrize(("has_event", "sign"), [(True, 1), (False, -1)])
def test_a_level_of_one_patient_at_the_end_of_the_order_is_infinite_and_the_others_are_not(n, has_event, sign):
    times, levels = one_rare_patient(n, has_event=has_event)
    fit = fit_cox(times, Design(("II", "III", "IV"), indicators(levels)))
    assert fit.reasons == ("", "", MONOTONE)
    assert fit.coefficients[2] == sign * np.inf
    assert fit.likelihood_ratio.p_value is not None


def test_a_level_at_infinity_leaves_the_others_what_they_are_without_it():
    times, levels = one_rare_patient(143, has_event=True)
    whole = fit_cox(times, Design(("II", "III", "IV"), indicators(levels)))
    rest = fit_cox(times.where(levels < 3), Design(("II", "III"), indicators(levels)[levels < 3, :2]))
    assert whole.coefficients[:2] == pytest.approx(rest.coefficients, abs=1e-8)
    assert whole.standard_errors[:2] == pytest.approx(rest.standard_errors, abs=1e-6)
    # An infinite hazard takes the event of its patient out of the likelihood.
    assert whole.log_likelihood == pytest.approx(rest.log_likelihood, abs=1e-8)


@given(STAGES)
def test_the_likelihood_is_said_to_rise_for_ever_exactly_where_a_direction_separates(rows):
    months, event, levels = zip(*rows, strict=True)
    times = follow_up(months, event)
    fit = fit_cox(times, Design(("II", "III", "IV"), indicators(levels)))
    assert (MONOTONE in fit.reasons) == can_rise_for_ever(times, indicators(levels))


def test_nothing_is_steeper_than_0_at_the_maximum():
    times, values = drawn(4, grid=3)
    found, _ = maximum(times, values / [10, 1])
    assert found.has_converged
    assert not found.is_infinite.any()
    assert found.likelihood.gradient == pytest.approx(np.zeros(2), abs=1e-8)


def test_without_columns_the_maximum_is_the_start():
    times, _ = drawn(5)
    found, _ = maximum(times, np.empty((times.n, 0)))
    assert found.has_converged
    assert found.coefficients.shape == (0,)


def test_a_likelihood_that_rises_for_ever_ends_at_its_limit():
    # Both events are in the index arm while one patient of the other arm is at risk: the limit is 1/2 x 1/1.
    found, _ = maximum(follow_up([1, 2, 3], [1, 1, 0]), [[1], [1], [0]])
    assert found.is_infinite.tolist() == [True]
    assert found.likelihood.value == pytest.approx(-np.log(2), abs=1e-8)


def test_beside_a_column_that_orders_all_events_nothing_is_left_to_tell_about_another():
    times = follow_up(range(1, 9), [1] * 8)
    values = np.array([[8.0, 0], [7, 1], [6, 0], [5, 0], [4, 1], [3, 1], [2, 0], [1, 1]])
    fit = fit_cox(times, Design(("x", "y"), values))
    assert fit.reasons == (MONOTONE, SEPARATED_BY_OTHERS)
    assert fit.hazard_ratios()[1].value is None


def test_finite_coefficients_with_information_are_not_lost():
    times, levels = one_rare_patient(143, has_event=True)
    found, columns = maximum(times, indicators(levels))
    assert found.is_infinite.tolist() == [False, False, True]
    assert not without_information(found, columns).any()


@pytest.mark.parametrize(
    ("columns", "used"),
    [
        ([[1, 2, 3, 4, 5], [2, 4, 6, 8, 10]], [True, False]),
        ([[1, 2, 3, 4, 5], [7, 7, 7, 7, 7]], [True, False]),
        ([[0, 0, 0, 0, 0], [1, 2, 3, 4, 5]], [False, True]),
        ([[1, 0, 0, 1, 0], [0, 1, 1, 0, 1]], [True, False]),
        ([[1, 0, 0, 1, 0], [0, 1, 0, 0, 1]], [True, True]),
    ],
)
def test_a_column_that_follows_from_those_before_it_is_not_independent(columns, used):
    sets = RiskSets(follow_up([1, 2, 3, 4, 5], [1, 1, 1, 1, 0]), None, Ties.EFRON)
    values = np.array(columns, dtype=float)[:, sets.rows]
    assert independent(sets.evaluate(values, np.zeros(5))).tolist() == used


def test_a_column_that_is_constant_in_every_stratum_is_not_independent():
    sets = RiskSets(follow_up([1, 2, 3, 4], [1, 1, 1, 1]), [0, 0, 1, 1], Ties.EFRON)
    values = np.array([[0.0, 0, 1, 1], [0, 1, 0, 1]])[:, sets.rows]
    assert independent(sets.evaluate(values, np.zeros(4))).tolist() == [False, True]


def test_the_spread_of_a_constant_column_is_taken_for_1():
    centre, scale = centre_and_scale(np.array([[0.1, 1.0], [0.1, 3.0], [0.1, 5.0]]))
    assert centre == pytest.approx([0.1, 3])
    assert scale == pytest.approx([1, np.sqrt(8 / 3)])


def test_a_matrix_that_can_be_inverted_is_and_stays_symmetric():
    matrix = np.array([[4.0, 1.0], [1.0, 3.0]])
    assert inverse(matrix) @ matrix == pytest.approx(np.eye(2))
    assert (inverse(matrix) == inverse(matrix).T).all()


def test_a_matrix_that_cannot_be_inverted_has_the_least_inverse():
    assert inverse(np.array([[2.0, 2.0], [2.0, 2.0]])) == pytest.approx(np.full((2, 2), 1 / 8))


def test_nobody_is_not_estimable():
    with pytest.raises(NotEstimable, match="no patients"):
        check_design(follow_up([], []), Design(("x",), np.empty((0, 1))), 0.95)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_missing_values_are_refused(value):
    with pytest.raises(OutOfRange, match="design"):
        check_design(follow_up([1, 2], [1, 0]), Design(("x",), np.array([[1.0], [value]])), 0.95)


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_a_level_that_is_no_probability_is_refused(level):
    with pytest.raises(OutOfRange, match="level"):
        check_design(follow_up([1, 2], [1, 0]), Design(("x",), np.zeros((2, 1))), level)


def test_a_design_of_other_patients_is_refused():
    with pytest.raises(ValueError, match="2 rows and 1 columns"):
        check_design(follow_up([1, 2], [1, 0]), Design(("x",), np.zeros((3, 1))), 0.95)
