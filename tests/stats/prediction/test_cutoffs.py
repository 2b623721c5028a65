import numpy as np
import pytest

from deeptepp.domain.cohort import ARM, LATENT_RISK, Arm
from deeptepp.domain.risk import Tier
from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.simulate.simulated_cohort import simulate_cohort
from deeptepp.stats.prediction.cutoffs import find_tier_scheme
from deeptepp.stats.prediction.kmeans import split_two
from deeptepp.stats.prediction.operating_point import youden


def test_low_ends_at_youden_and_high_begins_between_the_two_clusters_above():
    scores = np.array([0.05, 0.10, 0.15, 0.20, 0.50, 0.55, 0.90, 0.95])
    events = np.array([0, 0, 0, 0, 1, 1, 1, 1], dtype=bool)
    scheme = find_tier_scheme(scores, events)
    assert scheme.low_below == pytest.approx(0.35)
    assert scheme.high_from == pytest.approx((0.525 + 0.925) / 2)
    assert [scheme.tier_of(s) for s in (0.20, 0.55, 0.90)] == [Tier.LOW, Tier.MODERATE, Tier.HIGH]


def test_method_names_rules_and_numbers():
    scheme = find_tier_scheme([0.1, 0.2, 0.7, 0.9], [0, 0, 1, 1])
    for said in ("Youden", "2-means", "0.4500", "4 patients", "2 events"):
        assert said in scheme.method


def test_a_simulated_cohort_gives_three_tiers_of_rising_risk():
    cohort = simulate_cohort(seed=11)
    cohort = cohort.where(cohort[ARM] != Arm.TP)
    scores, events = 1 / (1 + np.exp(-cohort[LATENT_RISK])), cohort["rfs_event"]
    scheme = find_tier_scheme(scores, events)
    tiers = np.array([scheme.tier_of(s) for s in scores])
    rates = [events[tiers == tier].mean() for tier in Tier]
    assert rates[0] < 0.06 < rates[1] < rates[2]
    above = scores[scores >= scheme.low_below]
    assert scheme.low_below == youden(scores, events).threshold
    assert scheme.high_from == split_two(above).boundary


def test_row_order_does_not_matter():
    rng = np.random.default_rng(1)
    events = rng.random(60) < 0.3
    scores = np.clip(rng.normal(0.3 + 0.3 * events, 0.15), 0, 1)
    order = rng.permutation(60)
    assert find_tier_scheme(scores, events) == find_tier_scheme(scores[order], events[order])


@pytest.mark.parametrize(
    ("scores", "events", "reason"),
    [
        ([0.1, 0.2, 0.3], [0, 0, 0], "with and without"),
        ([0.5, 0.5, 0.5], [0, 1, 0], "better than chance"),
        ([0.9, 0.8, 0.1], [0, 0, 1], "better than chance"),
        ([0.1, 0.2, 0.9], [0, 0, 1], "1 distinct"),
    ],
)
def test_scores_that_make_no_tiers_are_not_estimable(scores, events, reason):
    with pytest.raises(NotEstimable, match=reason):
        find_tier_scheme(scores, events)


@pytest.mark.parametrize("bad", [-0.1, 1.2, float("nan")])
def test_scores_that_are_no_probability_are_refused(bad):
    with pytest.raises(OutOfRange):
        find_tier_scheme([0.2, bad, 0.7], [0, 1, 1])
