"""Scores of patients with and without an event, sorted once: what every ROC statistic is counted from.

Each patient with the event is placed among those without it, and the other way round: the share of the other class
that she is ranked rightly against, ties counting one half. The mean placement is the AUC.

References
----------
DeLong ER, DeLong DM, Clarke-Pearson DL. Biometrics 1988;44:837-845.
Sun X, Xu W. IEEE Signal Process Lett 2014;21:1389-1393 (mid-ranks).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.errors import NotEstimable, OutOfRange

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class RankedScores:
    """Counts of both classes at the distinct scores.

    ``distinct`` (m,): scores, ascending. ``with_event``, ``without_event`` (m,): patients of each class at each of
    them. ``order`` (n,): patients from the lowest to the highest score. ``is_event`` (n,): class of the patients
    in that order.
    """

    distinct: Floats
    with_event: Ints
    without_event: Ints
    order: Ints
    is_event: Bools

    @property
    def n(self) -> int:
        """Number of patients."""
        return len(self.order)

    @property
    def n_events(self) -> int:
        """Number of patients with the event."""
        return int(self.with_event.sum())

    @property
    def doubled_ranks(self) -> tuple[Ints, Ints]:
        """Patients without the event below each distinct score, and with the event above, ties half; doubled."""
        below = 2 * np.cumsum(self.without_event) - self.without_event
        above = 2 * (self.n_events - np.cumsum(self.with_event)) + self.with_event
        return below, above

    def placements(self) -> tuple[Ints, Ints]:
        """Doubled ranks (n_events,) and (n - n_events,) of the patients, each class in its own order."""
        sizes = self.with_event + self.without_event
        found = []
        for wanted, ranks in zip((True, False), self.doubled_ranks, strict=True):
            of_patients = np.empty(self.n, dtype=np.int64)
            of_patients[self.order] = np.repeat(ranks, sizes)
            member = np.empty(self.n, dtype=bool)
            member[self.order] = self.is_event == wanted
            found.append(of_patients[member])
        return found[0], found[1]

    def auc(self) -> tuple[float, float, float]:
        """AUC and the variance that each class adds to it; NaN for a class of one patient."""
        below, above = self.doubled_ranks
        n_free = self.n - self.n_events
        share = float(below @ self.with_event) / (2.0 * self.n_events * n_free)
        return (
            share,
            variance_of_mean(below, self.with_event) / (2 * n_free) ** 2,
            variance_of_mean(above, self.without_event) / (2 * self.n_events) ** 2,
        )


def checked_scores(scores: npt.ArrayLike, events: npt.ArrayLike) -> tuple[Floats, Bools]:
    """Scores and events as columns (n,); refuse what is missing and a single class."""
    x, y = np.asarray(scores, dtype=np.float64), np.asarray(events, dtype=bool)
    if x.shape != y.shape or x.ndim != 1:
        msg = f"scores {x.shape} and events {y.shape} must be one column each"
        raise ValueError(msg)
    if not np.isfinite(x).all():
        raise OutOfRange(field="scores", value="missing or infinite", limit="finite numbers")
    if y.all() or not y.any():
        raise NotEstimable(what="The ROC curve", reason="patients with and without an event are needed")
    return x, y


def rank_scores(scores: npt.ArrayLike, events: npt.ArrayLike) -> RankedScores:
    """Sort scores (n,) and count both classes at each distinct one."""
    x, y = checked_scores(scores, events)
    order = np.argsort(x)
    ranked, is_event = x[order], y[order]
    first = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
    total = np.diff(first, append=len(x))
    reached = np.concatenate([[0], np.cumsum(is_event)])
    with_event = np.diff(reached[np.append(first, len(x))])
    return RankedScores(ranked[first], with_event, total - with_event, order, is_event)


def variance_of_mean(values: Ints, counts: Ints | None = None) -> float:
    """Estimate the variance of a mean, with n - 1.

    ``counts`` (m,): how often each occurs; once when left out. Returns: exactly 0 where all values are one; NaN
    for a single value.
    """
    times = np.ones(len(values), dtype=np.int64) if counts is None else counts
    n = int(times.sum())
    if n < 2:
        return float("nan")
    found = values[times > 0]
    # Rounding must not leave a variance, and so an interval, where there is none.
    if found.min() == found.max():
        return 0.0
    apart = values - (values @ times) / n
    return float((times * apart**2).sum() / (n - 1) / n)
