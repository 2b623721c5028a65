"""Whether the images fit the roles given to them: pre-contrast, post-contrast 1, 2 ... METHOD section 3.

Headers say which volume is which phase; the images say whether that can be. Limits and their margins, on simulated
and on real studies and on variants with wrong roles, are in docs/results/roles.md (benchmarks/roles.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from deeptepp.domain.geometry import Volume
from deeptepp.imaging.roles.role_check import CONTRAST, PLACE, RULES, SCALE, RoleCheck, others_name, phase_name
from deeptepp.imaging.roles.role_curve import check_arrival, check_order, has_arrived
from deeptepp.imaging.roles.role_measures import (
    Scale,
    TissueContrast,
    arrival_of,
    contrast_of,
    log_ratios,
    scale_of,
)
from deeptepp.imaging.roles.role_sample import RoleSample, sample_roles
from deeptepp.imaging.roles.role_shift import shifts_mm
from deeptepp.imaging.roles.slice_places import misplaced_slices
from deeptepp.wording.sentence import Words, sentence

__all__ = ["RoleCheck", "check_roles", "likely_baselines"]

MIN_CORRELATION = 0.6
"""Whole studies have 0.93 and more, a wrong order 0.67; fat, subtractions and maps 0.5 and less."""

MAX_EVEN_WIDTH = 0.25
"""Half of the tissue within this log interval of one ratio has one contrast; fat and maps have 0.38 and more."""

TISSUE_RATIOS = (0.85, 2.0)
"""Ratio of tissue that enhances least; whole studies have 1.00 to 1.25, tumour slices 0.92 to 1.92 early."""

AIR_RATIOS = (0.85, 1.2)
"""Ratio of air, believed only where tissue has moved the same way; whole studies have 1.00 to 1.06."""

SUPPORTED_RATIOS = (0.92, 1.15)
"""Tissue has moved with the air when its ratio lies outside of these."""

SHARP_WIDTH = 0.045
"""Half of the tissue within this log interval is fat, or tissue that does not enhance: a mark of the scale."""

MAX_SHARP_OFFSET = 0.08
"""How far such a mark may lie from 1, as a logarithm; whole studies have 0.01."""

MAX_SHIFT_MM = 6.0
"""Real study 1.0 mm, halves of it up to 2.6; moved by 8 mm it measures 7.1 and more."""

_SAME_CONTRAST: tuple[Words, Words] = (
    "{images} show tissue in the same contrast as {others}: {measured}.",
    "{images} shows tissue in the same contrast as {others}: {measured}.",
)
_OTHER_CONTRAST: tuple[Words, Words] = (
    "{images} show tissue in another contrast than {others} (fat instead of water, other fat suppression, a "
    "subtraction or a map?): {measured}.",
    "{images} shows tissue in another contrast than {others} (fat instead of water, other fat suppression, a "
    "subtraction or a map?): {measured}.",
)
_SAME_SCALE: tuple[Words, Words] = (
    "{images} are on the same intensity scale as {others}: {value:.2f} times in tissue.",
    "{images} is on the same intensity scale as {others}: {value:.2f} times in tissue.",
)
_OTHER_SCALE: tuple[Words, Words] = (
    "{images} are on another intensity scale than {others}: about {value:.2f} times where nothing enhances, about "
    "1 expected.",
    "{images} is on another intensity scale than {others}: about {value:.2f} times where nothing enhances, about "
    "1 expected.",
)
_NEAR: tuple[Words, Words] = (
    "{images} lie {mm:.0f} mm from {others}, at most {limit:.0f} mm expected.",
    "{images} lies {mm:.0f} mm from {others}, at most {limit:.0f} mm expected.",
)
_FAR: tuple[Words, Words] = (
    "{images} lie {mm:.0f} mm from {others} (the patient moved, was positioned anew, or this is another "
    "examination), at most {limit:.0f} mm expected.",
    "{images} lies {mm:.0f} mm from {others} (the patient moved, was positioned anew, or this is another "
    "examination), at most {limit:.0f} mm expected.",
)
_STRANGE_SLICES: tuple[Words, Words] = (
    "{images} hold {n} slice(s) that look like no such place of the other phases, as where positions "
    "or images were "
    "exchanged or damaged.",
    "{images} holds {n} slice(s) that look like no such place of the other phases, as where positions or images "
    "were exchanged or damaged.",
)
"""What checks say of the pre-contrast images, and of a phase after contrast."""


def check_roles(
    volumes: Sequence[Volume], *, has_times: bool = True, times_s: Sequence[float] | None = None
) -> tuple[RoleCheck, ...]:
    """Check whether images fit their roles.

    ``volumes``: Pre-contrast, post-contrast 1, 2 ... on one grid; intensities on the scale on which they will be
    compared. ``has_times``: whether ``times_s`` were measured. Failed ones first, most telling first. Empty
    where the images are too small or hold no body: not judged.
    """
    sample = sample_roles(volumes) if len(volumes) > 1 else None
    if sample is None:
        return ()
    changes = log_ratios(sample.tissue)
    checks = [
        *_contrast(sample),
        *_scale(sample),
        *(place := _place(sample)),
        *(_misplaced(volumes) if all(check.is_passed for check in place) else []),
        *check_order(changes, times_s if has_times else None),
        *check_arrival(changes),
    ]
    return tuple(sorted(checks, key=lambda c: (c.is_passed, RULES.index(c.rule))))


def likely_baselines(volumes: Sequence[Volume]) -> int:
    """Count the leading volumes that look like pre-contrast images.

    Gives 1 in a usual study, more where the first volumes do not enhance, 0 where no later volume enhances against
    the first one, or where the images are not judged.
    """
    sample = sample_roles(volumes) if len(volumes) > 1 else None
    if sample is None:
        return 0
    arrivals = [arrival_of(change) for change in log_ratios(sample.tissue)[1:]]
    is_in = [has_arrived(a, k, arrivals) for k, a in enumerate(arrivals, start=1)]
    return is_in.index(True) + 1 if any(is_in) else 0


def _contrast(sample: RoleSample) -> list[RoleCheck]:
    """Compare the ranks of tissue that enhances little with those of the pre-contrast images."""
    found = [contrast_of(sample.tissue[0], after) for after in sample.tissue[1:]]
    if len(found) > 1 and all(_is_other(c) for c in found) and _posts_agree(sample):
        # All differ from the pre-contrast images and not from one another: those are the odd ones.
        return [_contrast_check(0, max(found, key=lambda c: c.correlation))]
    return [_contrast_check(k, contrast) for k, contrast in enumerate(found, start=1)]


def _is_other(contrast: TissueContrast) -> bool:
    """Whether two phases show tissue in different contrast."""
    return contrast.correlation < MIN_CORRELATION and contrast.width > MAX_EVEN_WIDTH


def _posts_agree(sample: RoleSample) -> bool:
    """Whether the post-contrast phases have one contrast."""
    first, *others = sample.tissue[1:]
    return not any(_is_other(contrast_of(first, other)) for other in others)


def _contrast_check(phase: int, contrast: TissueContrast) -> RoleCheck:
    """Word the check of the contrast."""
    is_passed = not _is_other(contrast)
    value = contrast.correlation
    measured = (
        sentence("its ratio is even, within {value:.0f} % in half of it", value=100 * contrast.width)
        if is_passed and value < MIN_CORRELATION
        else sentence("correlation {value:.2f}, at least {limit:g} expected", value=value, limit=MIN_CORRELATION)
    )
    limit = sentence("correlation at least {value:g}", value=MIN_CORRELATION)
    return RoleCheck(
        CONTRAST,
        phase,
        value,
        limit,
        is_passed,
        sentence(
            (_SAME_CONTRAST if is_passed else _OTHER_CONTRAST)[phase > 0],
            images=phase_name(phase),
            others=others_name(phase),
            measured=measured,
        ),
    )


def _scale(sample: RoleSample) -> list[RoleCheck]:
    """Compare the intensity scale of each phase with that of the pre-contrast images."""
    scales = [scale_of(sample, k) for k in range(1, len(sample.tissue))]
    factors = [_factor(scale) for scale in scales]
    wrong = [f for f in factors if f is not None]
    if len(factors) > 1 and len(wrong) == len(factors) and max(wrong) < 1.1 * min(wrong):
        # One factor for all phases is that of the pre-contrast images.
        return [_scale_check(0, 1 / float(np.median(wrong)), is_passed=False)]
    pairs = zip(scales, factors, strict=True)
    return [
        _scale_check(k, scale.tissue if factor is None else factor, is_passed=factor is None)
        for k, (scale, factor) in enumerate(pairs, start=1)
    ]


def _factor(scale: Scale) -> float | None:
    """Factor between two scales, None where they may be the same."""
    if scale.width < SHARP_WIDTH:
        return scale.peak if abs(np.log(scale.peak)) > MAX_SHARP_OFFSET else None
    low, high = AIR_RATIOS
    supported_low, supported_high = SUPPORTED_RATIOS
    if scale.air is not None and (
        (scale.air < low and scale.tissue < supported_low) or (scale.air > high and scale.tissue > supported_high)
    ):
        return scale.air
    low, high = TISSUE_RATIOS
    return None if low <= scale.tissue <= high else scale.tissue


def _scale_check(phase: int, value: float, *, is_passed: bool) -> RoleCheck:
    """Word the check of the scale."""
    low, high = TISSUE_RATIOS
    limit = sentence(
        "{low:g} to {high:g} times in tissue; {least:g} to {most:g} times in air",
        low=low,
        high=high,
        least=AIR_RATIOS[0],
        most=AIR_RATIOS[1],
    )
    templates = _SAME_SCALE if is_passed else _OTHER_SCALE
    text = sentence(templates[phase > 0], images=phase_name(phase), others=others_name(phase), value=value)
    return RoleCheck(SCALE, phase, value, limit, is_passed, text)


def _place(sample: RoleSample) -> list[RoleCheck]:
    """Measure how far each phase lies from the pre-contrast images."""
    found = shifts_mm(sample.blocks, sample.spacing_mm)
    is_far = [shift > MAX_SHIFT_MM for shift in found]
    if len(found) > 1 and all(is_far) and max(found) - min(found) < MAX_SHIFT_MM:
        return [_place_check(0, float(np.median(found)))]
    return [_place_check(k, shift) for k, shift in enumerate(found, start=1)]


def _misplaced(volumes: Sequence[Volume]) -> list[RoleCheck]:
    """Find phases with slices that lie elsewhere in the other phases; nothing where there is none."""
    n_misplaced = Counter(phase for phase, _ in misplaced_slices(volumes))
    return [
        RoleCheck(
            PLACE,
            phase,
            float(n),
            "no slice out of place",
            False,
            sentence(_STRANGE_SLICES[phase > 0], images=phase_name(phase), n=n),
        )
        for phase, n in sorted(n_misplaced.items())
    ]


def _place_check(phase: int, shift_mm: float) -> RoleCheck:
    """Word the check of the place."""
    is_passed = shift_mm <= MAX_SHIFT_MM
    text = sentence(
        (_NEAR if is_passed else _FAR)[phase > 0],
        images=phase_name(phase),
        others=others_name(phase),
        mm=shift_mm,
        limit=MAX_SHIFT_MM,
    )
    return RoleCheck(PLACE, phase, shift_mm, sentence("at most {mm:.0f} mm", mm=MAX_SHIFT_MM), is_passed, text)
