from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.prediction.kmeans import split_intervals, split_two

VALUES = st.lists(st.integers(0, 30), min_size=3, max_size=14)


def test_two_clumps_are_split_in_the_middle_of_their_centres():
    assert split_two([0.1, 0.2, 0.3, 0.8, 0.9]) == pytest.approx((0.2 + 0.85) / 2)


def test_sizes_centres_and_sum_of_squares_are_those_of_the_clusters():
    split = split_intervals([1, 2, 3, 10, 12], 2)
    assert split.sizes == (3, 2)
    assert split.centres == (2, 11)
    assert split.within_sum_of_squares == pytest.approx(4)
    assert split.n == 5


def test_one_cluster_has_no_boundary():
    assert split_intervals([1, 2, 6], 1).boundaries == ()


def test_tied_values_stay_together():
    split = split_intervals([1, 1, 1, 1, 5, 5], 2)
    assert (split.sizes, split.within_sum_of_squares) == ((4, 2), 0)


@pytest.mark.parametrize("values", [[], [0.4], [0.4, 0.4, 0.4]])
def test_fewer_than_two_distinct_values_are_not_estimable(values):
    with pytest.raises(NotEstimable):
        split_two(values)


@pytest.mark.parametrize(("values", "n_clusters"), [([1, np.nan, 2], 2), ([1, 2], 0)])
def test_missing_values_and_no_clusters_are_refused(values, n_clusters):
    with pytest.raises(OutOfRange):
        split_intervals(values, n_clusters)


def test_close_values_far_from_zero_are_split_rightly():
    values = 1e6 + np.array([0.0, 0.001, 0.01, 0.011])
    assert split_intervals(values, 2).sizes == (2, 2)


@given(VALUES, st.randoms(use_true_random=False))
def test_order_does_not_matter_and_the_split_follows_scale_and_shift(values, random):
    assume(len(set(values)) >= 2)
    boundary = split_two(values)
    random.shuffle(values)
    assert split_two(values) == boundary
    assert split_two(np.array(values) * 4.0 + 8.0) == pytest.approx(boundary * 4 + 8)


@given(VALUES)
def test_the_boundary_parts_the_clusters(values):
    assume(len(set(values)) >= 2)
    split = split_intervals(values, 2)
    assert (np.array(values) < split.boundaries[0]).sum() <= split.sizes[0]
    assert (np.array(values) <= split.boundaries[0]).sum() >= split.sizes[0]


@given(st.lists(st.integers(0, 12), min_size=1, max_size=12).map(lambda x: np.array(x) / 7), st.integers(1, 4))
def test_no_other_cut_is_better_and_of_equal_ones_the_lowest_is_taken(values, n_clusters):
    distinct = np.unique(values)
    assume(len(distinct) >= n_clusters)
    found = {}
    for cut in combinations(range(1, len(distinct)), n_clusters - 1):
        parts = np.split(np.sort(values), [int((values < distinct[i]).sum()) for i in cut])
        found[cut] = sum(((part - part.mean()) ** 2).sum() for part in parts)
    least = min(found.values())
    split = split_intervals(values, n_clusters)
    assert split.within_sum_of_squares == pytest.approx(least, abs=1e-12)
    lowest = min(cut for cut, total in found.items() if total <= least + 1e-12)
    assert tuple(np.searchsorted(distinct, [above for _, above in split.neighbours])) == lowest


def test_a_hundred_thousand_scores_are_split_in_bounded_memory():
    scores = np.random.default_rng(0).random(100_000)
    split = split_intervals(scores, 3)
    assert split.boundaries == pytest.approx((1 / 3, 2 / 3), abs=0.01)
