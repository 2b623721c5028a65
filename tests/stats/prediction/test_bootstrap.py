import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.prediction.bootstrap import bootstrap_auc
from deeptepp.stats.prediction.roc import roc_auc

SAMPLES = st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=4, max_size=40)


def normal_scores(n=300, n_events=60, seed=3):
    rng = np.random.default_rng(seed)
    events = np.arange(n) < n_events
    return rng.normal(size=n) + events, events


def test_the_interval_is_close_to_that_of_delong_where_both_hold():
    scores, events = normal_scores()
    found, curve = bootstrap_auc(scores, events), roc_auc(scores, events)
    assert found.value == pytest.approx(curve.auc, abs=1e-12)
    assert (found.low, found.high) == pytest.approx((curve.low, curve.high), abs=0.01)


def test_samples_equal_those_drawn_row_by_row():
    scores, events = normal_scores(40, 10)
    rng = np.random.default_rng(0)
    rows = [
        np.concatenate([rng.choice(np.flatnonzero(events), 10), rng.choice(np.flatnonzero(~events), 30)])
        for _ in range(4000)
    ]
    drawn = [roc_auc(scores[each], events[each]).auc for each in rows]
    found = bootstrap_auc(scores, events, n_draws=4000)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=0.01)


def test_views_of_a_patient_do_not_narrow_the_interval():
    scores, events = normal_scores(100, 25)
    alone = bootstrap_auc(scores, events)
    copied = bootstrap_auc(np.repeat(scores, 9), np.repeat(events, 9), patients=np.repeat(np.arange(100), 9))
    assert (copied.value, copied.low, copied.high) == pytest.approx((alone.value, alone.low, alone.high))
    assert (copied.n, copied.n_events) == (100, 25)


def test_patients_may_have_different_numbers_of_rows():
    # Patient 0 (event) has 2 rows, 1 (event) one, 2 and 3 (none) one each: 5 of 6 pairs of rows are right.
    found = bootstrap_auc([0.9, 0.3, 0.8, 0.4, 0.1], [1, 1, 1, 0, 0], patients=[0, 0, 1, 2, 3])
    assert found.value == pytest.approx(5 / 6)


def test_the_seed_alone_decides_the_samples():
    scores, events = normal_scores()
    assert bootstrap_auc(scores, events, seed=1) == bootstrap_auc(scores, events, seed=1)
    assert bootstrap_auc(scores, events, seed=1) != bootstrap_auc(scores, events, seed=2)


def test_one_patient_of_a_class_is_not_enough():
    with pytest.raises(NotEstimable, match="fewer than two"):
        bootstrap_auc([0.1, 0.5, 0.3], [0, 1, 0])


def test_missing_scores_and_patients_of_both_classes_are_refused():
    with pytest.raises(OutOfRange):
        bootstrap_auc([0.1, float("nan"), 0.2, 0.3], [0, 1, 0, 1])
    with pytest.raises(OutOfRange):
        bootstrap_auc([0.1, 0.5, 0.2, 0.3], [0, 1, 0, 1], patients=[0, 0, 1, 2])


@given(SAMPLES)
@settings(deadline=None, max_examples=30)
def test_a_rising_transform_leaves_the_interval_alone(rows):
    scores, events = np.array([s / 8 for s, _ in rows]), np.array([e for _, e in rows])
    assume(min(events.sum(), (~events).sum()) >= 2)
    found, other = (bootstrap_auc(x, events, n_draws=50) for x in (scores, np.exp(3 * scores)))
    assert (found.value, found.low, found.high) == pytest.approx((other.value, other.low, other.high))
    assert 0 <= found.low <= found.high <= 1
