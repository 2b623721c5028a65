import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeptepp.errors import OutOfRange
from deeptepp.stats.treatment.matching import match_pairs

PATIENTS = st.lists(st.tuples(st.integers(-6, 6), st.booleans()), min_size=2, max_size=30)


def pairs_of(matched):
    return set(zip(matched.index.tolist(), matched.reference.tolist(), strict=True))


def by_scanning(logit, treated, caliper):
    """The rule as it is written, one comparison after the other."""
    order = sorted(range(len(logit)), key=lambda i: logit[i])
    free, pairs = {i for i in range(len(logit)) if not treated[i]}, set()
    for patient in sorted((i for i in range(len(logit)) if treated[i]), key=lambda i: -logit[i]):
        at = order.index(patient)
        left = next((i for i in reversed(order[:at]) if i in free), None)
        right = next((i for i in order[at + 1 :] if i in free), None)
        away = {i: abs(logit[i] - logit[patient]) for i in (left, right) if i is not None}
        if not away:
            continue
        chosen = left if left is not None and (right is None or away[left] <= away[right]) else right
        if away[chosen] <= caliper:
            pairs.add((patient, chosen))
            free.remove(chosen)
    return pairs


def test_pairs_worked_by_hand():
    # Largest first: row 1 (2.0) takes 1.8 and not 2.5; row 0 (1.9) then has 2.5 (0.6) before 1.0 (0.9).
    logit = [1.9, 2.0, 1.8, 2.5, 1.0]
    matched = match_pairs(logit, [True, True, False, False, False], caliper_sd=None)
    assert pairs_of(matched) == {(1, 2), (0, 3)}
    assert matched.distances.tolist() == pytest.approx([0.6, 0.2])
    assert matched.caliper is None
    assert "no caliper" in matched.method


def test_left_wins_where_both_are_equally_far():
    matched = match_pairs([0.0, 1.0, -1.0], [True, False, False], caliper_sd=None)
    assert pairs_of(matched) == {(0, 2)}


def test_equal_logits_choose_in_the_order_of_the_data():
    matched = match_pairs([1.0, 1.0, 1.0, 5.0], [True, True, False, False], caliper_sd=0)
    assert pairs_of(matched) == {(0, 2)}
    assert matched.n_unmatched == 1


def test_among_equal_controls_the_nearest_in_sorted_order_is_taken():
    # Sorted: control 0, control 1, index 2, control 3, all with one logit: left of the index stands control 1.
    matched = match_pairs([1.0, 1.0, 1.0, 1.0], [False, False, True, False], caliper_sd=0)
    assert pairs_of(matched) == {(2, 1)}


def test_the_caliper_is_a_share_of_the_standard_deviation_of_everybody():
    logit = [0.0, 1.0, 2.0, 3.0]
    matched = match_pairs(logit, [True, False, False, False], caliper_sd=0.5)
    assert matched.sd_logit == pytest.approx(np.std(logit, ddof=1))
    assert matched.caliper == pytest.approx(0.5 * matched.sd_logit)
    assert matched.n_pairs == 0
    assert match_pairs(logit, [True, False, False, False], caliper_sd=0.8).n_pairs == 1


def test_a_pair_exactly_at_the_caliper_counts():
    logit = np.array([0.0, 2.0])  # SD is sqrt(2)
    assert match_pairs(logit, [True, False], caliper_sd=2 / np.sqrt(2)).n_pairs == 1


def test_a_caliper_of_zero_pairs_equal_logits_only():
    matched = match_pairs([0.1, 0.2, 0.1, 0.3], [True, True, False, False], caliper_sd=0)
    assert pairs_of(matched) == {(0, 2)}


@pytest.mark.parametrize(("treated", "n_unmatched"), [([True, True], 2), ([False, False], 0)])
def test_one_group_alone_has_no_pairs(treated, n_unmatched):
    matched = match_pairs([0.1, 0.1], treated)
    assert matched.n_pairs == 0
    assert matched.n_unmatched == n_unmatched


def test_nobody_has_no_pairs():
    assert match_pairs([], []).n_pairs == 0


def test_partners_share_their_stratum_and_a_stratum_without_controls_stays_alone():
    logit = [0.0, 0.1, 0.0, 0.05, 0.2]
    stratum = ["a", "b", "b", "c", "b"]
    matched = match_pairs(logit, [True, True, False, True, False], caliper_sd=None, exact=stratum)
    assert pairs_of(matched) == {(1, 2)}
    assert matched.n_unmatched == 2
    assert "inside strata" in matched.method


def test_strata_keep_the_caliper_of_the_whole_sample():
    logit, treated = [0.0, 0.5, 10.0, 10.5], [True, False, True, False]
    matched = match_pairs(logit, treated, caliper_sd=0.1, exact=[1, 1, 2, 2])
    assert matched.caliper == pytest.approx(0.1 * np.std(logit, ddof=1))
    assert matched.n_pairs == 2


@given(PATIENTS, st.sampled_from([None, 0.0, 0.2, 1.0]))
def test_the_pairs_are_those_of_the_rule_as_written(patients, caliper_sd):
    logit, treated = [float(x) for x, _ in patients], [t for _, t in patients]
    matched = match_pairs(logit, treated, caliper_sd=caliper_sd)
    caliper = np.inf if caliper_sd is None else matched.caliper
    assert pairs_of(matched) == by_scanning(logit, treated, caliper)
    assert len(set(matched.reference.tolist())) == matched.n_pairs


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=25, unique=True), st.randoms(use_true_random=False))
def test_row_order_does_not_matter_where_logits_are_distinct(logit, random):
    treated = [random.random() < 0.4 for _ in logit]
    order = list(range(len(logit)))
    random.shuffle(order)
    own = pairs_of(match_pairs(logit, treated, caliper_sd=None))
    moved = match_pairs([logit[i] for i in order], [treated[i] for i in order], caliper_sd=None)
    assert {(order[i], order[j]) for i, j in pairs_of(moved)} == own


def test_a_hundred_thousand_patients_take_seconds():
    rng = np.random.default_rng(0)
    logit = np.round(rng.normal(size=100_000), 3)
    treated = rng.random(100_000) < 0.45
    began = time.process_time()
    matched = match_pairs(logit, treated)
    assert time.process_time() - began < 3
    assert matched.n_pairs > 40_000


def test_what_cannot_be_matched_is_refused():
    with pytest.raises(OutOfRange):
        match_pairs([0.0, np.nan], [True, False])
    with pytest.raises(OutOfRange):
        match_pairs([0.0, 1.0], [True, False], caliper_sd=-0.1)
    with pytest.raises(ValueError, match="one length"):
        match_pairs([0.0, 1.0], [True, False], exact=["a"])
