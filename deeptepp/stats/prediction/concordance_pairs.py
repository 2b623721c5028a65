"""Pairs of patients of whom one had the event while the other was still under observation without it.

At equal times a censoring counts as later than an event; two events at one time cannot be compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import FollowUp
from deeptepp.stats.prediction.order_counts import sums_around

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ConcordanceCounts:
    """Pairs of patients, unweighted.

    Parameters
    ----------
    concordant : int
        The higher marker had the event first.
    discordant : int
        The lower marker had the event first.
    tied_marker : int
        Comparable, with equal markers.
    tied_time : int
        Two events at one time, markers differ.
    tied_both : int
        Two events at one time, equal markers.
    """

    concordant: int
    discordant: int
    tied_marker: int
    tied_time: int
    tied_both: int

    @property
    def n_comparable(self) -> int:
        """Pairs that the index rests on."""
        return self.concordant + self.discordant + self.tied_marker


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Weighted sums over the pairs of each of n patients.

    Parameters
    ----------
    agreeing : (n,) float64
        Pairs in the right order, ties half.
    all : (n,) float64
        Comparable pairs; each pair is counted for both patients.
    agreeing_as_event, all_as_event : (n,) float64
        The same, counted only for the patient who had the event.
    counts : ConcordanceCounts
        Of all pairs.
    """

    agreeing: Floats
    all: Floats
    agreeing_as_event: Floats
    all_as_event: Floats
    counts: ConcordanceCounts


def pairs_of(follow_up: FollowUp, x: Floats, counted: npt.NDArray[np.bool_], weights: Floats) -> Pairs:
    """Sum the pairs of each patient, once as the one with the event and once as the one still observed.

    Parameters
    ----------
    follow_up : FollowUp
        Times and events of n patients.
    x : (n,) float64
        Marker; higher means an earlier event.
    counted : (n,) bool
        Whose events count.
    weights : (n,) float64
        Weight of the pairs of each event.

    Returns
    -------
    Pairs
        In O(n log n).
    """
    n, months = follow_up.n, follow_up.months
    ranks = np.unique(x, return_inverse=True)[1].astype(np.int64)
    ends = np.sort(months[follow_up.event])
    n_events_then = np.searchsorted(ends, months, "right") - np.searchsorted(ends, months, "left")
    # Latest first, at one time censorings before events: who can be compared with an event stands before it.
    latest = np.lexsort((follow_up.event, -months))
    n_comparable = (n - np.searchsorted(np.sort(months), months, "left") - n_events_then)[counted]
    below, equal, above = sums_around(ranks[latest], np.ones(n, dtype=np.int64), n_comparable, ranks[counted])
    agreeing_as_event, all_as_event = np.zeros(n), np.zeros(n)
    agreeing_as_event[counted] = weights[counted] * (below + equal / 2)
    all_as_event[counted] = weights[counted] * n_comparable

    first = np.flatnonzero(counted)[np.argsort(months[counted], kind="stable")]
    had_event_before = np.where(
        follow_up.event,
        np.searchsorted(months[first], months, "left"),
        np.searchsorted(months[first], months, "right"),
    )
    _, same, higher = sums_around(ranks[first], weights[first], had_event_before, ranks)
    total = np.concatenate([[0.0], np.cumsum(weights[first])])[had_event_before]
    tied_time, tied_both = _tied_events(months[counted], ranks[counted])
    return Pairs(
        agreeing=agreeing_as_event + higher + same / 2,
        all=all_as_event + total,
        agreeing_as_event=agreeing_as_event,
        all_as_event=all_as_event,
        counts=ConcordanceCounts(int(below.sum()), int(above.sum()), int(equal.sum()), tied_time, tied_both),
    )


def merged(parts: list[Pairs], whose: list[npt.NDArray[np.bool_]]) -> Pairs:
    """Put the strata back together.

    Parameters
    ----------
    parts : list of Pairs
        One for each stratum.
    whose : list of (n,) bool
        Who is in each.

    Returns
    -------
    Pairs
        Of all n patients.
    """
    n = len(whose[0]) if whose else 0
    columns = {name: np.zeros(n) for name in ("agreeing", "all", "agreeing_as_event", "all_as_event")}
    for part, chosen in zip(parts, whose, strict=True):
        for name, column in columns.items():
            column[chosen] = getattr(part, name)
    names = ConcordanceCounts.__dataclass_fields__
    counts = ConcordanceCounts(**{name: sum(getattr(part.counts, name) for part in parts) for name in names})
    return Pairs(**columns, counts=counts)


def _tied_events(months: Floats, ranks: Ints) -> tuple[int, int]:
    """Count the pairs of events at one time, with different and with equal markers."""
    same_time = np.unique(months, return_counts=True)[1]
    same_both = np.unique(np.column_stack([months, ranks]), axis=0, return_counts=True)[1]
    n_time, n_both = (int((k * (k - 1) // 2).sum()) for k in (same_time, same_both))
    return n_time - n_both, n_both
