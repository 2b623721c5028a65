"""Whether patients who come in are spread as those of a reference: a test, its size, and what could be missed.

Numbers are tested by Kolmogorov-Smirnov, categories by chi-square or the exact test, with Holm over all of them.
The population stability index (PSI) is the size: the symmetrised Kullback-Leibler distance over tenths of the
reference, or over categories. Without any shift it comes to about (bins - 1) (1/n + 1/m), which is taken off.

References
----------
Massey FJ. J Am Stat Assoc 1951;46:68-78 (Kolmogorov-Smirnov).
Capon J. Ann Math Stat 1965;36:960-970 (efficiency of Kolmogorov-Smirnov).
Yurdakul B, Naranjo J. J Risk Model Valid 2020;14:89-100 (PSI and its distribution).
Cohen J. Statistical power analysis for the behavioral sciences. 2nd ed, 1988 (sizes of differences).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri, rel_entr
from scipy.stats import ks_2samp

from deeptepp.stats.estimate import Estimate, normal_quantile
from deeptepp.stats.multiplicity import holm
from deeptepp.stats.patients.group_difference import compare_counts
from deeptepp.wording.sentence import sentence

Floats = npt.NDArray[np.float64]

ALPHA = 0.05
"""Type I error over all quantities of one report."""

POWER = 0.8
"""Probability at which a shift counts as one that would have been seen."""

TOO_COARSE = 0.5
"""Where only shifts above this many SD would be seen, a medium one of Cohen, nothing is said of their absence."""

N_BINS = 10
"""Tenths of the reference."""

MAX_LEVELS = 20
"""Categories beyond the most frequent are counted together."""

N_DRAWS = 500
"""Bootstrap samples behind the interval of the PSI."""

_KS_COST = (np.pi / 2) ** 0.5
"""Shifts that Kolmogorov-Smirnov sees are larger than those of a t test by at most this factor (Capon 1965)."""

WALD = "Wald test of a difference"
KOLMOGOROV = "Kolmogorov-Smirnov test"
OTHER = "other"


class ShiftVerdict(StrEnum):
    """What is said of one quantity."""

    SHIFT = "shift"
    NOT_SEEN = "no shift seen"
    TOO_FEW = "too few to tell"
    NOT_COMPARED = "not compared"


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributionShift:
    """One quantity in a reference and among those who come in.

    ``p_value``: None where nothing can be compared, ``reason`` says why. ``p_adjusted``: after Holm over the
    report. ``psi``, ``psi_low``, ``psi_high``: size, less what it comes to by chance. ``error``: standard error of
    a shift, in SD, or in log odds where calibration is compared. ``detectable``: shift that would have been seen,
    in the same unit. ``unseen``: levels that the reference does not have.
    """

    name: str
    n_reference: int
    n_incoming: int
    method: str
    p_value: float | None = None
    p_adjusted: float | None = None
    psi: float | None = None
    psi_low: float | None = None
    psi_high: float | None = None
    error: float | None = None
    detectable: float | None = None
    unseen: tuple[str, ...] = ()
    reason: str = ""

    @property
    def verdict(self) -> ShiftVerdict:
        """Shift, none seen, or that it cannot be told."""
        if self.p_adjusted is None:
            return ShiftVerdict.NOT_COMPARED
        if self.p_adjusted < ALPHA:
            return ShiftVerdict.SHIFT
        is_coarse = self.detectable is None or self.detectable > TOO_COARSE
        return ShiftVerdict.TOO_FEW if is_coarse else ShiftVerdict.NOT_SEEN


def shift_of_numbers(name: str, reference: npt.ArrayLike, incoming: npt.ArrayLike) -> DistributionShift:
    """Compare a number, unknown values (NaN) left out."""
    both = [np.asarray(each, dtype=np.float64) for each in (reference, incoming)]
    one, other = (each[np.isfinite(each)] for each in both)
    found = DistributionShift(name=name, n_reference=len(one), n_incoming=len(other), method=KOLMOGOROV)
    reason = _why_not(len(one), len(other), np.concatenate([one, other]))
    if reason:
        return replace(found, reason=reason)
    edges = np.unique(np.quantile(one, np.linspace(0, 1, N_BINS + 1)[1:-1]))
    counts = np.stack(
        [np.bincount(np.searchsorted(edges, x, "right"), minlength=len(edges) + 1) for x in (one, other)]
    )
    p_value, error = float(ks_2samp(one, other).pvalue), _KS_COST * _error(len(one), len(other))
    return _with_size(replace(found, p_value=p_value, error=error), counts)


def shift_of_categories(name: str, reference: Sequence[str], incoming: Sequence[str]) -> DistributionShift:
    """Compare a category; unknown is a level like any other, named by the caller."""
    one, other = Counter(reference), Counter(incoming)
    levels = [level for level, _ in (one + other).most_common(MAX_LEVELS)]
    counts = np.array([[each[level] for level in levels] for each in (one, other)], dtype=np.int64)
    rest = np.array([[sum(one.values())], [sum(other.values())]]) - counts.sum(axis=1, keepdims=True)
    counts = np.hstack([counts, rest]) if rest.any() else counts
    unseen = tuple(sorted(level for level in levels if not one[level]))
    tested = compare_counts(counts)
    found = DistributionShift(
        name=name,
        n_reference=len(reference),
        n_incoming=len(incoming),
        method=tested.method,
        p_value=tested.p_value,
        unseen=unseen,
        reason=tested.reason,
    )
    if tested.p_value is None:
        return found
    return _with_size(replace(found, error=_error(len(reference), len(incoming))), counts)


def shift_of_estimates(name: str, reference: Estimate, incoming: Estimate) -> DistributionShift:
    """Compare an estimate of a reference with that of those who come in, by their standard errors."""
    found = DistributionShift(
        name=name, n_reference=reference.n, n_incoming=incoming.n, method=WALD, reason=incoming.reason
    )
    values, errors = [], []
    for each in (reference, incoming):
        if each.value is None or each.low is None or each.high is None:
            return replace(found, reason=each.reason)
        values.append(each.value)
        errors.append((each.high - each.low) / 2 / normal_quantile(each.level))
    error = float(np.hypot(errors[0], errors[1]))
    p_value = float(2 * ndtr(-abs(values[0] - values[1]) / error)) if error > 0 else None
    return replace(found, p_value=p_value, error=error)


def judged(shifts: Sequence[DistributionShift]) -> list[DistributionShift]:
    """Adjust the p values of one report by Holm, and say what its numbers of patients would have shown."""
    tested = [each for each in shifts if each.p_value is not None]
    adjusted = iter(holm([each.p_value for each in tested if each.p_value is not None]).tolist())
    # Strictest step of Holm, two-sided.
    z = float(ndtri(1 - ALPHA / 2 / max(len(tested), 1)) + ndtri(POWER))
    return [
        each
        if each.p_value is None
        else replace(each, p_adjusted=next(adjusted), detectable=None if each.error is None else z * each.error)
        for each in shifts
    ]


def _error(n: int, m: int) -> float:
    """Standard error of a difference of two means, in SD."""
    return float((1 / n + 1 / m) ** 0.5)


def _why_not(n_reference: int, n_incoming: int, values: Floats) -> str:
    """Say why a number cannot be compared; empty where it can."""
    if not n_reference:
        return sentence("not known in the reference")
    if not n_incoming:
        return sentence("not known of anybody who came in")
    return "" if np.ptp(values) > 0 else sentence("all known values are equal")


def _with_size(found: DistributionShift, counts: npt.NDArray[np.int64]) -> DistributionShift:
    """Add the PSI of counts (2, k), with a percentile interval by bootstrap of both groups."""
    n, m = counts.sum(axis=1)
    rng = np.random.default_rng(np.random.SeedSequence((int(n), int(m), counts.shape[1])))
    drawn = np.stack(
        [rng.multinomial(total, row / total, N_DRAWS) for total, row in zip((n, m), counts, strict=True)]
    )
    noise = (counts.shape[1] - 1) * (1 / n + 1 / m)
    # Both the groups and the samples drawn from them add the chance of their size.
    low, high = np.maximum(np.quantile(_psi(drawn), [0.025, 0.975]) - 2 * noise, 0.0)
    size = max(float(_psi(counts[:, None, :])[0]) - noise, 0.0)
    return replace(found, psi=size, psi_low=float(low), psi_high=float(high))


def _psi(counts: npt.NDArray[np.int64]) -> Floats:
    """PSI of counts (2, b, k) by sample (b,); half a patient is added to every cell, so that none is empty."""
    shares = (counts + 0.5) / (counts + 0.5).sum(axis=2, keepdims=True)
    both: Floats = (rel_entr(shares[0], shares[1]) + rel_entr(shares[1], shares[0])).sum(axis=1)
    return both
