"""An assessment as plain data: the one JSON that command line, interface and files share."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from deeptepp.domain.lesion import Lesion
from deeptepp.domain.risk import (
    OUTSIDE_INTENDED_USE,
    RESEARCH_USE_ONLY,
    SIMULATED_COHORT,
    Assessment,
    Finding,
    Stability,
    TierScheme,
)
from deeptepp.domain.study import PhaseChoice, PhaseProposal, SeriesSummary
from deeptepp.errors import DeepTeppError, StudyError

if TYPE_CHECKING:
    from deeptepp.model.bundle import ModelBundle

SCHEMA = "deeptepp.assessment/1"
"""Version of the JSON layout; grows when a key changes its meaning, not where one is added."""


def assessment_to_dict(
    assessment: Assessment, bundle: ModelBundle | None = None, *, label: str = ""
) -> dict[str, Any]:
    """Assessment as JSON-ready data.

    ``bundle``: adds the cut-offs and the size of the reference cohort; ``label``: of the case, see
    ``domain.labels``, may be empty. Returns strings, numbers, lists and dicts only, no patient identifier.
    """
    score = assessment.score
    return {
        "schema": SCHEMA,
        "label": label or None,
        "outcome": assessment.outcome.value,
        "score": score.probability if score else None,
        "score_per_view": dict(score.per_view) if score else None,
        "tier": assessment.tier.value if assessment.tier else None,
        "tier_text": assessment.tier_text or None,
        "stability": stability_to_dict(assessment.stability) if assessment.stability else None,
        "percentile": assessment.percentile,
        "cut_offs": _cut_offs(bundle.tiers) if bundle else None,
        "n_reference": len(bundle.reference) if bundle else None,
        "findings": [finding_to_dict(finding) for finding in assessment.findings],
        "phase": phase_to_dict(assessment.phase) if assessment.phase else None,
        "lesion": lesion_to_dict(assessment.lesion) if assessment.lesion else None,
        "profile": assessment.profile.to_mapping(),
        "is_override": assessment.is_override,
        "is_simulated": assessment.is_simulated,
        "marks": marks(assessment),
        "receipt": _receipt(assessment),
    }


def marks(assessment: Assessment) -> list[str]:
    """List the marks that must stand on everything made from this assessment.

    Returns research use only, simulated cohort and outside intended use where they apply.
    """
    texts = [RESEARCH_USE_ONLY]
    if assessment.is_simulated:
        texts.append(SIMULATED_COHORT)
    if assessment.is_override:
        texts.append(OUTSIDE_INTENDED_USE)
    return texts


def finding_to_dict(finding: Finding) -> dict[str, Any]:
    """One finding as JSON-ready data.

    Returns rule id, severity, message, value, limit and source.
    """
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": finding.message,
        "value": _finite(finding.value),
        "limit": _finite(finding.limit),
        "source": finding.source,
    }


def lesion_to_dict(lesion: Lesion) -> dict[str, Any]:
    """One lesion as JSON-ready data.

    Returns side (null where the images do not tell it), centre and box in LPS millimetres (x, y, z), volume in ml,
    longest diameter in mm, confidence, features.
    """
    box = lesion.box
    return {
        "side": lesion.side.value if lesion.side else None,
        "centre_lps_mm": _rounded(lesion.centroid_mm),
        "box_lps_mm": {"low": _rounded(box.low), "high": _rounded(box.high)},
        "volume_ml": round(lesion.volume_ml, 3),
        "longest_diameter_mm": round(lesion.longest_diameter_mm, 1),
        "confidence": round(lesion.confidence, 4),
        "runner_up_ratio": _finite(round(lesion.runner_up_ratio, 3)),
        "origin": lesion.origin.value,
        "features": {name: _finite(round(float(value), 4)) for name, value in lesion.features.items()},
    }


def series_to_dict(series: SeriesSummary) -> dict[str, Any]:
    """One row of the series table as JSON-ready data."""
    return asdict(series)


def proposals_of(error: DeepTeppError) -> tuple[PhaseProposal, ...]:
    """Ways to go on that a refusal knows.

    Returns best first, empty where it knows none.
    """
    found = error.proposals if isinstance(error, StudyError) else ()
    return tuple(each for each in found if isinstance(each, PhaseProposal))


def phase_options(proposal: PhaseProposal) -> str:
    """Write a proposal as options of the command line.

    Returns for example ``--phases s1,s2.1 --side left``.
    """
    side = f" --side {proposal.side}" if proposal.side else ""
    return f"--phases {','.join(proposal.keys)}{side}"


def proposal_to_dict(proposal: PhaseProposal) -> dict[str, Any]:
    """One way to take the series as phases as JSON-ready data.

    Returns its fields, and the options of the command line that choose it.
    """
    return {
        "keys": list(proposal.keys),
        "side": proposal.side.value if proposal.side else None,
        "reason": proposal.reason,
        "options": phase_options(proposal),
    }


def phase_to_dict(phase: PhaseChoice) -> dict[str, Any]:
    """Phase choice as JSON-ready data.

    Returns index, rule and reason.
    """
    return asdict(phase)


def stability_to_dict(stability: Stability) -> dict[str, Any]:
    """Scores of shifted outlines as JSON-ready data.

    Returns range, tiers and whether they are one, and every score with its shift in LPS mm (x, y, z).
    """
    return {
        "low": stability.low,
        "high": stability.high,
        "tiers": [tier.value for tier in stability.tiers],
        "is_stable": stability.is_stable,
        "scores": [{"shift_lps_mm": list(shift), "score": score} for shift, score in stability.scores.items()],
    }


def _cut_offs(tiers: TierScheme) -> dict[str, Any]:
    """Cut-offs as data."""
    return {"low_below": tiers.low_below, "high_from": tiers.high_from, "method": tiers.method}


def _receipt(assessment: Assessment) -> dict[str, Any] | None:
    """Receipt in short, as data."""
    return assessment.receipt.short if assessment.receipt else None


def _rounded(point: Iterable[float]) -> list[float]:
    """Round millimetres to a hundredth."""
    return [round(float(x), 2) for x in point]


def _finite(value: object) -> object:
    """Replace what JSON cannot hold by None."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
