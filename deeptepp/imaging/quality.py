"""Rules on the images themselves: what makes a score less sure, each with its value, limit and source."""

from __future__ import annotations

import numpy as np

from deeptepp.domain.lesion import Lesion
from deeptepp.domain.risk import Finding, Severity
from deeptepp.domain.study import PhaseChoice, Study
from deeptepp.imaging.body import BoolImage, body_mask
from deeptepp.imaging.breast import BreastRegion
from deeptepp.imaging.normalise import BLOCK_MM, Intensities
from deeptepp.imaging.phase import EARLY_PLATEAU_S, contrast_time_s, post_period_s
from deeptepp.imaging.resample import block_factors, block_mean, coarse_grid
from deeptepp.wording.sentence import Words, sentence

MAX_SLICE_MM = 2.0
"""Thicker slices blur every view but the axial one, mm; the published protocol has 1.0."""

MAX_IN_PLANE_MM = 1.3
"""Coarser pixels lose margins and small lesions, mm."""

MAX_ANISOTROPY = 2.0
"""Largest over smallest spacing; the published protocol has 1.13."""

MIN_POST_PHASES = 3
"""The published protocol scores the third of five."""

MAX_TIME_OFFSET_S = 60.0
"""The scored phase should lie this close to the published time, s."""

EDGE_MARGIN_MM = 2.0
"""A lesion closer to the border of the images than this may be cut off, mm."""

VOLUME_LIMITS_ML = (0.1, 150.0)
"""Spheres of 6 and 66 mm; the published tumours have stages I to III."""

MIN_SIGNAL_TO_NOISE = 5.0
"""Median signal of the body over the noise of one voxel."""

MAX_MISREGISTRATION_PCT = 25.0
"""Share of the body's border, in percent, that may change from air to tissue between the two phases."""

_PAPER: Words = (
    "Published protocol: 0.885 x 0.885 x 1.0 mm, five post-contrast phases (doi 10.1007/s00330-024-10609-7)"
)
"""Source of the rules on number and time of the phases."""

_ROI: Words = "Design decision: the region of interest must hold the whole lesion"
"""Source of the lesion rules."""

_WHOLE: Words = "Design decision: intensities are normalised over all phases of the whole study (METHOD section 3)"
"""Source of the rule on the field of view."""

_OBLIQUE: Words = (
    "Design decision: oblique views need near-isotropic voxels; thick slices blur every view but the axial one"
)
"""Source of the rules on slices and anisotropy (METHOD sections 3 and 5)."""

_PIXEL: Words = "Design decision: half as coarse again as the published pixel of 0.885 mm"
"""Source of the rule on pixels."""


def check_quality(intensities: Intensities, phase: PhaseChoice, lesion: Lesion | None) -> tuple[Finding, ...]:
    """Check the images, the phase and the lesion against the rules of image quality.

    ``intensities``: of the study; ``lesion``: the lesion that is scored; its rules are skipped when there is none.
    Only the rules that spoke; empty when all is well. None of them refuses.
    """
    study = intensities.study
    findings = [*_geometry(study), *_timing(study, phase), *_signal(study, phase, intensities.body)]
    if lesion is not None:
        findings += [*_lesion_size(lesion), *_lesion_place(study, lesion)]
    return tuple(findings)


def check_field_of_view(breasts: BreastRegion) -> tuple[Finding, ...]:
    """Check that both breasts are in the images.

    Gives a warning where one breast alone is seen, else empty.
    """
    if len(breasts.sides) > 1:
        return ()
    text = (
        "The images show one breast alone. Intensities are scaled over the whole field of view, and the score "
        "moves with it: compare it with patients who were imaged in the same way."
    )
    return (_warning("one-breast", text, len(breasts.sides), 2, _WHOLE),)


def _warning(rule: str, message: str, value: float, limit: float | str, source: str) -> Finding:
    """Build a warning."""
    return Finding(f"quality.{rule}", Severity.WARNING, message, round(value, 2), limit, source)


def _geometry(study: Study) -> list[Finding]:
    """Check slice thickness, pixel size and anisotropy."""
    spacing = sorted(study.grid.spacing_mm)
    slice_mm, pixel_mm = spacing[2], spacing[1]
    found = []
    if slice_mm > MAX_SLICE_MM:
        text = sentence("Slices are {mm:.1f} mm apart; views across them are blurred.", mm=slice_mm)
        found.append(_warning("slice-spacing", text, slice_mm, MAX_SLICE_MM, _OBLIQUE))
    if pixel_mm > MAX_IN_PLANE_MM:
        text = sentence("Pixels measure {mm:.2f} mm; small lesions and margins are lost.", mm=pixel_mm)
        found.append(_warning("pixel-spacing", text, pixel_mm, MAX_IN_PLANE_MM, _PIXEL))
    ratio = spacing[2] / spacing[0]
    if ratio > MAX_ANISOTROPY:
        text = sentence(
            "Voxels are {ratio:.1f} times longer than wide; oblique views differ in sharpness.", ratio=ratio
        )
        found.append(_warning("anisotropy", text, ratio, MAX_ANISOTROPY, _OBLIQUE))
    return found


def _timing(study: Study, phase: PhaseChoice) -> list[Finding]:
    """Check the number of phases and the time of the one that is scored."""
    found = []
    if study.n_post < MIN_POST_PHASES:
        text = sentence(
            "Only {n} post-contrast phase(s); the published protocol scores the third of five.", n=study.n_post
        )
        found.append(_warning("n-phases", text, study.n_post, MIN_POST_PHASES, _PAPER))
    if post_period_s(study) is None:
        if study.n_post > 1:
            text = "The times of the post-contrast phases were not recorded."
            found.append(Finding("quality.no-times", Severity.WARNING, text, source=_PAPER))
        return found
    time_s = contrast_time_s(study, phase.index)
    if abs(time_s - EARLY_PLATEAU_S) > MAX_TIME_OFFSET_S:
        low, high = EARLY_PLATEAU_S - MAX_TIME_OFFSET_S, EARLY_PLATEAU_S + MAX_TIME_OFFSET_S
        text = sentence(
            "The scored phase lies {seconds:.0f} s after the first post-contrast phase began.", seconds=time_s
        )
        found.append(
            _warning("phase-time", text, time_s, sentence("{low:.0f} to {high:.0f} s", low=low, high=high), _PAPER)
        )
    return found


def _signal(study: Study, phase: PhaseChoice, before: BoolImage) -> list[Finding]:
    """Check the noise of the scored subtraction and the motion since the body ``before`` contrast."""
    if not before.any():
        return []
    factors = block_factors(study.grid, BLOCK_MM)
    post = block_mean(study.phases[phase.index].volume, factors)
    after = body_mask(post, coarse_grid(study.grid, factors))
    found = []
    ratio = float(np.median(post[before])) / max(noise_sd(study, phase), 1e-9)
    if ratio < MIN_SIGNAL_TO_NOISE:
        text = sentence("The signal is only {ratio:.1f} times the noise of a voxel.", ratio=ratio)
        source = "Design decision: below it, noise rivals the enhancement of small lesions"
        found.append(_warning("noise", text, ratio, MIN_SIGNAL_TO_NOISE, source))
    moved_pct = 100.0 * _moved_share(before, after)
    if moved_pct > MAX_MISREGISTRATION_PCT:
        text = sentence(
            "{share:.0f} % of the surface moved between the two phases; edges may seem to enhance.",
            share=moved_pct,
        )
        source = "Design decision: subtraction needs both phases in one place"
        found.append(_warning("motion", text, moved_pct, MAX_MISREGISTRATION_PCT, source))
    return found


def noise_sd(study: Study, phase: PhaseChoice) -> float:
    """Estimate the noise of one voxel.

    Gives standard deviation in scanner units, from differences of neighbours along x inside the body.
    """
    voxels = study.phases[phase.index].volume.voxels[::4, ::4, :]
    left, right = voxels[..., :-2:2].astype(np.float32), voxels[..., 1:-1:2].astype(np.float32)
    is_body = left > np.mean(left)
    steps = (right - left)[is_body]
    # The median of absolute differences ignores edges, which are few.
    return float(np.median(np.abs(steps)) / 0.6745 / np.sqrt(2)) if steps.size else 0.0


def _moved_share(before: BoolImage, after: BoolImage) -> float:
    """Anterior surface columns whose first tissue moved by a block or more, as a share."""
    is_seen = before.any(axis=1) & after.any(axis=1)
    if not is_seen.any():
        return 0.0
    shift = np.abs(np.argmax(before, axis=1) - np.argmax(after, axis=1))[is_seen]
    return float((shift >= 2).mean())


def _lesion_size(lesion: Lesion) -> list[Finding]:
    """Check the volume of the lesion."""
    low, high = VOLUME_LIMITS_ML
    if low <= lesion.volume_ml <= high:
        return []
    text = sentence("The lesion measures {n:.2f} ml, which is unusual. Check the outline.", n=lesion.volume_ml)
    return [
        _warning(
            "lesion-volume", text, lesion.volume_ml, sentence("{low:g} to {high:g} ml", low=low, high=high), _ROI
        )
    ]


def _lesion_place(study: Study, lesion: Lesion) -> list[Finding]:
    """Check that the lesion keeps off the border of the images."""
    index = study.grid.to_index(lesion.points_mm)
    spacing = np.asarray(study.grid.spacing_mm)
    last = np.asarray(study.grid.shape) - 1
    margin_mm = float((np.minimum(index, last - index) * spacing).min())
    if margin_mm >= EDGE_MARGIN_MM:
        return []
    text = "The lesion touches the border of the images and may be cut off."
    return [_warning("lesion-at-edge", text, margin_mm, EDGE_MARGIN_MM, _ROI)]
