"""AUC at a horizon: how well a marker tells who has the event by then from who is free of it later.

Cases had the event by the horizon and count with weight 1 / G(T-); controls are known to be free of it then;
patients censored before are neither, and the weights stand in for them (cumulative/dynamic definition).

References
----------
Uno H, Cai T, Tian L, Wei LJ. J Am Stat Assoc 2007;102:527-537.
Hung H, Chiang CT. Can J Stat 2010;38:8-26.
Blanche P, Dartigues JF, Jacqmin-Gadda H. Stat Med 2013;32:5381-5397 (variance).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import FollowUp
from deeptepp.stats.estimate import Estimate, normal_quantile
from deeptepp.stats.horizon import check_horizon, known_at, why_no_horizon
from deeptepp.stats.prediction.concordance import checked_marker
from deeptepp.stats.survival.censoring import censoring_survival, influence_of_censoring

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class DynamicAuc:
    """AUC at one horizon.

    ``auc``: with an interval from influence functions, which include the estimate of the censoring, cut to [0, 1].
    ``standard_error``: of the AUC. ``n_cases``: patients with the event up to the horizon. ``n_controls``:
    patients known to be free of the event at it, a censoring at it included.
    """

    horizon_months: float
    auc: Estimate
    standard_error: float | None
    n_cases: int
    n_controls: int


def dynamic_auc(
    follow_up: FollowUp, marker: npt.ArrayLike, horizon_months: float, *, level: float = 0.95
) -> DynamicAuc:
    """Measure the cumulative/dynamic AUC at a horizon.

    ``marker`` (n,): finite; higher means an earlier event. The direction is never flipped. ``horizon_months``: the
    horizon, > 0. Returns: without a value where nobody had the event by the horizon or nobody is free of it then.
    """
    check_horizon(follow_up, horizon_months)
    x = checked_marker(follow_up, marker)
    # Cumulative cases and dynamic controls; who was censored before is neither.
    known = known_at(follow_up, horizon_months)
    is_case, is_control = known.is_case, known.is_free
    value = low = high = error = None
    reason = why_no_horizon(follow_up, horizon_months)
    if not reason and not is_case.any():
        reason = "nobody had the event up to the horizon"
    if not reason and not is_control.any():
        reason = "nobody is known to be free of the event at the horizon"
    if not reason:
        # Area weighted by IPCW, its variance by influence functions.
        value, error = _area(follow_up, x, is_case, is_control, horizon_months)
        if error > 0:
            half = normal_quantile(level) * error
            low, high = max(value - half, 0.0), min(value + half, 1.0)
        else:
            error, reason = None, "the variance is 0 on these data"
    auc = Estimate(
        value=value,
        low=low,
        high=high,
        level=level,
        n=follow_up.n,
        n_events=int(is_case.sum()),
        method="cumulative/dynamic AUC, weighted for censoring, interval by influence functions",
        reason=reason,
    )
    return DynamicAuc(float(horizon_months), auc, error, int(is_case.sum()), int(is_control.sum()))


def _area(
    follow_up: FollowUp, x: Floats, is_case: Bools, is_control: Bools, horizon: float
) -> tuple[float, float]:
    """AUC and its standard error; both classes have patients."""
    n = follow_up.n
    weight = np.zeros(n)
    weight[is_case] = 1 / censoring_survival(follow_up).before(follow_up.months[is_case])
    controls = np.sort(x[is_control])
    below, up_to = (np.searchsorted(controls, x[is_case], side) for side in ("left", "right"))
    won = np.zeros(n)  # share of the controls below each case
    won[is_case] = (below + up_to) / (2 * len(controls))
    by_marker = np.argsort(x[is_case])
    cases, sums = x[is_case][by_marker], np.concatenate([[0.0], np.cumsum(weight[is_case][by_marker])])
    above, from_here = (sums[-1] - sums[np.searchsorted(cases, x[is_control], s)] for s in ("right", "left"))
    lost = np.zeros(n)  # weighted share of the cases above each control
    lost[is_control] = (above + from_here) / (2 * sums[-1])
    auc = float(weight @ won / weight.sum())
    of_cases = weight * (won - auc) / weight.mean()
    of_controls = is_control * (lost - auc) / is_control.mean()
    influence = of_cases + of_controls + influence_of_censoring(follow_up, of_cases, horizon)
    return auc, float(np.sqrt((influence**2).sum() / (n * (n - 1))))
