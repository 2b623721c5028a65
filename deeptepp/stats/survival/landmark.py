"""Follow-up counted from a later moment, or cut at a common horizon.

Arms that were followed for different lengths of time are compared fairly after ``censor_at``; a fact that becomes
known only during follow-up is compared fairly from a ``landmark`` on.

References
----------
Anderson JR, Cain KC, Gelber RD. J Clin Oncol 1983;1:710-719.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import OutOfRange
from deeptepp.stats.horizon import known_at


@dataclass(frozen=True, slots=True, eq=False)
class Landmark:
    """The patients still under observation without the event at the landmark.

    Parameters
    ----------
    months : float
        The landmark.
    follow_up : FollowUp
        Their times, counted from the landmark.
    is_included : (n,) bool
        Who they are among the patients passed in.
    n_events_before : int
        Patients left out because they had the event by then, at it included.
    n_censored_before : int
        Patients left out because they were no longer observed after it: who is censored exactly at the landmark is
        free of the event then, but adds no time.
    """

    months: float
    follow_up: FollowUp
    is_included: npt.NDArray[np.bool_]
    n_events_before: int
    n_censored_before: int


def landmark(follow_up: FollowUp, months: float) -> Landmark:
    """Start the clock at a landmark.

    Parameters
    ----------
    follow_up : FollowUp
        Times from the beginning.
    months : float
        The landmark, >= 0.

    Returns
    -------
    Landmark
        Patients with times above the landmark; who had the event or was censored exactly at it is left out.

    Raises
    ------
    OutOfRange
        The landmark is negative or not a number.
    """
    if not months >= 0:
        raise OutOfRange(field="months", value=months, limit="[0, inf)")
    known = known_at(follow_up, months)
    kept = follow_up.where(known.is_beyond)
    return Landmark(
        months=float(months),
        follow_up=FollowUp(kept.months - months, kept.event),
        is_included=known.is_beyond,
        n_events_before=known.n_cases,
        n_censored_before=int((~known.is_case & ~known.is_beyond).sum()),
    )


def censor_at(follow_up: FollowUp, months: float) -> FollowUp:
    """Stop observing everybody at a common horizon.

    Parameters
    ----------
    follow_up : FollowUp
        Times and events.
    months : float
        The horizon, > 0.

    Returns
    -------
    FollowUp
        Times cut at the horizon; events exactly at it still count.

    Raises
    ------
    OutOfRange
        The horizon is not above 0.
    """
    if not months > 0:
        raise OutOfRange(field="months", value=months, limit="(0, inf)")
    return FollowUp(np.minimum(follow_up.months, months), known_at(follow_up, months).is_case)
