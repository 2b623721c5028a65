"""A result in three lines, to be copied into a note: no identifier, and the marks with it."""

from __future__ import annotations

from deeptepp.domain.cohort import TIER, Endpoint
from deeptepp.domain.risk import OUTSIDE_INTENDED_USE, RESEARCH_USE, SIMULATED_COHORT, Assessment, Tier
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.case.result_reading import PATIENTS
from deeptepp.report.format import percent_ci, percentile
from deeptepp.report.format import score as written_score
from deeptepp.report.speech import ENGLISH, Speech
from deeptepp.stats.survival.group_comparison import compare_groups
from deeptepp.wording.sentence import glued, joined, sentence

_MONTHS = 60.0
"""Where survival of the tier is read."""


def three_lines(assessment: Assessment, bundle: ModelBundle, *, label: str = "", speech: Speech = ENGLISH) -> str:
    """Write score, tier, place, cohort, survival of the tier and marks in three lines.

    ``bundle``: gives cut-offs and reference cohort; ``label``: of the case, may be empty. Returns three lines,
    empty where the case was not scored.
    """
    if assessment.score is None or not assessment.tier_name.tiers:
        return ""
    start = f"{label}: " if label else ""
    survival = (survival_of_tier(tier, bundle, speech) for tier in assessment.tier_name.tiers)
    lines = (
        start + " ".join(score_sentences(assessment, bundle, speech)),
        " ".join(survival),
        _marks(assessment, speech),
    )
    return "\n".join(line.replace("\u00a0", " ") for line in lines)


def score_sentences(assessment: Assessment, bundle: ModelBundle, speech: Speech = ENGLISH) -> list[str]:
    """Say score, tier with its cut-offs, how far the score moves, its place, and the model.

    Returns a sentence each, empty where the case was not scored.
    """
    t, tiers, moved = speech.t, bundle.tiers, assessment.stability
    if assessment.score is None:
        return []
    said = [
        t(
            "DeepTEPP risk score {score} (0 to 1), tier {tier} (Low below {low}, High from {high}).",
            score=written_score(assessment.score.probability),
            tier=speech.tier_words(assessment.tier_name),
            low=written_score(tiers.low_below),
            high=written_score(tiers.high_from),
        )
    ]
    if moved is not None:
        said.append(moved_sentence(assessment, speech))
    if assessment.percentile is not None:
        said.append(
            t(
                "The score is {place} of the {n} {kind} of the reference cohort.",
                place=speech.say(percentile(assessment.percentile)),
                n=len(bundle.reference),
                kind=t(PATIENTS[bundle.reference.is_simulated]),
            )
        )
    return [*said, t("Model {name} {digest}.", name=bundle.name, digest=bundle.sha256[:12])]


def moved_sentence(assessment: Assessment, speech: Speech = ENGLISH) -> str:
    """How far the score moves with the outline.

    Returns the range over the shifts, or that it was not measured.
    """
    moved = assessment.stability
    if moved is None:
        return speech.t("How far the score moves with the outline was not measured.")
    return speech.t(
        "Score {low} to {high} with the outline moved {mm:g} mm.",
        low=written_score(moved.low),
        high=written_score(moved.high),
        mm=moved.shift_mm,
    )


def survival_of_tier(tier: Tier, bundle: ModelBundle, speech: Speech = ENGLISH) -> str:
    """Write the survival of one tier with what it rests on.

    The result is with interval, patients and events by then.
    """
    t, named = speech.t, {"tier": speech.name(tier)}
    if tier.value not in bundle.reference[TIER]:
        return t("{tier} tier: the reference cohort has no patient of it.", **named)
    curve = compare_groups(bundle.reference, TIER, [tier.value], Endpoint.RFS).curves[0]
    at = curve.at(_MONTHS)
    counts = {"n": at.n, "events": at.n_events}
    if at.is_beyond_follow_up:
        return t(
            "{tier} tier: follow-up too short for 5 years (patients: {n}, events: {events}).", **named, **counts
        )
    return t(
        "5-year recurrence-free survival of the {tier} tier: {survival}; patients: {n}, events by then: {events}.",
        survival=speech.say(percent_ci(at.value, at.low, at.high, level=at.level)),
        **named,
        **counts,
    )


def _marks(assessment: Assessment, speech: Speech) -> str:
    """Write what must stand on everything made from a result."""
    marks = [RESEARCH_USE]
    marks += [SIMULATED_COHORT] * assessment.is_simulated
    marks += [OUTSIDE_INTENDED_USE] * assessment.is_override
    meaning = sentence("Not a medical device; not for choosing, giving or withholding treatment.")
    return speech.say(glued("{}. {}", joined(". ", marks), meaning))
