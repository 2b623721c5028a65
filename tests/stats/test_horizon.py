import numpy as np
import pytest

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.horizon import censor_at, check_horizon, known_at, told_apart, why_no_horizon
from deeptepp.stats.prediction.brier import brier_score
from deeptepp.stats.prediction.decision_curve import decision_curve_at
from deeptepp.stats.prediction.survival_calibration import calibration_at


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


@pytest.mark.parametrize("months", [[10.0, 20, 40], [10.0, 40, 40]])
def test_where_everybody_left_had_the_event_every_estimator_has_the_risk_of_one(months):
    followed = FollowUp(np.array(months), np.array([False, True, True]))
    risk = np.array([0.5, 0.6, 0.7])
    assert why_no_horizon(followed, 60) == ""
    assert brier_score(followed, np.ones(3), 60).score.value == pytest.approx(0)
    assert calibration_at(followed, risk, 60).ratio.value == pytest.approx(1 / 0.6)
    assert decision_curve_at(risk, followed, 60, [0.2]).treat_all == pytest.approx([1.0])
    followed = FollowUp(np.array(months), np.array([False, True, False]))
    assert why_no_horizon(followed, 60)
    assert np.isnan(decision_curve_at(risk, followed, 60, [0.2]).treat_all).all()


def test_a_censoring_at_the_horizon_is_free_of_the_event_and_an_event_at_it_is_a_case():
    months = np.array([12.0, 12.0, 24.0, 24.0, 30.0, 30.0])
    event = np.array([True, False, True, False, True, False])
    found = known_at(FollowUp(months, event), 24)
    assert found.is_case.tolist() == [True, False, True, False, False, False]
    assert found.is_free.tolist() == [False, False, False, True, True, True]
    assert found.is_beyond.tolist() == [False, False, False, False, True, True]
    assert found.is_known.tolist() == [True, False, True, True, True, True]
    assert (found.n_cases, found.n_free) == (2, 3)


@pytest.mark.parametrize(
    ("last", "said"), [(23.5, "23.5"), (59.9, "59.9"), (60 - 1e-6, "59.999999"), (59.9918, "59.9918")]
)
def test_the_end_of_follow_up_is_never_written_as_the_horizon(last, said):
    assert why_no_horizon(followed_to(12, last), 60) == f"follow-up ends at {said} months, before the horizon"


def test_a_last_digit_is_enough_to_tell_times_apart():
    assert float(told_apart(float(np.nextafter(60, 0)), 60.0)) != 60


FIVE = FollowUp(np.array([3.0, 12.0, 12.0, 30.0, 40.0]), np.array([True, False, True, True, False]))


def test_a_common_horizon_keeps_events_at_it_and_drops_later_ones():
    cut = censor_at(FIVE, 30)
    assert cut.months.tolist() == [3, 12, 12, 30, 30]
    assert cut.event.tolist() == [True, False, True, True, False]
    assert censor_at(FIVE, 29.9).n_events == 2


@pytest.mark.parametrize("months", [0.0, float("nan")])
def test_a_common_horizon_that_is_no_time_is_refused(months):
    with pytest.raises(OutOfRange):
        censor_at(FIVE, months)
