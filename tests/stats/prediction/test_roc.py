import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.prediction.operating_point import youden
from deeptepp.stats.prediction.roc import roc_auc
from deeptepp.stats.proportion import proportion

SAMPLES = st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=2, max_size=40)


def columns(rows):
    scores, events = np.array([s / 8 for s, _ in rows]), np.array([e for _, e in rows])
    assume(events.any() and not events.all())
    return scores, events


def test_auc_is_the_share_of_pairs_in_the_right_order_with_ties_half():
    # Cases 0.9, 0.4, 0.4; controls 0.4, 0.1: pairs right 1 1, 0.5 1, 0.5 1 of 6.
    curve = roc_auc([0.9, 0.4, 0.4, 0.4, 0.1], [1, 1, 1, 0, 0])
    assert curve.auc == pytest.approx(5 / 6)
    assert (curve.n, curve.n_events) == (5, 3)


def test_delong_variance_equals_the_closed_form():
    # Placements of cases (1, .75, .75), of controls (2/3, 1): var .0208333/3 + .0555556/2.
    curve = roc_auc([0.9, 0.4, 0.4, 0.4, 0.1], [1, 1, 1, 0, 0])
    assert curve.standard_error == pytest.approx(np.sqrt(0.0625 / 3 / 3 + (1 / 18) / 2))


def test_scores_that_are_all_equal_give_one_half_and_no_interval():
    curve = roc_auc([0.5] * 6, [1, 1, 0, 0, 0, 0])
    assert curve.auc == 0.5
    assert curve.low is None
    assert curve.reason


def test_complete_separation_has_no_interval():
    curve = roc_auc([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1])
    assert (curve.auc, curve.low, curve.high) == (1.0, None, None)


def test_a_single_event_has_no_interval():
    curve = roc_auc([0.1, 0.5, 0.3], [0, 1, 0])
    assert curve.low is None
    assert "single" in curve.reason


def test_the_direction_is_never_flipped():
    assert roc_auc([0.1, 0.2, 0.8, 0.9], [1, 1, 0, 0]).auc == 0.0


@pytest.mark.parametrize("events", [[0, 0], [1, 1]])
def test_one_class_is_not_estimable(events):
    with pytest.raises(NotEstimable):
        roc_auc([0.1, 0.2], events)
    with pytest.raises(NotEstimable):
        youden([0.1, 0.2], events)


def test_missing_scores_are_refused():
    with pytest.raises(OutOfRange):
        roc_auc([0.1, float("nan")], [0, 1])


def test_columns_of_different_length_are_refused():
    with pytest.raises(ValueError, match="one column each"):
        roc_auc([0.1, 0.2, 0.3], [0, 1])


def test_youden_takes_the_lowest_of_equally_good_cut_offs_and_lists_them():
    # Above 0.15: sens 1, spec 1/2. Above 0.45: sens 1/2, spec 1. Both J = 1/2.
    point = youden([0.1, 0.3, 0.2, 0.6], [0, 0, 1, 1])
    assert point.tied_thresholds == pytest.approx((0.15, 0.45))
    assert point.threshold == pytest.approx(0.15)
    assert (point.sensitivity.value, point.specificity.value) == (1.0, 0.5)
    assert point.youden == pytest.approx(0.5)


def test_useless_scores_call_everybody_positive():
    point = youden([0.5, 0.5, 0.5], [1, 0, 0])
    assert point.threshold == -np.inf
    assert point.youden == 0


def test_neighbouring_floats_keep_their_sides():
    low = 0.5
    high = np.nextafter(low, 1)
    point = youden([low, low, high, high], [0, 0, 1, 1])
    assert low < point.threshold <= high
    assert point.youden == 1


def test_published_table_of_the_cross_validation_is_recomputed_by_the_operating_point():
    # Table 2 with its columns in order: 63 of 69 with and 453 of 538 without recurrence on the right side.
    scores = np.repeat([0.9, 0.1, 0.9, 0.1], [63, 6, 85, 453])
    events = np.repeat([True, True, False, False], [63, 6, 85, 453])
    point = youden(scores, events)
    assert round(100 * point.sensitivity.value, 1) == 91.3
    assert round(100 * point.specificity.value, 1) == 84.2
    assert round(100 * point.accuracy.value, 2) == 85.01


@given(SAMPLES, st.randoms(use_true_random=False))
def test_row_order_does_not_matter(rows, random):
    scores, events = columns(rows)
    order = list(range(len(scores)))
    random.shuffle(order)
    first, second = roc_auc(scores, events), roc_auc(scores[order], events[order])
    assert first.auc == pytest.approx(second.auc, abs=1e-12)
    assert first.standard_error == pytest.approx(second.standard_error, abs=1e-12)
    assert youden(scores, events) == youden(scores[order], events[order])


@given(SAMPLES)
def test_a_rising_transform_changes_no_area_and_reversing_gives_the_complement(rows):
    scores, events = columns(rows)
    auc = roc_auc(scores, events).auc
    assert roc_auc(np.exp(3 * scores), events).auc == pytest.approx(auc, abs=1e-12)
    assert roc_auc(-scores, events).auc == pytest.approx(1 - auc, abs=1e-12)


@given(SAMPLES)
def test_area_under_the_operating_points_is_the_auc(rows):
    scores, events = columns(rows)
    curve = roc_auc(scores, events)
    x, y = 1 - curve.specificity[::-1], curve.sensitivity[::-1]
    assert np.trapezoid(y, x) == pytest.approx(curve.auc, abs=1e-12)
    assert curve.auc == pytest.approx(roc_auc_score(events, scores), abs=1e-12)


@given(SAMPLES)
def test_youden_is_no_worse_than_any_threshold(rows):
    scores, events = columns(rows)
    point, curve = youden(scores, events), roc_auc(scores, events)
    assert point.youden == pytest.approx((curve.sensitivity + curve.specificity - 1).max(), abs=1e-12)
    predicted = scores >= point.threshold
    assert predicted[events].mean() == pytest.approx(point.sensitivity.value)


def test_a_share_of_nobody_has_no_value():
    assert proportion(0, 0).value is None


@pytest.mark.parametrize(("k", "n"), [(0, 12), (12, 12), (3, 12)])
def test_shares_lie_in_their_interval(k, n):
    share = proportion(k, n)
    assert 0 <= share.low <= share.value <= share.high <= 1


def test_more_events_than_patients_are_refused():
    with pytest.raises(OutOfRange):
        proportion(5, 4)


def test_a_constant_placement_has_no_variance_whatever_the_rounding():
    # Every event ties with one third of the others: 1/3 summed seven times is not 7/3.
    curve = roc_auc([0.5] * 7 + [0.5, 0.9, 0.9], [1] * 7 + [0] * 3)
    assert curve.auc == pytest.approx(1 / 6)
    of_controls = np.var([0.5, 0, 0], ddof=1) / 3
    assert curve.standard_error == pytest.approx(np.sqrt(of_controls))
