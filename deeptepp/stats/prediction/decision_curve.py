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

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.horizon import known_at
from deeptepp.stats.survival.kaplan_meier import survival_at

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class DecisionCurve:
    """Net benefit by threshold, per patient.

    ``thresholds`` (m,): threshold risks. ``net_benefit`` (m,): of acting on the model; NaN where the positives
    were not followed to the horizon. ``treat_all`` (m,): of counting everybody as positive. ``avoided_per_100``
    (m,): net interventions avoided per 100 patients against treating all; NaN at threshold 0. ``n_positive`` (m,):
    patients at or above each threshold.
    """

    label: str
    thresholds: Floats
    net_benefit: Floats
    treat_all: Floats
    avoided_per_100: Floats
    n_positive: npt.NDArray[np.int64]
    n: int
    n_events: int
    horizon_months: float
    method: str
    reason: str = ""


def decision_curve_at(
    risk: npt.ArrayLike, follow_up: FollowUp, horizon_months: float, thresholds: npt.ArrayLike, *, label: str = ""
) -> DecisionCurve:
    """Measure the net benefit of a predicted risk (n,) of the event by a horizon, at thresholds (m,) in [0, 1).

    NaN at the thresholds whose positives were not followed to the horizon; ``NotEstimable`` for nobody.
    """
    if not horizon_months > 0:
        raise OutOfRange(field="horizon_months", value=horizon_months, limit="(0, inf)")
    x, limits = _columns(risk, thresholds, follow_up.event)
    n_positive = (x >= limits[:, None]).sum(axis=1)
    # The positives of one threshold hold those of every higher one, so their number says who they are.
    sizes, first, place = np.unique(n_positive, return_index=True, return_inverse=True)
    shares = [_share_with_event(follow_up.where(x >= limits[i]), horizon_months) for i in first[sizes > 0]]
    share = np.concatenate([np.zeros(int((sizes == 0).sum())), shares])[place]
    part, odds = n_positive / len(x), limits / (1 - limits)
    net_benefit = part * share - part * (1 - share) * odds
    of_all = _share_with_event(follow_up, horizon_months)
    treat_all = of_all - (1 - of_all) * odds
    avoided = np.full(len(limits), np.nan)
    np.divide(100 * (net_benefit - treat_all), odds, out=avoided, where=odds > 0)
    is_missing = bool(np.isnan(net_benefit).any() or np.isnan(of_all))
    return DecisionCurve(
        label=label,
        thresholds=limits,
        net_benefit=net_benefit,
        treat_all=treat_all,
        avoided_per_100=avoided,
        n_positive=n_positive,
        n=len(x),
        n_events=known_at(follow_up, horizon_months).n_cases,
        horizon_months=float(horizon_months),
        method="decision curve, net benefit by Kaplan-Meier at the horizon",
        reason="some positives were not followed to the horizon" if is_missing else "",
    )


def _share_with_event(follow_up: FollowUp, horizon_months: float) -> float:
    """Share with the event by the horizon; NaN where follow-up ends before it and somebody is left."""
    value = survival_at(follow_up, horizon_months)
    return float("nan") if horizon_months > follow_up.months.max() and value > 0 else 1 - value


def _columns(risk: npt.ArrayLike, thresholds: npt.ArrayLike, events: Bools) -> tuple[Floats, Floats]:
    """Risks and thresholds as columns; refuse what is missing."""
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
