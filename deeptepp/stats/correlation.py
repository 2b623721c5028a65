"""Correlation of two measurements of the same patients, with an interval on Fisher's z scale.

References
----------
Fisher RA. Metron 1921;1:3-32.
Bonett DG, Wright TA. Psychometrika 2000;65:23-28 (variance of Spearman's coefficient).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri
from scipy.stats import rankdata

from deeptepp.errors import NotEstimable, OutOfRange

MIN_FOR_INTERVAL = 4
"""Fewest patients for whom Fisher's z has a variance."""


@dataclass(frozen=True, slots=True)
class Correlation:
    """A coefficient with its interval.

    Parameters
    ----------
    value : float
        In [-1, 1].
    low, high : float or None
        None for fewer than ``MIN_FOR_INTERVAL`` patients and for a coefficient of -1 or 1.
    level : float
        Confidence level of the interval.
    n : int
        Patients.
    method : str
        For captions.
    """

    value: float
    low: float | None
    high: float | None
    level: float
    n: int
    method: str


def pearson(first: npt.ArrayLike, second: npt.ArrayLike, *, level: float = 0.95) -> Correlation:
    """Correlate two columns by value.

    Parameters
    ----------
    first, second : (n,) array_like
        Finite measurements.
    level : float
        Confidence level, in (0, 1).

    Returns
    -------
    Correlation
        Pearson's coefficient.

    Raises
    ------
    NotEstimable
        A column never varies.
    OutOfRange
        A measurement is missing.
    """
    a, b = _checked(first, second)
    return _with_interval(_coefficient(a, b), len(a), level, "Pearson, Fisher z", spread=0.0)


def spearman(first: npt.ArrayLike, second: npt.ArrayLike, *, level: float = 0.95) -> Correlation:
    """Correlate two columns by rank, ties sharing the middle of their ranks.

    Parameters
    ----------
    first, second : (n,) array_like
        Finite measurements.
    level : float
        Confidence level, in (0, 1).

    Returns
    -------
    Correlation
        Spearman's coefficient.

    Raises
    ------
    NotEstimable
        A column never varies.
    OutOfRange
        A measurement is missing.
    """
    a, b = (rankdata(column) for column in _checked(first, second))
    return _with_interval(_coefficient(a, b), len(a), level, "Spearman, Fisher z (Bonett-Wright)", spread=0.5)


def _checked(
    first: npt.ArrayLike, second: npt.ArrayLike
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Give both columns; refuse missing values and a column that never varies."""
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 1:
        msg = f"columns {a.shape} and {b.shape} must be of one length"
        raise ValueError(msg)
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise OutOfRange(field="measurements", value="missing or infinite", limit="finite numbers")
    if len(a) == 0 or np.ptp(a) == 0 or np.ptp(b) == 0:
        raise NotEstimable(what="The correlation", reason="a column never varies")
    return a, b


def _coefficient(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> float:
    """Give the coefficient; -1 and 1 are exact, whatever rounding made of them."""
    value = float(np.clip(np.corrcoef(a, b)[0, 1], -1, 1))
    return float(np.sign(value)) if 1 - abs(value) < 1e-14 else value


def _with_interval(value: float, n: int, level: float, method: str, *, spread: float) -> Correlation:
    """Add the interval; the variance of z is (1 + spread r^2) / (n - 3)."""
    if n < MIN_FOR_INTERVAL or abs(value) == 1:
        return Correlation(value, None, None, level, n, method)
    half = float(ndtri(0.5 + level / 2)) * float(np.sqrt((1 + spread * value**2) / (n - 3)))
    centre = float(np.arctanh(value))
    return Correlation(value, float(np.tanh(centre - half)), float(np.tanh(centre + half)), level, n, method)
