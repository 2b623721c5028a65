"""What a score does at a cut-off: one fixed beforehand, or the one with the highest Youden index.

References
----------
Youden WJ. Cancer 1950;3:32-35.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.errors import OutOfRange
from deeptepp.stats.prediction.ranked_scores import rank_scores
from deeptepp.stats.prediction.roc import positives
from deeptepp.stats.proportion import Proportion, ProportionInterval, proportion


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """A cut-off; positive is score >= threshold.

    Parameters
    ----------
    threshold : float
        The cut-off.
    sensitivity, specificity, accuracy : Proportion
        Shares with their intervals; without a value where nobody is in the denominator.
    positive_predictive_value, negative_predictive_value : Proportion
        Share with the event among the positives, and without it among the negatives.
    youden : float
        Sensitivity + specificity - 1; NaN where a class is empty.
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
    positive_predictive_value: Proportion
    negative_predictive_value: Proportion
    youden: float
    tied_thresholds: tuple[float, ...]
    n: int
    n_events: int

    @property
    def n_true_positive(self) -> int:
        """Patients with the event above the cut-off."""
        return self.sensitivity.n_events

    @property
    def n_false_negative(self) -> int:
        """Patients with the event below the cut-off."""
        return self.sensitivity.n - self.sensitivity.n_events

    @property
    def n_true_negative(self) -> int:
        """Patients without the event below the cut-off."""
        return self.specificity.n_events

    @property
    def n_false_positive(self) -> int:
        """Patients without the event above the cut-off."""
        return self.specificity.n - self.specificity.n_events


def at_threshold(
    scores: npt.ArrayLike,
    events: npt.ArrayLike,
    threshold: float,
    *,
    level: float = 0.95,
    interval: ProportionInterval = ProportionInterval.WILSON,
) -> OperatingPoint:
    """Measure sensitivity, specificity, accuracy and predictive values at a given cut-off.

    Parameters
    ----------
    scores : (n,) array_like
        Finite scores.
    events : (n,) array_like of bool
        True where the event was seen; either class may be empty.
    threshold : float
        Positive is score >= threshold.
    level : float
        Confidence level, in (0, 1).
    interval : ProportionInterval
        Wilson or Clopper-Pearson.

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
    counts = (int((positive & y).sum()), int((positive & ~y).sum()))
    return _point(float(threshold), counts, (int(y.sum()), int((~y).sum())), level, interval)


def youden(
    scores: npt.ArrayLike,
    events: npt.ArrayLike,
    *,
    level: float = 0.95,
    interval: ProportionInterval = ProportionInterval.WILSON,
) -> OperatingPoint:
    """Find the cut-off with the highest sensitivity + specificity.

    Parameters
    ----------
    scores : (n,) array_like
        Finite scores.
    events : (n,) array_like of bool
        True where the event was seen.
    level : float
        Confidence level of the shares.
    interval : ProportionInterval
        Wilson or Clopper-Pearson.

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
    ranked = rank_scores(scores, events)
    thresholds, n_true, n_false = positives(ranked)
    n_events, n_free = ranked.n_events, ranked.n - ranked.n_events
    # Compared as whole numbers, so that ties are ties: J = (tp * n_free - fp * n_events) / (n_events * n_free).
    scaled = n_true * n_free - n_false * n_events
    best = np.flatnonzero(scaled == scaled.max())
    i = int(best[0])
    counts = (int(n_true[i]), int(n_false[i]))
    tied = tuple(float(t) for t in thresholds[best])
    return _point(float(thresholds[i]), counts, (n_events, n_free), level, interval, tied)


def _point(
    threshold: float,
    positive: tuple[int, int],
    total: tuple[int, int],
    level: float,
    interval: ProportionInterval,
    tied: tuple[float, ...] | None = None,
) -> OperatingPoint:
    """Turn the positives of both classes, with the event first, into shares."""
    (true, false), (n_events, n_free) = positive, total

    def share(k: int, n: int) -> Proportion:
        return proportion(k, n, level=level, interval=interval)

    both = n_events > 0 and n_free > 0
    scaled = true * n_free - false * n_events
    return OperatingPoint(
        threshold=threshold,
        sensitivity=share(true, n_events),
        specificity=share(n_free - false, n_free),
        accuracy=share(true + n_free - false, n_events + n_free),
        positive_predictive_value=share(true, true + false),
        negative_predictive_value=share(n_free - false, n_events + n_free - true - false),
        youden=scaled / (n_events * n_free) if both else float("nan"),
        tied_thresholds=(threshold,) if tied is None else tied,
        n=n_events + n_free,
        n_events=n_events,
    )
