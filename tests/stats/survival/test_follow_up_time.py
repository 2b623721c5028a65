import numpy as np
import pytest
from hypothesis import given
from survival_samples import PATIENTS, cohort

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable
from deeptepp.stats.survival.follow_up_time import follow_up_time


def test_both_medians_are_worked_by_hand():
    # At 4 the event leaves first: one of three is lost, 2/3 are left; at 6 one of two, 1/3.
    found = follow_up_time(FollowUp(np.array([2.0, 4, 4, 6, 8]), np.array([True, False, True, False, False])))
    assert found.potential.value == 6
    assert (found.median, found.shortest, found.longest, found.median_event_free) == (4, 2, 8, 6)
    assert (found.n, found.n_events, found.potential.n_events) == (5, 2, 2)


def test_events_shorten_the_observed_median_and_not_the_potential_one():
    rng = np.random.default_rng(0)
    lost = rng.uniform(24, 96, size=2000)
    months = rng.exponential(60, size=2000)
    found = follow_up_time(FollowUp(np.minimum(months, lost), months <= lost))
    assert found.potential.low < 60 < found.potential.high
    assert found.potential.value == pytest.approx(60, abs=4)
    assert found.median < 45


def test_without_events_both_medians_are_that_of_the_times():
    found = follow_up_time(FollowUp(np.array([1.0, 2, 3]), np.zeros(3, dtype=bool)))
    assert found.potential.value == found.median == found.median_event_free == 2


@pytest.mark.parametrize(
    ("months", "event", "reason"),
    [
        ([1.0, 2], [True, True], "everybody had the event"),
        ([1.0, 2, 3], [False, True, True], "does not come down to one half"),
        ([7.0], [False], "band"),
    ],
)
def test_what_is_missing_has_a_reason(months, event, reason):
    found = follow_up_time(FollowUp(np.array(months), np.array(event)))
    assert reason in found.potential.reason
    assert found.potential.low is None or found.potential.high is None


@given(PATIENTS)
def test_the_unit_of_time_carries_over(rows):
    follow_up, _ = cohort(rows)
    there = follow_up_time(follow_up)
    back = follow_up_time(FollowUp(follow_up.months[::-1] * 30, follow_up.event[::-1]))
    assert back.median == pytest.approx(there.median * 30)
    if there.potential.value is not None:
        assert back.potential.value == pytest.approx(there.potential.value * 30)


def test_nobody_has_no_follow_up():
    with pytest.raises(NotEstimable):
        follow_up_time(FollowUp(np.empty(0), np.empty(0, dtype=bool)))
