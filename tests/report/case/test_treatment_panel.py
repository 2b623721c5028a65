"""The treatment panel gives counts always, differences only with events enough, and never a directive."""

from __future__ import annotations

import pickle

import pytest
import tiny_bundle
from treated_cohorts import tiered

from deeptepp.domain.cohort import ARM, TIER, Arm, Endpoint
from deeptepp.domain.risk import Tier
from deeptepp.report.case.treatment_panel import QUESTIONS, interaction_words, treatment_panel
from deeptepp.stats.estimate import chi_square_test
from deeptepp.stats.event_rule import MIN_EVENTS
from deeptepp.stats.treatment.treatment_effect import contrast_treatments
from deeptepp.stats.treatment.treatment_question import T_VS_NONE, Matching


@pytest.fixture(scope="module")
def cohort():
    return tiered(seed=11)


@pytest.mark.parametrize("matching", list(Matching))
@pytest.mark.parametrize("endpoint", list(Endpoint))
@pytest.mark.parametrize("tier", list(Tier))
def test_a_contrast_has_differences_or_a_reason_and_never_both(cohort, tier, endpoint, matching):
    panel = treatment_panel(cohort, tier, endpoint, matching)
    assert [contrast.question for contrast in panel.contrasts] == list(QUESTIONS)
    for contrast in panel.contrasts:
        assert bool(contrast.rows) == contrast.is_given == (not contrast.reason)
        if contrast.is_given:
            assert min(contrast.n_events_index, contrast.n_events_reference) >= MIN_EVENTS
        else:
            assert "fewer than" in contrast.reason or "did not balance" in contrast.reason
        assert matching.caveat not in contrast.warnings
        assert contrast.badge
        assert contrast.p_value is None or contrast.is_given
        assert contrast.n_index <= contrast.n_before_index


def test_numbers_are_those_of_the_statistics(cohort):
    panel = treatment_panel(cohort, Tier.HIGH, Endpoint.RFS, Matching.OFF)
    truth = contrast_treatments(cohort, T_VS_NONE, tiers=[Tier.HIGH], matching=Matching.OFF)
    (ours, _) = panel.contrasts
    assert (ours.n_index, ours.n_events_reference) == (truth.index.n, truth.reference.n_events)
    at_two_years = truth.differences[0].difference
    assert ours.rows[0].name.format(years=ours.rows[0].at) == "Difference at 2 years"
    assert ours.rows[0].value.startswith(f"{100 * at_two_years.value:+.1f}".replace("-", "\u2212"))
    assert f"{truth.hazard_ratio.value:.2f}" in ours.rows[3].value
    assert ours.p_value == truth.p_value


def test_every_patient_of_the_tier_is_in_one_curve(cohort):
    panel = treatment_panel(cohort, Tier.MODERATE, Endpoint.OS, Matching.DEFAULT)
    assert panel.arms.levels == tuple(Arm)
    assert panel.arms.n == (cohort[TIER] == "Moderate").sum()


def test_what_the_cohort_does_not_allow_is_a_reason():
    panel = treatment_panel(tiny_bundle.tiny_cohort(), Tier.HIGH, Endpoint.RFS, Matching.PAPER)
    assert all("stage" in contrast.reason for contrast in panel.contrasts)
    assert panel.arms is not None


def test_a_tier_without_patients_is_said():
    cohort = tiny_bundle.tiny_cohort()
    panel = treatment_panel(cohort.where(cohort[TIER] != "Low"), Tier.LOW, Endpoint.RFS, Matching.OFF)
    assert panel.arms is None
    assert all(not contrast.is_given and not contrast.curves for contrast in panel.contrasts)


def test_a_side_without_events_marks_the_penalised_ratio():
    cohort = tiny_bundle.tiny_cohort()
    event = cohort["rfs_event"] & (cohort[ARM] != "T")
    panel = treatment_panel(cohort.with_columns(rfs_event=event), Tier.HIGH, Endpoint.RFS, Matching.OFF)
    given = [contrast for contrast in panel.contrasts if contrast.is_given]
    assert all("penalised" in contrast.rows[3].value for contrast in given)


def test_the_panel_goes_through_a_cache(cohort):
    panel = treatment_panel(cohort, Tier.HIGH, Endpoint.RFS, Matching.DEFAULT)
    again = pickle.loads(pickle.dumps(panel))  # noqa: S301  our own bytes
    assert [c.rows for c in again.contrasts] == [c.rows for c in panel.contrasts]


def test_the_interaction_is_said_or_why_it_was_not_tested():
    template, said = interaction_words(chi_square_test(4.0, 1, "x"))
    assert template.format(p=said, reason=said) == "Interaction across tiers: p = 0.046."
    template, said = interaction_words(chi_square_test(0.0, 0, "x", reason="too few"))
    assert "not tested: too few" in template.format(p=said, reason=said)
    assert "not tested" in interaction_words(None)[0]


@pytest.mark.parametrize("word", ["no benefit", "should receive", "omit"])
def test_no_words_direct_anybody(cohort, word):
    for tier in Tier:
        panel = treatment_panel(cohort, tier, Endpoint.RFS, Matching.DEFAULT)
        said = str([(c.reason, c.badge, c.rows, c.warnings) for c in panel.contrasts]).lower()
        assert word not in said
