"""Pairs of patients of whom one had the event while the other was still under observation without it.

At equal times a censoring counts as later than an event; two events at one time cannot be compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import FollowUp
from deeptepp.stats.prediction.order_counts import sums_around

FEW_LEVELS = 8
"""Distinct markers up to which a table of their counts is faster than counting by digits."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ConcordanceCounts:
    """Pairs of patients, unweighted.

    ``concordant``: the higher marker had the event first. ``discordant``: the lower marker had the event first.
    ``tied_marker``: comparable, with equal markers. ``tied_time``: two events at one time, markers differ.
    ``tied_both``: two events at one time, equal markers.
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

    @property
    def index(self) -> float:
        """Harrell's C: the share of comparable pairs in the right order, tied markers half."""
        return (self.concordant + self.tied_marker / 2) / self.n_comparable


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Weighted sums over the pairs of each of n patients.

    ``agreeing`` (n,): pairs in the right order, ties half. ``all`` (n,): comparable pairs; each pair is counted
    for both patients. ``agreeing_as_event``, ``all_as_event`` (n,): the same, counted only for the patient who had
    the event. ``counts``: of all pairs.
    """

    agreeing: Floats
    all: Floats
    agreeing_as_event: Floats
    all_as_event: Floats
    counts: ConcordanceCounts


def pairs_of(follow_up: FollowUp, x: Floats, counted: npt.NDArray[np.bool_], weights: Floats) -> Pairs:
    """Sum the pairs of each patient, once as the one with the event and once as the one still observed.

    ``x`` (n,): marker; higher means an earlier event. ``weights`` (n,): weight of the pairs of each event.
    Returns: in O(n log n).
    """
    n, months = follow_up.n, follow_up.months
    ranks = _ranks(x)
    # Pairs in which the patient had the event first ...
    below, equal, above = _later(follow_up, ranks, counted)
    agreeing_as_event, all_as_event = np.zeros(n), np.zeros(n)
    agreeing_as_event[counted] = weights[counted] * (below + equal / 2)
    all_as_event[counted] = weights[counted] * (below + equal + above)

    # ... and pairs in which the other one had it.
    first = np.flatnonzero(counted)[np.argsort(months[counted], kind="stable")]
    had_event_before = np.where(
        follow_up.event,
        np.searchsorted(months[first], months, "left"),
        np.searchsorted(months[first], months, "right"),
    )
    _, same, higher = sums_around(ranks[first], weights[first], had_event_before, ranks)
    total = np.concatenate([[0.0], np.cumsum(weights[first])])[had_event_before]
    return Pairs(
        agreeing=agreeing_as_event + higher + same / 2,
        all=all_as_event + total,
        agreeing_as_event=agreeing_as_event,
        all_as_event=all_as_event,
        counts=_counts(below, equal, above, _tied_events(months[counted], ranks[counted])),
    )


def counts_of(follow_up: FollowUp, x: Floats, counted: npt.NDArray[np.bool_]) -> ConcordanceCounts:
    """Count the pairs alone, without who is in them; pairs of events at one time are left at 0."""
    return _counts(*_later(follow_up, _ranks(x), counted), (0, 0))


def _ranks(x: Floats) -> Ints:
    """Give each patient the rank of her marker, equal markers one rank."""
    return np.unique(x, return_inverse=True)[1].astype(np.int64)


def _later(follow_up: FollowUp, ranks: Ints, counted: npt.NDArray[np.bool_]) -> tuple[Ints, Ints, Ints]:
    """Count for each event the patients still observed after it with a lower, an equal and a higher marker."""
    n, months = follow_up.n, follow_up.months
    ends = np.sort(months[follow_up.event])
    n_events_then = np.searchsorted(ends, months, "right") - np.searchsorted(ends, months, "left")
    # Latest first, at one time censorings before events: who can be compared with an event stands before it.
    latest = np.lexsort((follow_up.event, -months))
    n_comparable = (n - np.searchsorted(np.sort(months), months, "left") - n_events_then)[counted]
    own = ranks[counted]
    if (n_levels := int(ranks.max(initial=0)) + 1) > FEW_LEVELS:
        return sums_around(ranks[latest], np.ones(n, dtype=np.int64), n_comparable, own)
    # Of tiers a table of how many of each stand before an event is the shorter way.
    passed = np.cumsum(np.arange(n_levels) == ranks[latest][:, None], axis=0)
    upto = np.cumsum(np.concatenate([np.zeros((1, n_levels), np.int64), passed])[n_comparable], axis=1)
    not_above = upto[np.arange(len(own)), own]
    below = np.where(own > 0, upto[np.arange(len(own)), own - 1], 0)
    return below, not_above - below, n_comparable - not_above


def _counts(below: Ints, equal: Ints, above: Ints, tied: tuple[int, int]) -> ConcordanceCounts:
    """Sum the pairs of all events."""
    return ConcordanceCounts(int(below.sum()), int(above.sum()), int(equal.sum()), *tied)


def merged(parts: list[Pairs], whose: list[npt.NDArray[np.bool_]]) -> Pairs:
    """Put the strata back together.

    ``whose``: who is in each.
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
