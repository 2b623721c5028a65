import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from deeptepp.stats.prediction.order_counts import sums_around, sums_below

ENTRIES = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 5)), max_size=25)
QUERIES = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 14)), max_size=8)


@given(ENTRIES, QUERIES)
def test_sums_are_those_of_looking_at_every_entry(entries, queries):
    ranks, weights = np.array(entries, dtype=np.int64).reshape(-1, 2).T
    n_first = np.array([int(share * len(ranks)) for share, _ in queries], dtype=np.int64)
    own = np.array([limit for _, limit in queries], dtype=np.int64)
    below, equal, above = sums_around(ranks, weights, n_first, own)
    for i, (k, limit) in enumerate(zip(n_first, own, strict=True)):
        first, w = ranks[:k], weights[:k]
        assert below[i] == w[first < limit].sum()
        assert equal[i] == w[first == limit].sum()
        assert above[i] == w[first > limit].sum()


def test_fractional_weights_are_not_cut():
    found = sums_below(np.array([0, 1, 2]), np.array([0.5, 0.25, 1.0]), np.array([2, 3]), np.array([2, 2]))
    assert found.tolist() == [0.75, 0.75]
