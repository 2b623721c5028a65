"""The one use case: open the images of a case, then assess it.

Both halves are what the screen and the command line call. A refusal is a result: it comes back as an
``Assessment``, with the rule that refused, never as an exception that loses what was found so far.
"""

from __future__ import annotations

from dataclasses import replace

from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.lesion import Lesion
from deeptepp.domain.people import LOCAL
from deeptepp.domain.progress import Progress, Step, StepReport, silent
from deeptepp.domain.risk import Assessment, Finding, Outcome, RiskScore, Severity
from deeptepp.errors import DeepTeppError, DetectionError
from deeptepp.imaging.normalise import Intensities
from deeptepp.imaging.quality import check_quality
from deeptepp.imaging.roi import crop_roi
from deeptepp.model.bundle import ModelBundle
from deeptepp.model.predict import score_views
from deeptepp.scoring.consistency import check_consistency
from deeptepp.scoring.eligibility import check_eligibility, check_model
from deeptepp.scoring.images import CaseImages, open_case
from deeptepp.scoring.receipt import receipt_of
from deeptepp.scoring.stability import with_stability
from deeptepp.scoring.tiers import percentile
from deeptepp.views.mosaic import build_views
from deeptepp.wording.sentence import sentence

__all__ = ["CaseImages", "assess_case", "open_case", "refuse", "score_lesion"]


def assess_case(
    images: CaseImages,
    profile: ClinicalProfile,
    bundle: ModelBundle,
    *,
    lesion: Lesion | None = None,
    allow_ineligible: bool = False,
    measures_stability: bool = True,
    who: str = LOCAL.subject,
    progress: Progress = silent,
) -> Assessment:
    """Check the rules and score one lesion.

    Parameters
    ----------
    images : CaseImages
        From ``open_case``.
    profile : ClinicalProfile
        Clinical-pathological facts; anything may be unknown.
    bundle : ModelBundle
        The model.
    lesion : Lesion, optional
        The lesion to score; the first candidate when not given.
    allow_ineligible : bool
        Score although an eligibility rule refuses; the assessment is then marked as an override.
    measures_stability : bool
        Score again with the outline shifted, so that the tier is told with what small shifts make of it.
    who : str
        Subject of the person who asks, for the receipt.
    progress : Progress
        Told of every step.

    Returns
    -------
    Assessment
        Scored, scored with warnings, or refused, with its receipt.
    """
    intensities = Intensities(images.study)
    answer = _assess(
        images, intensities, profile, bundle, lesion, allow_ineligible=allow_ineligible, progress=progress
    )
    if measures_stability:
        answer = with_stability(images, answer, bundle, intensities=intensities, progress=progress)
    receipt = receipt_of(answer, images, bundle, allow_ineligible=allow_ineligible, who=who)
    return replace(answer, receipt=receipt)


def _assess(
    images: CaseImages,
    intensities: Intensities,
    profile: ClinicalProfile,
    bundle: ModelBundle,
    lesion: Lesion | None,
    *,
    allow_ineligible: bool,
    progress: Progress,
) -> Assessment:
    """Check the rules and score one lesion, without its stability and receipt."""
    target = lesion or (images.candidates[0] if images.candidates else None)
    acquisition = images.study.acquisition
    eligibility = (
        *check_model(acquisition, is_model_simulated=bundle.is_simulated),
        *check_eligibility(profile, acquisition),
    )
    refuses = any(f.severity is Severity.REFUSAL for f in eligibility)
    unsure = lesion is None and images.is_ambiguous
    facts = check_consistency(profile, target, acquisition, is_ambiguous=unsure)
    findings = (*eligibility, *facts, *_image_findings(images, lesion))
    draft = Assessment(
        outcome=Outcome.REFUSED,
        profile=profile,
        findings=findings,
        lesion=target,
        phase=images.phase,
        is_simulated=bundle.is_simulated or images.study.acquisition.is_simulated,
        is_override=refuses and allow_ineligible,
    )
    if refuses and not allow_ineligible:
        return draft
    if target is None:
        return draft  # the refusal of the detector is among its findings
    draft = _with(draft, *check_quality(intensities, images.phase, target))
    try:
        score = score_lesion(images, target, profile, bundle, intensities=intensities, progress=progress)
    except DetectionError as error:
        return _with(draft, Finding.from_error(error))
    return _scored(draft, score, bundle)


def score_lesion(
    images: CaseImages,
    lesion: Lesion,
    profile: ClinicalProfile,
    bundle: ModelBundle,
    *,
    intensities: Intensities | None = None,
    progress: Progress = silent,
) -> RiskScore:
    """Cut the region of interest, build the views and run the network, with no rule asked.

    Parameters
    ----------
    images : CaseImages
        From ``open_case``.
    lesion : Lesion
        The lesion to score.
    profile : ClinicalProfile
        Clinical-pathological facts.
    bundle : ModelBundle
        The model.
    intensities : Intensities, optional
        Of the study, where they were measured before.
    progress : Progress
        Told of every step.

    Returns
    -------
    RiskScore
        Mean over the bundle's views.
    """
    progress(StepReport(Step.ROI, 0.0))
    roi = crop_roi(intensities or images.study, images.phase, lesion, bundle.roi)
    progress(
        StepReport(
            Step.ROI,
            1.0,
            sentence("{mm:.0f} mm longest, {ml:.1f} ml", mm=lesion.longest_diameter_mm, ml=lesion.volume_ml),
        )
    )
    stack = build_views(roi, bundle.views)
    progress(
        StepReport(
            Step.VIEWS, 1.0, sentence("{n} views of {m} slices", n=len(stack.names), m=bundle.views.n_slices)
        )
    )
    score = score_views(bundle, stack, profile)
    progress(StepReport(Step.SCORE, 1.0, sentence("risk score {score:.2f}", score=score.probability)))
    return score


def refuse(error: DeepTeppError, profile: ClinicalProfile | None = None) -> Assessment:
    """Turn a refusal raised while reading into the assessment that reports it.

    Parameters
    ----------
    error : DeepTeppError
        What was raised.
    profile : ClinicalProfile, optional
        Clinical-pathological facts, when known by then.

    Returns
    -------
    Assessment
        Refused, with one finding.
    """
    return Assessment(
        Outcome.REFUSED, profile or ClinicalProfile(), (Finding.from_error(error),), is_simulated=False
    )


def _image_findings(images: CaseImages, lesion: Lesion | None) -> tuple[Finding, ...]:
    """Collect what reading and detection found, less what a reader's own choice of lesion settles."""
    findings = images.findings
    if lesion is not None:
        findings = tuple(f for f in findings if not f.rule.startswith("detection"))
    elif images.is_ambiguous:
        text = "More than one region enhances like a tumour. Check the box, or choose another candidate."
        ratio = round(images.candidates[0].runner_up_ratio, 2)
        findings = (*findings, Finding("detection.ambiguous", Severity.WARNING, text, ratio))
    return findings


def _with(draft: Assessment, *findings: Finding) -> Assessment:
    """Add findings to an assessment."""
    return replace(draft, findings=(*draft.findings, *findings))


def _scored(draft: Assessment, score: RiskScore, bundle: ModelBundle) -> Assessment:
    """Complete an assessment with its score, tier and place in the cohort."""
    has_warnings = any(f.severity is not Severity.NOTE for f in draft.findings)
    return replace(
        draft,
        outcome=Outcome.SCORED_WITH_WARNINGS if has_warnings else Outcome.SCORED,
        score=score,
        tier=bundle.tiers.tier_of(score.probability),
        percentile=percentile(score.probability, bundle.reference),
    )
