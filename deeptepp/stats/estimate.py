"""One estimated quantity: value, interval, how many patients and events it rests on, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What was estimated from how much.

    Parameters
    ----------
    value : float or None
        The estimate; None where the data do not determine one.
    low, high : float or None
        Confidence interval; None where it is not estimable.
    level : float
        Its confidence level.
    p_value : float or None
        Two-sided, against no difference; None where there is no test.
    n : int
        Patients.
    n_events : int
        Events.
    method : str
        Estimator and interval, for captions.
    reason : str
        Why the value or the interval is missing; empty where nothing is.
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
    """Give the half width of a normal interval in standard errors.

    Parameters
    ----------
    level : float
        Confidence level, in (0, 1).

    Returns
    -------
    float
        1.96 for 0.95.
    """
    return float(ndtri(0.5 + level / 2))


def known(value: float | None) -> float | None:
    """Turn what is no finite number into None.

    Parameters
    ----------
    value : float or None
        A number, NaN or infinite.

    Returns
    -------
    float or None
        The number.
    """
    return None if value is None or not np.isfinite(value) else float(value)
