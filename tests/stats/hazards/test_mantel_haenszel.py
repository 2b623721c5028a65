import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.hazards.mantel_haenszel import one_step_hazard_ratio, subgroup_analysis
from deeptepp.stats.survival.logrank import log_rank

# Times on a coarse grid, two arms, three subgroups: ties, empty arms and arms without events are common.
ROWS = st.lists(
    st.tuples(st.integers(0, 9), st.booleans(), st.booleans(), st.sampled_from("abc")), min_size=1, max_size=40
)


def columns(rows):
    months, event, is_index, labels = zip(*rows, strict=True)
    return FollowUp(np.array(months, float), np.array(event, bool)), np.array(is_index, bool), np.array(labels)


def follow_up(months, event):
    return FollowUp(np.array(months, dtype=float), np.array(event, dtype=bool))


def test_one_event_with_one_patient_in_each_arm_gives_the_closed_form():
    # O - E = 1/2 and V = 1/4: the hazard ratio is e^2, its log has the variance 4.
    found = one_step_hazard_ratio(follow_up([1], [1]), follow_up([2], [0]))
    assert found.value == pytest.approx(np.exp(2))
    assert found.low == pytest.approx(np.exp(2 - 2 * 1.959963984540054))
    assert found.high == pytest.approx(np.exp(2 + 2 * 1.959963984540054))
    assert (found.n, found.n_events) == (2, 1)
    assert "Peto" in found.method


def test_an_arm_without_events_still_has_a_finite_hazard_ratio():
    found = one_step_hazard_ratio(follow_up([5, 6, 7], [0, 0, 0]), follow_up([1, 2, 3], [1, 1, 0]))
    assert 0 < found.value < 1
    assert found.is_estimable


@pytest.mark.parametrize(
    ("index", "reference", "reason"),
    [
        (([], []), ([1, 2], [1, 0]), "only one arm"),
        (([1, 2], [0, 0]), ([3], [0]), "no event was seen"),
        (([1, 2], [0, 0]), ([5, 9], [1, 1]), "one arm alone was at risk"),
        (([4, 4], [1, 1]), ([4], [1]), "one arm alone was at risk"),
    ],
)
def test_arms_that_cannot_be_compared_say_why(index, reference, reason):
    found = one_step_hazard_ratio(follow_up(*index), follow_up(*reference))
    assert (found.value, found.low, found.p_value) == (None, None, None)
    assert reason in found.reason


def test_ties_only_are_hypergeometric():
    times = follow_up([4, 4, 4, 4, 4], [1, 1, 0, 0, 0])
    (part,) = subgroup_analysis(times, np.array([1, 1, 1, 0, 0], bool), ["a"] * 5).subgroups
    assert part.expected_index == pytest.approx(2 * 3 / 5)
    assert part.variance == pytest.approx(2 * 3 / 5 * 2 / 5 * 3 / 4)


def test_a_subgroup_of_one_arm_adds_nothing_but_its_counts():
    two = (follow_up([1, 4, 6, 2, 5, 9], [1, 1, 0, 1, 0, 1]), np.array([1, 1, 1, 0, 0, 0], bool))
    more = (
        follow_up([1, 4, 6, 2, 5, 9, 3, 8], [1, 1, 0, 1, 0, 1, 1, 0]),
        np.array([1, 1, 1, 0, 0, 0, 1, 1], bool),
    )
    small = subgroup_analysis(*two, ["a"] * 6)
    large = subgroup_analysis(*more, ["a"] * 6 + ["b"] * 2)
    assert large.stratified.value == pytest.approx(small.stratified.value)
    lone = large.subgroups[1]
    assert (lone.label, lone.n_index, lone.n_reference, lone.n_events_index) == ("b", 2, 0, 1)
    assert (lone.excess, lone.variance, lone.hazard_ratio.value) == (0, 0, None)
    assert lone.hazard_ratio.reason == "only one arm has patients"
    assert large.heterogeneity.p_value is None


def test_heterogeneity_is_the_spread_of_the_log_ratios_about_their_weighted_mean():
    rng = np.random.default_rng(4)
    times = FollowUp(np.ceil(rng.exponential(20, 300)), rng.random(300) < 0.6)
    labels = np.array(list("xyz"))[rng.integers(0, 3, 300)]
    found = subgroup_analysis(times, rng.random(300) < 0.5, labels)
    weights = np.array([part.variance for part in found.subgroups])
    logs = np.log([part.hazard_ratio.value for part in found.subgroups])
    mean = (weights * logs).sum() / weights.sum()
    assert np.log(found.stratified.value) == pytest.approx(mean)
    assert found.heterogeneity.statistic == pytest.approx((weights * (logs - mean) ** 2).sum())
    assert found.heterogeneity.degrees_of_freedom == 2


def test_labels_that_are_numbers_ascend_and_become_text():
    times = follow_up([1, 2, 3, 4], [1, 1, 1, 1])
    found = subgroup_analysis(times, np.array([1, 0, 1, 0], bool), np.array([10.0, 2.0, 10.0, 2.0]))
    assert [part.label for part in found.subgroups] == ["2", "10"]
    found = subgroup_analysis(times, np.array([1, 0, 1, 0], bool), ["b", "B", "a", "é"])
    assert [part.label for part in found.subgroups] == ["B", "a", "b", "é"]


def test_nobody_and_unknown_subgroups_are_refused():
    with pytest.raises(NotEstimable):
        subgroup_analysis(follow_up([], []), np.array([], bool), [])
    with pytest.raises(OutOfRange):
        subgroup_analysis(follow_up([1], [1]), np.array([True]), [float("nan")])
    with pytest.raises(ValueError, match="one column each"):
        subgroup_analysis(follow_up([1], [1]), np.array([True]), ["a", "b"])


def by_hand(times, is_index, labels):
    """U and V, risk set by risk set."""
    excess = variance = 0.0
    for label in set(labels.tolist()):
        chosen = labels == label
        for t in set(times.months[chosen & times.event].tolist()):
            at_risk = chosen & (times.months >= t)
            dies = at_risk & (times.months == t) & times.event
            n, n1, d = at_risk.sum(), (at_risk & is_index).sum(), dies.sum()
            a = (dies & is_index).sum()
            if n < 2:
                continue
            excess, variance = excess + a - d * n1 / n, variance + d * n1 * (n - n1) * (n - d) / n**2 / (n - 1)
    return excess, variance


@given(ROWS)
def test_sums_over_risk_sets_equal_the_tables_one_by_one(rows):
    times, is_index, labels = columns(rows)
    found = subgroup_analysis(times, is_index, labels)
    assert (found.excess, found.variance) == pytest.approx(by_hand(times, is_index, labels), abs=1e-12)


@given(ROWS)
def test_the_test_over_all_subgroups_is_the_stratified_log_rank(rows):
    times, is_index, labels = columns(rows)
    found = subgroup_analysis(times, is_index, labels)
    if is_index.all() or not is_index.any():
        assert found.stratified.value is None
        return
    groups = [times.where(is_index), times.where(~is_index)]
    test = log_rank(groups, strata=[labels[is_index], labels[~is_index]])
    assert found.test.statistic == pytest.approx(test.statistic, abs=1e-9)
    assert found.stratified.p_value == pytest.approx(test.p_value) if test.p_value else True


@given(ROWS, st.sampled_from([0.25, 30.4375]), st.randoms(use_true_random=False))
def test_row_order_and_time_units_do_not_matter(rows, factor, random):
    times, is_index, labels = columns(rows)
    order = list(range(len(rows)))
    random.shuffle(order)
    changed = FollowUp(times.months[order] * factor, times.event[order])
    first, second = (
        subgroup_analysis(times, is_index, labels),
        subgroup_analysis(changed, is_index[order], labels[order]),
    )
    ours, theirs = first.stratified, second.stratified
    assert (ours.value is None) == (theirs.value is None)
    if ours.value is not None:
        assert (ours.value, ours.high or 0) == pytest.approx((theirs.value, theirs.high or 0))


@given(ROWS)
def test_exchanging_the_arms_inverts_every_ratio(rows):
    times, is_index, labels = columns(rows)
    ours, theirs = subgroup_analysis(times, is_index, labels), subgroup_analysis(times, ~is_index, labels)
    assert ours.excess == pytest.approx(-theirs.excess, abs=1e-9)
    a, b = ours.stratified, theirs.stratified
    assert not (a.is_estimable and b.is_estimable) or a.value * b.value == pytest.approx(1)
