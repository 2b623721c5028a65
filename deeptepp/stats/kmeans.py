"""K-means on one score, solved exactly.

The best clusters of numbers on a line are intervals, so dynamic programming over the sorted values finds the
global optimum; there is no random start and no local minimum.

References
----------
Fisher WD. J Am Stat Assoc 1958;53:789-798.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from deeptepp.errors import NotEstimable, OutOfRange

Floats = npt.NDArray[np.float64]


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
    edges = _best_edges(_interval_costs(distinct, counts), n_clusters)
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


def _interval_costs(distinct: Floats, counts: npt.NDArray[np.int64]) -> Floats:
    """Sum of squares (m + 1, m + 1) of the values in [i, j) about their mean; inf where i >= j."""
    # Centred first, because differences of cumulative squares cancel otherwise.
    x = distinct - np.average(distinct, weights=counts)
    n, s, q = (np.concatenate([[0.0], np.cumsum(c)]) for c in (counts, counts * x, counts * x**2))
    size = n[None, :] - n[:, None]
    total = s[None, :] - s[:, None]
    cost = np.full(size.shape, np.inf)
    filled = size > 0
    squares = (q[None, :] - q[:, None])[filled]
    cost[filled] = np.maximum(squares - total[filled] ** 2 / size[filled], 0.0)
    return cost


def _best_edges(cost: Floats, n_clusters: int) -> list[int]:
    """Edges 0 = e0 < e1 < ... < ek = m of the cheapest intervals."""
    m = len(cost) - 1
    best = cost[0]  # (m + 1,) cheapest cover of [0, j) by one interval
    choices = []
    for _ in range(1, n_clusters):
        extended = best[:, None] + cost  # last interval begins at i, ends at j
        choices.append(extended.argmin(axis=0))
        best = extended.min(axis=0)
    edges = [m]
    for choice in reversed(choices):
        edges.append(int(choice[edges[-1]]))
    return [0, *reversed(edges)]
