import numpy as np
import pytest

from deeptepp.domain.cohort import FollowUp
from deeptepp.stats.prediction.decision_curve import decision_curve_at
from deeptepp.stats.prediction.net_benefit_difference import net_benefit_difference

THRESHOLDS = np.array([0.1, 0.2, 0.4])


def patients(n: int, rng: np.random.Generator, *, is_censored: bool = True):
    risk = rng.uniform(0.02, 0.8, n)
    months = rng.exponential(60 / -np.log1p(-risk))
    seen = rng.uniform(20, 140, n) if is_censored else np.full(n, 200.0)
    return risk, FollowUp(np.minimum(months, seen), months <= seen)


def test_without_censoring_it_is_the_difference_of_two_decision_curves():
    rng = np.random.default_rng(0)
    risk, follow_up = patients(300, rng, is_censored=False)
    other = rng.permutation(risk)
    found = net_benefit_difference(risk, other, follow_up, 60, THRESHOLDS)
    curves = [decision_curve_at(each, follow_up, 60, THRESHOLDS).net_benefit for each in (risk, other)]
    assert found.difference == pytest.approx(curves[0] - curves[1])


def test_exchanging_both_turns_the_sign_and_one_against_itself_is_0():
    rng = np.random.default_rng(1)
    risk, follow_up = patients(200, rng)
    other = rng.permutation(risk)
    one = net_benefit_difference(risk, other, follow_up, 60, THRESHOLDS)
    back = net_benefit_difference(other, risk, follow_up, 60, THRESHOLDS)
    assert one.difference == pytest.approx(-back.difference)
    assert one.low == pytest.approx(-back.high)
    assert not net_benefit_difference(risk, risk, follow_up, 60, THRESHOLDS).difference.any()


def test_intervals_under_censoring_hold_the_truth_in_95_of_100_samples():
    rng = np.random.default_rng(2)
    # The second risk calls nobody: the difference is the net benefit of the first, known from its risks.
    many, _ = patients(200_000, rng)
    truth = [np.mean((many >= t) * (many - (1 - many) * t / (1 - t))) for t in THRESHOLDS]
    held = []
    for _ in range(200):
        risk, follow_up = patients(150, rng)
        found = net_benefit_difference(risk, np.zeros(150), follow_up, 60, THRESHOLDS)
        held.append((found.low < truth) & (truth < found.high))
    assert (np.abs(np.mean(held, axis=0) - 0.95) < 0.05).all()
