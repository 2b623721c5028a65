"""2-means of one score: scikit-learn's K-means, started from the exact split.

The best two clusters of numbers on a line are intervals, so trying every cut finds the global optimum. Started
anywhere else K-means may stop at a local one: of skewed scores 4.5 to 100 % of random starts reach the best split.

References
----------
Fisher WD. J Am Stat Assoc 1958;53:789-798.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn import config_context
from sklearn.cluster import KMeans

from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.wording.sentence import sentence

Floats = npt.NDArray[np.float64]

_TIE_TOLERANCE = 1e-12
"""Splits whose sums of squares differ by less than this share of the total count as equally good."""


@dataclass(frozen=True, slots=True, eq=False)
class TwoMeans:
    """Two clusters of one score, each with its members ascending, (n_low,) and (n_high,)."""

    low: Floats
    high: Floats

    @property
    def centres(self) -> tuple[float, float]:
        """Mean of each cluster."""
        return float(self.low.mean()), float(self.high.mean())

    @property
    def boundary(self) -> float:
        """The middle of the two centres."""
        return sum(self.centres) / 2

    @property
    def n(self) -> int:
        """Number of values."""
        return len(self.low) + len(self.high)

    @property
    def within_sum_of_squares(self) -> float:
        """What the split minimises."""
        parts = zip((self.low, self.high), self.centres, strict=True)
        return float(sum(((part - centre) ** 2).sum() for part, centre in parts))


def split_two(values: npt.ArrayLike) -> TwoMeans:
    """Split one score (n,) into the two clusters with the least sum of squares, of equally good ones the lowest.

    ``NotEstimable`` for fewer than two distinct values, ``OutOfRange`` for a missing one.
    """
    scores = np.sort(np.asarray(values, dtype=np.float64).ravel())
    if not np.isfinite(scores).all():
        raise OutOfRange(field="values", value="missing or infinite", limit="finite numbers")
    if not len(scores) or scores[0] == scores[-1]:
        reason = sentence("{n} distinct value(s) cannot make 2 clusters", n=len(scores[:1]))
        raise NotEstimable(what="The split of the scores", reason=reason)
    cut = _best_cut(scores)
    # On one scale about 0: a tolerance of K-means is absolute, and squares far from 0 cancel.
    scaled = ((scores - scores[0]) / (scores[-1] - scores[0]))[:, None]
    start = np.array([scaled[:cut].mean(axis=0), scaled[cut:].mean(axis=0)])
    # Everything was checked above, and this is asked of every resample of the cut-offs.
    with config_context(assume_finite=True, skip_parameter_validation=True):
        is_high = KMeans(2, init=start, n_init=1, tol=0).fit(scaled).labels_ == 1
    return TwoMeans(scores[~is_high], scores[is_high])


def _best_cut(scores: Floats) -> int:
    """How many of the sorted scores (n,) the lower cluster of the exact split has."""
    # The sum of squares between two clusters is n_low n_high / n times the squared distance of their means.
    centred = scores - scores.mean()
    n_low = np.arange(1, len(scores))
    between = np.cumsum(centred)[:-1] ** 2 * (1 / n_low + 1 / (len(scores) - n_low))
    # Equal scores stay together.
    between[np.diff(scores) == 0] = -np.inf
    # Of equally good cuts the lowest, whatever the rounding.
    return int(n_low[np.argmax(between >= between.max() - _TIE_TOLERANCE * (centred**2).sum())])
