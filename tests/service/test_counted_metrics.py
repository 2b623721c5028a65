from prometheus_client import generate_latest

from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.risk import Assessment, Finding, Outcome, RiskScore, Severity, Tier
from deeptepp.service.counted_metrics import REGISTRY, note_result


def told(name: str) -> float:
    return REGISTRY.get_sample_value(name.split("{")[0], dict([name.rstrip("}").split("{")[1].split("=")])) or 0.0


def test_scores_tiers_and_rules_are_counted_without_who_they_are_of():
    names = (
        "deeptepp_score_bucket{le=0.35}",
        "deeptepp_tiers_total{tier=High}",
        "deeptepp_refusals_total{rule=age}",
    )
    before = [told(name) for name in names]
    note_result(Assessment(Outcome.SCORED, ClinicalProfile(), score=RiskScore(0.31), tier=Tier.HIGH))
    refusal = Finding("age", Severity.REFUSAL, "Jane Doe is too young")
    note_result(Assessment(Outcome.REFUSED, ClinicalProfile(), findings=(refusal,)))
    assert [told(name) for name in names] == [n + 1 for n in before]
    assert b"Jane" not in generate_latest(REGISTRY)
