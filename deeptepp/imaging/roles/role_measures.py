"""What is measured between phases to check their roles: contrast, scale, enhancement, its curve, copies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from deeptepp.imaging.resample import FloatImage
from deeptepp.imaging.roles.role_sample import RoleSample

Float64 = npt.NDArray[np.float64]

FLOOR = 0.1
"""Share of the median intensity added before a logarithm, so that dark samples do not give large ratios."""

LITTLE = 0.2
"""Samples whose log ratio lies at most this far above the median enhance little (about 20 %)."""

TAIL_PCT = 1.0
"""Percentile of the strongest fall; 100 minus it is that of the strongest rise."""

UNENHANCED_PCT = 25.0
"""Percentile of the ratio of two phases at which tissue does not enhance."""

MIN_FALL = 0.01
"""Falls smaller than this, as a logarithm, are counted as this."""

STRONGEST_PCT = 98.0
"""Samples whose range over all phases lies above this percentile draw the curve."""


@dataclass(frozen=True, slots=True)
class TissueContrast:
    """Tissue in two phases.

    ``correlation``: Spearman's coefficient of the intensities; 0 where one of them is flat; ``width``: length of
    the shortest interval of log ratios that holds half of the tissue: 0 for one contrast on two scales, also where
    tissue is so even that its ranks are noise.
    """

    correlation: float
    width: float


@dataclass(frozen=True, slots=True)
class Scale:
    """Intensity of one phase against that of the pre-contrast phase.

    ``tissue``: ratio where tissue enhances least; ``peak``, ``width``: middle of the shortest interval of log
    ratios that holds half of the tissue, as a ratio; its length; ``air``: ratio of air; None where it cannot be
    measured.
    """

    tissue: float
    peak: float
    width: float
    air: float | None


@dataclass(frozen=True, slots=True)
class Arrival:
    """How tissue rises and falls from one phase to another, as logarithms of ratios.

    ``rise``: 99th percentile above the median; ``fall``: 1st percentile below the median.
    """

    rise: float
    fall: float

    @property
    def asymmetry(self) -> float:
        """The rise over the fall; noise and motion alone give about 1."""
        return self.rise / max(self.fall, MIN_FALL)

    @property
    def evidence(self) -> float:
        """The rise, times how far it exceeds the fall; a large rise counts little where as much falls."""
        return self.rise * self.asymmetry

    @property
    def rise_pct(self) -> float:
        """The rise in percent of the intensity before."""
        return 100.0 * float(np.expm1(self.rise))

    @property
    def fall_pct(self) -> float:
        """The fall in percent of the intensity before, positive."""
        return -100.0 * float(np.expm1(-self.fall))


def log_ratios(tissue: FloatImage) -> Float64:
    """Give the logarithm of each phase over the first.

    ``tissue``, (n_phases, n) float32: intensities. Gives (n_phases, n) float64: 0 for the first phase.
    """
    floor = FLOOR * max(float(np.median(tissue[0])), 1e-6)
    logs = np.log(np.maximum(tissue.astype(np.float64), 0) + floor)
    result: Float64 = logs - logs[0]
    return result


def contrast_of(before: FloatImage, after: FloatImage) -> TissueContrast:
    """Compare the contrast of two phases over the tissue that enhances little.

    ``before``, ``after``, (n,) float32: intensities at the same places. Tells how tissue is ordered, and how even
    the ratio is.
    """
    change = log_ratios(np.stack([before, after]))[1]
    is_little = change <= np.median(change) + LITTLE
    _, width = _densest_half(np.sort(change))
    return TissueContrast(_rank_correlation(before[is_little], after[is_little]), width)


def _rank_correlation(a: FloatImage, b: FloatImage) -> float:
    """Correlate ranks, 0 where one side is flat."""
    ranks_a, ranks_b = rankdata(a), rankdata(b)
    if np.ptp(ranks_a) == 0 or np.ptp(ranks_b) == 0:
        return 0.0
    return float(np.corrcoef(ranks_a, ranks_b)[0, 1])


def scale_of(sample: RoleSample, phase: int) -> Scale:
    """Measure the intensity scale of a phase against the pre-contrast one.

    ``phase``: index of the phase, at least 1.
    """
    before, after = sample.tissue[0].astype(np.float64), sample.tissue[phase].astype(np.float64)
    is_bright = before + after > FLOOR * np.median(before + after)
    low, high = before[is_bright], np.maximum(after[is_bright], 0)
    logs = np.sort(np.log(np.maximum(high, 1e-6) / np.maximum(low, 1e-6)))
    peak, width = _densest_half(logs)
    air = None
    if sample.air.shape[1]:
        medians = np.median(sample.air[[0, phase]], axis=1)
        air = float(medians[1] / medians[0]) if medians[0] > 0 else None
    return Scale(float(np.exp(np.percentile(logs, UNENHANCED_PCT))), float(np.exp(peak)), width, air)


def _densest_half(ordered: Float64) -> tuple[float, float]:
    """Middle and length of the shortest interval that holds half of ordered values."""
    half = len(ordered) // 2
    widths = ordered[half:] - ordered[: len(ordered) - half]
    start = int(np.argmin(widths))
    return float(ordered[start] + ordered[start + half]) / 2, float(widths[start])


def arrival_of(change: Float64) -> Arrival:
    """Measure how far the strongest rise and fall lie from the middle.

    ``change``, (n,) float64: logarithm of the ratio of two phases.
    """
    low, middle, high = np.percentile(change, [TAIL_PCT, 50.0, 100.0 - TAIL_PCT])
    return Arrival(float(high - middle), float(middle - low))


def curve_of(changes: Float64, *, by_rise: bool) -> Float64:
    """Draw the curve of the tissue that changes most.

    ``changes``, (n_phases, n) float64: logarithm of each phase over the first; ``by_rise``: take the tissue that
    rises most above the first phase; otherwise that with the largest range, up or down. Gives (n_phases,) float64:
    median above that of all tissue, in units of the largest absolute value; 0 for the first phase.
    """
    centred = changes - np.median(changes, axis=1, keepdims=True)
    strength = centred.max(axis=0) if by_rise else np.ptp(centred, axis=0)
    curve: Float64 = np.median(centred[:, strength >= np.percentile(strength, STRONGEST_PCT)], axis=1)
    largest = float(np.abs(curve).max())
    return curve / largest if largest > 0 else curve


def differences(changes: Float64) -> Float64:
    """Measure how unlike each two phases are.

    ``changes``, (n_phases, n) float64: logarithm of each phase over the first. Gives (n_phases, n_phases) float64:
    median absolute difference, after a common factor is taken away; 0 for the same images.
    """
    centred = changes - np.median(changes, axis=1, keepdims=True)
    n = len(centred)
    unlike = np.zeros((n, n))
    for k in range(n):
        for j in range(k):
            unlike[k, j] = unlike[j, k] = np.median(np.abs(centred[k] - centred[j]))
    return unlike
