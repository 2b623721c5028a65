import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lifelines.statistics import multivariate_logrank_test
from scipy.special import chdtrc

from deeptepp.domain.cohort import ARM, Arm, FollowUp
from deeptepp.errors import NotEstimable
from deeptepp.simulate.simulated_cohort import simulate_cohort
from deeptepp.stats.survival.logrank import log_rank, log_rank_statistic, log_rank_trend

GROUP = st.lists(st.tuples(st.integers(0, 10), st.booleans()), min_size=1, max_size=25).map(
    lambda rows: FollowUp(np.array([float(t) for t, _ in rows]), np.array([e for _, e in rows]))
)
GROUPS = st.lists(GROUP, min_size=2, max_size=4)


def follow_up(months, event):
    return FollowUp(np.array(months, dtype=float), np.array(event, dtype=bool))


def test_two_patients_give_the_closed_form():
    # At t = 1 both are at risk and one has the event: O - E = 1/2, V = 1/4, so chi-square is 1.
    test = log_rank([follow_up([1], [1]), follow_up([2], [0])])
    assert test.observed.tolist() == [1, 0]
    assert test.expected.tolist() == [0.5, 0.5]
    assert test.covariance[0, 0] == pytest.approx(0.25)
    assert test.statistic == pytest.approx(1.0)
    assert test.p_value == pytest.approx(0.31731050786291415, abs=1e-12)


def test_identical_groups_do_not_differ():
    group = follow_up([1, 3, 5, 8, 9], [1, 1, 0, 1, 0])
    test = log_rank([group, group])
    assert test.statistic == pytest.approx(0, abs=1e-12)
    assert test.p_value == pytest.approx(1.0)


def test_groups_without_events_have_no_p_value():
    test = log_rank([follow_up([5, 6], [0, 0]), follow_up([5, 9], [0, 0])])
    assert test.p_value is None
    assert "no event" in test.reason


def test_groups_that_never_share_a_risk_set_have_no_p_value():
    test = log_rank([follow_up([1, 2], [0, 0]), follow_up([5, 9], [1, 1])])
    assert test.p_value is None
    assert "at risk" in test.reason


def test_all_events_at_one_time_are_handled():
    test = log_rank([follow_up([4, 4, 4], [1, 1, 0]), follow_up([4, 4], [0, 0])])
    # Hypergeometric: 5 at risk, 2 events, 3 in the first group.
    assert test.expected[0] == pytest.approx(2 * 3 / 5)
    assert test.covariance[0, 0] == pytest.approx(2 * 3 / 5 * 2 / 5 * 3 / 4)


def test_everybody_having_the_event_at_once_says_nothing():
    test = log_rank([follow_up([4, 4], [1, 1]), follow_up([4], [1])])
    assert test.p_value is None


@pytest.mark.parametrize("groups", [[], [follow_up([1], [1])], [follow_up([1], [1]), follow_up([], [])]])
def test_fewer_than_two_groups_are_not_estimable(groups):
    with pytest.raises(NotEstimable):
        log_rank(groups)


def test_an_empty_group_beside_two_others_takes_no_degree_of_freedom():
    two = [follow_up([1, 4, 6], [1, 1, 0]), follow_up([2, 5, 9], [1, 0, 1])]
    assert log_rank([*two, follow_up([], [])]).degrees_of_freedom == 1
    assert log_rank([*two, follow_up([], [])]).p_value == pytest.approx(log_rank(two).p_value)


def test_a_stratum_with_one_group_only_adds_nothing():
    groups = [follow_up([1, 4, 6], [1, 1, 0]), follow_up([2, 5, 9], [1, 0, 1])]
    more = [follow_up([1, 4, 6, 2, 3], [1, 1, 0, 1, 1]), groups[1]]
    stratified = log_rank(more, strata=[["a", "a", "a", "b", "b"], ["a", "a", "a"]])
    assert stratified.statistic == pytest.approx(log_rank(groups).statistic)
    assert stratified.method == "log-rank, stratified"


def test_strata_of_the_wrong_length_are_refused():
    with pytest.raises(ValueError, match="strata"):
        log_rank([follow_up([1], [1]), follow_up([2], [1])], strata=[["a"], ["a", "b"]])


def test_trend_of_two_groups_is_the_two_group_test():
    groups = [follow_up([1, 4, 6, 7], [1, 1, 0, 1]), follow_up([2, 5, 9, 12], [1, 0, 1, 1])]
    assert log_rank_trend(groups).statistic == pytest.approx(log_rank(groups).statistic)


def test_one_patient_beside_a_hundred_thousand_takes_a_degree_of_freedom():
    rng = np.random.default_rng(2)
    large = [FollowUp(np.round(rng.exponential(40, 50_000), 1), np.ones(50_000, bool)) for _ in range(2)]
    assert log_rank([*large, follow_up([0.2], [0])]).degrees_of_freedom == 2


def test_weights_reach_the_trend():
    rng = np.random.default_rng(1)
    groups = [FollowUp(np.ceil(rng.exponential(20, 40)), rng.random(40) < 0.7) for _ in range(2)]
    assert log_rank_trend(groups, rho=1).statistic == pytest.approx(log_rank(groups, rho=1).statistic)
    assert "rho = 1" in log_rank_trend(groups, rho=1).method


@settings(max_examples=25)
@given(GROUPS, st.sampled_from([0.5, 30.4375]), st.randoms(use_true_random=False))
def test_row_order_and_time_units_do_not_matter(groups, factor, random):
    changed = []
    for group in groups:
        order = list(range(group.n))
        random.shuffle(order)
        changed.append(FollowUp(group.months[order] * factor, group.event[order]))
    first, second = log_rank(groups), log_rank(changed)
    assert first.degrees_of_freedom == second.degrees_of_freedom
    assert first.statistic == pytest.approx(second.statistic, abs=1e-9)


@settings(max_examples=25)
@given(GROUPS)
def test_observed_and_expected_events_have_one_sum(groups):
    test = log_rank(groups)
    assert test.observed.sum() == pytest.approx(test.expected.sum())
    assert np.allclose(test.covariance.sum(axis=0), 0, atol=1e-9)


@settings(max_examples=25)
@given(GROUPS)
def test_order_of_groups_does_not_matter(groups):
    test, reverse = log_rank(groups), log_rank(groups[::-1])
    assert test.statistic == pytest.approx(reverse.statistic, abs=1e-8)


@given(GROUPS)
def test_shifting_trend_scores_changes_nothing(groups):
    scores = np.arange(len(groups), dtype=float)
    first, second = log_rank_trend(groups, scores=scores), log_rank_trend(groups, scores=scores + 100)
    assume(first.p_value is not None)
    assert first.statistic == pytest.approx(second.statistic, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_the_test_of_the_library_is_that_of_our_own_sums(seed):
    rng = np.random.default_rng(seed)
    months, event, group = np.ceil(rng.exponential(20, 90)), rng.random(90) < 0.5, rng.integers(0, 3, 90)
    groups = [FollowUp(months[group == g], event[group == g]) for g in range(3)]
    expected = multivariate_logrank_test(months, group, event)
    assert log_rank(groups).p_value == pytest.approx(expected.p_value, abs=1e-14)
    assert log_rank_statistic(groups) == pytest.approx(expected.test_statistic, rel=1e-12)


def test_a_group_that_is_never_at_risk_at_an_event_takes_no_degree_of_freedom():
    two = [follow_up([2, 4, 6], [1, 1, 0]), follow_up([3, 5, 9], [1, 0, 1])]
    test = log_rank([*two, follow_up([1, 1], [0, 0])])
    assert (test.degrees_of_freedom, test.statistic) == (1, pytest.approx(log_rank(two).statistic, rel=1e-12))


def test_the_weight_rho_is_the_curve_just_before_and_no_other_weight_of_peto():
    # R 4.2.2, survival 3.5-3: survdiff(Surv(t, s) ~ g, rho = 1)$chisq.
    in_r = 0.4732111994469409
    groups = [follow_up([1, 3, 3, 6], [1, 1, 0, 1]), follow_up([2, 4, 5, 7], [1, 1, 0, 0])]
    test = log_rank(groups, rho=1)
    label, months, event = (
        [0] * 4 + [1] * 4,
        *(np.concatenate([getattr(g, part) for g in groups]) for part in ("months", "event")),
    )
    other = {
        weight: multivariate_logrank_test(months, label, event, weightings=weight, **more).test_statistic
        for weight, more in (("fleming-harrington", {"p": 1, "q": 0}), ("peto", {}))
    }
    assert test.statistic == pytest.approx(in_r, rel=1e-12)
    assert test.statistic == pytest.approx(other["fleming-harrington"], rel=1e-9)
    assert abs(test.statistic - other["peto"]) > 1e-4


def test_level_holds_where_the_treatment_does_nothing():
    n_draws, n_rejected = 200, 0
    for seed in range(n_draws):
        cohort = simulate_cohort(preset="no_T_effect", seed=seed)
        groups = [cohort.where(cohort[ARM] == arm.value).follow_up() for arm in (Arm.NONE, Arm.T)]
        n_rejected += chdtrc(1, log_rank_statistic(groups)) < 0.05
    # 99.9 % of binomial(200, 0.05) draws lie in here.
    assert 1 <= n_rejected <= 21
