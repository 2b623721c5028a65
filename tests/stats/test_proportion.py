import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from deeptepp.stats.proportion import ProportionInterval, proportion

SHARES = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
NAMES = {ProportionInterval.WILSON: "wilson", ProportionInterval.CLOPPER_PEARSON: "exact"}


@given(SHARES, st.sampled_from(list(NAMES)), st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_the_interval_equals_an_independent_implementation(share, interval, level):
    k, n = share
    found = proportion(k, n, level=level, interval=interval)
    theirs = binomtest(k, n).proportion_ci(level, method=NAMES[interval])
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
    assert (found.value, found.n_events, found.n, found.level) == (k / n, k, n, level)
    assert found.method == interval.value


@given(SHARES, st.sampled_from(list(NAMES)))
def test_counting_the_others_mirrors_the_interval(share, interval):
    k, n = share
    ours, theirs = proportion(k, n, interval=interval), proportion(n - k, n, interval=interval)
    assert (ours.low, ours.high) == pytest.approx((1 - theirs.high, 1 - theirs.low), abs=1e-9)


@pytest.mark.parametrize("interval", list(NAMES))
def test_the_ends_are_exact(interval):
    assert proportion(0, 7, interval=interval).low == 0
    assert proportion(7, 7, interval=interval).high == 1


def test_the_exact_interval_holds_the_truth_at_least_as_often_as_said():
    for truth in (0.03, 0.2, 0.5):
        intervals = [proportion(k, 30, interval=ProportionInterval.CLOPPER_PEARSON) for k in range(31)]
        holds = np.array([each.low <= truth <= each.high for each in intervals])
        assert binom.pmf(np.arange(31), 30, truth) @ holds >= 0.95
