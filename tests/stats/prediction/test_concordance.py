import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifelines.utils import concordance_index
from survival_samples import PATIENTS, cohort, comparable_pairs, watched

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import OutOfRange
from deeptepp.stats.prediction.concordance import NO_PAIR, ONE_SIDED, harrell_c, uno_c
from deeptepp.stats.prediction.order_counts import sums_below


def by_pairs(follow_up, x, horizon, weight):
    agreeing = total = 0.0
    for i, j in comparable_pairs(follow_up, horizon):
        w = weight(follow_up.months[i])
        total += w
        agreeing += w * ((x[i] > x[j]) + (x[i] == x[j]) / 2)
    return agreeing / total if total else None


def test_pairs_are_counted_by_hand():
    # Events at 1 (marker 3), 2 (2), 2 (2); censored at 2 (2) and 5 (4).
    # The first is above three later patients and below one. Each event at 2 ties in the marker with the censoring
    # at 2 and is below the patient of 5. The two events at 2 tie in time and marker.
    found = harrell_c(
        FollowUp(np.array([1.0, 2, 2, 2, 5]), np.array([True, True, True, False, False])), [3, 2, 2, 2, 4]
    )
    counts = found.counts
    assert (counts.concordant, counts.discordant, counts.tied_marker) == (3, 3, 2)
    assert (counts.tied_time, counts.tied_both) == (0, 1)
    assert found.index.value == 0.5
    assert (found.index.n, found.index.n_events, counts.n_comparable) == (5, 3, 8)


def test_the_jackknife_error_is_that_of_the_influence_of_each_patient():
    # Events at 1, 2, 3 with markers 3, 1, 2: pairs (1,2) and (1,3) right, (2,3) wrong; C = 2/3 of 3 pairs.
    # Right pairs less C times pairs of each patient: 2 - 4/3, 1 - 4/3, 1 - 4/3; over 3 pairs.
    found = harrell_c(FollowUp(np.array([1.0, 2, 3]), np.array([True] * 3)), [3, 1, 2])
    assert found.index.value == pytest.approx(2 / 3)
    assert found.standard_error == pytest.approx(np.sqrt(4 / 9 + 1 / 9 + 1 / 9) / 3)
    assert 0 < found.index.low < 2 / 3 < found.index.high < 1


@given(PATIENTS, st.sampled_from([None, 3.0, 5.5, 20.0]))
def test_both_indices_are_those_of_looking_at_every_pair(rows, horizon):
    follow_up, x = cohort(rows)
    end = np.inf if horizon is None else horizon
    harrell, uno = (index(follow_up, x, horizon_months=horizon).index for index in (harrell_c, uno_c))
    assert harrell.value == pytest.approx(by_pairs(follow_up, x, end, lambda t: 1.0))
    expected = by_pairs(follow_up, x, end, lambda t: watched(follow_up, t, included=False) ** -2.0)
    assert uno.value == pytest.approx(expected)
    if harrell.value is None:
        assert harrell.reason == uno.reason == NO_PAIR


@given(PATIENTS, st.randoms())
def test_order_of_rows_unit_of_time_and_scale_of_the_marker_do_not_matter(rows, random):
    follow_up, x = cohort(rows)
    order = random.sample(range(len(rows)), len(rows))
    other = FollowUp(follow_up.months[order] * 30.4375, follow_up.event[order])
    for index in (harrell_c, uno_c):
        first, second = index(follow_up, x), index(other, np.exp(x[order]))
        assert first.counts == second.counts
        assert first.index.value == pytest.approx(second.index.value)
        assert first.index.low == pytest.approx(second.index.low)


@given(PATIENTS)
def test_a_marker_turned_round_turns_the_index_round(rows):
    follow_up, x = cohort(rows)
    for index in (harrell_c, uno_c):
        there, back = index(follow_up, x).index, index(follow_up, -x).index
        if there.value is not None:
            assert there.value + back.value == pytest.approx(1)


@given(PATIENTS)
def test_strata_compare_inside_only(rows):
    follow_up, x = cohort(rows)
    strata = np.arange(follow_up.n) % 2
    parts = [harrell_c(follow_up.where(strata == s), x[strata == s]).counts for s in (0, 1)]
    whole = harrell_c(follow_up, x, strata=strata)
    assert whole.counts.n_comparable == sum(part.n_comparable for part in parts)
    assert whole.counts.concordant == sum(part.concordant for part in parts)


def test_without_censoring_both_indices_agree():
    rng = np.random.default_rng(0)
    follow_up, x = FollowUp(rng.exponential(size=50), np.ones(50, dtype=bool)), rng.normal(size=50)
    assert harrell_c(follow_up, x).index.value == pytest.approx(uno_c(follow_up, x).index.value)


@pytest.mark.parametrize(
    ("months", "event"),
    [([5.0], [True]), ([1.0, 2, 3], [False] * 3), ([2.0] * 4, [True] * 4), ([2.0] * 3, [False] * 3), ([], [])],
)
@pytest.mark.parametrize("index", [harrell_c, uno_c])
def test_where_nobody_can_be_compared_there_is_a_reason_instead_of_an_index(index, months, event):
    found = index(FollowUp(np.array(months), np.array(event, dtype=bool)), np.arange(len(months)))
    assert (found.index.value, found.index.low, found.standard_error) == (None, None, None)
    assert found.index.reason == NO_PAIR


def test_pairs_that_all_agree_have_an_index_and_no_interval():
    found = harrell_c(FollowUp(np.array([1.0, 2, 3]), np.array([True, True, False])), [3, 2, 1])
    assert (found.index.value, found.index.low, found.index.reason) == (1.0, None, ONE_SIDED)


def test_equal_markers_give_one_half_and_no_interval():
    found = harrell_c(FollowUp(np.array([1.0, 2, 3]), np.array([True, True, False])), [1, 1, 1])
    assert (found.index.value, found.index.low) == (0.5, None)
    assert found.index.reason


def test_a_horizon_beyond_follow_up_is_said():
    follow_up = FollowUp(np.array([1.0, 2, 3, 4]), np.array([True, True, False, True]))
    assert "ends at 4 months" in uno_c(follow_up, [2, 3, 1, 0], horizon_months=60).index.reason
    assert harrell_c(follow_up, [2, 3, 1, 0], horizon_months=1.5).index.n_events == 1


def test_impossible_input_is_refused():
    follow_up = FollowUp(np.array([1.0, 2]), np.array([True, False]))
    with pytest.raises(OutOfRange):
        harrell_c(follow_up, [1, np.nan])
    with pytest.raises(OutOfRange):
        uno_c(follow_up, [1, 2], horizon_months=0)
    with pytest.raises(ValueError, match="one column"):
        harrell_c(follow_up, [1, 2, 3])
    with pytest.raises(ValueError, match="strata"):
        harrell_c(follow_up, [1, 2], strata=[1])


@pytest.mark.parametrize(
    ("name", "marker", "sign"),
    [
        ("veteran", "karno", -1),
        ("veteran", "age", 1),
        ("veteran", "diagtime", 1),
        ("lung", "karno", -1),
        ("lung", "ecog", 1),
        ("lung", "wtloss", 1),
        ("ovarian", "age", 1),
        ("ovarian", "rx", -1),
        ("gbsg", "nodes", 1),
        ("gbsg", "pgr", -1),
    ],
)
def test_harrell_agrees_with_lifelines(name, marker, sign):
    path = Path(__file__).parents[4] / "shared" / "oracle" / "data" / f"{name}.csv"
    if not path.exists():
        pytest.skip(f"the public data sets are not beside the checkout ({path.name})")
    kept = pd.read_csv(path)[["time", "status", marker]].dropna()
    months, event = kept["time"].to_numpy(float), kept["status"].to_numpy(float) == 1
    x = sign * kept[marker].to_numpy(float)
    ours = harrell_c(FollowUp(months, event), x).index.value
    assert ours == pytest.approx(concordance_index(months, -x, event), rel=0, abs=1e-12)


def test_a_hundred_thousand_patients_take_a_second_or_two():
    rng = np.random.default_rng(1)
    n = 100_000
    follow_up = FollowUp(np.round(rng.exponential(50, n), 1), rng.random(n) < 0.3)
    x = rng.normal(size=n)
    began = time.process_time()
    found = uno_c(follow_up, x, horizon_months=60)
    assert time.process_time() - began < 5
    assert found.index.value == pytest.approx(0.5, abs=0.01)


def test_counts_beyond_32_bits_do_not_overflow():
    n = 70_000
    weights = np.ones(n, dtype=np.int64)
    found = sums_below(np.arange(n), weights, np.full(n, n), np.arange(n))
    assert found.sum() == n * (n - 1) // 2
