"""Scored cases to be kept, for tests of the store."""

from __future__ import annotations

from deeptepp.domain.board import Flag
from deeptepp.domain.clinical import ClinicalProfile, NodeStage
from deeptepp.domain.kept_case import CaseChoices, ScoredCase
from deeptepp.domain.risk import Assessment, Finding, Outcome, Receipt, RiskScore, Severity, Stability, Tier
from deeptepp.wording.sentence import sentence


def scored(images, score=0.31, **changes) -> ScoredCase:
    profile = ClinicalProfile(tumour_size_mm=26.0, node_stage=NodeStage.N1, er_positive=True)
    said = sentence("No breast was found in the images of the left breast, so it was not searched.")
    answer = Assessment(
        Outcome.SCORED_WITH_WARNINGS,
        profile,
        findings=(Finding("x.y", Severity.WARNING, said, 1.5, "x"),),
        lesion=images.candidates[0],
        phase=images.phase,
        score=RiskScore(score, {"axial": score, "coronal": score}),
        tier=Tier.HIGH,
        percentile=88.0,
        receipt=Receipt("1", "tiny", "b" * 64, images.study.digest, "c" * 64, "2026-11-30T00:00:00+00:00"),
        stability=Stability({(0.0, 0.0, 0.0): score, (1.0, 0.0, 0.0): score}, (Tier.HIGH,)),
    )
    facts = {
        "assessment": answer,
        "document": {"score": score, "receipt": answer.receipt.short},
        "study_digest": images.study.digest,
        "flags": (Flag.SIMULATED,),
        "picture_png": b"\x89PNG",
        "choices": CaseChoices(selected=1, is_confirmed=True, overridden=frozenset({"eligibility.x"})),
    }
    return ScoredCase(**facts | changes)
