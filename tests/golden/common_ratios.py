"""Common odds ratio over risk sets and common rate ratio over person-months, by Mantel and Haenszel.

References
----------
Mantel N, Haenszel W. J Natl Cancer Inst 1959;22:719-748.
Robins J, Breslow N, Greenland S. Biometrics 1986;42:311-323 (variance of the log odds ratio).
Greenland S, Robins JM. Biometrics 1985;41:55-68 (variance of the log rate ratio).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from deeptepp.stats.estimate import ChiSquareTest, Estimate, known, normal_quantile
from deeptepp.stats.hazards.mantel_haenszel import log_rank_of
from deeptepp.stats.hazards.two_arm_tables import TwoArmTables

ODDS_RATIO = "Mantel-Haenszel odds ratio over the risk sets, Robins-Breslow-Greenland interval"
"""Name of the odds ratio."""
RATE_RATIO = "Mantel-Haenszel rate ratio over person-months, Greenland-Robins interval"
"""Name of the rate ratio."""


@dataclass(frozen=True, slots=True)
class CommonOddsRatio:
    """One odds ratio over many tables.

    ``estimate``: the odds ratio, its interval and the p value of the test. ``test``: Mantel-Haenszel test without
    continuity correction; the stratified log-rank test. ``n_tables``: risk sets of two or more patients.
    """

    estimate: Estimate
    test: ChiSquareTest
    n_tables: int


@dataclass(frozen=True, slots=True)
class RateRatio:
    """One rate ratio over strata.

    ``estimate``: the ratio of events per person-month. ``standard_error_log``: of its logarithm.
    """

    estimate: Estimate
    standard_error_log: float | None


def common_odds_ratio(tables: Sequence[TwoArmTables], *, n: int, level: float = 0.95) -> CommonOddsRatio:
    """Estimate one odds ratio over all risk sets.

    ``tables``: risk sets of each stratum. Returns: without an interval where one arm has no event while the other
    is at risk, and without a value where that is the reference arm.
    """
    n_index, n_reference, a, b = (
        np.concatenate([getattr(table, name) for table in tables])
        for name in ("n_index", "n_reference", "n_events_index", "n_events_reference")
    )
    total = n_index + n_reference
    c, d = n_index - a, n_reference - b
    right, wrong = a * d / total, b * c / total
    variance = sum(table.variance for table in tables)
    excess = float(a.sum()) - sum(table.expected_index for table in tables)
    no_table = "at each event one arm alone was at risk, or everybody at risk had it"
    test = log_rank_of(excess, variance, "Mantel-Haenszel, no continuity correction", no_table)
    r, s = float(right.sum()), float(wrong.sum())
    value, low, high = _descriptive(r, s), None, None
    if r > 0 and s > 0:
        along, across = (a + d) / total, (b + c) / total
        spread = (along * right).sum() / (2 * r**2) + (across * wrong).sum() / (2 * s**2)
        spread += (along * wrong + across * right).sum() / (2 * r * s)
        value, low, high = _around(r / s, float(np.sqrt(spread)), level)
    reason = "" if r > 0 and s > 0 else "no event in one arm while the other was at risk"
    estimate = Estimate(
        value=value,
        low=low,
        high=high,
        level=level,
        p_value=test.p_value,
        n=n,
        n_events=int(a.sum() + b.sum()),
        method=ODDS_RATIO,
        reason=reason,
    )
    return CommonOddsRatio(estimate, test, int((total > 1).sum()))


def rate_ratio(
    index: Sequence[tuple[int, float]],
    reference: Sequence[tuple[int, float]],
    *,
    n: int,
    level: float = 0.95,
) -> RateRatio:
    """Estimate one ratio of events per person-month over strata.

    ``index``, ``reference``: events and person-months of each stratum. Returns: without an interval where an arm
    has no event in the strata that hold both arms, and without a value where that is the reference arm.
    """
    a, months_index = np.array(index, dtype=np.float64).T
    b, months_reference = np.array(reference, dtype=np.float64).T
    total = months_index + months_reference
    share_index, share_reference = (
        np.divide(part, total, out=np.zeros_like(total), where=total > 0)
        for part in (months_index, months_reference)
    )
    r, s = float((a * share_reference).sum()), float((b * share_index).sum())
    value, low, high, error, p_value = _descriptive(r, s), None, None, None, None
    if r > 0 and s > 0:
        error = float(np.sqrt(((a + b) * share_index * share_reference).sum() / (r * s)))
        value, low, high = _around(r / s, error, level)
        # Where every event fell on the first day of an arm that was not followed, nothing varies.
        p_value = float(2 * ndtr(-abs(np.log(r / s)) / error)) if error > 0 else None
    estimate = Estimate(
        value=value,
        low=low,
        high=high,
        level=level,
        p_value=p_value,
        n=n,
        n_events=int(a.sum() + b.sum()),
        method=RATE_RATIO,
        reason="" if r > 0 and s > 0 else "an arm has no event in the strata that hold both arms",
    )
    return RateRatio(estimate, error)


def _descriptive(numerator: float, denominator: float) -> float | None:
    """Give a ratio that may be 0; None where it is infinite or nothing was compared."""
    return numerator / denominator if denominator > 0 else None


def _around(value: float, error: float, level: float) -> tuple[float | None, float | None, float | None]:
    """Give a ratio with its interval, symmetric on the log scale."""
    half = normal_quantile(level) * error
    with np.errstate(over="ignore"):  # a limit too large for a number is no limit
        low, high = np.exp(np.log(value) - half), np.exp(np.log(value) + half)
    return known(value), known(float(low)), known(float(high))
