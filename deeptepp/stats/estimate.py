"""One estimated quantity: value, interval, how many patients and events it rests on, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, ndtri


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What was estimated from how much.

    ``value``: the estimate; None where the data do not determine one. ``low``, ``high``: confidence interval; None
    where it is not estimable. ``p_value``: two-sided, against no difference; None where there is no test.
    ``reason``: why the value or the interval is missing; empty where nothing is.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    p_value: float | None = None
    n: int
    n_events: int
    method: str
    reason: str = ""

    @property
    def is_estimable(self) -> bool:
        """Whether there is a value with an interval."""
        return self.value is not None and self.low is not None and self.high is not None


def normal_quantile(level: float) -> float:
    """Half width of a normal interval in standard errors."""
    return float(ndtri(0.5 + level / 2))


def known(value: float | None) -> float | None:
    """Turn what is no finite number into None.

    ``value``: a number, NaN or infinite.
    """
    return None if value is None or not np.isfinite(value) else float(value)


@dataclass(frozen=True, slots=True)
class ChiSquareTest:
    """A test whose statistic is compared with a chi-square distribution.

    ``statistic``: chi-square; 0 where there is nothing to test. ``degrees_of_freedom``: of its distribution; 0
    where there is nothing to test. ``p_value``: probability of a statistic at least as large if nothing differed;
    None where it is not estimable.
    """

    statistic: float
    degrees_of_freedom: int
    p_value: float | None
    method: str
    reason: str = ""


def chi_square_test(statistic: float, degrees_of_freedom: int, method: str, *, reason: str = "") -> ChiSquareTest:
    """Compare a statistic with its chi-square distribution.

    ``statistic``: chi-square; rounding below 0 is taken for 0. ``reason``: why the test does not hold, if it does
    not; there is then no p-value. Returns: without a p-value where there is a reason, no degree of freedom or no
    finite statistic.
    """
    if not reason and (degrees_of_freedom < 1 or not np.isfinite(statistic)):
        reason = "nothing can be compared"
    if reason:
        return ChiSquareTest(0.0, degrees_of_freedom, None, method, reason)
    chi_square = max(float(statistic), 0.0)
    return ChiSquareTest(chi_square, degrees_of_freedom, float(chdtrc(degrees_of_freedom, chi_square)), method)
