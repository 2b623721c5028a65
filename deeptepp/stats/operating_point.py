"""What a score does at a cut-off that was fixed beforehand."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deeptepp.errors import OutOfRange
from deeptepp.stats.proportion import proportion
from deeptepp.stats.roc import OperatingPoint


def at_threshold(
    scores: npt.ArrayLike, events: npt.ArrayLike, threshold: float, *, level: float = 0.95
) -> OperatingPoint:
    """Measure sensitivity, specificity and accuracy at a given cut-off.

    Parameters
    ----------
    scores : (n,) array_like
        Finite scores.
    events : (n,) array_like of bool
        True where the event was seen; either class may be empty.
    threshold : float
        Positive is score >= threshold.
    level : float
        Confidence level of the Wilson intervals, in (0, 1).

    Returns
    -------
    OperatingPoint
        Shares of an empty class have no value, and Youden's index is then NaN.

    Raises
    ------
    OutOfRange
        A score is missing.
    """
    x, y = np.asarray(scores, dtype=np.float64), np.asarray(events, dtype=bool)
    if not np.isfinite(x).all():
        raise OutOfRange(field="scores", value="missing or infinite", limit="finite numbers")
    positive = x >= threshold
    n_events, n_free = int(y.sum()), int((~y).sum())
    true, true_negative = int((positive & y).sum()), int((~positive & ~y).sum())
    both = n_events > 0 and n_free > 0
    return OperatingPoint(
        threshold=float(threshold),
        sensitivity=proportion(true, n_events, level=level),
        specificity=proportion(true_negative, n_free, level=level),
        accuracy=proportion(true + true_negative, len(x), level=level),
        youden=true / n_events + true_negative / n_free - 1 if both else float("nan"),
        tied_thresholds=(float(threshold),),
        n=len(x),
        n_events=n_events,
    )
