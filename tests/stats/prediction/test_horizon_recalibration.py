import numpy as np
import pytest
from scipy.special import expit, logit

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import OutOfRange
from deeptepp.stats.prediction.binary_calibration import calibration_of
from deeptepp.stats.prediction.horizon_recalibration import recalibration_at

HORIZON = 60.0


def cohort_with(risk, rng, *, loss_months):
    """Patients with a constant hazard that gives each her risk by the horizon, lost at random."""
    hazard = -np.log1p(-risk) / HORIZON
    event, lost = rng.exponential(1 / hazard), rng.exponential(loss_months, len(risk)) + 5
    return FollowUp(np.minimum(event, lost), event <= lost)


def risks(n, rng):
    return expit(rng.normal(-1.5, 1.0, n))


def test_without_censoring_it_is_the_logistic_recalibration():
    rng = np.random.default_rng(1)
    p = risks(500, rng)
    event = rng.random(500) < p
    follow_up = FollowUp(np.where(event, 30.0, 90.0), event)
    found, plain = recalibration_at(follow_up, p, HORIZON), calibration_of(p, event)
    assert found.intercept.value == pytest.approx(plain.intercept.value, abs=1e-8)
    assert found.slope.value == pytest.approx(plain.slope.value, abs=1e-8)
    assert found.slope.high - found.slope.low == pytest.approx(plain.slope.high - plain.slope.low, rel=0.1)


def test_intervals_of_true_risks_cover_as_often_as_they_say_although_many_are_censored():
    rng = np.random.default_rng(2)
    covered, censored = np.zeros(2), []
    for _ in range(300):
        p = risks(500, rng)
        follow_up = cohort_with(p, rng, loss_months=70)
        found = recalibration_at(follow_up, p, HORIZON)
        covered += [found.intercept.low < 0 < found.intercept.high, found.slope.low < 1 < found.slope.high]
        censored.append((~follow_up.event & (follow_up.months < HORIZON)).mean())
    assert np.mean(censored) > 0.3
    assert ((covered / 300 > 0.91) & (covered / 300 < 0.99)).all(), covered / 300


def test_a_known_distortion_is_found_and_taken_back():
    rng = np.random.default_rng(3)
    p = risks(20_000, rng)
    follow_up = cohort_with(p, rng, loss_months=90)
    shown = expit(0.7 + 2 * logit(p))
    found = recalibration_at(follow_up, shown, HORIZON)
    assert found.slope.value == pytest.approx(0.5, abs=0.03)
    assert found.update(shown) == pytest.approx(p, abs=0.02)
    again = recalibration_at(follow_up, found.update(shown), HORIZON)
    assert again.intercept.value == pytest.approx(0, abs=1e-6)
    assert again.slope.value == pytest.approx(1, abs=1e-6)


def test_risks_that_point_the_wrong_way_get_a_slope_and_no_update():
    rng = np.random.default_rng(4)
    p = risks(2000, rng)
    found = recalibration_at(cohort_with(p, rng, loss_months=90), 1 - p, HORIZON)
    assert found.slope.high < 0
    assert found.update is None


def test_what_cannot_be_fitted_says_why():
    follow_up = FollowUp(np.array([70.0, 80.0, 90.0, 20.0]), np.array([False, False, False, True]))
    equal = recalibration_at(follow_up, [0.2] * 4, HORIZON)
    assert equal.intercept.value is not None
    assert equal.slope.reason == "all predictions are equal"
    apart = recalibration_at(follow_up, [0.1, 0.1, 0.2, 0.9], HORIZON)
    assert "separate" in apart.slope.reason
    short = recalibration_at(follow_up, [0.1, 0.1, 0.2, 0.9], 120.0)
    assert short.intercept.value is None
    assert short.intercept.reason
    with pytest.raises(OutOfRange):
        recalibration_at(follow_up, [0.1, 0.2, 0.3, np.nan], HORIZON)
