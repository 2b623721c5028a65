from dataclasses import replace

import numpy as np
import pytest
from treated_cohorts import cohort_of, tiered

from deeptepp.domain.cohort import Endpoint
from deeptepp.domain.risk import Tier
from deeptepp.stats.hazards.mantel_haenszel import subgroup_analysis
from deeptepp.stats.horizon import censor_at
from deeptepp.stats.survival.logrank import log_rank
from deeptepp.stats.treatment.balance import CovariateBalance
from deeptepp.stats.treatment.contrast_estimates import ContrastEstimates
from deeptepp.stats.treatment.covariate_names import in_words
from deeptepp.stats.treatment.evidence import EvidenceLevel
from deeptepp.stats.treatment.number_needed import number_needed
from deeptepp.stats.treatment.treatment_by_tier import contrast_by_tier
from deeptepp.stats.treatment.treatment_effect import contrast_treatments
from deeptepp.stats.treatment.treatment_question import T_VS_NONE, TP_VS_T, Matching


@pytest.fixture(scope="module")
def cohort():
    return tiered(seed=1)


def two_arms(index_events, reference_events, n=40):
    """T+P and T, n each, everybody followed for 30 months; events at 6 months."""
    event = np.r_[np.arange(n) < index_events, np.arange(n) < reference_events]
    return cohort_of(["T+P"] * n + ["T"] * n, np.where(event, 6.0, 30.0) + np.arange(2 * n) / 100, event)


def test_differences_worked_by_hand():
    contrast = contrast_treatments(two_arms(10, 20), TP_VS_T, matching=Matching.OFF)
    at_24, at_60 = contrast.differences
    assert at_24.difference.value == pytest.approx(30 / 40 - 20 / 40)
    error = np.sqrt(0.75 * 0.25 / 40 + 0.5 * 0.5 / 40)
    assert at_24.difference.high - at_24.difference.value == pytest.approx(1.959964 * error, rel=1e-6)
    assert at_60.difference.value is None
    assert "up to 24 months only" in at_60.difference.reason
    assert contrast.hazard_ratio.value < 1
    assert contrast.rmst_difference.value > 0
    assert "up to 24 months" in contrast.rmst_difference.method
    assert (contrast.n, contrast.n_events) == (80, 30)


@pytest.mark.parametrize(
    ("events", "is_reportable"), [((0, 18), False), ((9, 38), False), ((38, 9), False), ((10, 10), True)]
)
def test_below_ten_events_in_an_arm_no_difference_is_given(events, is_reportable):
    contrast = contrast_treatments(two_arms(*events), TP_VS_T, matching=Matching.OFF)
    assert contrast.is_reportable is is_reportable
    given = [
        contrast.hazard_ratio,
        contrast.one_step,
        contrast.rmst_difference,
        contrast.differences[0].difference,
    ]
    assert all((estimate.value is not None) is is_reportable for estimate in given)
    assert (contrast.p_value is not None) is is_reportable
    assert contrast.index.curve.n_events == events[0]  # the curve itself stays, in grey
    if not is_reportable:
        assert all("fewer than 10" in estimate.reason for estimate in given)
        assert number_needed(given[3]).value is None
        assert number_needed(given[3]).reason == contrast.reason
        assert contrast.badge.level is EvidenceLevel.TOO_FEW_TO_COMPARE


def test_what_is_printed_of_an_arm_without_events_would_be_the_penalty_of_the_estimator():
    contrast = contrast_treatments(two_arms(0, 18, n=47), TP_VS_T, matching=Matching.OFF)
    assert contrast.hazard_ratio.value is None
    estimates = ContrastEstimates(contrast.index.follow_up, contrast.reference.follow_up, 24, 24, "", 0.95)
    assert round(estimates.hazard_ratio().value, 2) == 0.02
    assert round(estimates.one_step().value, 2) == 0.11


@pytest.mark.parametrize("covariate", ["tumour_size_mm", "age_years", "grade"])
def test_matching_that_makes_a_covariate_worse_gives_no_effect_and_names_it(covariate):
    rng = np.random.default_rng(1)
    n, arms = 60, np.repeat(["T+P", "T"], 60)
    facts = {
        "tumour_size_mm": rng.normal(25, 5, 2 * n),
        "age_years": rng.normal(55, 9, 2 * n),
        "grade": rng.normal(2, 1, 2 * n),
    }
    patients = cohort_of(arms, rng.uniform(2, 24, 2 * n), np.tile([True, False], n), **facts)
    made = contrast_treatments(patients, TP_VS_T)
    rows = [
        replace(row, smd_before=0.08, smd_after=0.45) if row.name == covariate else row
        for row in made.sample.balance.rows
    ]
    held = in_words(replace(made.sample.balance, rows=tuple(rows))).why_no_effect
    assert not made.reason
    assert held.startswith("matching did not balance")
    assert "(|SMD| 0.08 before, 0.45 after)" in held
    assert "_" not in held


def test_matching_that_helps_is_no_reason():
    rows = [(1.6, 0.3), (0.2, 0.24), (None, 0.9), (0.3, -0.29), (0.4, None)]
    assert not any(balanced(*row).is_made_worse for row in rows)
    assert all(balanced(*row).is_made_worse for row in [(0.08, 0.45), (0.26, -0.38), (-0.3, 0.31)])


def balanced(before, after):
    """A covariate with these standardised differences."""
    absent = dict.fromkeys(
        (
            "mean_index_after",
            "mean_reference_after",
            "variance_ratio_before",
            "variance_ratio_after",
            "ks_before",
            "ks_after",
        )
    )
    return CovariateBalance(
        name="x",
        is_binary=False,
        mean_index_before=0,
        mean_reference_before=0,
        smd_before=before,
        smd_after=after,
        **absent,
    )


def test_an_empty_side_is_said_and_nothing_is_computed():
    contrast = contrast_treatments(two_arms(4, 12), T_VS_NONE, matching=Matching.OFF)
    assert contrast.reference.curve is None
    assert contrast.test is None
    assert "no anti-HER2 therapy" in contrast.reason
    assert contrast.badge.level is EvidenceLevel.NOTHING


def test_the_published_matching_carries_its_bias_in_words(cohort):
    contrast = contrast_treatments(cohort, TP_VS_T, tiers=[Tier.HIGH], matching=Matching.PAPER)
    assert "uses the outcome" in contrast.matching.caveat
    assert "stage I: no patient had the index treatment" in contrast.warnings[0]
    # T+P was followed for 44 months at most.
    estimates = ContrastEstimates(contrast.index.follow_up, contrast.reference.follow_up, None, 24, "", 0.95)
    assert "followed for less than 60 months" in estimates.difference_at(60).reason


def test_the_test_is_the_log_rank_test_of_the_follow_up_compared(cohort):
    contrast = contrast_treatments(cohort, TP_VS_T, tiers=[Tier.HIGH], matching=Matching.OFF)
    chosen = cohort["tier"] == "High"
    arms = [censor_at(cohort.follow_up().where(chosen & (cohort["arm"] == arm)), 24) for arm in ("T+P", "T")]
    assert contrast.test.statistic == pytest.approx(log_rank(arms).statistic)
    assert contrast.is_simulated
    assert contrast.badge.is_simulated


def test_counts_before_matching_are_those_of_the_cohort(cohort):
    contrast = contrast_treatments(cohort, TP_VS_T, tiers=[Tier.HIGH], endpoint=Endpoint.OS)
    part = cohort.where((cohort["tier"] == "High") & (cohort["arm"] == "T"))
    assert contrast.reference.n_before == len(part)
    assert contrast.reference.n_events_before == part["os_event"].sum()
    assert contrast.index.n == contrast.reference.n == contrast.sample.pairs.n_pairs


def test_the_unit_of_time_changes_no_ratio():
    months = two_arms(12, 20)
    years = months.with_columns(rfs_months=months["rfs_months"] / 12)
    own, other = (contrast_treatments(c, TP_VS_T, matching=Matching.OFF) for c in (months, years))
    assert other.hazard_ratio.value == pytest.approx(own.hazard_ratio.value)
    assert other.test.p_value == pytest.approx(own.test.p_value)


def test_interaction_is_the_heterogeneity_of_the_tiers():
    parts = [two_arms(10, 28), two_arms(24, 12)]
    names = list(parts[0].columns)
    joined = {name: np.concatenate([part[name] for part in parts]) for name in names}
    joined["subject"] = np.array([f"P{i}" for i in range(160)])
    joined["tier"] = np.repeat(["Moderate", "High"], 80)
    cohort = type(parts[0])(joined, is_simulated=False)
    answer = contrast_by_tier(cohort, TP_VS_T, tiers=[Tier.MODERATE, Tier.HIGH], matching=Matching.OFF)
    whole = subgroup_analysis(censor_at(cohort.follow_up(), 24), cohort["arm"] == "T+P", cohort["tier"])
    assert answer.interaction.statistic == pytest.approx(whole.heterogeneity.statistic)
    assert answer.interaction.p_value < 0.01
    assert all(contrast.badge.interaction is answer.interaction for contrast in answer.contrasts)


def test_fewer_than_two_tiers_with_events_enough_have_no_interaction(cohort):
    few = cohort.with_columns(rfs_event=cohort["rfs_event"] & (cohort["tier"] == "High"))
    answer = contrast_by_tier(few, TP_VS_T, matching=Matching.OFF)
    assert answer.interaction.p_value is None
    assert "fewer than two tiers" in answer.interaction.reason


def test_tiers_without_patients_have_contrasts_that_say_so():
    cohort = two_arms(3, 3).with_columns(tier=np.full(80, "High"))
    answer = contrast_by_tier(cohort, TP_VS_T, tiers=[Tier.LOW], matching=Matching.OFF)
    assert answer.subgroups is None
    assert not answer.contrasts[0].is_reportable


def test_an_arm_that_was_not_followed_has_no_restricted_mean():
    cohort = cohort_of(["T+P"] * 12 + ["T"] * 12, np.r_[np.zeros(12), np.full(12, 30.0)], np.ones(24))
    contrast = contrast_treatments(cohort, TP_VS_T, matching=Matching.OFF)
    assert contrast.rmst_difference.value is None
    assert "not followed" in contrast.rmst_difference.reason
