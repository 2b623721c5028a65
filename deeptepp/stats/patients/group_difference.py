"""One fact compared across groups: a test, and a distance that does not grow with the number of patients.

Categories are tested by chi-square without continuity correction; where an expected count lies below 5, by the
exact test (Fisher for two by two, Freeman-Halton by Monte Carlo for more). Numbers are tested by ranks
(Kruskal-Wallis). The standardised mean difference (SMD) divides by the pooled standard deviation of both groups;
that of a category is the distance of all its shares together (Yang and Dalton), for two levels the usual one.

References
----------
Freeman GH, Halton JH. Biometrika 1951;38:141-149.
Yang D, Dalton JE. SAS Global Forum 2012, paper 335.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln
from scipy.stats import chi2_contingency, fisher_exact, kruskal, random_table

from deeptepp.stats.estimate import known
from deeptepp.wording.sentence import sentence

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MIN_EXPECTED = 5.0
"""Expected count below which chi-square is left for the exact test."""

N_TABLES = 20_000
"""Random tables of the Monte Carlo test; its p has a standard error of 0.0015 at 0.05."""

_TOLERANCE = 1e-7
"""Relative; tables whose probability equals the observed one differ by rounding."""

CHI_SQUARE = "chi-square test"
FISHER = "Fisher's exact test"
FREEMAN_HALTON = sentence("exact test by {n} random tables", n=N_TABLES)
KRUSKAL_WALLIS = "Kruskal-Wallis test"

_ONE_GROUP = "fewer than two groups have known values"
_ONE_VALUE = "all known values are equal"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTest:
    """A test of one fact across groups.

    ``p_value``: None where nothing can be compared. ``statistic``: chi-square or H; None for exact tests.
    ``degrees_of_freedom``: of its distribution; None for exact tests.
    """

    p_value: float | None
    method: str
    statistic: float | None = None
    degrees_of_freedom: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDistance:
    """The largest standardised difference between two of the groups.

    ``value``: absolute SMD; None where no pair of groups has one. ``groups``: places of the two groups; empty
    without a value. ``reason``: why there is none; empty where there is one.
    """

    value: float | None
    groups: tuple[int, ...] = ()
    reason: str = ""


def compare_counts(counts: npt.ArrayLike, *, seed: int = 0) -> GroupTest:
    """Test whether a category is spread alike over groups.

    ``counts`` (g, k): patients of each group (row) and level (column), known values only. ``seed``: of the random
    tables, so that the same counts have the same p. Returns: without a p-value where one group or one level is
    left.
    """
    table = np.asarray(counts, dtype=np.int64)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0] if table.size else table
    if table.shape[0] < 2:
        return GroupTest(p_value=None, method=CHI_SQUARE, reason=_ONE_GROUP)
    if table.shape[1] < 2:
        return GroupTest(p_value=None, method=CHI_SQUARE, reason=_ONE_VALUE)
    # Pearson's chi-square where expected counts allow it, else an exact test.
    found = chi2_contingency(table, correction=False)
    if float(np.min(found.expected_freq)) >= MIN_EXPECTED:
        degrees = int(found.dof)
        return GroupTest(
            p_value=float(found.pvalue),
            method=CHI_SQUARE,
            statistic=float(found.statistic),
            degrees_of_freedom=degrees,
        )
    if table.shape == (2, 2):
        return GroupTest(p_value=float(fisher_exact(table).pvalue), method=FISHER)
    return GroupTest(p_value=_freeman_halton(table, seed), method=FREEMAN_HALTON)


def _freeman_halton(table: Ints, seed: int) -> float:
    """Count random tables with the same margins that are no more probable than this one; it counts as one."""
    rng = np.random.default_rng(seed)
    drawn = random_table(table.sum(axis=1), table.sum(axis=0)).rvs(N_TABLES, random_state=rng)
    observed = float(-gammaln(table + 1.0).sum())
    probability = -gammaln(np.asarray(drawn, dtype=np.float64) + 1.0).sum(axis=(1, 2))
    n_extreme = int((probability <= observed + _TOLERANCE * abs(observed)).sum())
    return (n_extreme + 1) / (N_TABLES + 1)


def compare_samples(samples: Sequence[npt.ArrayLike]) -> GroupTest:
    """Test whether numbers lie alike in groups, by ranks.

    ``samples``: known values of each group; empty groups are left out. Returns: without a p-value where one group
    is left or all values are equal.
    """
    filled = [values for values in (np.asarray(each, dtype=np.float64) for each in samples) if len(values)]
    if len(filled) < 2:
        return GroupTest(p_value=None, method=KRUSKAL_WALLIS, reason=_ONE_GROUP)
    if len(np.unique(np.concatenate(filled))) < 2:
        return GroupTest(p_value=None, method=KRUSKAL_WALLIS, reason=_ONE_VALUE)
    found = kruskal(*filled)
    return GroupTest(
        p_value=float(found.pvalue),
        method=KRUSKAL_WALLIS,
        statistic=float(found.statistic),
        degrees_of_freedom=len(filled) - 1,
    )


def distance_of_counts(counts: npt.ArrayLike) -> GroupDistance:
    """Give the largest SMD of a category between two groups.

    ``counts`` (g, k): patients of each group (row) and level (column), known values only. Returns: without a value
    where no two groups can be compared.
    """
    table = np.asarray(counts, dtype=np.float64)
    filled = [i for i in range(len(table)) if table[i].sum() > 0]
    shares = {i: table[i] / table[i].sum() for i in filled}
    return _largest(filled, lambda i, j: _distance_of_shares(shares[i], shares[j]), "no level is in both groups")


def distance_of_samples(samples: Sequence[npt.ArrayLike]) -> GroupDistance:
    """Give the largest SMD of a number between two groups.

    ``samples``: known values of each group. Returns: without a value where no two groups have two patients each
    and a spread.
    """
    values = [np.asarray(each, dtype=np.float64) for each in samples]
    filled = [i for i, each in enumerate(values) if len(each) > 1]
    return _largest(
        filled, lambda i, j: _distance_of_numbers(values[i], values[j]), "no pair of groups has a spread"
    )


def _largest(groups: list[int], distance: Callable[[int, int], float | None], reason: str) -> GroupDistance:
    """Compare every pair of groups and keep the largest distance."""
    if len(groups) < 2:
        return GroupDistance(value=None, reason=_ONE_GROUP)
    pairs = {(i, j): distance(i, j) for i, j in combinations(groups, 2)}
    defined = {pair: value for pair, value in pairs.items() if value is not None}
    if not defined:
        return GroupDistance(value=None, reason=reason)
    pair = max(defined, key=lambda each: defined[each])
    return GroupDistance(value=defined[pair], groups=pair)


def _distance_of_numbers(first: Floats, second: Floats) -> float | None:
    """Divide the difference of means by the root of the mean variance; None where that is 0."""
    variance = (first.var(ddof=1) + second.var(ddof=1)) / 2
    # A constant column has a variance of rounding errors.
    scale = max(np.abs(first).max(), np.abs(second).max(), 1.0)
    if not variance > (1e-12 * scale) ** 2:
        return 0.0 if first.mean() == second.mean() else None
    return known(abs(float(first.mean() - second.mean())) / float(np.sqrt(variance)))


def _distance_of_shares(first: Floats, second: Floats) -> float | None:
    """Mahalanobis distance of the shares, with the mean covariance of both groups; None if it is none."""
    used = np.flatnonzero(first + second)[1:]
    a, b = first[used], second[used]
    covariance = sum((np.diag(p) - np.outer(p, p) for p in (a, b)), np.zeros((len(used), len(used)))) / 2
    inverse = np.linalg.pinv(covariance, hermitian=True)
    difference = a - b
    # What the covariance does not span is a difference without a scale: groups that share no level.
    if len(used) and not np.allclose(covariance @ (inverse @ difference), difference, atol=1e-9):
        return None
    return known(float(np.sqrt(max(float(difference @ inverse @ difference), 0.0))))
