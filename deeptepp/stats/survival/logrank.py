"""Log-rank tests of two or more groups, stratified or not, and for trend.

The unstratified test is that of lifelines, which has no strata, no trend and no rank: it counts every group as a
degree of freedom, also one that is never at risk at an event.

References
----------
Mantel N. Cancer Chemother Rep 1966;50:163-170.
Harrington DP, Fleming TR. Biometrika 1982;69:553-566 (weights).
Tarone RE. Biometrika 1975;62:679-682 (trend).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from lifelines.statistics import multivariate_logrank_test
from scipy.special import chdtrc

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable
from deeptepp.wording.sentence import sentence

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_RANK_TOLERANCE = 1e-10
"""Eigenvalues of the correlation below this share of the largest one count as zero."""


@dataclass(frozen=True, slots=True, eq=False)
class LogRankTest:
    """Observed against expected events.

    ``statistic``: chi-square; 0 where there is nothing to compare. ``degrees_of_freedom``: rank of the covariance
    (number of groups that can be compared, less 1), or 1 for a trend. ``p_value``: two-sided; None where it is not
    estimable. ``observed``, ``expected`` (k,): events by group, weighted when ``rho`` is not 0. ``covariance`` (k,
    k): of observed minus expected.
    """

    statistic: float
    degrees_of_freedom: int
    p_value: float | None
    observed: Floats
    expected: Floats
    covariance: Floats
    n: Ints
    n_events: int
    method: str
    reason: str = ""


def log_rank(
    groups: Sequence[FollowUp], *, strata: Sequence[npt.ArrayLike] | None = None, rho: float = 0.0
) -> LogRankTest:
    """Test whether groups share one survival curve.

    Parameters
    ----------
    groups : sequence of FollowUp
        Two or more groups.
    strata : sequence of (n,) arrays, optional
        Stratum of each patient, one array for each group; groups are then compared inside strata only.
    rho : float
        Exponent of the pooled survival as weight (Harrington-Fleming): 0 is the log-rank test, 1 Peto-Peto.

    Returns
    -------
    LogRankTest
        ``p_value`` is None where no event was seen while two groups were at risk.

    Raises
    ------
    NotEstimable
        Fewer than two groups have patients.

    Examples
    --------
    >>> early = FollowUp(np.array([1.0, 2.0, 3.0, 4.0]), np.ones(4, dtype=bool))
    >>> late = FollowUp(np.array([5.0, 6.0, 7.0, 8.0]), np.ones(4, dtype=bool))
    >>> test = log_rank([early, late])
    >>> round(test.statistic, 2), test.degrees_of_freedom
    (7.34, 1)
    """
    sums = _sums(groups, strata, rho)
    statistic, rank = _chi_square(sums)
    if rank and strata is None and rho == 0:
        statistic = _by_lifelines(groups, sums[2].diagonal() > 0)
    return _test(groups, sums, statistic, rank, _named(_weighted(rho), strata))


def log_rank_statistic(groups: Sequence[FollowUp]) -> float:
    """Chi-square of the unstratified test alone, for the thousands of deals of a permutation test."""
    return _chi_square(_sums(groups, None, 0.0))[0]


def _by_lifelines(groups: Sequence[FollowUp], is_compared: npt.NDArray[np.bool_]) -> float:
    """Chi-square of the groups that are compared; lifelines would count the others as well."""
    compared = [group for group, is_in in zip(groups, is_compared, strict=True) if is_in]
    months, event = (np.concatenate([getattr(g, part) for g in compared]) for part in ("months", "event"))
    group = np.repeat(np.arange(len(compared)), [each.n for each in compared])
    return float(multivariate_logrank_test(months, group, event).test_statistic)


def _chi_square(sums: tuple[Floats, Floats, Floats]) -> tuple[float, int]:
    """Statistic and its degrees of freedom, the rank of the covariance."""
    observed, expected, covariance = sums
    # In units of each group's own error, so that the rank does not hang on how small a group is.
    error = np.sqrt(covariance.diagonal())
    unit = np.divide(1.0, error, out=np.zeros_like(error), where=error > 0)
    excess = unit * (observed - expected)
    values, vectors = np.linalg.eigh(covariance * np.outer(unit, unit))
    kept = values > _RANK_TOLERANCE * max(values.max(), np.finfo(np.float64).tiny)
    return float((((vectors[:, kept].T @ excess) ** 2) / values[kept]).sum()), int(kept.sum())


def log_rank_trend(
    groups: Sequence[FollowUp],
    *,
    scores: Sequence[float] | None = None,
    strata: Sequence[npt.ArrayLike] | None = None,
    rho: float = 0.0,
) -> LogRankTest:
    """Test whether the hazard rises or falls along ordered groups.

    ``scores``: position of each group; 1, 2, 3 ... when left out. Returns: with one degree of freedom. Raises
    ``NotEstimable``: fewer than two groups have patients.
    """
    observed, expected, covariance = _sums(groups, strata, rho)
    weights = np.arange(1.0, len(groups) + 1) if scores is None else np.asarray(scores, dtype=np.float64)
    # Groups at one position cannot show a trend; centring keeps the test free of where the scores begin.
    weights = weights - weights.mean()
    variance = float(weights @ covariance @ weights)
    scale = float(np.abs(covariance).sum() * (weights**2).max())
    can_test = variance > _RANK_TOLERANCE * scale
    statistic = float(weights @ (observed - expected)) ** 2 / variance if can_test else 0.0
    sums = (observed, expected, covariance)
    return _test(
        groups, sums, statistic, int(can_test), _named(sentence("{name} for trend", name=_weighted(rho)), strata)
    )


def _weighted(rho: float) -> str:
    """Name a test by its weights."""
    return "log-rank" if rho == 0 else sentence("Harrington-Fleming (rho = {rho:g})", rho=rho)


def _named(name: str, strata: object) -> str:
    """Add the stratification to the name of a test."""
    return name if strata is None else sentence("{name}, stratified", name=name)


def _test(
    groups: Sequence[FollowUp], sums: tuple[Floats, Floats, Floats], statistic: float, rank: int, method: str
) -> LogRankTest:
    """Turn sums and a statistic into a test, without a p-value where nothing could be compared."""
    n_events = sum(group.n_events for group in groups)
    reason = ""
    if rank == 0:
        reason = "no event was seen" if n_events == 0 else "no event was seen while two groups were at risk"
    p_value = float(chdtrc(rank, statistic)) if rank else None
    n = np.array([group.n for group in groups], dtype=np.int64)
    return LogRankTest(statistic, rank, p_value, *sums, n, n_events, method, reason)


def _sums(
    groups: Sequence[FollowUp], strata: Sequence[npt.ArrayLike] | None, rho: float
) -> tuple[Floats, Floats, Floats]:
    """Sum observed, expected (k,) and covariance (k, k) over strata."""
    if sum(group.n > 0 for group in groups) < 2:
        raise NotEstimable(what="The log-rank test", reason="fewer than two groups have patients")
    k = len(groups)
    if strata is None:
        parts = [list(groups)]
    else:
        labels = [np.asarray(column) for column in strata]
        if [column.shape for column in labels] != [group.months.shape for group in groups]:
            msg = "strata must give one value for each patient of each group"
            raise ValueError(msg)
        parts = [
            [group.where(column == name) for group, column in zip(groups, labels, strict=True)]
            for name in np.unique(np.concatenate(labels))
        ]
    # Observed, expected and hypergeometric covariance add up over strata.
    observed, expected, covariance = np.zeros(k), np.zeros(k), np.zeros((k, k))
    for part in parts:
        d, e, v = _sums_of_stratum(part, rho)
        observed, expected, covariance = observed + d, expected + e, covariance + v
    return observed, expected, covariance


def _sums_of_stratum(groups: Sequence[FollowUp], rho: float) -> tuple[Floats, Floats, Floats]:
    """Sum observed, expected (k,) and hypergeometric covariance (k, k) over the event times of one stratum."""
    times = np.unique(np.concatenate([group.months[group.event] for group in groups]))
    at_risk = np.array([group.n - np.searchsorted(np.sort(group.months), times) for group in groups], dtype=float)
    deaths = np.array([_count(group.months[group.event], times) for group in groups], dtype=float)
    n, d = at_risk.sum(axis=0), deaths.sum(axis=0)
    survival = np.cumprod(1 - d / n)
    weight = np.concatenate([[1.0], survival[:-1]])[: len(times)] ** rho
    share = at_risk / n  # (k, times)
    spread = weight**2 * d * np.divide(n - d, n - 1, out=np.zeros_like(n), where=n > 1)
    covariance = np.diag(share @ spread) - (share * spread) @ share.T
    return deaths @ weight, (share * d) @ weight, covariance


def _count(values: Floats, times: Floats) -> Ints:
    """Count how often each of the distinct ``times`` (m,) occurs among values."""
    return np.bincount(np.searchsorted(times, values), minlength=len(times))
