import numpy as np
import pytest
from scipy.stats import t

from deeptepp.errors import NotEstimable
from deeptepp.stats.prediction.agreement import agreement_of


def test_mean_and_limits_are_those_of_bland_and_altman():
    apart = np.array([0.1, -0.2, 0.05, 0.3, -0.1, 0.0])
    found = agreement_of(0.5 + apart, np.full(6, 0.5))
    sd = apart.std(ddof=1)
    assert found.mean.value == pytest.approx(apart.mean())
    assert found.upper_limit.value == pytest.approx(apart.mean() + 1.959964 * sd)
    assert found.lower_limit.value == pytest.approx(apart.mean() - 1.959964 * sd)
    assert found.mean.high - found.mean.value == pytest.approx(t.ppf(0.975, 5) * sd / np.sqrt(6))
    # The limits are less certain than the mean.
    assert found.upper_limit.high - found.upper_limit.value > found.mean.high - found.mean.value


def test_intervals_of_a_limit_hold_it_in_95_of_100_samples():
    rng = np.random.default_rng(0)
    found = [agreement_of(rng.normal(0, 1, 60), np.zeros(60)).upper_limit for _ in range(400)]
    assert 0.92 < np.mean([each.low < 1.959964 < each.high for each in found]) < 0.98


def test_two_patients_are_too_few():
    with pytest.raises(NotEstimable, match="three patients"):
        agreement_of([0.1, 0.2], [0.1, 0.2])
