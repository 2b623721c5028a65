"""How long a cohort was followed.

Two numbers go by the name of median follow-up. The median of the observed times is short where events end them;
the reverse Kaplan-Meier median is the time for which half of the patients would have been followed had nobody had
the event. Both are given, named.

References
----------
Schemper M, Smith TL. Control Clin Trials 1996;17:343-346.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable
from deeptepp.stats.estimate import Estimate
from deeptepp.stats.survival.censoring import reverse_kaplan_meier


@dataclass(frozen=True, slots=True)
class FollowUpTime:
    """Length of follow-up.

    ``potential``: median by reverse Kaplan-Meier, months; ``n_events`` counts events, which are the losses here.
    ``median``, ``shortest``, ``longest``: of the observed times of all patients, months. ``median_event_free``:
    median of the observed times of the patients without event, months; None where everybody had it.
    """

    potential: Estimate
    median: float
    shortest: float
    longest: float
    median_event_free: float | None
    n: int
    n_events: int


def follow_up_time(follow_up: FollowUp, *, level: float = 0.95) -> FollowUpTime:
    """Summarise how long patients were followed."""
    if follow_up.n == 0:
        raise NotEstimable(what="The length of follow-up", reason="nobody is in the cohort")
    median = reverse_kaplan_meier(follow_up, level=level).median
    months, free = follow_up.months, follow_up.months[~follow_up.event]
    potential = Estimate(
        value=median.months,
        low=median.low,
        high=median.high,
        level=level,
        n=follow_up.n,
        n_events=follow_up.n_events,
        method="median follow-up, reverse Kaplan-Meier, log-log interval",
        reason=_reason(follow_up, median.months, median.low, median.high),
    )
    return FollowUpTime(
        potential=potential,
        median=float(np.median(months)),
        shortest=float(months.min()),
        longest=float(months.max()),
        median_event_free=float(np.median(free)) if len(free) else None,
        n=follow_up.n,
        n_events=follow_up.n_events,
    )


def _reason(follow_up: FollowUp, median: float | None, low: float | None, high: float | None) -> str:
    """What is missing and why."""
    if follow_up.event.all():
        return "everybody had the event, so nobody's follow-up was ended by anything else"
    if median is None:
        return "the curve of the censoring does not come down to one half"
    if low is None or high is None:
        return "the band of the curve of the censoring does not come down to one half"
    return ""
