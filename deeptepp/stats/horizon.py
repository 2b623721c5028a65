"""Who is known at a horizon, and whether a cohort was followed to it.

An event at t comes before a censoring at t, so who is censored exactly at t was still seen to be free of the event
at t. With T the time of the event and C that of the censoring a patient is known at t as long as C >= min(T, t).
The probability of that is G(min(T, t)-), which is what she is weighted by; it is above 0 as long as anybody is
followed to t, also where everybody else is censored at t itself and G(t) is 0. R's ``survival::rttright`` has the
same rule and the same weights.

References
----------
Graf E, Schmoor C, Sauerbrei W, Schumacher M. Stat Med 1999;18:2529-2545 (inverse probability of censoring).
Gerds TA, Schumacher M. Biom J 2006;48:1029-1040.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.wording.sentence import sentence

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class KnownAt:
    """What is known of each patient at a horizon: she is one of case, free and unknown.

    ``months``: the horizon t. ``is_case`` (n,): the event was seen by t, at t included. ``is_free`` (n,): followed
    to t or longer without the event by t; a censoring at t is included. ``is_beyond`` (n,): still under
    observation after t: free, and not censored at t.
    """

    months: float
    is_case: Bools
    is_free: Bools
    is_beyond: Bools

    @property
    def is_known(self) -> Bools:
        """Case or free, (n,)."""
        return self.is_case | self.is_free

    @property
    def n_cases(self) -> int:
        """Events up to the horizon."""
        return int(self.is_case.sum())

    @property
    def n_free(self) -> int:
        """Patients known to be free of the event at the horizon."""
        return int(self.is_free.sum())


def known_at(follow_up: FollowUp, horizon_months: float) -> KnownAt:
    """Say who had the event by a horizon, who was free of it, and of whom neither is known.

    ``horizon_months``: the horizon t, >= 0. Returns: patients censored before t are neither case nor free.
    """
    months = follow_up.months
    is_case = follow_up.event & (months <= horizon_months)
    is_free = (months >= horizon_months) & ~is_case
    return KnownAt(float(horizon_months), is_case, is_free, months > horizon_months)


def censor_at(follow_up: FollowUp, months: float) -> FollowUp:
    """Stop observing everybody at a common horizon, > 0; events exactly at it still count."""
    if not months > 0:
        raise OutOfRange(field="months", value=months, limit="(0, inf)")
    return FollowUp(np.minimum(follow_up.months, months), known_at(follow_up, months).is_case)


def check_horizon(follow_up: FollowUp, horizon_months: float) -> None:
    """Refuse a horizon that is no time, and a cohort of nobody."""
    if not 0 < horizon_months < float("inf"):
        raise OutOfRange(field="horizon_months", value=horizon_months, limit="(0, inf)")
    if follow_up.n == 0:
        raise NotEstimable(what="The accuracy of predictions", reason="nobody is in the cohort")


def why_no_horizon(follow_up: FollowUp, horizon_months: float) -> str:
    """Say why nothing can be measured at a horizon; empty where it can.

    Returns: a reason where follow-up ends before the horizon. Where it ends with events alone nothing is open
    after it: the Kaplan-Meier curve is 0 from there on.
    """
    last = float(follow_up.months.max())
    if last >= horizon_months or follow_up.event[follow_up.months == last].all():
        return ""
    return sentence("follow-up ends at {last} months, before the horizon", last=told_apart(last, horizon_months))


def told_apart(months: float, other_months: float) -> str:
    """Write a time with as many digits as tell it from another.

    ``months``: the time to write. ``other_months``: the time it is compared with. Returns: such as 59.9, or
    59.999999 where 60 would be read as the horizon itself.
    """
    texts = (f"{months:.{digits}g}" for digits in (6, 9, 12))
    return next((text for text in texts if float(text) != other_months), repr(months))
