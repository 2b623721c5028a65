"""Scores, tiers and findings."""

import pytest

from deeptepp.domain.risk import Finding, RiskScore, Severity, Tier, TierScheme
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


def test_the_spread_over_views_is_the_range():
    assert RiskScore(0.5, {"axial": 0.2, "coronal": 0.9}).view_spread == pytest.approx(0.7)
    assert RiskScore(0.5).view_spread == 0


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
