import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from deeptepp.errors import NotEstimable
from deeptepp.stats.prediction.auc_comparison import compare_auc
from deeptepp.stats.prediction.roc import roc_auc

PAIRS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8), st.booleans()), min_size=4, max_size=40)


def columns(rows):
    first, second, events = (np.array(column) for column in zip(*rows, strict=True))
    assume(min(events.sum(), (~events).sum()) >= 2)
    return first, second, events


def test_a_score_compared_with_itself_does_not_differ():
    difference = compare_auc([0.1, 0.5, 0.3, 0.2], [0.1, 0.5, 0.3, 0.2], [0, 1, 1, 0])
    assert (difference.z, difference.p_value, difference.difference) == (0, 1, 0)


def test_comparing_needs_two_patients_of_each_class():
    with pytest.raises(NotEstimable):
        compare_auc([0.1, 0.5, 0.3], [0.1, 0.5, 0.3], [0, 1, 0])


@given(PAIRS)
def test_the_variance_of_the_difference_is_that_of_both_areas_less_twice_their_covariance(rows):
    first, second, events = columns(rows)
    found = compare_auc(first, second, events)
    curves = [roc_auc(scores, events) for scores in (first, second)]
    assert found.auc == pytest.approx(tuple(curve.auc for curve in curves))
    assert found.variance == pytest.approx(tuple((curve.standard_error or 0) ** 2 for curve in curves))
    total = sum(found.variance) - 2 * found.covariance
    assert ((found.high - found.low) / 2 / 1.959963984540054) ** 2 == pytest.approx(total, abs=1e-12)
    assert found.difference == pytest.approx(found.auc[0] - found.auc[1], abs=1e-12)


@given(PAIRS)
def test_a_rising_transform_of_the_same_score_differs_by_exactly_nothing(rows):
    first, _, events = columns(rows)
    found = compare_auc(first, np.exp(first / 3), events)
    assert (found.difference, found.z, found.p_value) == (0, 0, 1)


@given(PAIRS, st.randoms(use_true_random=False))
def test_row_order_does_not_matter_and_exchanging_the_scores_changes_the_sign(rows, random):
    first, second, events = columns(rows)
    order = list(range(len(rows)))
    random.shuffle(order)
    ours, theirs = compare_auc(first, second, events), compare_auc(second[order], first[order], events[order])
    assert ours.z == pytest.approx(-theirs.z)
    assert ours.p_value == pytest.approx(theirs.p_value)
