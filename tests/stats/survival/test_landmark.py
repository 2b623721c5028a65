import numpy as np
import pytest

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import OutOfRange
from deeptepp.stats.survival.kaplan_meier import kaplan_meier
from deeptepp.stats.survival.landmark import censor_at, landmark

FIVE = FollowUp(np.array([3.0, 12.0, 12.0, 30.0, 40.0]), np.array([True, False, True, True, False]))


def test_landmark_keeps_those_still_watched_and_restarts_their_clock():
    kept = landmark(FIVE, 12)
    assert kept.follow_up.months.tolist() == [18.0, 28.0]
    assert kept.follow_up.event.tolist() == [True, False]
    assert kept.is_included.tolist() == [False, False, False, True, True]
    assert (kept.n_events_before, kept.n_censored_before) == (2, 1)


def test_survival_from_a_landmark_is_conditional_survival():
    whole = kaplan_meier(FIVE)
    later = kaplan_meier(landmark(FIVE, 12).follow_up)
    assert later.at(20).value == pytest.approx(whole.at(32).value / whole.at(12).value)


def test_a_common_horizon_keeps_events_at_it_and_drops_later_ones():
    cut = censor_at(FIVE, 30)
    assert cut.months.tolist() == [3, 12, 12, 30, 30]
    assert cut.event.tolist() == [True, False, True, True, False]
    assert censor_at(FIVE, 29.9).n_events == 2


def test_the_curve_before_the_horizon_does_not_change():
    assert kaplan_meier(censor_at(FIVE, 24)).at(20).value == kaplan_meier(FIVE).at(20).value


@pytest.mark.parametrize(("cut", "months"), [(landmark, -1.0), (censor_at, 0.0), (landmark, float("nan"))])
def test_impossible_times_are_refused(cut, months):
    with pytest.raises(OutOfRange):
        cut(FIVE, months)
