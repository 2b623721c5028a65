"""Restricted mean survival time: the area under the Kaplan-Meier curve up to a horizon.

Beyond the last observation the last value of the curve is carried on, and the estimate says so.

References
----------
Irwin JO. J Hyg 1949;47:188-189.
Royston P, Parmar MKB. BMC Med Res Methodol 2013;13:152.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import OutOfRange
from deeptepp.stats.estimate import Estimate, normal_quantile
from deeptepp.stats.horizon import told_apart
from deeptepp.stats.survival.kaplan_meier import KaplanMeierCurve, hazard_variance, kaplan_meier
from deeptepp.wording.sentence import joined, sentence

METHOD = "restricted mean survival time"
"""Name of the estimator."""


@dataclass(frozen=True, slots=True)
class RestrictedMean:
    """Mean time without the event up to a horizon.

    ``estimate``: months without the event. ``standard_error``: in months; 0 where no event was seen before the
    horizon. ``lost_months``: horizon less the mean. ``last_months``: time of the last observation.
    ``is_beyond_follow_up``: the horizon lies after the last observation. ``ends_with_event``: an event was seen at
    the last observation.
    """

    estimate: Estimate
    standard_error: float
    lost_months: float
    horizon_months: float
    last_months: float
    is_beyond_follow_up: bool
    ends_with_event: bool


@dataclass(frozen=True, slots=True)
class RmstComparison:
    """Two arms up to one horizon.

    ``difference``: index less reference, months. ``standard_error``: of the difference, months.
    """

    index: RestrictedMean
    reference: RestrictedMean
    difference: Estimate
    standard_error: float


def area_to(curve: KaplanMeierCurve, horizon_months: float) -> RestrictedMean:
    """Measure the area under a survival curve.

    ``horizon_months``: where the area ends, > 0. Returns: with the area that the events took away.
    """
    if not 0 < horizon_months < np.inf:
        raise OutOfRange(field="horizon_months", value=horizon_months, limit="(0, inf)")
    # Steps of the curve up to the horizon, and the area under each.
    widths = np.diff(np.minimum(np.append(curve.months, np.inf), horizon_months))
    areas = curve.survival * widths
    after = np.cumsum(areas[::-1])[::-1]  # (k,) area from each time to the horizon
    at_risk = curve.n_at_risk(curve.months)
    n_events = np.diff(np.searchsorted(curve.event_months, curve.months, side="right"), prepend=0)
    # Where everybody left has the event no area follows, and it adds no variance.
    variance = np.nan_to_num(hazard_variance(at_risk, n_events))
    # Variance: squared area that follows each event times Greenwood's increment.
    mean, lost = float(areas.sum()), float(((1 - curve.survival) * widths).sum())
    error = float(np.sqrt((after**2 * variance).sum()))
    is_beyond = bool(horizon_months > curve.last_months)
    ends_with_event = bool(curve.n_events and curve.event_months[-1] == curve.last_months)
    notes = ["" if error > 0 else "no variance up to the horizon, so no interval can be given"]
    if is_beyond:
        notes.append(
            sentence(
                (
                    "the horizon lies beyond the last observation ({last}, an event); the last value of "
                    "the curve is carried on"
                )
                if ends_with_event
                else (
                    "the horizon lies beyond the last observation ({last}, a censoring); the last value "
                    "of the curve is carried on"
                ),
                last=told_apart(curve.last_months, horizon_months),
            )
        )
    half = normal_quantile(curve.level) * error
    estimate = Estimate(
        value=mean,
        low=mean - half if error > 0 else None,
        high=mean + half if error > 0 else None,
        level=curve.level,
        n=curve.n,
        n_events=int(np.searchsorted(curve.event_months, horizon_months, side="right")),
        method=METHOD,
        reason=_joined(notes),
    )
    return RestrictedMean(
        estimate=estimate,
        standard_error=error,
        lost_months=lost,
        horizon_months=float(horizon_months),
        last_months=curve.last_months,
        is_beyond_follow_up=is_beyond,
        ends_with_event=ends_with_event,
    )


def compare_restricted_means(
    index: FollowUp, reference: FollowUp, horizon_months: float, *, level: float = 0.95
) -> RmstComparison:
    """Compare the mean times without the event of two arms.

    ``horizon_months``: the common horizon, > 0. Returns: an estimate without an interval says why; ``reason`` also
    says where an arm was not followed that long.
    """
    arms = [
        area_to(kaplan_meier(arm, label=label, level=level), horizon_months)
        for arm, label in ((index, "the index arm"), (reference, "the reference arm"))
    ]
    one, other = arms
    # Difference of independent arms, by Wald.
    apart = (one.estimate.value or 0.0) - (other.estimate.value or 0.0)
    error = float(np.hypot(one.standard_error, other.standard_error))
    half = normal_quantile(level) * error
    difference = Estimate(
        value=apart,
        low=apart - half if error > 0 else None,
        high=apart + half if error > 0 else None,
        level=level,
        p_value=float(2 * ndtr(-abs(apart) / error)) if error > 0 else None,
        n=index.n + reference.n,
        n_events=one.estimate.n_events + other.estimate.n_events,
        method=sentence("difference of {method}", method=METHOD),
        reason=_notes(one, other),
    )
    return RmstComparison(index=one, reference=other, difference=difference, standard_error=error)


def _notes(index: RestrictedMean, reference: RestrictedMean) -> str:
    """Say of each arm what its estimate says."""
    arms = (("index arm: {reason}", index), ("reference arm: {reason}", reference))
    return _joined([sentence(words, reason=arm.estimate.reason) for words, arm in arms if arm.estimate.reason])


def _joined(notes: list[str]) -> str:
    """Put what there is to say in one line."""
    said = [note for note in notes if note]
    return joined("; ", said) if said else ""
