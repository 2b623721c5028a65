"""How much the score hangs on the outline: the same lesion scored with its region of interest shifted a little."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.lesion import Lesion, Roi, ViewStack
from deeptepp.domain.progress import Progress, Step, StepReport, silent
from deeptepp.domain.risk import Assessment, RiskScore, ShiftMm, Stability, Tier
from deeptepp.domain.study import PhaseChoice, Study
from deeptepp.imaging.normalise import Intensities
from deeptepp.imaging.roi import RoiSettings, crop_roi
from deeptepp.model.bundle import ModelBundle
from deeptepp.model.predict import score_views
from deeptepp.scoring.images import CaseImages
from deeptepp.views.mosaic import build_views
from deeptepp.views.planes import ViewSettings
from deeptepp.wording.sentence import sentence

SHIFT_MM = 3.0
"""How far the region of interest is shifted; the largest shift that the network met in training."""

Face = tuple[int, int, int]
"""Direction (x, y, z) of a shift."""

_FACES: tuple[Face, ...] = ((0, 0, 0), (1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1))
"""Where it stands, and the six directions along the axes of the patient, (x, y, z) LPS."""


def measure_stability(
    images: CaseImages,
    lesion: Lesion,
    profile: ClinicalProfile,
    bundle: ModelBundle,
    *,
    here: RiskScore | None = None,
    intensities: Intensities | None = None,
    shift_mm: float = SHIFT_MM,
    progress: Progress = silent,
) -> Stability:
    """Score one lesion at its place and with the whole outline shifted in six directions.

    Images are resampled once, to a cube that is larger by the shift on every side: shifts by whole voxels are
    blocks of it and equal to a new cut around a shifted outline. ``profile``: clinical-pathological facts;
    ``here``: its score at its place, which is then taken as it is, computed when not given; ``intensities``: of
    the study, where they were measured before; ``shift_mm``: length of the shifts, rounded to whole voxels of the
    region of interest, at least one; ``progress``: told of every shift. Returns seven scores and the tiers that
    they fall in. Raises LesionOutsideVolume: the centroid of the lesion lies outside of the images.
    """
    # Whole voxels, so that a shift interpolates nothing anew.
    n = max(1, round(shift_mm / bundle.roi.spacing_mm))
    step_mm = n * bundle.roi.spacing_mm
    progress(StepReport(Step.STABILITY, 0.0))
    found: dict[Face, float] = {} if here is None else {_FACES[0]: here.probability}
    # The region of interest moved along each axis, both ways, and scored again.
    cubes = _shifted(intensities or images.study, images.phase, lesion, bundle.roi, n)
    wanted = [(face, cube) for face, cube in cubes if face not in found]
    for face, views in _views(wanted, bundle.views):
        found[face] = score_views(bundle, views, profile).probability
        progress(StepReport(Step.STABILITY, len(found) / len(_FACES)))
    scores: dict[ShiftMm, float] = {(step_mm * x, step_mm * y, step_mm * z): found[x, y, z] for x, y, z in _FACES}
    told = sentence(
        "{low:.2f} to {high:.2f} with shifts of {mm:g} mm",
        low=min(scores.values()),
        high=max(scores.values()),
        mm=step_mm,
    )
    progress(StepReport(Step.STABILITY, 1.0, told))
    # Stable where every shift stays in one tier.
    seen = {bundle.tiers.tier_of(score) for score in scores.values()}
    return Stability(scores, tuple(tier for tier in Tier if tier in seen))


def with_stability(
    images: CaseImages,
    assessment: Assessment,
    bundle: ModelBundle,
    *,
    intensities: Intensities | None = None,
    progress: Progress = silent,
) -> Assessment:
    """Add its stability to an assessment.

    ``intensities``: of the study, where they were measured before; ``progress``: told of every shift.
    """
    if assessment.score is None or assessment.lesion is None:
        return assessment
    stability = measure_stability(
        images,
        assessment.lesion,
        assessment.profile,
        bundle,
        here=assessment.score,
        intensities=intensities,
        progress=progress,
    )
    return replace(assessment, stability=stability)


def _shifted(
    images: Study | Intensities, phase: PhaseChoice, lesion: Lesion, settings: RoiSettings, n: int
) -> Iterator[tuple[Face, Roi]]:
    """Cut the cube and its neighbours ``n`` voxels away, one direction (x, y, z) at a time."""
    size = settings.n_voxels
    wide_mm = (size + 2 * n) * settings.spacing_mm
    wide = crop_roi(images, phase, lesion, replace(settings, size_mm=wide_mm))
    # The outline moves with the cube, so that its mask in the cube stays the same.
    mask = wide.mask[n : n + size, n : n + size, n : n + size]
    for x, y, z in _FACES:
        start = [n + n * direction for direction in (z, y, x)]
        stop = [a + size for a in start]
        block = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
        yield (x, y, z), Roi(wide.voxels[(slice(None), *block)], mask, wide.grid.crop(start, stop))


def _views(cubes: Sequence[tuple[Face, Roi]], settings: ViewSettings) -> Iterator[tuple[Face, ViewStack]]:
    """Build the views of cubes with one outline.

    Those whose middle lies at the same index, to the last bit, are sampled at the same points: side by side, as
    channels of one cube.
    """
    alike: dict[tuple[float, ...], list[tuple[Face, Roi]]] = defaultdict(list)
    for face, roi in cubes:
        centre_mm = roi.grid.centre_mm
        place = (*(roi.grid.affine[:3, 3] - centre_mm), *roi.grid.to_index(centre_mm))
        alike[place].append((face, roi))
    for group in alike.values():
        first = group[0][1]
        together = Roi(np.concatenate([roi.voxels for _, roi in group]), first.mask, first.grid)
        views = build_views(together, settings)
        for (face, _), own in zip(group, np.split(views.views, len(group), axis=1), strict=True):
            yield face, ViewStack(own, views.names)
