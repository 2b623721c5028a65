"""Decision curves: what acting on a predicted risk is worth at every threshold.

A patient is positive when her risk is at or above the threshold; a false positive counts odds(threshold) of a true
one. With censored follow-up the share with the event among the positives is that of their Kaplan-Meier curve at
the horizon.

References
----------
Vickers AJ, Elkin EB. Med Decis Making 2006;26:565-574.
Vickers AJ, Cronin AM, Elkin EB, Gonen M. BMC Med Inform Decis Mak 2008;8:53 (censored follow-up).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.horizon import known_at
from deeptepp.stats.survival.kaplan_meier import kaplan_meier

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class DecisionCurve:
    """Net benefit by threshold, per patient.

    Parameters
    ----------
    label : str
        Name of the model.
    thresholds : (m,) float64
        Threshold risks.
    net_benefit : (m,) float64
        Of acting on the model; NaN where the positives were not followed to the horizon.
    treat_all : (m,) float64
        Of counting everybody as positive.
    avoided_per_100 : (m,) float64
        Net interventions avoided per 100 patients against treating all; NaN at threshold 0.
    n_positive : (m,) int64
        Patients at or above each threshold.
    n : int
        Patients.
    n_events : int
        Events, up to the horizon.
    horizon_months : float or None
        The horizon; None for an outcome that is known of everybody.
    method : str
        For captions.
    reason : str
        Why values are missing; empty where none is.
    """

    label: str
    thresholds: Floats
    net_benefit: Floats
    treat_all: Floats
    avoided_per_100: Floats
    n_positive: npt.NDArray[np.int64]
    n: int
    n_events: int
    horizon_months: float | None
    method: str
    reason: str = ""


def decision_curve(
    risk: npt.ArrayLike, events: npt.ArrayLike, thresholds: npt.ArrayLike, *, label: str = ""
) -> DecisionCurve:
    """Measure the net benefit of a risk for an outcome known of everybody.

    Parameters
    ----------
    risk : (n,) array_like
        Predicted risks.
    events : (n,) array_like of bool
        True where the event was seen.
    thresholds : (m,) array_like
        Threshold risks, in [0, 1).
    label : str
        Name of the model.

    Returns
    -------
    DecisionCurve
        The curve.

    Raises
    ------
    NotEstimable
        There is no patient.
    OutOfRange
        A risk is missing, or a threshold lies outside of [0, 1).
    """
    y = np.asarray(events, dtype=bool)

    def share_with_event(positive: Bools) -> float:
        return float(y[positive].mean())

    method = "decision curve, net benefit"
    return _curve(_columns(risk, thresholds, y), share_with_event, int(y.sum()), None, label, method)


def decision_curve_at(
    risk: npt.ArrayLike,
    follow_up: FollowUp,
    horizon_months: float,
    thresholds: npt.ArrayLike,
    *,
    label: str = "",
) -> DecisionCurve:
    """Measure the net benefit of a risk of the event by a horizon, under censoring.

    Parameters
    ----------
    risk : (n,) array_like
        Predicted risks of the event by the horizon.
    follow_up : FollowUp
        Times and events.
    horizon_months : float
        The horizon, > 0.
    thresholds : (m,) array_like
        Threshold risks, in [0, 1).
    label : str
        Name of the model.

    Returns
    -------
    DecisionCurve
        NaN at the thresholds whose positives were not followed to the horizon.

    Raises
    ------
    NotEstimable
        There is no patient.
    OutOfRange
        A risk is missing, a threshold lies outside of [0, 1), or the horizon is not above 0.
    """
    if not horizon_months > 0:
        raise OutOfRange(field="horizon_months", value=horizon_months, limit="(0, inf)")

    def share_with_event(positive: Bools) -> float:
        found = kaplan_meier(follow_up.where(positive)).at(horizon_months)
        return float("nan") if found.is_beyond_follow_up and found.value > 0 else 1 - found.value

    n_events = known_at(follow_up, horizon_months).n_cases
    method = "decision curve, net benefit by Kaplan-Meier at the horizon"
    columns = _columns(risk, thresholds, follow_up.event)
    return _curve(columns, share_with_event, n_events, float(horizon_months), label, method)


def _columns(risk: npt.ArrayLike, thresholds: npt.ArrayLike, events: Bools) -> tuple[Floats, Floats]:
    """Give risks and thresholds as columns; refuse what is missing."""
    x, limits = np.asarray(risk, dtype=np.float64), np.asarray(thresholds, dtype=np.float64)
    if x.shape != events.shape or x.ndim != 1 or limits.ndim != 1:
        msg = f"risks {x.shape}, events {events.shape} and thresholds {limits.shape} must be one column each"
        raise ValueError(msg)
    if not np.isfinite(x).all():
        raise OutOfRange(field="risk", value="missing or infinite", limit="finite numbers")
    if not ((limits >= 0) & (limits < 1)).all():
        raise OutOfRange(field="thresholds", value="missing or outside", limit="[0, 1)")
    if not len(x):
        raise NotEstimable(what="The decision curve", reason="there is no patient")
    return x, limits


def _curve(
    columns: tuple[Floats, Floats],
    share_with_event: Callable[[Bools], float],
    n_events: int,
    horizon_months: float | None,
    label: str,
    method: str,
) -> DecisionCurve:
    """Weigh the shares of true and false positives at every threshold."""
    risk, thresholds = columns
    odds = thresholds / (1 - thresholds)
    positive = [risk >= threshold for threshold in thresholds]
    shares = np.array([share_with_event(chosen) if chosen.any() else 0.0 for chosen in positive])
    n_positive = np.array([chosen.sum() for chosen in positive], dtype=np.int64)
    part = n_positive / len(risk)
    net_benefit = part * shares - part * (1 - shares) * odds
    of_all = share_with_event(np.ones(len(risk), dtype=bool))
    treat_all = of_all - (1 - of_all) * odds
    avoided = np.full(len(thresholds), np.nan)
    np.divide(100 * (net_benefit - treat_all), odds, out=avoided, where=odds > 0)
    is_missing = bool(np.isnan(net_benefit).any() or np.isnan(of_all))
    return DecisionCurve(
        label=label,
        thresholds=thresholds,
        net_benefit=net_benefit,
        treat_all=treat_all,
        avoided_per_100=avoided,
        n_positive=n_positive,
        n=len(risk),
        n_events=n_events,
        horizon_months=horizon_months,
        method=method,
        reason="some positives were not followed to the horizon" if is_missing else "",
    )
