import numpy as np
import pytest

from deeptepp.errors import MissingColumn, OutOfRange
from deeptepp.stats.treatment.balance import SmdDenominator, _above_limit, balance_of
from deeptepp.stats.treatment.matching import match_pairs

AGE = np.array([40.0, 50.0, 60.0, 50.0, 70.0, 90.0])
TREATED = np.array([True, True, True, False, False, False])
# Rows 1 and 3 are paired, 2 and 4 are paired.
PAIRS = match_pairs([9.0, 0.1, 0.5, 0.1, 0.5, -9.0], TREATED, caliper_sd=0.1)


def one(values, denominator):
    return balance_of({"x": values}, TREATED, PAIRS, denominator=denominator).rows[0]


@pytest.mark.parametrize(
    ("denominator", "before", "after"),
    [
        # Means 50 and 70, variances 100 and 400; matched 50, 60 against 50, 70: variances 50 and 200.
        (SmdDenominator.ATT, -20 / 10, -5 / 10),
        (SmdDenominator.POOLED, -20 / np.sqrt(250), -5 / np.sqrt(250)),
        (SmdDenominator.POOLED_OWN, -20 / np.sqrt(250), -5 / np.sqrt(125)),
    ],
)
def test_each_denominator_by_hand(denominator, before, after):
    row = one(AGE, denominator)
    assert row.smd_before == pytest.approx(before)
    assert row.smd_after == pytest.approx(after)
    assert row.variance_ratio_before == pytest.approx(100 / 400)
    assert row.variance_ratio_after == pytest.approx(50 / 200)


def test_distance_of_distributions_by_hand():
    row = one(AGE, SmdDenominator.ATT)
    assert row.ks_before == pytest.approx(2 / 3)  # at 60 all of the index, a third of the reference
    assert row.ks_after == pytest.approx(1 / 2)


def test_yes_no_uses_the_variance_of_a_share_and_has_no_variance_ratio():
    row = one(np.array([1, 0, 0, 1, 1, 0]), SmdDenominator.ATT)
    assert row.is_binary
    assert row.smd_before == pytest.approx((1 / 3 - 2 / 3) / np.sqrt(1 / 3 * 2 / 3))
    assert row.variance_ratio_before is None
    assert row.ks_before == pytest.approx(1 / 3)


def test_a_category_has_one_row_for_every_level():
    stage = ["IIA", "I", "I", "I", "IIB", "IIB"]
    balance = balance_of({"stage": stage}, TREATED, PAIRS)
    assert [row.name for row in balance.rows] == ["stageI", "stageIIA", "stageIIB"]
    assert sum(row.mean_index_before for row in balance.rows) == pytest.approx(1)


def test_numbers_can_be_taken_for_categories():
    balance = balance_of({"grade": [1.0, 2.0, 3.0, 1.0, 2.0, 3.0]}, TREATED, PAIRS, categories=["grade"])
    assert [row.name for row in balance.rows] == ["grade1", "grade2", "grade3"]


def test_without_matching_only_before_is_known():
    balance = balance_of({"x": AGE}, TREATED, None)
    assert balance.rows[0].smd_after is None
    assert balance.n_pairs is None
    assert balance.largest_after is None
    assert "not matched" in balance.sentence


def test_matching_without_a_pair_leaves_nothing_to_compare():
    nobody = match_pairs([0.0, 1.0, 2.0, 10.0, 11.0, 12.0], TREATED, caliper_sd=0)
    balance = balance_of({"x": AGE}, TREATED, nobody)
    assert balance.n_pairs == 0
    assert balance.rows[0].mean_index_after is None


def test_what_does_not_vary_has_no_standardised_difference():
    row = one(np.full(6, 3.0), SmdDenominator.ATT)
    assert row.smd_before is None
    assert row.variance_ratio_before is None


def test_one_index_patient_has_no_standard_deviation():
    row = balance_of({"x": [5.0, 1.0, 2.0]}, [True, False, False], None).rows[0]
    assert row.smd_before is None
    assert row.variance_ratio_before is None


def test_the_largest_difference_and_its_denominator_are_named():
    balance = balance_of({"flat": np.array([1.0, 2, 3, 1, 2, 3]), "x": AGE}, TREATED, PAIRS)
    assert balance.largest_after.name == "flat"  # 2, 3 against 1, 2: one SD; x has half of one
    assert balance.largest_before.name == "x"
    assert "2 pairs" in balance.sentence
    assert "SD of the index group before matching" in balance.sentence


@pytest.mark.parametrize(("smd", "said"), [(0.2541, "0.254"), (0.250003, "0.250003"), (-0.31, "0.31")])
def test_a_difference_above_the_limit_is_written_so_that_it_is_seen_to_be(smd, said):
    assert _above_limit(smd) == said


def test_row_order_does_not_matter():
    order = np.array([3, 5, 0, 1, 4, 2])
    logit = np.array([9.0, 0.1, 0.5, 0.12, 0.52, -9.0])
    own = balance_of({"x": AGE}, TREATED, match_pairs(logit, TREATED, caliper_sd=0.1))
    pairs = match_pairs(logit[order], TREATED[order], caliper_sd=0.1)
    assert balance_of({"x": AGE[order]}, TREATED[order], pairs).rows[0].smd_after == pytest.approx(
        own.rows[0].smd_after
    )


def test_missing_numbers_and_unknown_categories_are_refused():
    with pytest.raises(OutOfRange):
        balance_of({"x": np.array([np.nan, 1, 2, 3, 4, 5])}, TREATED, None)
    with pytest.raises(MissingColumn):
        balance_of({"x": AGE}, TREATED, None, categories=["grade"])
