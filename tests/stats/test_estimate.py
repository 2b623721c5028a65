import numpy as np
import pytest
from scipy.stats import chi2, norm

from deeptepp.stats.estimate import Estimate, chi_square_test, known, normal_quantile


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [
        (1.0, 0.5, 2.0, True),
        (0.0, 0.0, 0.0, True),
        (1.0, None, 2.0, False),
        (1.0, 0.5, None, False),
        (None, 1, 2, False),
    ],
)
def test_an_estimate_is_one_with_both_limits(value, low, high, expected):
    assert Estimate(value=value, low=low, high=high, n=1, n_events=0, method="").is_estimable is expected


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.999])
def test_a_normal_interval_holds_its_level(level):
    assert norm.cdf(normal_quantile(level)) - norm.cdf(-normal_quantile(level)) == pytest.approx(level)


@pytest.mark.parametrize(
    ("value", "expected"), [(1.5, 1.5), (0.0, 0.0), (None, None), (np.nan, None), (np.inf, None), (-np.inf, None)]
)
def test_only_finite_numbers_are_known(value, expected):
    assert known(value) == expected


@pytest.mark.parametrize(("statistic", "freedom"), [(3.84, 1), (12.0, 4), (0.0, 2)])
def test_the_p_value_is_the_tail_of_chi_square(statistic, freedom):
    found = chi_square_test(statistic, freedom, "a test")
    assert found.p_value == pytest.approx(chi2.sf(statistic, freedom))
    assert (found.statistic, found.degrees_of_freedom, found.method, found.reason) == (
        statistic,
        freedom,
        "a test",
        "",
    )


def test_rounding_below_0_is_0():
    found = chi_square_test(-1e-15, 1, "a test")
    assert (found.statistic, found.p_value) == (0.0, 1.0)


@pytest.mark.parametrize(("statistic", "freedom"), [(3.0, 0), (np.nan, 1), (np.inf, 1)])
def test_what_is_no_statistic_has_a_reason(statistic, freedom):
    found = chi_square_test(statistic, freedom, "a test")
    assert (found.statistic, found.p_value, found.reason) == (0.0, None, "nothing can be compared")


def test_a_reason_given_takes_the_p_value_away():
    found = chi_square_test(9.0, 1, "a test", reason="no event was seen")
    assert (found.statistic, found.p_value, found.reason) == (0.0, None, "no event was seen")
