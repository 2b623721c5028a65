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
from deeptepp.stats.prediction.roc import cut_offs
from deeptepp.stats.proportion import Proportion, proportion


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Patients by class at a cut-off, positive being score >= ``threshold``; shares have Wilson intervals.

    ``tied_thresholds`` are all cut-offs that reach the same Youden index, ascending, this one included.
    """

    threshold: float
    n_true_positive: int
    n_false_positive: int
    n_events: int
    n: int
    tied_thresholds: tuple[float, ...]
    level: float = 0.95

    @property
    def n_false_negative(self) -> int:
        """Patients with the event below the cut-off."""
        return self.n_events - self.n_true_positive

    @property
    def n_true_negative(self) -> int:
        """Patients without the event below the cut-off."""
        return self.n - self.n_events - self.n_false_positive

    @property
    def sensitivity(self) -> Proportion:
        """Share of the patients with the event above the cut-off."""
        return self._share(self.n_true_positive, self.n_events)

    @property
    def specificity(self) -> Proportion:
        """Share of the patients without the event below the cut-off."""
        return self._share(self.n_true_negative, self.n - self.n_events)

    @property
    def accuracy(self) -> Proportion:
        """Share of the patients on the right side."""
        return self._share(self.n_true_positive + self.n_true_negative, self.n)

    @property
    def youden(self) -> float:
        """Sensitivity + specificity - 1; NaN where a class is empty."""
        n_free = self.n - self.n_events
        scaled = self.n_true_positive * n_free - self.n_false_positive * self.n_events
        return scaled / (self.n_events * n_free) if self.n_events and n_free else float("nan")

    def _share(self, k: int, n: int) -> Proportion:
        """Estimate k of n at the level of the point."""
        return proportion(k, n, level=self.level)


def at_threshold(
    scores: npt.ArrayLike, events: npt.ArrayLike, threshold: float, *, level: float = 0.95
) -> OperatingPoint:
    """Count ``events`` (n,) at or above a cut-off on ``scores`` (n,); either class may be empty."""
    x, y = np.asarray(scores, dtype=np.float64), np.asarray(events, dtype=bool)
    if not np.isfinite(x).all():
        raise OutOfRange(field="scores", value="missing or infinite", limit="finite numbers")
    positive = x >= threshold
    counts = (int((positive & y).sum()), int((positive & ~y).sum()), int(y.sum()), len(y))
    return OperatingPoint(float(threshold), *counts, (float(threshold),), level)


def youden(scores: npt.ArrayLike, events: npt.ArrayLike, *, level: float = 0.95) -> OperatingPoint:
    """Find the cut-off with the highest sensitivity + specificity.

    Of equally good cut-offs the lowest, which is the most sensitive; the others are listed. ``NotEstimable`` where
    all patients, or none, have the event.
    """
    ranked = rank_scores(scores, events)
    n_events, n_free = ranked.n_events, ranked.n - ranked.n_events
    thresholds = cut_offs(ranked.distinct)
    # Counted from the ranks: every resample of the optimism asks, and the library takes five times as long.
    n_true, n_false = (
        np.append(np.cumsum(counts[::-1])[::-1], 0) for counts in (ranked.with_event, ranked.without_event)
    )
    # Compared as whole numbers, so that ties are ties: J = (tp * n_free - fp * n_events) / (n_events * n_free).
    scaled = n_true * n_free - n_false * n_events
    best = np.flatnonzero(scaled == scaled.max())
    i, tied = int(best[0]), tuple(thresholds[best].tolist())
    counts = (int(n_true[i]), int(n_false[i]), n_events, n_events + n_free)
    return OperatingPoint(tied[0], *counts, tied, level)
