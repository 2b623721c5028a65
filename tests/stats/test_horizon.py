import numpy as np
import pytest

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.horizon import check_horizon, why_no_horizon


def followed_to(*months):
    return FollowUp(np.array(months, dtype=float), np.zeros(len(months), bool))


@pytest.mark.parametrize("horizon", [0.0, -1.0, float("inf"), float("nan")])
def test_a_horizon_that_is_no_time_is_refused(horizon):
    with pytest.raises(OutOfRange, match="horizon_months"):
        check_horizon(followed_to(12), horizon)


def test_nobody_is_not_estimable():
    with pytest.raises(NotEstimable, match="nobody"):
        check_horizon(followed_to(), 24)


def test_a_horizon_beyond_follow_up_is_no_error_but_has_a_reason():
    check_horizon(followed_to(12, 23.5), 24)
    assert why_no_horizon(followed_to(12, 23.5), 24) == "follow-up ends at 23.5 months, before the horizon"


@pytest.mark.parametrize("last", [24.0, 25.0])
def test_one_patient_at_the_horizon_is_enough(last):
    assert why_no_horizon(followed_to(1, last), 24) == ""
