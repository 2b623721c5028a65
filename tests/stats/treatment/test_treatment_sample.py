import numpy as np
import pytest
from treated_cohorts import cohort_of, tiered

from deeptepp.domain.cohort import ARM, RFS_EVENT, RFS_MONTHS, TIER, Arm, Endpoint
from deeptepp.domain.risk import Tier
from deeptepp.errors import MissingColumn
from deeptepp.stats.treatment.treatment_question import (
    T_VS_NONE,
    TP_VS_T,
    TREATED_VS_NONE,
    Matching,
    TreatmentQuestion,
)
from deeptepp.stats.treatment.treatment_sample import baseline_covariates, sample_treatments


@pytest.fixture(scope="module")
def cohort():
    return tiered(seed=1)


def test_the_published_matching_uses_stage_and_follow_up_and_cuts_nothing(cohort):
    sample = sample_treatments(cohort, TP_VS_T, tiers=[Tier.HIGH], matching=Matching.PAPER)
    assert sample.covariates == ("stage", "rfs_months")
    assert sample.horizon_months is None
    assert sample.follow_up_reference.months.max() > 24
    assert sample.pairs.n_pairs == len(sample.index) == len(sample.reference)
    assert [level.level for level in sample.dropped] == ["I"]
    assert sample.dropped[0].n_index == 0


def test_pairs_are_rows_of_the_cohort_with_the_right_arms_and_tier(cohort):
    sample = sample_treatments(cohort, TP_VS_T, tiers=[Tier.HIGH], matching=Matching.DEFAULT)
    assert set(cohort[ARM][sample.index]) == {"T+P"}
    assert set(cohort[ARM][sample.reference]) == {"T"}
    assert set(cohort[TIER][np.r_[sample.index, sample.reference]]) == {"High"}
    assert len(set(sample.reference.tolist())) == len(sample.reference)


def test_the_default_matching_never_sees_follow_up(cohort):
    rng = np.random.default_rng(0)
    other = cohort.with_columns(
        rfs_months=rng.permutation(cohort[RFS_MONTHS]), rfs_event=rng.permutation(cohort[RFS_EVENT])
    )
    own, moved = (sample_treatments(c, TP_VS_T, tiers=[Tier.HIGH]) for c in (cohort, other))
    assert own.index.tolist() == moved.index.tolist()
    assert own.reference.tolist() == moved.reference.tolist()


@pytest.mark.parametrize("matching", [Matching.DEFAULT, Matching.OFF])
def test_both_arms_are_cut_at_the_common_horizon(cohort, matching):
    sample = sample_treatments(cohort, TP_VS_T, tiers=[Tier.HIGH], matching=matching)
    assert sample.horizon_months == 24
    assert sample.follow_up_index.months.max() <= 24
    assert sample.follow_up_reference.months.max() <= 24


def test_a_short_arm_lowers_the_horizon_and_says_so():
    months = np.r_[np.full(10, 12.0), np.full(10, 80.0)]
    cohort = cohort_of(["T+P"] * 10 + ["T"] * 10, months, np.zeros(20))
    sample = sample_treatments(cohort, TP_VS_T, matching=Matching.OFF)
    assert sample.horizon_months == 12
    assert "12.0 months" in sample.warnings[-1]


def test_without_matching_everybody_with_follow_up_is_compared():
    months = np.array([12.0, np.nan, 30.0, 40.0])
    cohort = cohort_of(["T+P", "T+P", "T", "none"], months, np.zeros(4))
    sample = sample_treatments(cohort, TP_VS_T, matching=Matching.OFF)
    assert sample.index.tolist() == [0]
    assert sample.reference.tolist() == [2]
    assert sample.pairs is None


def test_patients_without_a_covariate_are_left_out_of_matching_and_counted():
    rng = np.random.default_rng(5)
    age = rng.normal(55, 8, 60)
    age[:7] = np.nan
    cohort = cohort_of(["T+P", "T"] * 30, rng.uniform(10, 40, 60), np.zeros(60), age_years=age)
    sample = sample_treatments(cohort, TP_VS_T)
    assert sample.covariates == ("age_years",)
    assert not set(range(7)) & set(sample.index.tolist() + sample.reference.tolist())
    assert "7 of 60 patients lack a covariate." in sample.warnings


def test_covariates_that_separate_the_arms_together_are_given_up_last_first():
    n = 40
    rng = np.random.default_rng(2)
    arm = ["T+P"] * 20 + ["T"] * 20
    grade = np.r_[rng.normal(2, 0.1, 20), rng.normal(9, 0.1, 20)]  # separates
    cohort = cohort_of(arm, rng.uniform(10, 40, n), np.zeros(n), age_years=rng.normal(55, 8, n), grade=grade)
    sample = sample_treatments(cohort, TP_VS_T)
    assert sample.covariates == ("age_years",)
    assert any("given up: grade" in warning for warning in sample.warnings)


def test_arms_that_cannot_be_matched_leave_nobody():
    age = np.r_[np.full(5, 40.0) + np.arange(5), np.full(5, 70.0) + np.arange(5)]
    cohort = cohort_of(["T+P"] * 5 + ["T"] * 5, np.full(10, 30.0), np.zeros(10), age_years=age)
    sample = sample_treatments(cohort, TP_VS_T)
    assert len(sample.index) == 0
    assert any("Nobody could be matched" in warning for warning in sample.warnings)


def test_several_tiers_are_matched_inside_each(cohort):
    sample = sample_treatments(cohort, TP_VS_T, tiers=[Tier.MODERATE, Tier.HIGH])
    assert (cohort[TIER][sample.index] == cohort[TIER][sample.reference]).all()


def test_a_side_can_hold_two_arms(cohort):
    sample = sample_treatments(cohort, TREATED_VS_NONE, tiers=[Tier.MODERATE, Tier.HIGH], matching=Matching.OFF)
    assert set(cohort[ARM][sample.index]) == {"T", "T+P"}
    assert sample.horizon_months == 60
    assert TREATED_VS_NONE.label == "Tras or Tras+pert vs no anti-HER2 therapy"


def test_follow_up_is_that_of_the_endpoint(cohort):
    rows = sample_treatments(cohort, T_VS_NONE, endpoint=Endpoint.OS, matching=Matching.PAPER)
    assert rows.covariates == ("stage", "os_months")


def test_row_order_does_not_change_who_is_matched(cohort):
    order = np.random.default_rng(1).permutation(len(cohort))
    moved = cohort.with_columns(**{name: column[order] for name, column in cohort.columns.items()})
    for matching in (Matching.PAPER, Matching.DEFAULT):
        own = sample_treatments(cohort, TP_VS_T, tiers=[Tier.HIGH], matching=matching)
        other = sample_treatments(moved, TP_VS_T, tiers=[Tier.HIGH], matching=matching)
        subjects = cohort["subject"]
        pairs = set(zip(subjects[own.index], subjects[own.reference], strict=True))
        again = set(zip(moved["subject"][other.index], moved["subject"][other.reference], strict=True))
        # Women alike in every covariate tie, and ties go by the order of the data.
        assert len(pairs ^ again) <= 0.2 * len(pairs)
        assert len(pairs) == len(again)


def test_stage_stands_in_where_size_or_nodes_are_unknown(cohort):
    assert baseline_covariates(cohort)[:2] == ("node_stage", "tumour_size_mm")
    assert "stage" not in baseline_covariates(cohort)
    blind = cohort.with_columns(tumour_size_mm=np.full(len(cohort), np.nan))
    assert baseline_covariates(blind)[0] == "stage"
    assert "node_stage" not in baseline_covariates(blind)


def test_what_is_missing_is_named():
    cohort = cohort_of(["T+P", "T"], [20.0, 30.0], [0, 0])
    with pytest.raises(MissingColumn, match="tier"):
        sample_treatments(cohort, TP_VS_T, tiers=[Tier.HIGH])
    with pytest.raises(MissingColumn, match="stage"):
        sample_treatments(cohort, TP_VS_T, matching=Matching.PAPER)
    with pytest.raises(MissingColumn, match="weight"):
        sample_treatments(cohort, TP_VS_T, covariates=["weight"])


def test_a_question_needs_two_different_sides():
    with pytest.raises(ValueError, match="one side only"):
        TreatmentQuestion((Arm.T,), (Arm.T, Arm.NONE), 24)
