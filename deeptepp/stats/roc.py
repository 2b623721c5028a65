"""Receiver operating characteristic of a score: AUC with DeLong's variance, and Youden's cut-off.

Higher scores mean the event; the direction is never flipped. Tied scores count one half.

References
----------
DeLong ER, DeLong DM, Clarke-Pearson DL. Biometrics 1988;44:837-845.
Sun X, Xu W. IEEE Signal Process Lett 2014;21:1389-1393 (mid-ranks).
Youden WJ. Cancer 1950;3:32-35.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri
from scipy.stats import rankdata

from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.proportion import Proportion, proportion

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class RocCurve:
    """All operating points of a score and the area under them.

    Parameters
    ----------
    auc : float
        Probability that a patient with the event scores higher than one without, ties counting half.
    low, high : float or None
        DeLong interval cut to [0, 1]; None where the variance is 0 or not defined.
    level : float
        Its confidence level.
    standard_error : float or None
        DeLong.
    n : int
        Patients.
    n_events : int
        Patients with the event.
    thresholds : (m,) float64
        -inf, the midpoints between neighbouring distinct scores, inf; positive is score >= threshold.
    sensitivity, specificity : (m,) float64
        At each threshold.
    method : str
        For captions.
    reason : str
        Why there is no interval; empty where there is one.
    """

    auc: float
    low: float | None
    high: float | None
    level: float
    standard_error: float | None
    n: int
    n_events: int
    thresholds: Floats
    sensitivity: Floats
    specificity: Floats
    method: str = "AUC, DeLong interval"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """A cut-off; positive is score >= threshold.

    Parameters
    ----------
    threshold : float
        The cut-off.
    sensitivity, specificity, accuracy : Proportion
        Wilson intervals.
    youden : float
        Sensitivity + specificity - 1.
    tied_thresholds : tuple of float
        All cut-offs that reach the same Youden index, ascending, this one included.
    n : int
        Patients.
    n_events : int
        Patients with the event.
    """

    threshold: float
    sensitivity: Proportion
    specificity: Proportion
    accuracy: Proportion
    youden: float
    tied_thresholds: tuple[float, ...]
    n: int
    n_events: int


@dataclass(frozen=True, slots=True)
class AucDifference:
    """Two scores of the same patients compared by paired DeLong.

    Parameters
    ----------
    difference : float
        AUC of the first score less that of the second.
    low, high : float
        Confidence interval.
    level : float
        Its confidence level.
    z : float
        Standardised difference; 0 where its variance is 0.
    p_value : float
        Two-sided; 1 where the variance is 0.
    n : int
        Patients.
    n_events : int
        Patients with the event.
    method : str
        For captions.
    """

    difference: float
    low: float
    high: float
    level: float
    z: float
    p_value: float
    n: int
    n_events: int
    method: str = "paired DeLong"


def roc_auc(scores: npt.ArrayLike, events: npt.ArrayLike, *, level: float = 0.95) -> RocCurve:
    """Measure how well a score separates patients with and without an event.

    Parameters
    ----------
    scores : (n,) array_like
        Finite scores.
    events : (n,) array_like of bool
        True where the event was seen.
    level : float
        Confidence level, in (0, 1).

    Returns
    -------
    RocCurve
        The curve and its area.

    Raises
    ------
    NotEstimable
        All patients, or none, have the event.
    OutOfRange
        A score is missing.
    """
    x, y = _checked(scores, events)
    with_event, without_event = _placements(x, y)
    auc = float(with_event.mean())
    variance = _variance_of_mean(with_event) + _variance_of_mean(without_event)
    thresholds, n_true, n_false = _counts(x, y)
    n_events = int(y.sum())
    low = high = standard_error = None
    reason = ""
    if np.isnan(variance):
        reason = "one class has a single patient"
    elif variance <= 0:
        reason = "DeLong's variance is 0 on these data"
    else:
        standard_error = float(np.sqrt(variance))
        half = float(ndtri(0.5 + level / 2)) * standard_error
        low, high = max(auc - half, 0.0), min(auc + half, 1.0)
    return RocCurve(
        auc=auc,
        low=low,
        high=high,
        level=level,
        standard_error=standard_error,
        n=len(x),
        n_events=n_events,
        thresholds=thresholds,
        sensitivity=n_true / n_events,
        specificity=1 - n_false / (len(x) - n_events),
        reason=reason,
    )


def youden(scores: npt.ArrayLike, events: npt.ArrayLike, *, level: float = 0.95) -> OperatingPoint:
    """Find the cut-off with the highest sensitivity + specificity.

    Parameters
    ----------
    scores : (n,) array_like
        Finite scores.
    events : (n,) array_like of bool
        True where the event was seen.
    level : float
        Confidence level of the shares.

    Returns
    -------
    OperatingPoint
        Of equally good cut-offs the lowest, which is the most sensitive; the others are listed.

    Raises
    ------
    NotEstimable
        All patients, or none, have the event.
    OutOfRange
        A score is missing.
    """
    x, y = _checked(scores, events)
    thresholds, n_true, n_false = _counts(x, y)
    n, n_events = len(x), int(y.sum())
    n_free = n - n_events
    # Compared as whole numbers, so that ties are ties: J = (tp * n_free - fp * n_events) / (n_events * n_free).
    scaled = n_true * n_free - n_false * n_events
    best = np.flatnonzero(scaled == scaled.max())
    i = int(best[0])
    true, false = int(n_true[i]), int(n_false[i])
    return OperatingPoint(
        threshold=float(thresholds[i]),
        sensitivity=proportion(true, n_events, level=level),
        specificity=proportion(n_free - false, n_free, level=level),
        accuracy=proportion(true + n_free - false, n, level=level),
        youden=float(scaled[i]) / (n_events * n_free),
        tied_thresholds=tuple(float(t) for t in thresholds[best]),
        n=n,
        n_events=n_events,
    )


def compare_auc(
    first: npt.ArrayLike, second: npt.ArrayLike, events: npt.ArrayLike, *, level: float = 0.95
) -> AucDifference:
    """Compare two scores of the same patients.

    Parameters
    ----------
    first, second : (n,) array_like
        Finite scores of the same patients.
    events : (n,) array_like of bool
        True where the event was seen.
    level : float
        Confidence level, in (0, 1).

    Returns
    -------
    AucDifference
        First less second.

    Raises
    ------
    NotEstimable
        A class has fewer than two patients.
    OutOfRange
        A score is missing.
    """
    x, y = _checked(first, events)
    other, _ = _checked(second, events)
    n_events = int(y.sum())
    if min(n_events, len(y) - n_events) < 2:
        raise NotEstimable(what="The difference of two AUC", reason="a class has fewer than two patients")
    pairs = [a - b for a, b in zip(_placements(x, y), _placements(other, y), strict=True)]
    difference = float(pairs[0].mean())
    variance = sum(_variance_of_mean(pair) for pair in pairs)
    error = float(np.sqrt(variance))
    z = difference / error if error > 0 else 0.0
    half = float(ndtri(0.5 + level / 2)) * error
    p_value = float(2 * ndtr(-abs(z)))
    return AucDifference(difference, difference - half, difference + half, level, z, p_value, len(y), n_events)


def _checked(scores: npt.ArrayLike, events: npt.ArrayLike) -> tuple[Floats, Bools]:
    """Give scores and events as columns; refuse missing scores and a single class."""
    x, y = np.asarray(scores, dtype=np.float64), np.asarray(events, dtype=bool)
    if x.shape != y.shape or x.ndim != 1:
        msg = f"scores {x.shape} and events {y.shape} must be one column each"
        raise ValueError(msg)
    if not np.isfinite(x).all():
        raise OutOfRange(field="scores", value="missing or infinite", limit="finite numbers")
    if y.all() or not y.any():
        raise NotEstimable(what="The ROC curve", reason="patients with and without an event are needed")
    return x, y


def _placements(x: Floats, y: Bools) -> tuple[Floats, Floats]:
    """Share of the other class each patient is ranked rightly against, with and without event; mean is the AUC."""
    ranks = rankdata(x)
    n_events, n_free = int(y.sum()), int((~y).sum())
    with_event = (ranks[y] - rankdata(x[y])) / n_free
    without_event = 1 - (ranks[~y] - rankdata(x[~y])) / n_events
    return with_event, without_event


def _variance_of_mean(values: Floats) -> float:
    """Variance of the mean with n - 1; NaN for a single value."""
    return float(values.var(ddof=1) / len(values)) if len(values) > 1 else float("nan")


def _counts(x: Floats, y: Bools) -> tuple[Floats, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Thresholds (m,) ascending, and the true and false positives at or above each."""
    distinct, place = np.unique(x, return_inverse=True)
    middle = distinct[:-1] + np.diff(distinct) / 2
    # Between neighbouring floats the midpoint falls on the lower one, which would turn its patients positive.
    middle = np.where(middle > distinct[:-1], middle, distinct[1:])
    thresholds = np.concatenate([[-np.inf], middle, [np.inf]])
    positive = np.bincount(place[y], minlength=len(distinct))
    negative = np.bincount(place[~y], minlength=len(distinct))
    n_true, n_false = (np.concatenate([np.cumsum(c[::-1])[::-1], [0]]) for c in (positive, negative))
    return thresholds, n_true, n_false
