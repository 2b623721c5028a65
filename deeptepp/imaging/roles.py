"""Whether the images fit the roles given to them: pre-contrast, post-contrast 1, 2 ... METHOD section 3.

Headers say which volume is which phase; the images say whether that can be. Limits and their margins, on simulated
and on real studies and on variants with wrong roles, are in docs/results/roles.md (benchmarks/roles.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.domain.geometry import Volume
from deeptepp.imaging.role_measures import (
    Arrival,
    Scale,
    arrival_of,
    contrast_correlation,
    curve_of,
    differences,
    log_ratios,
    scale_of,
)
from deeptepp.imaging.role_sample import RoleSample, sample_roles
from deeptepp.imaging.role_shift import shifts_mm

Float64 = npt.NDArray[np.float64]

CONTRAST = "roles.same-contrast"
SCALE = "roles.same-scale"
PLACE = "roles.same-place"
ORDER = "roles.order"
ARRIVED = "roles.contrast-arrived"

RULES = (CONTRAST, ORDER, SCALE, PLACE, ARRIVED)
"""Rule ids, most telling first: another contrast explains what the later rules find, never the other way round."""

MIN_CORRELATION = 0.6
"""Whole studies have 0.93 and more, a wrong order 0.67; fat, subtractions and maps 0.5 and less."""

TISSUE_RATIOS = (0.85, 2.0)
"""Ratio of tissue that enhances least; whole studies have 1.00 to 1.17, tumour slices 0.92 to 1.92 early."""

AIR_RATIOS = (0.85, 1.2)
"""Ratio of air, believed only where tissue has moved the same way; whole studies have 1.00 to 1.06."""

SUPPORTED_RATIOS = (0.92, 1.15)
"""Tissue has moved with the air when its ratio lies outside of these."""

SHARP_WIDTH = 0.045
"""Half of the tissue within this log interval is fat, or tissue that does not enhance: a mark of the scale."""

MAX_SHARP_OFFSET = 0.08
"""How far such a mark may lie from 1, as a logarithm; whole studies have 0.02."""

MAX_SHIFT_MM = 6.0
"""Real study 1.0 mm, halves of it up to 2.6; moved by 8 mm it measures 7.1 and more."""

MIN_RISE_PCT = 25.0
"""Rise at the 99th percentile; whole studies have 114 % and more, slices of tumours 28 % (2 %: 32) and more."""

MIN_RISE_SHARE = 0.25
"""A phase rises, on a log scale, at least by this share of the phase that rises most; slices have 0.38 and more."""

MIN_ASYMMETRY = 0.8
"""Rise over fall of the first phase; the real study has 3.7, without its pre-contrast images 0.7."""

MIN_ASYMMETRY_LATER = 0.5
"""The same of later phases; the real study has 1.9 and more, slices of tumours 0.59 and more in 98 %."""

MAX_DROP = -0.1
"""Share of the largest change by which the strongest tissue may lie below its level in the pre-contrast images."""

RISEN = 0.5
"""Contrast is in when the curve reaches this share of its maximum."""

BASELINE_LEVEL = 0.25
"""Contrast that was in never falls below this share; whole studies stay above 0.6."""

SECOND_RISE = 0.25
"""A fall from the maximum and a rise after it, both by this share, are two injections or copies."""

COPY_SHARE = 0.05
"""Two phases that differ less than this share of what neighbours differ by are the same images."""


@dataclass(frozen=True, slots=True)
class RoleCheck:
    """What the images say of one rule.

    Parameters
    ----------
    rule : str
        Rule id, one of ``RULES``.
    phase : int or None
        The phase that is meant, 0 for the pre-contrast one; None where it is the study.
    value : float
        What was measured.
    limit : str
        What was expected, in words with its unit.
    is_passed : bool
        False where the images contradict their roles.
    sentence : str
        The finding for the user.
    """

    rule: str
    phase: int | None
    value: float
    limit: str
    is_passed: bool
    sentence: str


def check_roles(
    volumes: Sequence[Volume], *, has_times: bool = True, times_s: Sequence[float] | None = None
) -> tuple[RoleCheck, ...]:
    """Check whether images fit their roles.

    Parameters
    ----------
    volumes : sequence of Volume
        Pre-contrast, post-contrast 1, 2 ... on one grid; intensities on the scale on which they will be compared.
    has_times : bool
        Whether ``times_s`` were measured.
    times_s : sequence of float, optional
        Time of each volume, s.

    Returns
    -------
    tuple of RoleCheck
        Failed ones first, most telling first. Empty where the images are too small or hold no body: not judged.
    """
    sample = sample_roles(volumes) if len(volumes) > 1 else None
    if sample is None:
        return ()
    changes = log_ratios(sample.tissue)
    checks = [
        *_contrast(sample),
        *_scale(sample),
        *_place(sample),
        *_order(changes, times_s if has_times else None),
        *_arrived(changes),
    ]
    return tuple(sorted(checks, key=lambda c: (c.is_passed, RULES.index(c.rule))))


def likely_baselines(volumes: Sequence[Volume]) -> int:
    """Count the leading volumes that look like pre-contrast images.

    Parameters
    ----------
    volumes : sequence of Volume
        Volumes in order of time, on one grid.

    Returns
    -------
    int
        1 in a usual study, more where the first volumes do not enhance, 0 where no later volume enhances against
        the first one, or where the images are not judged.
    """
    sample = sample_roles(volumes) if len(volumes) > 1 else None
    if sample is None:
        return 0
    arrivals = [arrival_of(change) for change in log_ratios(sample.tissue)[1:]]
    is_in = [_has_arrived(a, k, arrivals) for k, a in enumerate(arrivals, start=1)]
    return is_in.index(True) + 1 if any(is_in) else 0


def _name(phase: int) -> str:
    """Name a phase at the start of a sentence."""
    return "The pre-contrast images" if phase == 0 else f"Post-contrast {phase}"


def _contrast(sample: RoleSample) -> list[RoleCheck]:
    """Compare the ranks of tissue that enhances little with those of the pre-contrast images."""
    found = [contrast_correlation(sample.tissue[0], after) for after in sample.tissue[1:]]
    is_low = [value < MIN_CORRELATION for value in found]
    if len(found) > 1 and all(is_low) and _posts_agree(sample):
        # All differ from the pre-contrast images and not from one another: those are the odd ones.
        return [_contrast_check(0, max(found))]
    return [_contrast_check(k, value) for k, value in enumerate(found, start=1)]


def _posts_agree(sample: RoleSample) -> bool:
    """Tell whether the post-contrast phases have one contrast."""
    first, *others = sample.tissue[1:]
    return all(contrast_correlation(first, other) >= MIN_CORRELATION for other in others)


def _contrast_check(phase: int, value: float) -> RoleCheck:
    """Word the check of the contrast."""
    is_passed = value >= MIN_CORRELATION
    other = "the pre-contrast images" if phase else "the post-contrast images"
    verb = "show" if phase == 0 else "shows"
    text = (
        f"{_name(phase)} {verb} tissue in the same contrast as {other}"
        if is_passed
        else f"{_name(phase)} {verb} tissue in another contrast than {other} "
        "(fat instead of water, other fat suppression, a subtraction or a map?)"
    )
    sentence = f"{text}: correlation {value:.2f}, at least {MIN_CORRELATION:g} expected."
    return RoleCheck(CONTRAST, phase, value, f"correlation at least {MIN_CORRELATION:g}", is_passed, sentence)


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
    """Give the factor between two scales, None where they may be the same."""
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
    limit = f"{low:g} to {high:g} times in tissue; {AIR_RATIOS[0]:g} to {AIR_RATIOS[1]:g} times in air"
    other = "the pre-contrast images" if phase else "the post-contrast images"
    verb = "are" if phase == 0 else "is"
    text = (
        f"{_name(phase)} {verb} on the same intensity scale as {other}: {value:.2f} times in tissue."
        if is_passed
        else f"{_name(phase)} {verb} on another intensity scale than {other}: about {value:.2f} times "
        "where nothing enhances, about 1 expected."
    )
    return RoleCheck(SCALE, phase, value, limit, is_passed, text)


def _place(sample: RoleSample) -> list[RoleCheck]:
    """Measure how far each phase lies from the pre-contrast images."""
    found = shifts_mm(sample.blocks, sample.spacing_mm)
    is_far = [shift > MAX_SHIFT_MM for shift in found]
    if len(found) > 1 and all(is_far) and max(found) - min(found) < MAX_SHIFT_MM:
        return [_place_check(0, float(np.median(found)))]
    return [_place_check(k, shift) for k, shift in enumerate(found, start=1)]


def _place_check(phase: int, shift_mm: float) -> RoleCheck:
    """Word the check of the place."""
    is_passed = shift_mm <= MAX_SHIFT_MM
    other = "the pre-contrast images" if phase else "the post-contrast images"
    verb = "lie" if phase == 0 else "lies"
    more = "" if is_passed else " (the patient moved, was positioned anew, or this is another examination)"
    text = f"{_name(phase)} {verb} {shift_mm:.0f} mm from {other}{more}, at most {MAX_SHIFT_MM:.0f} mm expected."
    return RoleCheck(PLACE, phase, shift_mm, f"at most {MAX_SHIFT_MM:.0f} mm", is_passed, text)


def _order(changes: Float64, times_s: Sequence[float] | None) -> list[RoleCheck]:
    """Check that the strongest tissue rises once and stays, that no images come twice, and that time runs on."""
    curve = curve_of(changes, by_rise=True)
    found = [
        *_backward_times(times_s),
        *_less_enhanced(curve_of(changes, by_rise=False), [arrival_of(change) for change in changes[1:]]),
        *_copies(changes),
        *_returns(curve),
    ]
    if found:
        return found[:1]
    text = "The order of the phases agrees with the curve of the strongest enhancement: it rises once and stays."
    value = float(curve[1:].min())
    return [RoleCheck(ORDER, None, value, f"never below {BASELINE_LEVEL:g} of the maximum", True, text)]


def _backward_times(times_s: Sequence[float] | None) -> list[RoleCheck]:
    """Find the first phase that is not later than the one before."""
    if times_s is None:
        return []
    for k, step in enumerate(np.diff(times_s), start=1):
        if step <= 0:
            text = f"{_name(k)} was not acquired after the phase before it: {step:.0f} s."
            return [RoleCheck(ORDER, k, float(step), "more than 0 s", False, text)]
    return []


def _less_enhanced(curve: Float64, arrivals: Sequence[Arrival]) -> list[RoleCheck]:
    """Find the phase that is clearly less enhanced than the images called pre-contrast."""
    k = int(np.argmin(curve))
    if k == 0 or curve[k] >= MAX_DROP or arrivals[k - 1].asymmetry >= MIN_ASYMMETRY_LATER:
        return []
    percent = 100.0 * float(np.expm1(-arrivals[k - 1].fall))
    text = (
        f"Vessels and enhancing tissue are darker in post-contrast {k} than in the pre-contrast images "
        f"({percent:.0f} % at the 1st percentile): the order of the phases is wrong, or the pre-contrast images "
        "are missing."
    )
    return [RoleCheck(ORDER, k, percent, "the pre-contrast images enhance least", False, text)]


def _copies(changes: Float64) -> list[RoleCheck]:
    """Find two phases that are the same images."""
    unlike = differences(changes)
    n = len(unlike)
    usual = float(np.median([unlike[k, k + 1] for k in range(n - 1)]))
    pairs = [(k, j) for k in range(n) for j in range(k) if unlike[k, j] <= COPY_SHARE * usual]
    if n < 3 or not pairs:
        return []
    k, j = min(pairs)
    text = f"{_name(k)} shows the same images as {'the pre-contrast phase' if j == 0 else f'post-contrast {j}'}."
    return [RoleCheck(ORDER, k, float(unlike[k, j]), "no two phases are the same images", False, text)]


def _returns(curve: Float64) -> list[RoleCheck]:
    """Find a return to the baseline, or a second rise, after contrast came in."""
    start = int(np.argmax(curve >= RISEN * curve.max())) if curve.max() > 0 else len(curve)
    top = low = float(curve[start]) if start < len(curve) else 0.0
    for k in range(start + 1, len(curve)):
        level = float(curve[k])
        if level < BASELINE_LEVEL:
            text = (
                f"Enhancement is gone again in post-contrast {k}: {100 * level:.0f} % of its maximum, at least "
                f"{100 * BASELINE_LEVEL:.0f} % expected (images without contrast, or copies of the series, at the end?)."
            )
            return [RoleCheck(ORDER, k, level, f"at least {BASELINE_LEVEL:g} of the maximum", False, text)]
        if top - low >= SECOND_RISE and level - low >= SECOND_RISE:
            text = (
                f"Enhancement falls and rises a second time in post-contrast {k} "
                "(two injections, or copies of the series with later times?)."
            )
            limit = f"rises once, later by less than {SECOND_RISE:g} of the maximum"
            return [RoleCheck(ORDER, k, level - low, limit, False, text)]
        top, low = (level, level) if level > top else (top, min(low, level))
    return []


def _arrived(changes: Float64) -> list[RoleCheck]:
    """Check that contrast has come between the pre-contrast images and each later phase."""
    arrivals = [arrival_of(change) for change in changes[1:]]
    return [_arrival_check(a, k, arrivals) for k, a in enumerate(arrivals, start=1)]


def _has_arrived(arrival: Arrival, phase: int, arrivals: Sequence[Arrival]) -> bool:
    """Tell whether a phase rises enough: in itself, beside its fall, and beside the other phases."""
    least = MIN_ASYMMETRY if phase == 1 else MIN_ASYMMETRY_LATER
    largest = max(a.rise for a in arrivals)
    return (
        arrival.rise_pct >= MIN_RISE_PCT
        and arrival.asymmetry >= least
        and arrival.rise >= MIN_RISE_SHARE * largest
    )


def _arrival_check(arrival: Arrival, phase: int, arrivals: Sequence[Arrival]) -> RoleCheck:
    """Word the check of the enhancement."""
    is_passed = _has_arrived(arrival, phase, arrivals)
    pct = arrival.rise_pct
    limit = f"at least {MIN_RISE_PCT:.0f} % at the 99th percentile, and more than what falls"
    if is_passed:
        text = (
            f"Post-contrast {phase} enhances against the pre-contrast images: {pct:.0f} % at the 99th percentile."
        )
    elif pct < MIN_RISE_PCT:
        text = (
            f"Post-contrast {phase} does not enhance against the pre-contrast images: {pct:.0f} % at the 99th "
            f"percentile, at least {MIN_RISE_PCT:.0f} % expected."
        )
    else:
        text = (
            f"Post-contrast {phase} enhances too little against the pre-contrast images for a phase after contrast: "
            f"{pct:.0f} % at the 99th percentile, beside a fall of {-100 * np.expm1(-arrival.fall):.0f} % elsewhere "
            f"and {max(a.rise_pct for a in arrivals):.0f} % in the phase that enhances most."
        )
    return RoleCheck(ARRIVED, phase, pct, limit, is_passed, text)
