import numpy as np
import pytest
from scipy.special import expit, logit

from deeptepp.domain.risk import Recalibration
from deeptepp.stats.prediction.binary_calibration import calibration_of
from deeptepp.train.fit.recalibration import fit_recalibration


def over_sure_scores(rng, n=4000):
    """Scores of a network whose classes were balanced six to one and who is twice as sure as it may be."""
    true = expit(rng.normal(-2.0, 1.2, n))
    events = rng.random(n) < true
    shown = 2 * (logit(true) + np.log(6))
    return expit(shown[:, None] + rng.normal(0, 0.05, (n, 3))), events


def test_balancing_and_over_confidence_are_undone():
    scores, events = over_sure_scores(np.random.default_rng(0))
    found = fit_recalibration(scores, events)
    assert found.slope == pytest.approx(0.5, abs=0.06)
    assert found.intercept == pytest.approx(-np.log(6), abs=0.2)
    fresh_scores, fresh_events = over_sure_scores(np.random.default_rng(1))
    before = calibration_of(fresh_scores.mean(axis=1), fresh_events)
    after = calibration_of(found(fresh_scores).mean(axis=1), fresh_events)
    assert before.observed_to_expected.value < 0.6
    assert after.observed_to_expected.low < 1 < after.observed_to_expected.high
    assert after.slope.low < 1 < after.slope.high


def test_the_order_of_patients_stays_with_one_view():
    scores, events = over_sure_scores(np.random.default_rng(2), n=500)
    found = fit_recalibration(scores[:, :1], events)
    assert (np.argsort(found(scores[:, 0])) == np.argsort(scores[:, 0])).all()


def test_scores_that_fall_with_events_are_left_alone():
    events = np.arange(40) % 2 == 0
    scores = np.where(events, 0.3, 0.6) + np.linspace(0, 0.05, 40) + np.where(np.arange(40) % 5 == 0, 0.2, 0.0)
    assert fit_recalibration(scores[:, None], events).is_identity


def test_scores_that_separate_the_classes_are_left_alone():
    events = np.arange(20) >= 10
    assert fit_recalibration(np.linspace(0.1, 0.9, 20)[:, None], events).is_identity


def test_the_identity_changes_no_bit_and_certainty_stays_certain():
    p = np.array([0.0, 1e-12, 0.3, 1.0])
    assert (Recalibration()(p) == p).all()
    assert Recalibration(-1.0, 0.5)([0.0, 1.0]).tolist() == [0.0, 1.0]


def test_a_slope_that_turns_the_order_round_is_refused():
    with pytest.raises(ValueError, match="slope above 0"):
        Recalibration(0.0, -0.1)
