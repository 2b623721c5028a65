"""Three lines for a note: score, survival of the tier, and the marks; no identifier, and no directive."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from treated_cohorts import tiered

from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.risk import Assessment, Outcome, RiskScore, Tier, TierScheme
from deeptepp.report.case.copied_text import three_lines


@pytest.fixture(scope="module")
def bundle():
    return SimpleNamespace(
        name="tiny", sha256="ab" * 32, tiers=TierScheme(0.1, 0.27), reference=tiered(seed=15), is_simulated=True
    )


ANSWER = Assessment(
    Outcome.SCORED,
    ClinicalProfile(),
    (),
    score=RiskScore(0.3312, {"axial": 0.3312}),
    tier=Tier.HIGH,
    percentile=80.0,
    is_simulated=True,
)


def test_there_are_three_lines_with_score_survival_and_marks(bundle):
    first, second, third = three_lines(ANSWER, bundle).splitlines()
    assert "0.331" in first
    assert "tier High, stability not measured (" in first
    assert "higher than 80 %" in first
    assert "726 simulated patients" in first
    assert "abababababab" in first
    assert "patients: 143" in second
    assert "95 % CI" in second
    assert third.startswith("RESEARCH USE ONLY. SIMULATED COHORT.")


def test_an_override_and_a_real_cohort_are_marked_as_what_they_are(bundle):
    real = SimpleNamespace(**{**vars(bundle), "reference": replace(bundle.reference, is_simulated=False)})
    text = three_lines(replace(ANSWER, is_simulated=False, is_override=True), real)
    assert "SIMULATED" not in text.upper()
    assert "OUTSIDE INTENDED USE" in text


def test_what_was_not_scored_has_no_text(bundle):
    assert three_lines(replace(ANSWER, score=None, tier=None), bundle) == ""


def test_a_tier_that_the_cohort_lacks_is_said(bundle):
    low_only = bundle.reference.where(bundle.reference["tier"] == "Low")
    text = three_lines(ANSWER, SimpleNamespace(**{**vars(bundle), "reference": low_only}))
    assert "High tier: the reference cohort has no patient of it." in text
