"""Whether contrast comes, rises once and stays, in the order that was given to the phases."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from deeptepp.imaging.roles.role_check import ARRIVED, ORDER, RoleCheck
from deeptepp.imaging.roles.role_measures import Arrival, arrival_of, curve_of, differences
from deeptepp.wording.sentence import sentence

Float64 = npt.NDArray[np.float64]

MIN_RISE_PCT = 25.0
"""Rise at the 99th percentile; whole studies have 110 % and more, slices of tumours 28 % and more early."""

MIN_RISE_SHARE = 0.25
"""Least rise of a phase beside the phase that rises most, both as logarithms; 8 % of a first pass have 0.18."""

MIN_EVIDENCE = 0.3
"""Log rise times rise over fall of the first phase; the real study has 5, its breasts alone 0.65, tumour slices
0.33 and more in 98 %, and the real study without its pre-contrast images 0.15."""

MIN_ASYMMETRY_LATER = 0.5
"""Rise over fall of later phases; the real study has 1.9 and more, slices of tumours 0.59 and more in 98 %."""

MAX_DROP = -0.1
"""Share of the largest change by which the strongest tissue may lie below its level in the pre-contrast images."""

RISEN = 0.5
"""Contrast is in when the curve reaches this share of its maximum."""

BASELINE_LEVEL = 0.25
"""Contrast that was in never falls below this share; whole studies stay at 0.6 and more."""

SECOND_RISE = 0.25
"""A fall from the maximum and a rise after it, both by this share, are two injections or copies."""

COPY_SHARE = 0.05
"""Two phases that differ less than this share of what neighbours differ by are the same images."""


def check_order(changes: Float64, times_s: Sequence[float] | None) -> list[RoleCheck]:
    """Check that the strongest tissue rises once and stays, that no images come twice, and that time runs on.

    ``changes``, (n_phases, n) float64: logarithm of each phase over the first. One: the first fault, or that there
    is none.
    """
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
    return [
        RoleCheck(
            ORDER, None, value, sentence("never below {value:g} of the maximum", value=BASELINE_LEVEL), True, text
        )
    ]


def _backward_times(times_s: Sequence[float] | None) -> list[RoleCheck]:
    """Find the first phase that is not later than the one before."""
    if times_s is None:
        return []
    for k, step in enumerate(np.diff(times_s), start=1):
        if step <= 0:
            text = sentence(
                "Post-contrast {k} was not acquired after the phase before it: {value:.0f} s.", k=k, value=step
            )
            return [RoleCheck(ORDER, k, float(step), "more than 0 s", False, text)]
    return []


def _less_enhanced(curve: Float64, arrivals: Sequence[Arrival]) -> list[RoleCheck]:
    """Find the phase that is clearly less enhanced than the images called pre-contrast."""
    k = int(np.argmin(curve))
    if k == 0 or curve[k] >= MAX_DROP or arrivals[k - 1].asymmetry >= MIN_ASYMMETRY_LATER:
        return []
    percent = arrivals[k - 1].fall_pct
    text = sentence(
        "Vessels and enhancing tissue are darker in post-contrast {k} than in the pre-contrast images "
        "({value:.0f} % darker at the 1st percentile): the order of the phases is wrong, or the "
        "pre-contrast images are missing.",
        k=k,
        value=percent,
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
    text = sentence(
        "Post-contrast {k} shows the same images as the pre-contrast phase."
        if j == 0
        else "Post-contrast {k} shows the same images as post-contrast {n}.",
        k=k,
        n=j,
    )
    return [RoleCheck(ORDER, k, float(unlike[k, j]), "no two phases are the same images", False, text)]


def _returns(curve: Float64) -> list[RoleCheck]:
    """Find a return to the baseline, or a second rise, after contrast came in."""
    if curve.max() <= 0:
        return []
    start = int(np.argmax(curve >= RISEN * curve.max()))
    top = low = float(curve[start])
    for k in range(start + 1, len(curve)):
        level = float(curve[k])
        if level < BASELINE_LEVEL:
            return [_gone_check(k, level)]
        if min(top, level) - low >= SECOND_RISE:
            return [_second_rise_check(k, level - low)]
        top, low = (level, level) if level > top else (top, min(low, level))
    return []


def _gone_check(phase: int, level: float) -> RoleCheck:
    """Word that enhancement is gone again."""
    text = sentence(
        "Enhancement is gone again in post-contrast {k}: {value:.0f} % of its maximum, at least "
        "{limit:.0f} % expected (images before contrast, or copies of the series, at the end?).",
        k=phase,
        value=100 * level,
        limit=100 * BASELINE_LEVEL,
    )
    return RoleCheck(
        ORDER, phase, level, sentence("at least {value:g} of the maximum", value=BASELINE_LEVEL), False, text
    )


def _second_rise_check(phase: int, step: float) -> RoleCheck:
    """Word that enhancement rises twice."""
    text = sentence(
        "Enhancement falls and rises a second time in post-contrast {k}, by {value:.0f} % of its "
        "maximum (two injections, or copies of the series with later times?).",
        k=phase,
        value=100 * step,
    )
    limit = sentence("rises once, later by less than {value:g} of the maximum", value=SECOND_RISE)
    return RoleCheck(ORDER, phase, step, limit, False, text)


def check_arrival(changes: Float64) -> list[RoleCheck]:
    """Check that contrast has come between the pre-contrast images and each later phase.

    ``changes``, (n_phases, n) float64: logarithm of each phase over the first. One for each phase after the first.
    """
    arrivals = [arrival_of(change) for change in changes[1:]]
    return [_arrival_check(a, k, arrivals) for k, a in enumerate(arrivals, start=1)]


def has_arrived(arrival: Arrival, phase: int, arrivals: Sequence[Arrival]) -> bool:
    """Tell whether a phase rises enough: in itself, beside its fall, and beside the other phases.

    ``phase``: its index, at least 1; ``arrivals``: of all phases after the first. True where contrast is in.
    """
    largest = max(a.rise for a in arrivals)
    is_enough = arrival.rise_pct >= MIN_RISE_PCT and arrival.rise >= MIN_RISE_SHARE * largest
    is_upward = arrival.evidence >= MIN_EVIDENCE if phase == 1 else arrival.asymmetry >= MIN_ASYMMETRY_LATER
    return is_enough and is_upward


def _arrival_check(arrival: Arrival, phase: int, arrivals: Sequence[Arrival]) -> RoleCheck:
    """Word the check of the enhancement."""
    is_passed = has_arrived(arrival, phase, arrivals)
    pct = arrival.rise_pct
    limit = sentence("at least {value:.0f} % at the 99th percentile, and more than what falls", value=MIN_RISE_PCT)
    text = sentence(
        (
            "Post-contrast {k} enhances against the pre-contrast images: {value:.0f} % at the 99th "
            "percentile, at least {limit:.0f} % expected."
        )
        if is_passed
        else (
            "Post-contrast {k} does not enhance against the pre-contrast images: {value:.0f} % at the "
            "99th percentile, at least {limit:.0f} % expected."
        ),
        k=phase,
        value=pct,
        limit=MIN_RISE_PCT,
    )
    if not is_passed and pct >= MIN_RISE_PCT:
        text = sentence(
            (
                "Post-contrast {k} does not enhance against the pre-contrast images as a phase after "
                "contrast does: {value:.0f} % at the 99th percentile, beside a fall of {n:.0f} % "
                "elsewhere and {m:.0f} % in the phase that enhances most."
            ),
            k=phase,
            value=pct,
            n=arrival.fall_pct,
            m=max(a.rise_pct for a in arrivals),
        )
    return RoleCheck(ARRIVED, phase, pct, limit, is_passed, text)
