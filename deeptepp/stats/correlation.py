"""Correlation of two measurements of the same patients, by scipy, with an interval on Fisher's z scale.

References
----------
Fisher RA. Metron 1921;1:3-32.
Bonett DG, Wright TA. Psychometrika 2000;65:23-28 (variance of Spearman's coefficient).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import pearsonr, rankdata

from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.estimate import normal_quantile

Floats = npt.NDArray[np.float64]

MIN_FOR_INTERVAL = 4
"""Fewest patients for whom Fisher's z has a variance."""


@dataclass(frozen=True, slots=True)
class Correlation:
    """A coefficient in [-1, 1] of ``n`` patients; no interval for a perfect one or below ``MIN_FOR_INTERVAL``."""

    value: float
    low: float | None
    high: float | None
    level: float
    n: int
    method: str


def pearson(first: npt.ArrayLike, second: npt.ArrayLike, *, level: float = 0.95) -> Correlation:
    """Correlate two columns (n,) by value; ``NotEstimable`` where one never varies, a missing value is refused."""
    found = pearsonr(*_checked(first, second))
    value, n, method = float(found.statistic), np.size(first), "Pearson, Fisher z"
    if n < MIN_FOR_INTERVAL or abs(value) == 1:
        return Correlation(value, None, None, level, n, method)
    low, high = found.confidence_interval(level)
    return Correlation(value, float(low), float(high), level, n, method)


def spearman(first: npt.ArrayLike, second: npt.ArrayLike, *, level: float = 0.95) -> Correlation:
    """Correlate two columns by rank, ties sharing the middle of their ranks; as ``pearson``."""
    ranked = pearson(*(rankdata(column) for column in _checked(first, second)), level=level)
    low = high = None
    if ranked.low is not None:
        # scipy has no interval of rho; the variance of its z is (1 + rho^2 / 2) / (n - 3).
        half = normal_quantile(level) * np.sqrt((1 + ranked.value**2 / 2) / (ranked.n - 3))
        low, high = (float(np.tanh(np.arctanh(ranked.value) + side * half)) for side in (-1, 1))
    return Correlation(ranked.value, low, high, level, ranked.n, "Spearman, Fisher z (Bonett-Wright)")


def _checked(first: npt.ArrayLike, second: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Both columns; refuse missing values and a column that never varies."""
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 1:
        msg = f"columns {a.shape} and {b.shape} must be of one length"
        raise ValueError(msg)
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise OutOfRange(field="measurements", value="missing or infinite", limit="finite numbers")
    if len(a) == 0 or np.ptp(a) == 0 or np.ptp(b) == 0:
        raise NotEstimable(what="The correlation", reason="a column never varies")
    return a, b
