import numpy as np
import pytest
from hypothesis import given
from survival_samples import PATIENTS, cohort

from deeptepp.domain.cohort import FollowUp
from deeptepp.stats.hazards.two_arm_tables import two_arm_tables


def follow_up(months, event):
    return FollowUp(np.array(months, dtype=float), np.array(event, dtype=bool))


def test_tables_worked_by_hand():
    # Index leaves at 2 (event), 4 (censored), 5 (event); reference at 2 (event), 2 (censored), 6 (event).
    found = two_arm_tables(follow_up([2, 4, 5], [1, 0, 1]), follow_up([2, 2, 6], [1, 0, 1]))
    assert found.n_index.tolist() == [3, 1, 0]
    assert found.n_reference.tolist() == [3, 1, 1]
    assert found.n_events_index.tolist() == [1, 1, 0]
    assert found.n_events_reference.tolist() == [1, 0, 1]
    assert (found.n.tolist(), found.n_events.tolist()) == ([6, 2, 1], [2, 1, 1])
    assert found.expected_index == pytest.approx(2 * 3 / 6 + 1 / 2)
    assert found.expected_reference == pytest.approx(2 * 3 / 6 + 1 / 2 + 1)
    assert found.variance == pytest.approx(2 * 4 / 5 * 1 / 4 + 1 / 4)


def test_a_censoring_at_the_time_of_an_event_is_still_at_risk():
    found = two_arm_tables(follow_up([3], [1]), follow_up([3], [0]))
    assert (found.n_index.tolist(), found.n_reference.tolist()) == ([1], [1])


@pytest.mark.parametrize(
    ("index", "reference"),
    [(([], []), ([1, 2], [1, 1])), (([1, 2], [1, 1]), ([], [])), (([5, 6], [1, 1]), ([1], [0]))],
)
def test_where_no_table_has_both_arms_the_variance_is_0(index, reference):
    found = two_arm_tables(follow_up(*index), follow_up(*reference))
    assert len(found.n) == 2
    assert found.variance == 0


def test_without_events_there_is_no_table():
    found = two_arm_tables(follow_up([1, 2], [0, 0]), follow_up([3], [0]))
    assert (len(found.n), found.expected_index, found.variance) == (0, 0, 0)


@given(PATIENTS, PATIENTS)
def test_events_are_all_counted_and_all_expected(index, reference):
    one, other = cohort(index)[0], cohort(reference)[0]
    found = two_arm_tables(one, other)
    assert found.n_events_index.sum() == one.n_events
    assert found.n_events_reference.sum() == other.n_events
    assert found.expected_index + found.expected_reference == pytest.approx(one.n_events + other.n_events)
    assert (found.n_events_index <= found.n_index).all()


@given(PATIENTS, PATIENTS)
def test_exchanging_the_arms_exchanges_the_counts_and_keeps_the_variance(index, reference):
    one, other = cohort(index)[0], cohort(reference)[0]
    ours, theirs = two_arm_tables(one, other), two_arm_tables(other, one)
    assert ours.n_index.tolist() == theirs.n_reference.tolist()
    assert ours.expected_index == pytest.approx(theirs.expected_reference)
    assert ours.variance == pytest.approx(theirs.variance)
