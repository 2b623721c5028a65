import numpy as np
import pytest

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable
from deeptepp.stats.survival.logrank import log_rank
from deeptepp.stats.survival.logrank_permutation import log_rank_by_permutation


def group(rng, n, hazard):
    event, censored = rng.exponential(1 / hazard, n), rng.uniform(20, 120, n)
    return FollowUp(np.minimum(event, censored), event <= censored)


def test_large_groups_give_the_p_value_of_chi_square():
    rng = np.random.default_rng(3)
    groups = [group(rng, 60, 0.008), group(rng, 60, 0.013)]
    expected = log_rank(groups).p_value
    assert 0.01 < expected < 0.6
    assert log_rank_by_permutation(groups) == pytest.approx(expected, abs=0.03)


def test_one_early_event_in_a_group_of_one_is_not_proof():
    rng = np.random.default_rng(0)
    many = group(rng, 100, 0.003)
    one = FollowUp(np.array([np.sort(many.months[many.event])[1] - 0.01]), np.array([True]))
    assert log_rank([many, one]).p_value < 1e-6
    assert log_rank_by_permutation([many, one]) == pytest.approx(2 / 101, abs=0.012)


def test_under_the_null_it_is_significant_no_more_often_than_it_says():
    rng = np.random.default_rng(5)
    p = []
    for seed in range(120):
        pooled = group(rng, 40, 0.01)
        parts = [pooled.where(np.arange(40) < 36), pooled.where(np.arange(40) >= 36)]
        p.append(log_rank_by_permutation(parts, n_permutations=99, seed=seed))
    assert np.mean(np.array(p) <= 0.05) < 0.11


def test_no_event_gives_no_test():
    empty = FollowUp(np.array([10.0, 20.0]), np.array([False, False]))
    with pytest.raises(NotEstimable):
        log_rank_by_permutation([empty, empty])
