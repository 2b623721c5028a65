"""Kaplan-Meier curves with Greenwood's variance.

An event at t comes before a censoring at t, and a patient is at risk at t when her time is t or more. Where the
data do not determine an interval it is ``None`` with a reason, never a number that looks like one.

References
----------
Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457-481.
Greenwood M. Reports on Public Health and Medical Subjects 33, 1926.
Kalbfleisch JD, Prentice RL. The Statistical Analysis of Failure Time Data, 2nd ed., section 1.4 (intervals).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.survival.median_survival import MedianSurvival, first_half

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NO_EVENT_YET = "no event so far, so no interval can be given"
"""Reason of an absent interval where survival is still 1."""

NOBODY_LEFT = "every patient had the event, so no interval can be given"
"""Reason of an absent interval where survival is 0."""


class Interval(StrEnum):
    """Scale on which the pointwise interval is symmetric."""

    LOG_LOG = "log-log"
    LOG = "log"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class SurvivalEstimate:
    """Survival at one time.

    Parameters
    ----------
    months : float
        The time.
    value : float
        Share without the event, in [0, 1].
    low, high : float or None
        Pointwise confidence interval; None where it is not estimable.
    level : float
        Its confidence level.
    standard_error : float or None
        Greenwood; None where survival is 0.
    n : int
        Patients in the group.
    n_events : int
        Events up to and including this time.
    n_at_risk : int
        Patients followed to this time or longer.
    is_beyond_follow_up : bool
        The time lies after the last observation; the value is carried forward.
    method : str
        Estimator and interval, for captions.
    reason : str
        Why there is no interval; empty where there is one.
    """

    months: float
    value: float
    low: float | None
    high: float | None
    level: float
    standard_error: float | None
    n: int
    n_events: int
    n_at_risk: int
    is_beyond_follow_up: bool
    method: str
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class KaplanMeierCurve:
    """A step function with its band.

    Parameters
    ----------
    label : str
        Name of the group.
    n : int
        Patients.
    n_events : int
        Events.
    months : (k,) float64
        0 and then every distinct time of observation, ascending.
    survival : (k,) float64
        Share without the event from that time on.
    standard_error : (k,) float64
        Greenwood; NaN where survival is 0.
    low, high : (k,) float64
        Pointwise interval; NaN where not estimable.
    censored_months : (c,) float64
        Times of censoring, ascending, repeated where several were censored together.
    follow_up_months : (n,) float64
        All times, ascending.
    event_months : (n_events,) float64
        Times of the events, ascending.
    level : float
        Confidence level.
    interval : Interval
        Scale of the interval.
    """

    label: str
    n: int
    n_events: int
    months: Floats
    survival: Floats
    standard_error: Floats
    low: Floats
    high: Floats
    censored_months: Floats
    follow_up_months: Floats
    event_months: Floats
    level: float
    interval: Interval

    @property
    def method(self) -> str:
        """Estimator and interval, for captions."""
        return f"Kaplan-Meier, Greenwood, {self.interval} interval"

    @property
    def last_months(self) -> float:
        """Time of the last observation."""
        return float(self.follow_up_months[-1])

    def at(self, months: float) -> SurvivalEstimate:
        """Read the curve at one time.

        Parameters
        ----------
        months : float
            Time from the start of follow-up, >= 0.

        Returns
        -------
        SurvivalEstimate
            With ``is_beyond_follow_up`` set when nobody was followed that long.

        Raises
        ------
        OutOfRange
            The time is negative or not a number.
        """
        if not months >= 0:
            raise OutOfRange(field="months", value=months, limit="[0, inf)")
        i = int(np.searchsorted(self.months, months, side="right")) - 1
        value = float(self.survival[i])
        low, high = _known(self.low[i]), _known(self.high[i])
        reason = "" if low is not None else NO_EVENT_YET if value > 0 else NOBODY_LEFT
        return SurvivalEstimate(
            months=float(months),
            value=value,
            low=low,
            high=high,
            level=self.level,
            standard_error=_known(self.standard_error[i]),
            n=self.n,
            n_events=int(np.searchsorted(self.event_months, months, side="right")),
            n_at_risk=int(self.n_at_risk(np.array([months]))[0]),
            is_beyond_follow_up=bool(months > self.last_months),
            method=self.method,
            reason=reason,
        )

    def n_at_risk(self, months: npt.ArrayLike) -> Ints:
        """Count the patients followed to each time or longer.

        Parameters
        ----------
        months : (m,) array_like
            Times.

        Returns
        -------
        (m,) int64
            Number at risk just before each time.
        """
        before = np.searchsorted(self.follow_up_months, np.asarray(months, dtype=np.float64), side="left")
        return np.asarray(self.n - before, dtype=np.int64)

    @property
    def median(self) -> MedianSurvival:
        """Median by R's rule: where the curve is flat at exactly one half, the middle of the flat part."""
        median, low, high = (first_half(self.months, curve) for curve in (self.survival, self.low, self.high))
        return MedianSurvival(median, low, high, self.level)


def kaplan_meier(
    follow_up: FollowUp, *, label: str = "", level: float = 0.95, interval: Interval = Interval.LOG_LOG
) -> KaplanMeierCurve:
    """Estimate a survival curve.

    Parameters
    ----------
    follow_up : FollowUp
        Times in months and events.
    label : str
        Name of the group.
    level : float
        Confidence level, in (0, 1).
    interval : Interval
        Scale of the pointwise interval.

    Returns
    -------
    KaplanMeierCurve
        The curve.

    Raises
    ------
    NotEstimable
        Nobody is in the group.
    OutOfRange
        The level is no probability.
    """
    if follow_up.n == 0:
        raise NotEstimable(what=f"Survival of {label or 'the group'}", reason="nobody is in the group")
    if not 0 < level < 1:
        raise OutOfRange(field="level", value=level, limit="(0, 1)")
    order = np.argsort(follow_up.months)
    times, event = follow_up.months[order], follow_up.event[order]
    # 0 stands first whether or not somebody was observed at it, and every later distinct time once.
    first = np.flatnonzero(np.diff(times, prepend=0.0) > 0)
    months = np.concatenate([[0.0], times[first]])
    before = np.concatenate([[0], first])
    n_at_risk = follow_up.n - before
    n_events = np.diff(np.concatenate([[0], np.cumsum(event)])[np.append(before, follow_up.n)])
    survival: Floats = np.cumprod(1 - n_events / n_at_risk).astype(np.float64)
    # n (n - d) is 0 only where everybody left has the event; the variance is not defined from there on.
    product = n_at_risk * (n_at_risk - n_events).astype(np.float64)
    hazard_variance = np.cumsum(np.divide(n_events, product, out=np.full(len(months), np.nan), where=product > 0))
    low, high = _band(survival, hazard_variance, float(ndtri(0.5 + level / 2)), interval)
    return KaplanMeierCurve(
        label=label,
        n=follow_up.n,
        n_events=follow_up.n_events,
        months=months,
        survival=survival,
        standard_error=survival * np.sqrt(hazard_variance),
        low=low,
        high=high,
        censored_months=times[~event],
        follow_up_months=times,
        event_months=times[event],
        level=level,
        interval=interval,
    )


def _band(survival: Floats, hazard_variance: Floats, z: float, interval: Interval) -> tuple[Floats, Floats]:
    """Give both limits, (k,) each, cut to [0, 1]; NaN where survival is 0 and, on the log-log scale, 1."""
    error = z * np.sqrt(hazard_variance)
    if interval is Interval.PLAIN:
        low, high = survival - survival * error, survival + survival * error
    elif interval is Interval.LOG:
        low, high = survival * np.exp(-error), survival * np.exp(error)
    else:
        inside = (survival > 0) & (survival < 1)
        log_survival = np.log(survival, out=np.full(len(survival), np.nan), where=inside)
        exponent = np.exp(error / log_survival)
        # 1 to the power NaN is 1, which would pass for an interval.
        high = np.where(inside, survival**exponent, np.nan)
        low = np.where(inside, survival ** (1 / exponent), np.nan)
    return np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)


def _known(value: float) -> float | None:
    """Turn NaN into None."""
    return None if np.isnan(value) else float(value)
