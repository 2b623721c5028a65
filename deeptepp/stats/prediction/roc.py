"""Receiver operating characteristic of a score: AUC with DeLong's variance.

Higher scores mean the event; the direction is never flipped. Tied scores count one half.

References
----------
DeLong ER, DeLong DM, Clarke-Pearson DL. Biometrics 1988;44:837-845.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.stats.estimate import normal_quantile
from deeptepp.stats.prediction.ranked_scores import RankedScores, rank_scores

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


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
    ranked = rank_scores(scores, events)
    auc, of_events, of_others = ranked.auc()
    variance = of_events + of_others
    thresholds, n_true, n_false = positives(ranked)
    low = high = standard_error = None
    reason = ""
    if np.isnan(variance):
        reason = "one class has a single patient"
    elif variance <= 0:
        reason = "DeLong's variance is 0 on these data"
    else:
        standard_error = float(np.sqrt(variance))
        half = normal_quantile(level) * standard_error
        low, high = max(auc - half, 0.0), min(auc + half, 1.0)
    return RocCurve(
        auc=auc,
        low=low,
        high=high,
        level=level,
        standard_error=standard_error,
        n=ranked.n,
        n_events=ranked.n_events,
        thresholds=thresholds,
        sensitivity=n_true / ranked.n_events,
        specificity=1 - n_false / (ranked.n - ranked.n_events),
        reason=reason,
    )


def positives(ranked: RankedScores) -> tuple[Floats, Ints, Ints]:
    """Count who is positive at every cut-off.

    Parameters
    ----------
    ranked : RankedScores
        Scores of both classes.

    Returns
    -------
    thresholds : (m,) float64
        -inf, the midpoints between neighbouring distinct scores, inf.
    n_true, n_false : (m,) int64
        Patients with and without the event at or above each.
    """
    distinct = ranked.distinct
    middle = distinct[:-1] + np.diff(distinct) / 2
    # Between neighbouring floats the midpoint falls on the lower one, which would turn its patients positive.
    middle = np.where(middle > distinct[:-1], middle, distinct[1:])
    thresholds = np.concatenate([[-np.inf], middle, [np.inf]])
    n_true, n_false = (
        np.concatenate([np.cumsum(counts[::-1])[::-1], [0]])
        for counts in (ranked.with_event, ranked.without_event)
    )
    return thresholds, n_true, n_false
