"""Receiver operating characteristic of a score: scikit-learn's points, and the AUC with DeLong's variance.

Higher scores mean the event; the direction is never flipped. Tied scores count one half.

References
----------
DeLong ER, DeLong DM, Clarke-Pearson DL. Biometrics 1988;44:837-845.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import confusion_matrix_at_thresholds

from deeptepp.stats.estimate import normal_quantile
from deeptepp.stats.prediction.ranked_scores import checked_scores, rank_scores

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class RocCurve:
    """All operating points of a score and the area under them.

    ``thresholds`` (m,) are -inf, the midpoints between neighbouring distinct scores and inf, positive being score
    >= threshold, with ``sensitivity`` and ``specificity`` (m,) at each. ``low`` and ``high`` are DeLong's interval
    cut to [0, 1], None with a ``reason`` where the variance is 0 or not defined.
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
    """Measure how well scores separate patients with and without an event: AUC with DeLong's interval.

    Parameters
    ----------
    scores : (n,) array of float
        Higher where the event is expected.
    events : (n,) array of bool
        True where it was seen.
    level : float
        Of the confidence interval.

    Returns
    -------
    RocCurve
        AUC, interval, n, events, and sensitivity and specificity at each cut-off.

    Raises
    ------
    NotEstimable
        All patients are of one class.

    Examples
    --------
    >>> curve = roc_auc([0.1, 0.4, 0.35, 0.8], [False, False, True, True])
    >>> curve.auc, curve.n_events
    (0.75, 2)
    """
    ranked = rank_scores(scores, events)
    auc, of_events, of_others = ranked.auc()
    # DeLong's variance: of the placements of events and of the others.
    variance = of_events + of_others
    _, n_false, _, n_true, descending = confusion_matrix_at_thresholds(*checked_scores(scores, events)[::-1])
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
        thresholds=cut_offs(descending[::-1]),
        sensitivity=np.append(n_true[::-1], 0) / ranked.n_events,
        specificity=1 - np.append(n_false[::-1], 0) / (ranked.n - ranked.n_events),
        reason=reason,
    )


def cut_offs(distinct: Floats) -> Floats:
    """Give -inf, the midpoints between neighbouring distinct scores (m,), ascending, and inf, (m + 1,)."""
    middle = distinct[:-1] + np.diff(distinct) / 2
    # Between neighbouring floats the midpoint falls on the lower one, which would turn its patients positive.
    middle = np.where(middle > distinct[:-1], middle, distinct[1:])
    return np.concatenate([[-np.inf], middle, [np.inf]])
