"""A share of patients with its interval.

References
----------
Wilson EB. J Am Stat Assoc 1927;22:209-212.
Clopper CJ, Pearson ES. Biometrika 1934;26:404-413.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.special import betaincinv, ndtri

from deeptepp.errors import OutOfRange


class ProportionInterval(StrEnum):
    """How the interval of a share is made."""

    WILSON = "Wilson"
    CLOPPER_PEARSON = "Clopper-Pearson"


@dataclass(frozen=True, slots=True)
class Proportion:
    """k of n.

    Parameters
    ----------
    value : float or None
        k / n; None when n is 0.
    low, high : float or None
        Confidence interval; None when n is 0.
    level : float
        Its confidence level.
    n_events : int
        k.
    n : int
        Patients.
    method : str
        Name of the interval.
    """

    value: float | None
    low: float | None
    high: float | None
    level: float
    n_events: int
    n: int
    method: str


def proportion(
    n_events: int, n: int, *, level: float = 0.95, interval: ProportionInterval = ProportionInterval.WILSON
) -> Proportion:
    """Estimate a share.

    Parameters
    ----------
    n_events : int
        Patients with the event, at most ``n``.
    n : int
        Patients; 0 gives an estimate without a value.
    level : float
        Confidence level, in (0, 1).
    interval : ProportionInterval
        Wilson without continuity correction, or Clopper-Pearson.

    Returns
    -------
    Proportion
        The share.

    Raises
    ------
    OutOfRange
        ``n_events`` does not lie in [0, n].
    """
    if not 0 <= n_events <= n:
        raise OutOfRange(field="n_events", value=n_events, limit=f"[0, {n}]")
    if n == 0:
        return Proportion(None, None, None, level, 0, 0, str(interval))
    if interval is ProportionInterval.WILSON:
        low, high = _wilson(n_events, n, level)
    else:
        low, high = _clopper_pearson(n_events, n, level)
    return Proportion(n_events / n, low, high, level, n_events, n, str(interval))


def _wilson(k: int, n: int, level: float) -> tuple[float, float]:
    """Give the score interval, cut to [0, 1]."""
    z = float(ndtri(0.5 + level / 2))
    centre = (k + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * float(np.sqrt(k * (n - k) / n + z**2 / 4))
    # At the ends the exact limits are 0 and 1, which rounding would miss by an ulp.
    return (0.0 if k == 0 else centre - half, 1.0 if k == n else centre + half)


def _clopper_pearson(k: int, n: int, level: float) -> tuple[float, float]:
    """Give the exact binomial interval."""
    tail = (1 - level) / 2
    low = 0.0 if k == 0 else float(betaincinv(k, n - k + 1, tail))
    high = 1.0 if k == n else float(betaincinv(k + 1, n - k, 1 - tail))
    return low, high
