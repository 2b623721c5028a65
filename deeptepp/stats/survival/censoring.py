"""How long patients stayed under observation: the Kaplan-Meier curve of the censoring, G.

At equal times a censoring comes after an event, so who has the event at t was never at risk of a censoring at t.
Dividing by G lets the patients that remain stand for those who were lost: inverse probability of censoring
weighting (IPCW). Who is known at a horizon, and why G is
read just before it, is said in ``stats.horizon``.

References
----------
Schemper M, Smith TL. Control Clin Trials 1996;17:343-346 (reverse Kaplan-Meier).
Graf E, Schmoor C, Sauerbrei W, Schumacher M. Stat Med 1999;18:2529-2545 (inverse probability of censoring).
Blanche P, Dartigues JF, Jacqmin-Gadda H. Stat Med 2013;32:5381-5397 (variance with estimated weights).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable
from deeptepp.stats.horizon import KnownAt
from deeptepp.stats.survival.kaplan_meier import KaplanMeierCurve, kaplan_meier, product_limit

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class CensoringSurvival:
    """Probability of being still under observation.

    ``months`` (k,): 0 and the distinct times of observation, ascending; a time may stand twice with its last value
    last. ``values`` (k,): share not censored from that time on.
    """

    months: Floats
    values: Floats

    def at(self, months: npt.ArrayLike) -> Floats:
        """Give G(t): censorings at t itself count.

        ``months`` (m,): times, >= 0. Returns (m,): in [0, 1].
        """
        return self._read(months, "right")

    def before(self, months: npt.ArrayLike) -> Floats:
        """Give G(t-): only censorings before t count.

        ``months`` (m,): times, >= 0. Returns (m,): in [0, 1]; above 0 at every time where somebody was at risk.
        """
        return self._read(months, "left")

    def _read(self, months: npt.ArrayLike, side: Literal["left", "right"]) -> Floats:
        """Read the steps from one side; 1 before the first."""
        place = np.searchsorted(self.months, np.asarray(months, dtype=np.float64), side=side)
        return np.asarray(np.concatenate([[1.0], self.values])[place], dtype=np.float64)


def censoring_survival(follow_up: FollowUp) -> CensoringSurvival:
    """Estimate the probability of being still under observation.

    Returns: 1 throughout where nobody is censored.
    """
    if follow_up.n == 0:
        raise NotEstimable(what="The curve of the censoring", reason="nobody is in the group")
    times, codes = _coded(follow_up)
    coded, survival = product_limit(FollowUp(codes, ~follow_up.event))
    return CensoringSurvival(times[coded.astype(np.int64)], survival)


def censoring_weights(follow_up: FollowUp, known: KnownAt) -> Floats:
    """Weigh the patients known at a horizon for those who are not.

    ``known``: who is known at the horizon t. Returns (n,): 1 / G(T-) of a case, 1 / G(t-) of a patient free at t,
    0 where nothing is known.
    """
    watched = censoring_survival(follow_up)
    weights = np.zeros(follow_up.n)
    weights[known.is_case] = 1 / watched.before(follow_up.months[known.is_case])
    if known.is_free.any():
        weights[known.is_free] = 1 / watched.before(known.months)
    return weights


def reverse_kaplan_meier(follow_up: FollowUp, *, level: float = 0.95) -> KaplanMeierCurve:
    """Estimate the curve of the censoring with its band, as if the events were losses.

    Returns: its ``n_events`` is the number of patients censored.
    """
    months, codes = _coded(follow_up)
    curve = kaplan_meier(FollowUp(codes, ~follow_up.event), label="follow-up", level=level)

    def decoded(coded: Floats) -> Floats:
        return np.asarray(months[coded.astype(np.int64)], dtype=np.float64)

    return replace(
        curve,
        months=decoded(curve.months),
        censored_months=decoded(curve.censored_months),
        follow_up_months=decoded(curve.follow_up_months),
        event_months=decoded(curve.event_months),
    )


def _coded(follow_up: FollowUp) -> tuple[Floats, Floats]:
    """Give the month behind each code, and the code of each patient.

    Events of a time get an odd code and its censorings the even one behind it, which is the order of both.
    """
    times, place = np.unique(follow_up.months, return_inverse=True)
    return np.concatenate([[0.0], np.repeat(times, 2)]), np.asarray(2 * place + 1 + ~follow_up.event, np.float64)


def influence_of_censoring(
    follow_up: FollowUp, weighted: Floats, horizon_months: float, weighted_at_horizon: float = 0.0
) -> Floats:
    """Say how each patient moves a mean of weighted values through the estimate of G.

    The martingale term of the influence function of ``mean(v)`` where v_i is divided by G(T_i-), or by G(t-) for
    the patients who are known to be free of the event at the horizon t. ``weighted`` (n,): v_i of the patients
    weighted by 1 / G(T_i-); 0 for the others. ``weighted_at_horizon``: sum of the v_i that are weighted by 1 /
    G(t-). Returns (n,): influence; the squares' sum over n^2 is the variance when added to the influence of the
    values themselves.
    """
    months, event = follow_up.months, follow_up.event
    times, n_censored = np.unique(months[~event], return_counts=True)
    by_time = np.argsort(months, kind="stable")
    from_start = np.concatenate([[0.0], np.cumsum(weighted[by_time])])
    later = from_start[-1] - from_start[np.searchsorted(months[by_time], times, side="right")]
    later = later + np.where(times < horizon_months, weighted_at_horizon, 0.0)
    event_months = np.sort(months[event])
    had_event = np.searchsorted(event_months, times, "right") - np.searchsorted(event_months, times, "left")
    at_risk = follow_up.n - np.searchsorted(months[by_time], times, side="left") - had_event
    compensator = np.concatenate([[0.0], np.cumsum(n_censored * later / at_risk**2.0)])
    # Who has the event at a time of censoring was not at risk of it.
    n_passed = np.where(event, np.searchsorted(times, months, "left"), np.searchsorted(times, months, "right"))
    jump = np.zeros(follow_up.n)
    jump[~event] = (later / at_risk)[n_passed[~event] - 1]
    return np.asarray(jump - compensator[n_passed], dtype=np.float64)
