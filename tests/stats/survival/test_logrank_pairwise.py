import numpy as np
import pytest

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable
from deeptepp.stats.multiplicity import holm
from deeptepp.stats.survival.logrank import log_rank
from deeptepp.stats.survival.logrank_pairwise import log_rank_pairwise


def arms(seed=0, sizes=(60, 50, 40), scales=(10, 20, 40)):
    rng = np.random.default_rng(seed)
    return [
        FollowUp(np.ceil(rng.exponential(scale, n)), rng.random(n) < 0.7)
        for n, scale in zip(sizes, scales, strict=True)
    ]


def test_every_pair_has_its_own_test_and_all_share_the_adjustment():
    groups = arms()
    pairs = log_rank_pairwise(groups, ["Low", "Moderate", "High"])
    assert [(pair.first, pair.second) for pair in pairs] == [
        ("Low", "Moderate"),
        ("Low", "High"),
        ("Moderate", "High"),
    ]
    raw = [pair.test.p_value for pair in pairs]
    assert raw[1] == log_rank([groups[0], groups[2]]).p_value
    assert [pair.p_holm for pair in pairs] == pytest.approx(holm(raw))


def test_a_pair_without_events_has_no_p_value_and_counts_in_the_adjustment():
    still = FollowUp(np.array([50.0, 60.0]), np.zeros(2, bool))
    groups = [still, FollowUp(np.array([70.0]), np.zeros(1, bool)), arms()[0]]
    pairs = log_rank_pairwise(groups, ["a", "b", "c"])
    assert (pairs[0].test.p_value, pairs[0].p_holm) == (None, None)
    lower = min(pairs[1:], key=lambda pair: pair.test.p_value)
    assert lower.p_holm == pytest.approx(min(3 * lower.test.p_value, 1))


def test_groups_without_patients_are_left_out():
    first, second, _ = arms()
    (pair,) = log_rank_pairwise([first, first.where(np.zeros(first.n, bool)), second], ["a", "b", "c"])
    assert (pair.first, pair.second) == ("a", "c")
    assert pair.p_holm == pair.test.p_value


def test_one_group_is_not_estimable():
    with pytest.raises(NotEstimable):
        log_rank_pairwise(arms()[:1], ["a"])


def test_weights_reach_the_pairs():
    pairs = log_rank_pairwise(arms(), ["a", "b", "c"], rho=1)
    assert pairs[0].test.p_value == log_rank(arms()[:2], rho=1).p_value
