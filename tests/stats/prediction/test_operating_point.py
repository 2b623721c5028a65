import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from deeptepp.errors import OutOfRange
from deeptepp.stats.prediction.operating_point import at_threshold, youden
from deeptepp.stats.prediction.roc import roc_auc

SAMPLES = st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=2, max_size=40)


def test_a_score_at_the_cut_off_is_positive():
    point = at_threshold([0.5, 0.49, 0.5, 0.1], [1, 1, 0, 0], 0.5)
    assert (point.sensitivity.n_events, point.sensitivity.n) == (1, 2)
    assert (point.specificity.n_events, point.specificity.n) == (1, 2)
    assert (point.accuracy.value, point.youden) == (0.5, 0.0)


def test_a_class_without_patients_has_no_share():
    point = at_threshold([0.6, 0.4], [0, 0], 0.5)
    assert point.sensitivity.value is None
    assert np.isnan(point.youden)


def test_missing_scores_are_refused():
    with pytest.raises(OutOfRange):
        at_threshold([np.nan, 0.4], [0, 1], 0.5)


@given(SAMPLES)
def test_youdens_own_cut_off_gives_youdens_own_point(rows):
    scores, events = np.array([s / 8 for s, _ in rows]), np.array([e for _, e in rows])
    assume(events.any() and not events.all())
    best = youden(scores, events)
    point = at_threshold(scores, events, best.threshold)
    assert (point.sensitivity, point.specificity, point.accuracy) == (
        best.sensitivity,
        best.specificity,
        best.accuracy,
    )


@given(SAMPLES, st.floats(0, 1))
def test_the_auc_of_hard_labels_is_the_balanced_accuracy(rows, threshold):
    scores, events = np.array([s / 8 for s, _ in rows]), np.array([e for _, e in rows])
    assume(events.any() and not events.all())
    point = at_threshold(scores, events, threshold)
    assert roc_auc(scores >= threshold, events).auc == pytest.approx((point.youden + 1) / 2)


def test_counts_are_those_of_the_table():
    # Two of three with the event and one of four without it are positive.
    point = at_threshold([0.9, 0.8, 0.1, 0.7, 0.2, 0.3, 0.4], [1, 1, 1, 0, 0, 0, 0], 0.5)
    counts = (point.n_true_positive, point.n_false_positive, point.n_false_negative, point.n_true_negative)
    assert counts == (2, 1, 1, 3)
    assert point.youden == pytest.approx(2 / 3 + 3 / 4 - 1)
