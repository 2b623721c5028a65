import numpy as np
import pytest
from scipy import stats

from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.correlation import pearson, spearman


@pytest.fixture
def columns():
    rng = np.random.default_rng(2)
    z = rng.normal(size=80)
    return z, np.round(z + rng.normal(size=80), 1)  # with ties


def test_coefficients_and_the_interval_equal_those_of_scipy(columns):
    found, expected = pearson(*columns), stats.pearsonr(*columns)
    interval = expected.confidence_interval()
    assert found.value == pytest.approx(expected.statistic)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert spearman(*columns).value == pytest.approx(stats.spearmanr(*columns).statistic)


def test_the_interval_of_the_ranks_covers_as_often_as_it_says():
    rng = np.random.default_rng(5)
    truth = 6 / np.pi * np.arcsin(0.7 / 2)  # Spearman's coefficient of a normal pair with Pearson 0.7
    covered = 0
    for _ in range(600):
        z = rng.normal(size=60)
        found = spearman(z, 0.7 * z + np.sqrt(1 - 0.49) * rng.normal(size=60))
        covered += found.low <= truth <= found.high
    assert 0.92 <= covered / 600 <= 0.98


def test_a_rising_transform_leaves_the_ranks_alone(columns):
    assert spearman(np.exp(columns[0]), columns[1]) == spearman(*columns)


def test_a_perfect_line_and_three_patients_have_no_interval():
    assert pearson([1, 2, 3, 4, 5], [2, 4, 6, 8, 10]).low is None
    assert pearson([1, 2, 4], [1, 3, 2]).low is None


def test_a_column_that_never_varies_is_not_estimable():
    with pytest.raises(NotEstimable):
        pearson([1, 1, 1, 1], [1, 2, 3, 4])


def test_missing_values_and_columns_of_different_length_are_refused():
    with pytest.raises(OutOfRange):
        pearson([1, 2, float("nan")], [1, 2, 3])
    with pytest.raises(ValueError, match="one length"):
        spearman([1, 2], [1, 2, 3])
