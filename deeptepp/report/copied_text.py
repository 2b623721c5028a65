"""A result in three lines, to be copied into a note: no identifier, and the marks with it."""

from __future__ import annotations

from deeptepp.domain.cohort import TIER, Endpoint
from deeptepp.domain.risk import SIMULATED_COHORT, Assessment
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.document import OUTSIDE_INTENDED_USE
from deeptepp.report.format import count, percent_ci, percentile
from deeptepp.report.format import score as written_score
from deeptepp.stats.group_comparison import compare_groups

_MONTHS = 60.0
"""Where survival of the tier is read."""


def three_lines(assessment: Assessment, bundle: ModelBundle) -> str:
    """Write score, tier, place, cohort, survival of the tier and marks in three lines.

    Parameters
    ----------
    assessment : Assessment
        The answer.
    bundle : ModelBundle
        Gives cut-offs and reference cohort.

    Returns
    -------
    str
        Three lines; empty where the case was not scored.
    """
    if assessment.score is None or assessment.tier is None:
        return ""
    tiers, reference = bundle.tiers, bundle.reference
    place = f", {percentile(assessment.percentile)}" if assessment.percentile is not None else ""
    kind = "simulated patient" if reference.is_simulated else "patient"
    lines = (
        f"DeepTEPP risk score {written_score(assessment.score.probability)} (0 to 1), tier {assessment.tier_text} "
        f"(Low below {written_score(tiers.low_below)}, High from {written_score(tiers.high_from)}){place} of "
        f"{count(len(reference), kind)} of the reference cohort. Model {bundle.name} {bundle.sha256[:12]}.",
        _survival(assessment, bundle),
        _marks(assessment),
    )
    return "\n".join(line.replace("\u00a0", " ") for line in lines)


def _survival(assessment: Assessment, bundle: ModelBundle) -> str:
    """Write the survival of the tier with what it rests on."""
    tier = str(assessment.tier)
    name = f"5-year recurrence-free survival of the {tier} tier in that cohort"
    if tier not in bundle.reference[TIER]:
        return f"{name}: no patient of this tier."
    curve = compare_groups(bundle.reference, TIER, [tier], Endpoint.RFS).curves[0]
    at = curve.at(_MONTHS)
    if at.is_beyond_follow_up:
        return f"{name}: not followed so long ({count(at.n, 'patient')}, {count(at.n_events, 'event')})."
    survival = percent_ci(at.value, at.low, at.high, level=at.level)
    return f"{name}: {survival}; {count(at.n, 'patient')}, {count(at.n_events, 'event')} by then."


def _marks(assessment: Assessment) -> str:
    """Write what must stand on everything made from a result."""
    marks = ["RESEARCH USE ONLY"]
    marks += [SIMULATED_COHORT] * assessment.is_simulated
    marks += [OUTSIDE_INTENDED_USE] * assessment.is_override
    return f"{'. '.join(marks)}. Not a medical device; not for choosing, giving or withholding treatment."
