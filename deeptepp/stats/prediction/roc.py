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
from sklearn import config_context
from sklearn.metrics import confusion_matrix_at_thresholds

from deeptepp.stats.estimate import normal_quantile
from deeptepp.stats.prediction.ranked_scores import checked_scores, rank_scores

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


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
    """Measure how well scores (n,) separate patients with and without an event; ``NotEstimable`` for one class."""
    ranked = rank_scores(scores, events)
    auc, of_events, of_others = ranked.auc()
    variance = of_events + of_others
    thresholds, n_true, n_false = positives(scores, events)
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


def positives(scores: npt.ArrayLike, events: npt.ArrayLike) -> tuple[Floats, Ints, Ints]:
    """Give every cut-off (m,) from -inf to inf, and how many with and without the event lie at or above it."""
    x, y = checked_scores(scores, events)
    # Checked already, and asked of every resample of the cut-offs.
    with config_context(assume_finite=True, skip_parameter_validation=True):
        _, n_false, _, n_true, descending = confusion_matrix_at_thresholds(y, x)
    distinct = descending[::-1]
    middle = distinct[:-1] + np.diff(distinct) / 2
    # Between neighbouring floats the midpoint falls on the lower one, which would turn its patients positive.
    middle = np.where(middle > distinct[:-1], middle, distinct[1:])
    thresholds = np.concatenate([[-np.inf], middle, [np.inf]])
    with_event, without = (np.append(each[::-1], 0).astype(np.int64) for each in (n_true, n_false))
    return thresholds, with_event, without
