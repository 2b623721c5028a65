import numpy as np
import pytest

from deeptepp.stats.prediction.reclassification import cross_tiers, reclassify

EVENTS = np.arange(100) < 40


def test_parts_are_shares_of_those_with_and_without_the_event():
    before = np.ones(100, dtype=int)
    after = before.copy()
    after[:10] = 2  # ten of forty with the event up,
    after[10:14] = 0  # four down;
    after[40:55] = 0  # fifteen of sixty without it down,
    after[55:58] = 2  # three up
    found = reclassify(before, after, EVENTS, 3)
    assert found.of_events.value == pytest.approx((10 - 4) / 40)
    assert found.of_free.value == pytest.approx((15 - 3) / 60)
    assert found.total.value == pytest.approx(6 / 40 + 12 / 60)
    assert found.of_events.low < found.of_events.value < found.of_events.high
    assert np.array_equal(found.table, found.table_of_events + found.table_of_free)
    assert found.table_of_events[1].tolist() == [4, 26, 10]


def test_nobody_moving_is_not_certain_that_nobody_ever_moves():
    found = reclassify(np.ones(100, int), np.ones(100, int), EVENTS, 3)
    assert found.of_events.value == 0
    assert found.of_events.low < -0.01 < 0.01 < found.of_events.high


def test_nothing_is_given_below_ten_events_but_the_tables():
    found = reclassify(np.ones(100, int), np.arange(100) % 3, np.arange(100) < 9, 3)
    assert found.of_events.value is found.total.low is None
    assert "9 events" in found.of_events.reason.replace("\u00a0", " ")
    assert found.table.sum() == 100


def test_intervals_hold_the_truth_in_95_of_100_samples():
    rng = np.random.default_rng(1)
    held = []
    for _ in range(300):
        move = rng.choice([-1, 0, 1], 200, p=[0.1, 0.6, 0.3])
        found = reclassify(np.ones(200, int), 1 + move, np.arange(200) < 50, 3).of_events
        held.append(found.low < 0.2 < found.high)
    assert 0.92 < np.mean(held) < 0.985


def test_rows_are_the_first_tiers_and_columns_the_second():
    assert cross_tiers([0, 0, 2], [1, 1, 0], 3).tolist() == [[0, 2, 0], [0, 0, 0], [1, 0, 0]]
