import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.cluster import KMeans

from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.prediction.kmeans import split_two

VALUES = st.lists(st.integers(0, 30), min_size=3, max_size=14)


def test_two_clumps_are_split_in_the_middle_of_their_centres():
    assert split_two([0.1, 0.2, 0.3, 0.8, 0.9]).boundary == pytest.approx((0.2 + 0.85) / 2)


def test_centres_and_sum_of_squares_are_those_of_the_clusters():
    split = split_two([1, 2, 3, 10, 12])
    assert (len(split.low), len(split.high), split.n) == (3, 2, 5)
    assert split.centres == (2, 11)
    assert split.within_sum_of_squares == pytest.approx(4)


def test_tied_values_stay_together():
    split = split_two([1, 1, 1, 1, 5, 5])
    assert (len(split.low), split.within_sum_of_squares) == (4, 0)


@pytest.mark.parametrize("values", [[], [0.4], [0.4, 0.4, 0.4]])
def test_fewer_than_two_distinct_values_are_not_estimable(values):
    with pytest.raises(NotEstimable):
        split_two(values)


def test_missing_values_are_refused():
    with pytest.raises(OutOfRange):
        split_two([1, np.nan, 2])


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_close_values_far_from_zero_are_split_rightly(scale):
    values = (1e6 + np.array([0.0, 0.001, 0.01, 0.011])) * scale
    assert len(split_two(values).low) == 2


@given(VALUES, st.randoms(use_true_random=False))
def test_order_does_not_matter_and_the_split_follows_scale_and_shift(values, random):
    assume(len(set(values)) >= 2)
    boundary = split_two(values).boundary
    random.shuffle(values)
    assert split_two(values).boundary == boundary
    assert split_two(np.array(values) * 4.0 + 8.0).boundary == pytest.approx(boundary * 4 + 8)


@given(VALUES)
def test_the_boundary_parts_the_clusters(values):
    assume(len(set(values)) >= 2)
    split = split_two(values)
    assert split.low.max() <= split.boundary <= split.high.min()


@given(st.lists(st.integers(0, 12), min_size=2, max_size=14).map(lambda x: np.array(x) / 7))
def test_no_other_cut_is_better_and_of_equal_ones_the_lowest_is_taken(values):
    distinct = np.unique(values)
    assume(len(distinct) >= 2)
    parts = [(values[values < limit], values[values >= limit]) for limit in distinct[1:]]
    found = [sum(((part - part.mean()) ** 2).sum() for part in both) for both in parts]
    split = split_two(values)
    assert split.within_sum_of_squares == pytest.approx(min(found), abs=1e-12)
    lowest = next(i for i, total in enumerate(found) if total <= min(found) + 1e-12)
    assert split.high[0] == distinct[lowest + 1]


@pytest.mark.parametrize("skew", [1, 4, 12])
def test_many_random_starts_find_nothing_better_in_skewed_scores(skew):
    scores = np.random.default_rng(skew).beta(0.4, 0.4 * skew, 225)
    many = KMeans(2, n_init=200, random_state=0).fit(scores[:, None])
    assert split_two(scores).within_sum_of_squares <= many.inertia_ * (1 + 1e-12)


def test_a_hundred_thousand_scores_are_split():
    scores = np.random.default_rng(0).random(100_000)
    assert split_two(scores).boundary == pytest.approx(0.5, abs=0.01)
