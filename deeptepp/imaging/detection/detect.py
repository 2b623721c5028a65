"""Find tumours without labels: coarse search, a score, and a fine mask for each of the best candidates.

METHOD section 4. The search runs on blocks of about 2 mm, because averaging lowers noise and cost alike; only the
surroundings of the best candidates are then sampled at 1 mm.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from deeptepp.domain.geometry import FloatArray
from deeptepp.domain.lesion import BoxMm, Lesion, LesionOrigin
from deeptepp.domain.progress import Progress, Step, StepReport, silent
from deeptepp.domain.study import PhaseChoice, Study
from deeptepp.errors import LesionOutsideVolume, NoLesion
from deeptepp.imaging.body import BoolImage
from deeptepp.imaging.breast import SEARCH_SPACING_MM, BreastRegion
from deeptepp.imaging.detection.candidates import MIN_VOLUME_MM3, Candidate, find_candidates
from deeptepp.imaging.detection.maps import EnhancementMaps, search_maps
from deeptepp.imaging.detection.refine import (
    REACH_MM,
    REACH_SHARE,
    block_around,
    enhancement_features,
    enhancing_tissue,
    refine_mask,
    tidy,
)
from deeptepp.wording.sentence import sentence

N_CANDIDATES = 5
"""Candidates handed to the reader."""

MIN_SCORE = 2.0
"""Candidates below this score are noise; see ``benchmarks/detection.py``."""

HALF_CONFIDENCE_SCORE = 5.0
"""Score at which the confidence is one half: about where wrong first candidates and right ones meet."""

LISTED_SCORE_SHARE = 0.4
"""Second findings below this share of the best score are not listed; vessels and background reach about 0.2."""

RIVAL_SCORE_SHARE = 0.5
"""A candidate with less than this share of the best score does not make the choice ambiguous."""

RIVAL_LARGE_MM3 = 486.0
"""A rival larger than this makes the choice ambiguous unless the first is far larger, mm³ (METHOD section 4)."""

RIVAL_VOLUME_RATIO = 4.0
"""The first candidate must be this many times larger than a rival not to be ambiguous (METHOD section 4)."""


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """What the detector found.

    ``candidates``: best first, at most ``N_CANDIDATES``; none scores below ``LISTED_SCORE_SHARE`` of the first;
    ``breasts``: where it looked; ``is_ambiguous``: a second candidate is so close in score and size that a reader
    should choose.
    """

    candidates: tuple[Lesion, ...]
    breasts: BreastRegion
    is_ambiguous: bool


def detect_lesions(
    study: Study, phase: PhaseChoice, *, search_spacing_mm: float = SEARCH_SPACING_MM, progress: Progress = silent
) -> Detection:
    """Find enhancing lesions in the breasts.

    ``search_spacing_mm``: edge of the blocks of the search grid, mm. Gives candidates with masks on 1 mm voxels,
    best first. Second findings are listed only when their score is at least ``LISTED_SCORE_SHARE`` of the best
    one, so that a clean case lists one or two. Raises NoBreast where there is no breast in the field of view;
    NoLesion where nothing in the breasts stands out.
    """
    progress(StepReport(Step.BREAST, 0.0))
    # 1. The breasts, and how strongly each voxel of the search grid enhances in them.
    maps, breasts = search_maps(study, phase, search_spacing_mm)
    sides = " and ".join(breasts.sides) or "one"
    progress(
        StepReport(
            Step.BREAST, 1.0, sentence("Breast region of {n:.0f} ml ({sides}).", n=breasts.volume_ml, sides=sides)
        )
    )
    progress(StepReport(Step.DETECT, 0.0))
    # 2. Candidates by their score; below the lowest one nothing is called a tumour.
    found = find_candidates(maps, breasts, n_best=N_CANDIDATES + 1)
    if not found or found[0].score < MIN_SCORE:
        best = (
            sentence("best score {value:.3g}, below {limit:g}", value=found[0].score, limit=MIN_SCORE)
            if found
            else sentence("no candidate")
        )
        raise NoLesion(value=best, limit=MIN_VOLUME_MM3 / 1000)
    # 3. Those that come near the best, each with a mask on 1 mm voxels.
    listed = [c for c in found[:N_CANDIDATES] if c.score >= LISTED_SCORE_SHARE * found[0].score]
    lesions: list[Lesion] = []
    for k, candidate in enumerate(listed):
        follower = found[k + 1].score if k + 1 < len(found) else 0.0
        lesions.append(_refined(study, phase, maps, candidate, follower))
        progress(StepReport(Step.DETECT, (k + 1) / len(listed)))
    is_ambiguous = _is_ambiguous(listed)
    progress(StepReport(Step.DETECT, 1.0, _sentence(lesions, is_ambiguous=is_ambiguous)))
    return Detection(tuple(lesions), breasts, is_ambiguous)


def _refined(
    study: Study, phase: PhaseChoice, maps: EnhancementMaps, candidate: Candidate, follower: float
) -> Lesion:
    """Turn a candidate into a lesion with a mask on 1 mm voxels."""
    diameter_mm = (6 * candidate.volume_mm3 / np.pi) ** (1 / 3)
    reach_mm = float(np.clip(REACH_SHARE * diameter_mm, max(maps.grid.spacing_mm), REACH_MM))
    mask, grid = refine_mask(study, phase, maps.grid.to_mm(candidate.voxels), reach_mm)
    ratio = candidate.score / follower if follower > 0 else float("inf")
    confidence = candidate.score / (candidate.score + HALF_CONFIDENCE_SCORE)
    features = {"score": candidate.score, **asdict(candidate.features)}
    return Lesion(mask, grid, confidence, LesionOrigin.DETECTOR, ratio, features)


def _is_ambiguous(found: list[Candidate]) -> bool:
    """Whether another candidate rivals the first in score and size."""
    first = found[0]
    for rival in found[1:]:
        if rival.score < RIVAL_SCORE_SHARE * first.score:
            continue
        if rival.volume_mm3 > RIVAL_LARGE_MM3 or first.volume_mm3 < RIVAL_VOLUME_RATIO * rival.volume_mm3:
            return True
    return False


def _sentence(lesions: list[Lesion], *, is_ambiguous: bool) -> str:
    """Say in one sentence what was found."""
    first = lesions[0]
    text = sentence(
        "{n} candidate(s); the first is {mm:.0f} mm, {ml:.1f} ml",
        n=len(lesions),
        mm=first.longest_diameter_mm,
        ml=first.volume_ml,
    )
    return sentence("{found}, and another one rivals it." if is_ambiguous else "{found}.", found=text)


def lesion_from_box(study: Study, phase: PhaseChoice, box: BoxMm) -> Lesion:
    """Outline the enhancing tissue inside a box drawn by a reader.

    ``box``: corners in LPS mm. Gives mask on 1 mm voxels, all of it inside the box; the whole box where nothing in
    it stands out. Raises LesionOutsideVolume where the box has no extent or does not meet the images.
    """
    low, high = np.asarray(box.low, dtype=float), np.asarray(box.high, dtype=float)
    if not np.isfinite([low, high]).all() or (high <= low).any():
        raise LesionOutsideVolume()
    low, high = _within_images(study, low, high)
    grid = block_around(low, high)
    points = grid.to_mm(np.moveaxis(np.indices(grid.shape), 0, -1))
    inside: BoolImage = np.asarray(((points >= low) & (points <= high)).all(axis=-1))
    if not inside.any():
        # A box thinner than a voxel still means the voxel in its middle.
        inside[tuple(np.rint(grid.to_index((low + high) / 2)).astype(int))] = True
    tissue = enhancing_tissue(enhancement_features(study, phase, grid), inside)
    mask = tidy(tissue & inside, inside) & inside
    return Lesion(mask if mask.any() else inside, grid, 1.0, LesionOrigin.READER)


def _within_images(study: Study, low: FloatArray, high: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Cut a box to the images, or say that it does not meet them."""
    edges = study.grid.to_mm(
        np.array(np.meshgrid(*[(-0.5, n - 0.5) for n in study.grid.shape], indexing="ij")).reshape(3, -1).T
    )
    low, high = np.maximum(low, edges.min(axis=0)), np.minimum(high, edges.max(axis=0))
    if (high <= low).any() or not study.grid.contains((low + high) / 2):
        raise LesionOutsideVolume()
    return low, high
