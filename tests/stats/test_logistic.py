import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.logistic import fit_logistic


@pytest.fixture
def facts():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(200, 3))
    return x, rng.random(200) < 1 / (1 + np.exp(1 - x[:, 0] + 0.5 * x[:, 1]))


def test_the_fit_equals_an_unpenalised_fit_of_scikit_learn(facts):
    x, y = facts
    ours, theirs = fit_logistic(x, y), LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-12).fit(x, y)
    assert ours.coefficients == pytest.approx(theirs.coef_[0], abs=1e-7)
    assert ours.probability(x) == pytest.approx(theirs.predict_proba(x)[:, 1], abs=1e-8)


def test_one_binary_column_gives_the_log_odds_ratio_and_its_variance():
    # 2 x 2 table 12 of 30 exposed, 5 of 40 not: variance is the sum of the reciprocals.
    x, y = np.repeat([1, 1, 0, 0], [12, 18, 5, 35]), np.repeat([1, 0, 1, 0], [12, 18, 5, 35])
    fit = fit_logistic(x[:, None], y)
    assert fit.coefficients[0] == pytest.approx(np.log(12 * 35 / (18 * 5)))
    assert fit.covariance[1, 1] == pytest.approx(1 / 12 + 1 / 18 + 1 / 5 + 1 / 35)
    assert (fit.n, fit.n_events) == (70, 17)


def test_a_repeated_column_changes_no_prediction(facts):
    x, y = facts
    once, twice = fit_logistic(x, y), fit_logistic(x[:, [0, 1, 2, 0]], y)
    assert twice.probability(x[:, [0, 1, 2, 0]]) == pytest.approx(once.probability(x), abs=1e-9)
    assert twice.coefficients[0] == pytest.approx(twice.coefficients[3])


def test_a_column_of_zeros_changes_nothing(facts):
    x, y = facts
    with_zeros = fit_logistic(np.column_stack([x, np.zeros(len(y))]), y)
    assert with_zeros.coefficients == pytest.approx([*fit_logistic(x, y).coefficients, 0.0])


def test_an_offset_is_added_as_it_is(facts):
    x, y = facts
    shifted = fit_logistic(x, y, offset=np.full(len(y), 2.0))
    assert shifted.intercept == pytest.approx(fit_logistic(x, y).intercept - 2)


def test_units_do_not_matter(facts):
    x, y = facts
    assert fit_logistic(x * 1e6, y).coefficients * 1e6 == pytest.approx(fit_logistic(x, y).coefficients)


@pytest.mark.parametrize("events", [[0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 1, 1]])
def test_one_class_and_separated_classes_are_not_estimable(events):
    with pytest.raises(NotEstimable):
        fit_logistic([[0.0], [1.0], [2.0], [3.0]], events)


def test_missing_values_are_refused():
    with pytest.raises(OutOfRange):
        fit_logistic([[np.nan], [1.0]], [0, 1])


def test_a_weight_counts_as_that_many_patients():
    x, y = np.array([[0.0], [1.0], [1.0], [2.0], [0.0]]), np.array([False, True, False, True, True])
    times = np.array([2, 1, 3, 2, 1])
    weighted = fit_logistic(x, y, weights=times)
    repeated = fit_logistic(np.repeat(x, times, axis=0), np.repeat(y, times))
    assert weighted.coefficients == pytest.approx(repeated.coefficients)
    assert weighted.covariance == pytest.approx(repeated.covariance)
    with pytest.raises(OutOfRange, match="weights"):
        fit_logistic(x, y, weights=[1, 1, 0, 1, 1])
