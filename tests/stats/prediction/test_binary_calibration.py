import numpy as np
import pytest
from scipy.special import expit, logit

from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.prediction.binary_calibration import calibration_of, shift_prior


@pytest.fixture
def truth():
    rng = np.random.default_rng(8)
    p = expit(rng.normal(-2, 1.2, 4000))
    return p, rng.random(4000) < p


def test_intervals_of_true_probabilities_cover_as_often_as_they_say():
    rng = np.random.default_rng(9)
    covered = np.zeros(3)
    for _ in range(300):
        p = expit(rng.normal(-2, 1.2, 600))
        found = calibration_of(p, rng.random(600) < p)
        for i, (each, right) in enumerate(
            ((found.intercept, 0), (found.slope, 1), (found.observed_to_expected, 1))
        ):
            covered[i] += each.low < right < each.high
        assert found.brier < found.brier_of_prevalence
    assert ((covered / 300 > 0.91) & (covered / 300 < 0.99)).all()


def test_odds_eight_times_too_high_are_seen_and_taken_back(truth):
    p, y = truth
    raised = expit(logit(p) + np.log(8))
    found, mended = calibration_of(raised, y), calibration_of(shift_prior(raised, np.log(8)), y)
    assert found.intercept.value == pytest.approx(calibration_of(p, y).intercept.value - np.log(8), abs=1e-6)
    assert found.slope.value == pytest.approx(calibration_of(p, y).slope.value, abs=1e-6)
    assert found.observed_to_expected.value < 0.5
    assert mended.brier == pytest.approx(np.mean((p - y) ** 2))


def test_scores_that_are_too_extreme_have_a_slope_below_one(truth):
    p, y = truth
    assert calibration_of(expit(2 * logit(p)), y).slope.value == pytest.approx(
        calibration_of(p, y).slope.value / 2, abs=1e-6
    )


def test_the_same_share_for_all_has_intercept_from_the_counts():
    # Half of 8 patients at 0.2 and half at 0.4, 1 and 3 events: O/E = 4 / 2.4.
    found = calibration_of(np.repeat([0.2, 0.4], 4), [1, 0, 0, 0, 1, 1, 1, 0])
    assert found.observed_to_expected.value == pytest.approx(4 / 2.4)
    assert found.slope.value == pytest.approx((logit(3 / 4) - logit(1 / 4)) / (logit(0.4) - logit(0.2)))


def test_each_patient_may_have_her_own_shift():
    assert shift_prior([0.5, 0.5], [0.0, np.log(3)]) == pytest.approx([0.5, 0.25])


def test_scores_that_say_nothing_or_everything_are_not_estimable():
    with pytest.raises(NotEstimable, match="never vary"):
        calibration_of([0.3] * 4, [0, 1, 0, 1])
    with pytest.raises(NotEstimable):
        calibration_of([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1])


def test_scores_outside_of_their_range_are_refused():
    with pytest.raises(OutOfRange):
        calibration_of([0.1, 1.2], [0, 1])
