"""How many patients one event fewer stands against: one over a difference of survival.

References
----------
Altman DG, Andersen PK. BMJ 1999;319:1492-1495 (from survival curves).
Altman DG. BMJ 1998;317:1309-1312 (why no interval is written through infinity).
"""

from __future__ import annotations

from deeptepp.stats.estimate import Estimate
from deeptepp.stats.treatment.contrast_estimates import ContrastEstimates
from deeptepp.stats.treatment.treatment_effect import TreatmentContrast

METHOD = "number needed to treat, one over the difference of Kaplan-Meier estimates"


def difference_at(contrast: TreatmentContrast, months: float, *, level: float = 0.95) -> Estimate:
    """Compare the survival of both sides of a contrast at any time.

    Returns: index less reference; without a value, and with the reason, where the contrast is not reportable or a
    side was not followed that long.
    """
    one, other = contrast.index.follow_up, contrast.reference.follow_up
    horizon = contrast.sample.horizon_months
    estimates = ContrastEstimates(one, other, horizon, contrast.question.horizon_months, contrast.reason, level)
    return estimates.difference_at(months)


def number_needed(difference: Estimate) -> Estimate:
    """Turn a difference of survival into the number of patients whom one event stands against.

    ``difference``: index less reference, as a share. Returns: positive for one event fewer with the index
    treatment, negative for one more; without a value where the difference has none, or where its interval holds 0,
    because the number then runs through infinity.
    """
    low, high, value = difference.low, difference.high, difference.value
    reason = ""
    if value is None or low is None or high is None:
        reason = difference.reason or "the difference has no interval"
    elif low <= 0 <= high:
        reason = "the interval of the difference holds 0"
    if reason or value is None or low is None or high is None:
        return Estimate(
            value=None,
            level=difference.level,
            n=difference.n,
            n_events=difference.n_events,
            method=METHOD,
            reason=reason,
        )
    return Estimate(
        value=1 / value,
        low=1 / high,
        high=1 / low,
        level=difference.level,
        n=difference.n,
        n_events=difference.n_events,
        method=METHOD,
    )
