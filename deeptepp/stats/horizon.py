"""Whether a cohort was followed to the time for which something is asked."""

from __future__ import annotations

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable, OutOfRange


def check_horizon(follow_up: FollowUp, horizon_months: float) -> None:
    """Refuse a horizon that is no time, and a cohort of nobody.

    Parameters
    ----------
    follow_up : FollowUp
        Times and events.
    horizon_months : float
        The horizon.

    Raises
    ------
    NotEstimable
        Nobody is in the cohort.
    OutOfRange
        The horizon is not above 0.
    """
    if not 0 < horizon_months < float("inf"):
        raise OutOfRange(field="horizon_months", value=horizon_months, limit="(0, inf)")
    if follow_up.n == 0:
        raise NotEstimable(what="The accuracy of predictions", reason="nobody is in the cohort")


def why_no_horizon(follow_up: FollowUp, horizon_months: float) -> str:
    """Say why nothing can be measured at a horizon; empty where it can.

    Parameters
    ----------
    follow_up : FollowUp
        Times and events of at least one patient.
    horizon_months : float
        The horizon.

    Returns
    -------
    str
        A reason where follow-up ends before the horizon.
    """
    last = float(follow_up.months.max())
    return "" if last >= horizon_months else f"follow-up ends at {last:g} months, before the horizon"
