from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaln

from deeptepp.domain.cohort import ARM, TIER, Arm
from deeptepp.simulate.published_facts import COUNTS
from deeptepp.simulate.simulated_cohort import simulate_cohort
from deeptepp.stats.patient_groups import Grouping
from deeptepp.stats.patients.group_difference import (
    CHI_SQUARE,
    FISHER,
    FREEMAN_HALTON,
    compare_counts,
    compare_samples,
    distance_of_counts,
    distance_of_samples,
)
from deeptepp.stats.patients.patient_facts import SUBTYPE, cohort_table_one, duplicate_facts, patient_facts
from deeptepp.stats.patients.table_one import table_one
from deeptepp.stats.treatment.balance import SmdDenominator, balance_of

COUNTED = st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3), min_size=2, max_size=4)


@pytest.fixture(scope="module")
def patients():
    return simulate_cohort(seed=1)


def category(name, labels, values):
    return Grouping(name, tuple(labels), np.array(values, dtype=object))


# Tests across groups


def test_chi_square_is_worked_by_hand_without_continuity_correction():
    # Expected 15 in each cell: 4 * 5^2 / 15.
    found = compare_counts([[10, 20], [20, 10]])
    assert found.method == CHI_SQUARE
    assert found.statistic == pytest.approx(20 / 3)
    assert found.degrees_of_freedom == 1
    assert found.p_value == pytest.approx(0.009823, abs=1e-6)


def test_a_small_two_by_two_table_is_tested_by_fisher():
    # The lady tasting tea, 3 of 4 right: (16 + 1) / 70 on either side.
    found = compare_counts([[3, 1], [1, 3]])
    assert found.method == FISHER
    assert found.p_value == pytest.approx(34 / 70)


def test_a_small_larger_table_is_near_the_sum_over_all_tables_and_the_same_twice():
    table = np.array([[4, 1, 0], [1, 3, 3]])
    found = compare_counts(table)
    assert found.method == FREEMAN_HALTON
    assert found.p_value == compare_counts(table).p_value
    assert found.p_value == pytest.approx(exact_p(table), abs=0.01)


def exact_p(table):
    """Add the probabilities of all tables of two rows with these margins that are no more probable."""
    columns, first = table.sum(axis=0), table[0].sum()
    probability = {}
    for row in product(*(range(n + 1) for n in columns)):
        if sum(row) == first:
            cells = np.array([row, columns - row])
            probability[row] = np.exp(-gammaln(cells + 1.0).sum())
    observed = probability[tuple(table[0])]
    return sum(p for p in probability.values() if p <= observed * (1 + 1e-7)) / sum(probability.values())


def test_levels_and_groups_without_patients_change_nothing():
    bare = compare_counts([[10, 20], [20, 10]])
    assert compare_counts([[10, 0, 20], [0, 0, 0], [20, 0, 10]]) == bare


@pytest.mark.parametrize(
    ("counts", "reason"),
    [([[3, 4]], "fewer than two groups"), ([[3], [4]], "equal"), ([[0, 0], [2, 3]], "groups")],
)
def test_what_cannot_be_compared_has_a_reason_and_no_p(counts, reason):
    found = compare_counts(counts)
    assert found.p_value is None
    assert reason in found.reason


def test_kruskal_wallis_is_worked_by_hand():
    # Rank sums 6 and 15: 12 / (6 * 7) * (36 / 3 + 225 / 3) - 3 * 7.
    found = compare_samples([[1.0, 2, 3], [4.0, 5, 6]])
    assert found.statistic == pytest.approx(27 / 7)
    assert found.degrees_of_freedom == 1
    assert compare_samples([[1.0, 1], [1.0]]).p_value is None
    assert compare_samples([[1.0, 2], []]).p_value is None


@given(COUNTED)
@settings(max_examples=25)
def test_the_order_of_groups_and_levels_does_not_matter(counts):
    there, back = compare_counts(counts), compare_counts(np.array(counts)[::-1, ::-1])
    assert (there.p_value is None) == (back.p_value is None)
    if there.p_value is not None:
        assert 0 < there.p_value <= 1
        assert back.p_value == pytest.approx(there.p_value, abs=0.03 if there.method == FREEMAN_HALTON else 1e-9)


# Distances


def test_the_distance_of_numbers_is_that_of_balance():
    numbers = np.array([1.0, 2, 4, 7, 3, 9, 5])
    is_index = np.array([1, 1, 1, 0, 0, 0, 0], bool)
    there = balance_of({"x": numbers}, is_index, None, denominator=SmdDenominator.POOLED).rows[0].smd_before
    assert distance_of_samples([numbers[is_index], numbers[~is_index]]).value == pytest.approx(abs(there))


def test_the_distance_of_two_levels_is_that_of_shares():
    # 0.3 against 0.6: 0.3 / sqrt((0.21 + 0.24) / 2).
    found = distance_of_counts([[3, 7], [12, 8]])
    assert found.value == pytest.approx(0.3 / np.sqrt(0.225))
    assert found.groups == (0, 1)


def test_of_three_groups_the_two_farthest_apart_are_named():
    found = distance_of_counts([[5, 5], [6, 4], [9, 1]])
    assert found.groups == (0, 2)
    samples = [[1.0, 2, 3], [2.0, 3, 4], [11.0, 12, 13]]
    assert distance_of_samples(samples).groups == (0, 2)


def test_groups_that_share_no_level_have_no_finite_distance():
    found = distance_of_counts([[5, 0, 0], [0, 3, 2]])
    assert found.value is None
    assert "no level" in found.reason
    assert distance_of_samples([[1.0, 1], [2.0, 2]]).value is None
    assert distance_of_samples([[1.1, 1.1, 1.1], [1.1, 1.1]]).value == 0


@given(COUNTED)
@settings(max_examples=25)
def test_a_distance_is_positive_and_0_between_equals(counts):
    value = distance_of_counts(counts).value
    assert value is None or value >= 0
    if sum(counts[0]):
        assert distance_of_counts([counts[0], counts[0]]).value == pytest.approx(0, abs=1e-6)


# The table


def test_summaries_are_worked_by_hand_and_what_is_unknown_is_counted():
    table = table_one(
        ["a", "a", "a", "b", "", "a"],
        ["b", "a", "c"],
        numbers={"x": [1.0, 2.0, 6.0, 5.0, 7.0, np.nan]},
        categories={"k": (("yes", "no"), ["yes", "no", "yes", "", "no", "other"])},
    )
    assert table.groups == ("b", "a")
    assert table.n_by_group == (1, 4)
    assert table.n_ungrouped == 1
    one, several = table.numbers[0].groups
    assert (one.n, one.median, one.sd) == (1, 5, None)
    assert (several.n, several.n_missing) == (3, 1)
    assert (several.median, several.quartile_1, several.quartile_3) == (2, 1.5, 4)
    assert (several.mean, several.lowest, several.highest) == (3, 1, 6)
    assert several.sd == pytest.approx(np.sqrt(7))
    assert table.numbers[0].overall.n == 5
    none, known = table.categories[0].groups
    assert (none.counts, none.n_missing, none.share(0)) == ((0, 0), 1, None)
    assert (known.counts, known.n_missing, known.share(0)) == ((2, 1), 1, 2 / 3)
    assert table.categories[0].overall.counts == (2, 2)


def test_nobody_is_described_without_a_number():
    table = table_one([], ["a"], numbers={"x": []}, categories={"k": (("yes", "no"), [])})
    assert table.groups == ()
    assert table.numbers[0].overall.median is None
    assert table.numbers[0].test.p_value is None
    assert table.categories[0].distance.value is None


def test_the_simulated_cohort_has_the_published_counts(patients):
    table = cohort_table_one(patients)
    assert dict(zip(table.groups, table.n_by_group, strict=True)) == {arm.value: COUNTS[arm].n for arm in Arm}
    menopause = next(row for row in table.categories if row.name == "Menopause")
    assert [each.counts[0] for each in menopause.groups] == [COUNTS[arm].premenopausal for arm in Arm]
    assert "Anti-HER2 therapy" not in [row.name for row in table.categories]


def test_the_order_of_the_rows_does_not_matter(patients):
    order = np.random.default_rng(0).permutation(len(patients))
    there, back = cohort_table_one(patients), cohort_table_one(patients.where(order))
    assert [row.test.p_value for row in back.categories] == [row.test.p_value for row in there.categories]
    for left, right in zip(there.numbers, back.numbers, strict=True):
        assert right.test.p_value == pytest.approx(left.test.p_value)
        assert right.overall.median == left.overall.median


def test_another_column_makes_the_groups_and_the_treatment_becomes_a_fact(patients):
    tier = np.where(np.arange(len(patients)) % 3 == 0, "High", "Low").astype(object)
    tier[:10] = None
    table = cohort_table_one(patients.with_columns(**{TIER: tier}), TIER)
    assert table.groups == ("Low", "High")
    assert table.n_ungrouped == 10
    assert "Anti-HER2 therapy" in [row.name for row in table.categories]
    assert cohort_table_one(patients, "absent").groups == ()


def test_unknown_treatments_make_no_group(patients):
    arm = patients[ARM].astype(object)
    arm[:100] = "unknown"
    table = cohort_table_one(patients.with_columns(**{ARM: arm}))
    assert table.groups == ("none", "T", "T+P")
    assert table.n_ungrouped == 100
    facts = {each.name: each for each in patient_facts(patients.with_columns(**{ARM: arm}))}
    assert facts["Anti-HER2 therapy"].n_unknown == 100


# Facts that say the same twice


def test_er_status_and_subtype_are_one_fact_where_pr_lies_inside_er(patients):
    found = duplicate_facts(patient_facts(patients))
    assert [(each.first, each.second, each.n) for each in found] == [("ER", SUBTYPE, 726)]
    assert "one of them must leave a model" in found[0].sentence
    other = patients["pr_positive"].copy()
    other[np.flatnonzero(~patients["er_positive"])[0]] = True
    assert duplicate_facts(patient_facts(patients.with_columns(pr_positive=other))) == ()


def test_names_of_groups_and_unknown_patients_do_not_hide_a_duplicate():
    first = category("a", ("x", "y"), ["x", "y", "x", ""])
    second = category("b", ("1", "2"), ["2", "1", "2", "1"])
    assert [each.n for each in duplicate_facts([first, second])] == [3]


def test_facts_that_divide_nobody_known_alike_are_no_duplicates():
    first = category("a", ("x", "y"), ["x", "x", "", "y"])
    second = category("b", ("1", "2"), ["1", "1", "2", ""])
    assert duplicate_facts([first, second]) == ()


def test_the_subtype_is_known_from_one_positive_receptor(patients):
    er = patients["er_positive"].astype(float)
    pr = patients["pr_positive"].astype(float)
    er[pr == 1] = np.nan
    subtype = next(each for each in patient_facts(patients.with_columns(er_positive=er)) if each.name == SUBTYPE)
    assert subtype.n_unknown == 0
    assert set(subtype.of_patient[pr == 1]) == {"HR positive"}
    er[:] = np.nan
    names = [each.name for each in patient_facts(patients.with_columns(er_positive=er))]
    assert SUBTYPE not in names
