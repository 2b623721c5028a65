"""Cut-offs look better on the patients they were found on, and the correction takes that off."""

import numpy as np
import pytest

from deeptepp.domain.cohort import FollowUp
from deeptepp.domain.risk import TierScheme
from deeptepp.errors import NotEstimable
from deeptepp.stats.prediction.cutoffs import find_tier_scheme
from deeptepp.stats.prediction.optimism import MEASURES, correct_optimism


def patients(n, strength, seed):
    rng = np.random.default_rng(seed)
    score = rng.uniform(size=n)
    months = rng.exponential(60 * np.exp(-strength * (score - 0.5)))
    return score, FollowUp(np.minimum(months, 40), months < 40)


def test_a_score_of_noise_loses_most_of_what_its_best_cut_off_shows():
    score, follow_up = patients(150, 0.0, 1)
    found = correct_optimism(score, follow_up, find_tier_scheme(score, follow_up.event), n_draws=100)
    youden = found.measures[0]
    assert youden.apparent > 0.05
    assert youden.corrected.value < 0.6 * youden.apparent


def test_the_corrected_value_is_on_average_what_other_patients_show():
    corrected, apparent, elsewhere = [], [], []
    large_score, large = patients(20_000, 1.5, 99)
    for seed in range(12):
        score, follow_up = patients(120, 1.5, seed)
        scheme = find_tier_scheme(score, follow_up.event)
        found = correct_optimism(score, follow_up, scheme, n_draws=60).measures[0]
        positive = large_score >= scheme.low_below
        elsewhere.append(positive[large.event].mean() - positive[~large.event].mean())
        corrected.append(found.corrected.value)
        apparent.append(found.apparent)
    assert abs(np.mean(corrected) - np.mean(elsewhere)) < np.mean(apparent) - np.mean(elsewhere)


def test_it_is_the_same_again_and_counts_what_was_tried():
    score, follow_up = patients(200, 2.0, 3)
    scheme = TierScheme(0.4, 0.7)
    first, second = (correct_optimism(score, follow_up, scheme, n_draws=30, n_tried=7) for _ in range(2))
    assert first == second
    assert [each.name for each in first.measures] == list(MEASURES)
    assert first.sentence.startswith("7 pairs of cut-offs")
    for each in first.measures:
        assert each.corrected.low < each.corrected.value < each.corrected.high
        assert (each.corrected.n, each.corrected.n_events) == (200, follow_up.n_events)


def test_the_index_of_the_cut_off_is_sensitivity_and_specificity():
    follow_up = FollowUp(np.arange(1.0, 9.0), np.array([1, 0, 1, 0, 1, 0, 1, 0], dtype=bool))
    score = np.array([0.9, 0.1, 0.8, 0.2, 0.7, 0.75, 0.3, 0.4])
    found = correct_optimism(score, follow_up, TierScheme(0.5, 0.78), n_draws=20)
    assert found.measures[0].apparent == pytest.approx(0.75 - 0.25)


@pytest.mark.parametrize("low", [0.1, 0.5, 0.9])
def test_the_interval_is_about_the_cut_off_that_was_chosen(low):
    score, follow_up = patients(300, 3.0, 5)
    for each in correct_optimism(score, follow_up, TierScheme(low, 0.95), n_draws=100).measures:
        assert each.corrected.low < each.corrected.value < each.corrected.high


@pytest.mark.parametrize("event", [False, True])
def test_one_class_alone_is_not_estimable(event):
    follow_up = FollowUp(np.arange(1.0, 11.0), np.full(10, event))
    with pytest.raises(NotEstimable):
        correct_optimism(np.linspace(0, 1, 10), follow_up, TierScheme(0.3, 0.6), n_draws=5)


def test_the_work_can_be_stopped():
    def stop(done, total):
        assert total == 50
        if done == 3:
            raise KeyboardInterrupt

    score, follow_up = patients(100, 2.0, 3)
    with pytest.raises(KeyboardInterrupt):
        correct_optimism(score, follow_up, TierScheme(0.4, 0.7), n_draws=50, progress=stop)
