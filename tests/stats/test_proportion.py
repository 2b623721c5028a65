import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from deeptepp.stats.proportion import proportion

SHARES = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(SHARES, st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_the_interval_is_the_closed_form_of_wilson(share, level):
    k, n = share
    found, z = proportion(k, n, level=level), float(ndtri(0.5 + level / 2))
    centre, half = (k + z**2 / 2) / (n + z**2), z / (n + z**2) * (k * (n - k) / n + z**2 / 4) ** 0.5
    assert (found.low, found.high) == pytest.approx((centre - half, centre + half), abs=1e-12)
    assert (found.value, found.n_events, found.n, found.level, found.method) == (k / n, k, n, level, "Wilson")


@given(SHARES)
def test_counting_the_others_mirrors_the_interval(share):
    k, n = share
    ours, theirs = proportion(k, n), proportion(n - k, n)
    assert (ours.low, ours.high) == pytest.approx((1 - theirs.high, 1 - theirs.low), abs=1e-9)


def test_the_ends_are_exact():
    assert proportion(0, 7).low == 0
    assert proportion(7, 7).high == 1
