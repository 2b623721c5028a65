"""K-means on one score, solved exactly.

The best clusters of numbers on a line are intervals, so dynamic programming over the sorted values finds the
global optimum; there is no random start and no local minimum. The search divides and conquers, because the last
interval of a longer stretch never begins earlier.

References
----------
Fisher WD. J Am Stat Assoc 1958;53:789-798.
Wang H, Song M. R J 2011;3:29-33 (dynamic programming).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from deeptepp.errors import NotEstimable, OutOfRange

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_TIE_TOLERANCE = 1e-12
"""Splits whose sums of squares differ by less than this share of the total count as equally good."""


@dataclass(frozen=True, slots=True)
class IntervalSplit:
    """Clusters of one score, ascending.

    Parameters
    ----------
    boundaries : tuple of float
        Midpoint between the centres of neighbouring clusters.
    centres : tuple of float
        Mean of each cluster.
    sizes : tuple of int
        Members of each cluster.
    neighbours : tuple of (float, float)
        Highest value below and lowest value above each split.
    within_sum_of_squares : float
        What the split minimises.
    n : int
        Number of values.
    """

    boundaries: tuple[float, ...]
    centres: tuple[float, ...]
    sizes: tuple[int, ...]
    neighbours: tuple[tuple[float, float], ...]
    within_sum_of_squares: float
    n: int


def split_two(values: npt.ArrayLike) -> float:
    """Split one score into two clusters.

    Parameters
    ----------
    values : (n,) array_like
        Scores.

    Returns
    -------
    float
        The boundary: the middle of the two centres.

    Raises
    ------
    NotEstimable
        Fewer than two distinct values.
    OutOfRange
        A value is missing.
    """
    return split_intervals(values, 2).boundaries[0]


def split_intervals(values: npt.ArrayLike, n_clusters: int) -> IntervalSplit:
    """Split one score into the clusters with the least sum of squares.

    Parameters
    ----------
    values : (n,) array_like
        Scores.
    n_clusters : int
        How many clusters, at least 1.

    Returns
    -------
    IntervalSplit
        The global optimum; of equally good splits the one with the lowest boundaries.

    Raises
    ------
    NotEstimable
        Fewer distinct values than clusters.
    OutOfRange
        A value is missing or ``n_clusters`` is below 1.
    """
    scores = np.sort(np.asarray(values, dtype=np.float64).ravel())
    if not np.isfinite(scores).all():
        raise OutOfRange(field="values", value="missing or infinite", limit="finite numbers")
    if n_clusters < 1:
        raise OutOfRange(field="n_clusters", value=n_clusters, limit="[1, inf)")
    distinct, counts = np.unique(scores, return_counts=True)
    if len(distinct) < n_clusters:
        reason = f"{len(distinct)} distinct value(s) cannot make {n_clusters} clusters"
        raise NotEstimable(what="The split of the scores", reason=reason)
    edges = _best_edges(_Costs(distinct, counts), n_clusters)
    parts = [slice(a, b) for a, b in pairwise(edges)]
    centres = [float(np.average(distinct[p], weights=counts[p])) for p in parts]
    within = sum(
        float((counts[p] * (distinct[p] - centre) ** 2).sum()) for p, centre in zip(parts, centres, strict=True)
    )
    return IntervalSplit(
        boundaries=tuple((a + b) / 2 for a, b in pairwise(centres)),
        centres=tuple(centres),
        sizes=tuple(int(counts[p].sum()) for p in parts),
        neighbours=tuple((float(distinct[edge - 1]), float(distinct[edge])) for edge in edges[1:-1]),
        within_sum_of_squares=within,
        n=len(scores),
    )


class _Costs:
    """Sum of squares of the distinct values in [i, j) about their mean, from cumulative sums."""

    def __init__(self, distinct: Floats, counts: Ints) -> None:
        # Centred first, because differences of cumulative squares cancel otherwise.
        x = distinct - np.average(distinct, weights=counts)
        self._n, self._sum, self._squares = (
            np.concatenate([[0.0], np.cumsum(c)]) for c in (counts, counts * x, counts * x**2)
        )
        self.m = len(distinct)
        self.tolerance = _TIE_TOLERANCE * float(self._squares[-1])

    def between(self, i: Ints, j: Ints) -> Floats:
        """Give the costs of the intervals [i, j), element by element, i < j."""
        size, total = self._n[j] - self._n[i], self._sum[j] - self._sum[i]
        within: Floats = np.maximum(self._squares[j] - self._squares[i] - total**2 / size, 0.0)
        return within


def _best_edges(costs: _Costs, n_clusters: int) -> list[int]:
    """Edges 0 = e0 < e1 < ... < ek = m of the cheapest intervals."""
    places = np.arange(costs.m + 1)
    best = np.full(costs.m + 1, np.inf)  # cheapest cover of [0, j) by so many intervals
    best[1:] = costs.between(np.zeros(costs.m, dtype=np.int64), places[1:])
    choices = []
    for used in range(2, n_clusters + 1):
        # The last interval ends at m; only the ones before it may end anywhere.
        ends = places[used:] if used < n_clusters else places[-1:]
        choice, extended = _last_intervals(costs, best, ends, used)
        choices.append(choice)
        best = extended
    edges = [costs.m]
    for choice in reversed(choices):
        edges.append(int(choice[edges[-1]]))
    return [0, *reversed(edges)] if n_clusters > 1 else [0, costs.m]


def _last_intervals(costs: _Costs, best: Floats, ends: Ints, used: int) -> tuple[Ints, Floats]:
    """Where the last of ``used`` intervals begins for each end, and the cost of the whole cover, (m + 1,) each.

    The beginning never falls as the end rises, so each end is searched between those found around it only.
    """
    begin = np.zeros(costs.m + 1, dtype=np.int64)
    extended = np.full(costs.m + 1, np.inf)
    # Positions among the ends, with what bounds their beginnings from below and above.
    left, right = np.array([0]), np.array([len(ends) - 1])
    low, high = np.array([used - 1]), np.array([costs.m - 1])
    while len(left):
        middle = (left + right) // 2
        j = ends[middle]
        sizes = np.minimum(high, j - 1) - low + 1
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        i = np.arange(sizes.sum()) - np.repeat(starts - low, sizes)
        cost = best[i] + costs.between(i, np.repeat(j, sizes))
        least = np.minimum.reduceat(cost, starts)
        # Of equally good beginnings the lowest, whatever the rounding.
        is_best = np.flatnonzero(cost <= np.repeat(least + costs.tolerance, sizes))
        first = is_best[np.searchsorted(is_best, starts)]
        begin[j], extended[j] = i[first], least
        halves = [(left, middle - 1, low, i[first]), (middle + 1, right, i[first], high)]
        left, right, low, high = (np.concatenate(parts) for parts in zip(*halves, strict=True))
        kept = left <= right
        left, right, low, high = left[kept], right[kept], low[kept], high[kept]
    return begin, extended
