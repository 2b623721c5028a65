"""Scores, tiers and findings."""

from datetime import UTC, datetime

import numpy as np
import pytest

from deeptepp.domain.board import BoardCase
from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.risk import Finding, Recalibration, RiskScore, Severity, Stability, Tier, TierName, TierScheme
from deeptepp.errors import MissingSlice


def test_a_score_on_a_cut_off_belongs_to_the_tier_above():
    tiers = TierScheme(0.3, 0.6)
    scores = (0.0, 0.2999, 0.3, 0.5999, 0.6, 1.0)
    assert [tiers.tier_of(s) for s in scores] == [
        Tier.LOW,
        Tier.LOW,
        Tier.MODERATE,
        Tier.MODERATE,
        Tier.HIGH,
        Tier.HIGH,
    ]


def test_cut_offs_out_of_order_are_refused():
    with pytest.raises(ValueError, match="low_below"):
        TierScheme(0.7, 0.6)


@pytest.mark.parametrize("probability", [-0.1, 1.1, float("nan")])
def test_a_probability_lies_between_zero_and_one(probability):
    with pytest.raises(ValueError, match="probability"):
        RiskScore(probability)


def test_an_error_becomes_a_refusal_with_its_rule_value_and_limit():
    finding = Finding.from_error(MissingSlice(phase="The post-contrast 2 images", value=3, every_mm=1.1))
    assert finding == Finding(
        "dicom.missing-slice",
        Severity.REFUSAL,
        "The post-contrast 2 images lack 3 slice(s): expected one every 1.1 mm. Export the series again, or "
        "choose the other phases in the series table.",
        3,
        0,
    )


STABLE = Stability({(0.0, 0.0, 0.0): 0.7}, (Tier.HIGH,))
FLIPS = Stability({(0.0, 0.0, 0.0): 0.61, (3.0, 0.0, 0.0): 0.59}, (Tier.MODERATE, Tier.HIGH))


@pytest.mark.parametrize(
    ("tier", "stability", "text", "risk_text"),
    [
        (Tier.HIGH, STABLE, "High", "High risk tier"),
        (Tier.HIGH, FLIPS, "Moderate/High, unstable", "Moderate/High, unstable"),
        (Tier.HIGH, None, "High, stability not measured", "High risk tier, stability not measured"),
        (None, None, "", ""),
    ],
)
def test_a_tier_is_said_with_what_shifts_make_of_it(tier, stability, text, risk_text):
    name = TierName.of(tier, stability)
    assert (name.text, name.risk_text) == (text, risk_text)


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        (
            {"tier": "High", "stability": {"tiers": ["Moderate", "High"], "is_stable": False}},
            "Moderate/High, unstable",
        ),
        ({"tier": "High", "stability": {"tiers": ["High"], "is_stable": True}}, "High"),
        ({"tier": "High", "tier_text": "High"}, "High, stability not measured"),
        ({"tier": None}, ""),
    ],
)
def test_a_case_of_the_board_says_its_tier_as_its_result_did(stored, text):
    case = BoardCase(
        id="a", created_utc=datetime.now(UTC), profile=ClinicalProfile(), assessment=stored, bundle_sha256="b"
    )
    assert case.tier_text == text


def test_two_recalibrations_are_one():
    first, second = Recalibration(-0.4, 0.8), Recalibration(0.3, 1.2)
    scores = np.linspace(0.01, 0.99, 50)
    assert first.then(second)(scores) == pytest.approx(second(first(scores)))
    assert first.then(Recalibration()) == Recalibration().then(first) == first


def test_nobody_changes_tier_where_cut_offs_go_through_the_same_map():
    tiers, here = TierScheme(0.1, 0.27, "made up"), Recalibration(-1.3, 0.7)
    scores = np.random.default_rng(0).uniform(0, 1, 500)
    carried = tiers.carried_through(here)
    assert [carried.tier_of(float(here(s))) for s in scores] == [tiers.tier_of(float(s)) for s in scores]
    again = carried.carried_through(Recalibration(0.2))
    assert again.how_found.startswith("made up; carried through a recalibration on site to ")
    assert again.how_found == again.method
    assert again.how_found.facts["high"] == pytest.approx(again.high_from, abs=1e-4)
