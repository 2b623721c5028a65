"""What acting on one predicted risk is worth more than acting on another, at every threshold.

The difference of two net benefits is a mean over patients: of those whom only one of both counts as positive,
with the event 1 and without it the odds of the threshold. Who is censored before the horizon is stood for by those
still followed (IPCW); the interval includes the estimate of the weights.

References
----------
Vickers AJ, Elkin EB. Med Decis Making 2006;26:565-574.
Vickers AJ et al. BMC Med Inform Decis Mak 2008;8:53 (paired comparison).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import FollowUp
from deeptepp.stats.estimate import normal_quantile
from deeptepp.stats.horizon import check_horizon, known_at, why_no_horizon
from deeptepp.stats.prediction.brier import checked_risk
from deeptepp.stats.survival.censoring import censoring_weights, influence_of_censoring

Floats = npt.NDArray[np.float64]

METHOD = "net benefit weighted for censoring, pointwise intervals"
"""For captions."""


@dataclass(frozen=True, slots=True, eq=False)
class NetBenefitDifference:
    """Net benefit of the first risk less that of the second, per patient, by threshold (m,).

    ``reason``: why nothing is given; empty where it is.
    """

    thresholds: Floats
    difference: Floats
    low: Floats
    high: Floats
    n: int
    n_events: int
    reason: str = ""


def net_benefit_difference(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    follow_up: FollowUp,
    horizon_months: float,
    thresholds: npt.ArrayLike,
    *,
    level: float = 0.95,
) -> NetBenefitDifference:
    """Compare two predicted risks (n,) of the event by a horizon at thresholds (m,) in [0, 1)."""
    one, other = checked_risk(follow_up, first), checked_risk(follow_up, second)
    check_horizon(follow_up, horizon_months)
    limits = np.asarray(thresholds, dtype=np.float64)
    known, reason = known_at(follow_up, horizon_months), why_no_horizon(follow_up, horizon_months)
    # Only those count whom one of both has above the threshold and the other below it.
    apart = (one >= limits[:, None]).astype(float) - (other >= limits[:, None])  # (m, n)
    worth = np.where(known.is_case, 1.0, -(limits / (1 - limits))[:, None])
    weighted = apart * worth * censoring_weights(follow_up, known)
    difference, errors = weighted.mean(axis=1), np.zeros(len(limits))
    for i, values in enumerate(weighted):
        # Influence of each patient, that on the weights of the others included.
        of_cases, free = np.where(known.is_case, values, 0.0), float(values[~known.is_case].sum())
        moved = values - difference[i] + influence_of_censoring(follow_up, of_cases, horizon_months, free)
        errors[i] = np.sqrt((moved**2).sum()) / follow_up.n
    half = normal_quantile(level) * errors
    return NetBenefitDifference(
        limits, difference, difference - half, difference + half, follow_up.n, known.n_cases, reason
    )
