"""How much the score hangs on the outline: the same lesion scored with its region of interest shifted a little."""

from __future__ import annotations

from dataclasses import replace

from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.lesion import Lesion, Roi
from deeptepp.domain.progress import Progress, Step, StepReport, silent
from deeptepp.domain.risk import Assessment, ShiftMm, Stability, Tier
from deeptepp.imaging.roi import RoiSettings, crop_roi
from deeptepp.model.bundle import ModelBundle
from deeptepp.model.predict import score_views
from deeptepp.scoring.images import CaseImages
from deeptepp.views.mosaic import build_views

SHIFT_MM = 3.0
"""How far the region of interest is shifted; the largest shift that the network met in training."""

_FACES = ((0, 0, 0), (1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1))
"""Where it stands, and the six directions along the axes of the patient, (x, y, z) LPS."""


def measure_stability(
    images: CaseImages,
    lesion: Lesion,
    profile: ClinicalProfile,
    bundle: ModelBundle,
    *,
    shift_mm: float = SHIFT_MM,
    progress: Progress = silent,
) -> Stability:
    """Score one lesion at its place and with the whole outline shifted in six directions.

    Parameters
    ----------
    images : CaseImages
        From ``open_case``.
    lesion : Lesion
        The lesion that was scored.
    profile : ClinicalProfile
        Clinical-pathological facts.
    bundle : ModelBundle
        The model.
    shift_mm : float
        Length of the shifts; rounded to whole voxels of the region of interest, at least one.
    progress : Progress
        Told of every shift.

    Returns
    -------
    Stability
        Seven scores and the tiers that they fall in.

    Raises
    ------
    LesionOutsideVolume
        The centroid of the lesion lies outside of the images.

    Notes
    -----
    Images are resampled once, to a cube that is larger by the shift on every side: shifts by whole voxels are
    blocks of it and equal to a new cut around a shifted outline.
    """
    n = max(1, round(shift_mm / bundle.roi.spacing_mm))
    step_mm = n * bundle.roi.spacing_mm
    progress(StepReport(Step.ROI, 0.0))
    rois = _shifted(images, lesion, bundle.roi, n)
    progress(StepReport(Step.ROI, 1.0, f"shifts of {step_mm:g} mm in six directions"))
    scores: dict[ShiftMm, float] = {}
    for i, (direction, roi) in enumerate(rois.items()):
        stack = build_views(roi, bundle.views)
        progress(StepReport(Step.VIEWS, (i + 1) / len(rois)))
        x, y, z = (step_mm * d for d in direction)
        scores[x, y, z] = score_views(bundle, stack, profile).probability
        progress(StepReport(Step.SCORE, (i + 1) / len(rois)))
    seen = {bundle.tiers.tier_of(score) for score in scores.values()}
    return Stability(scores, tuple(tier for tier in Tier if tier in seen))


def with_stability(
    images: CaseImages, assessment: Assessment, bundle: ModelBundle, *, progress: Progress = silent
) -> Assessment:
    """Add its stability to an assessment.

    Parameters
    ----------
    images : CaseImages
        Of the case that was assessed.
    assessment : Assessment
        Refused ones come back as they are.
    bundle : ModelBundle
        The model that scored it.
    progress : Progress
        Told of every shift.

    Returns
    -------
    Assessment
        With ``stability``.
    """
    if assessment.score is None or assessment.lesion is None:
        return assessment
    stability = measure_stability(images, assessment.lesion, assessment.profile, bundle, progress=progress)
    return replace(assessment, stability=stability)


def _shifted(images: CaseImages, lesion: Lesion, settings: RoiSettings, n: int) -> dict[tuple[int, int, int], Roi]:
    """Cut the cube and its neighbours ``n`` voxels away, by direction (x, y, z)."""
    here = crop_roi(images.study, images.phase, lesion, settings)
    size_mm = (settings.n_voxels + 2 * n) * settings.spacing_mm
    wide = crop_roi(images.study, images.phase, lesion, replace(settings, size_mm=size_mm))
    rois = {}
    for x, y, z in _FACES:
        start = [n + n * direction for direction in (z, y, x)]
        stop = [a + m for a, m in zip(start, here.grid.shape, strict=True)]
        block = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
        # The outline moves with the cube, so that its mask in the cube stays the same.
        rois[x, y, z] = Roi(wide.voxels[(slice(None), *block)], here.mask, wide.grid.crop(start, stop))
    return rois
