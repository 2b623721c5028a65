"""Whether risks predicted for a horizon come true by then, in patients of whom some are censored before.

From coarse to fine: observed over expected on the whole, the slope of log(-log(1 - p)) in a Cox model, observed
risk in groups of equal size, and a smooth curve with the mean (ICI), median (E50), 90th percentile (E90) and
maximum (Emax) of its distance from the predictions.

References
----------
Austin PC, Harrell FE, van Klaveren D. Stat Med 2020;39:2714-2742 (smooth curves, ICI, E50, E90).
Crowson CS, Atkinson EJ, Therneau TM. Stat Methods Med Res 2016;25:1692-1706.
McLernon DJ et al. Ann Intern Med 2023;176:105-114 (levels of calibration, survival).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import OutOfRange
from deeptepp.stats.design import Design
from deeptepp.stats.estimate import Estimate, normal_quantile
from deeptepp.stats.hazards.cox import fit_cox
from deeptepp.stats.horizon import check_horizon, why_no_horizon
from deeptepp.stats.prediction.brier import checked_risk
from deeptepp.stats.prediction.calibration_curve import CalibrationCurve, smooth_curve, straight_curve
from deeptepp.stats.prediction.concordance import checked_marker
from deeptepp.stats.restricted_cubic_spline import quantiles
from deeptepp.stats.survival.kaplan_meier import SurvivalEstimate, kaplan_meier
from deeptepp.wording.sentence import sentence

Floats = npt.NDArray[np.float64]

SMALLEST, LARGEST = 1e-12, 1 - 2.0**-53
"""Risks are kept in this range before log(-log(1 - p)) is taken, which is infinite at 0 and 1."""

ALL_EQUAL = "all predictions are equal"
"""Reason of an absent slope or curve."""

NO_EVENT_BY_HORIZON = "no event up to the horizon"
"""Reason of an absent curve."""


@dataclass(frozen=True, slots=True)
class CalibrationGroup:
    """Patients with neighbouring predictions.

    ``lowest``, ``highest``: range of their predictions. ``mean_predicted``: mean of their predictions.
    ``observed``: 1 - Kaplan-Meier at the horizon. ``low``, ``high``: log-log interval; None where it is not
    estimable. ``is_beyond_follow_up``: nobody of the group was followed to the horizon; ``observed`` is then the
    risk up to the last observation.
    """

    n: int
    n_events: int
    lowest: float
    highest: float
    mean_predicted: float
    observed: float
    low: float | None
    high: float | None
    is_beyond_follow_up: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class HorizonCalibration:
    """Agreement of predicted risks with what was seen by a horizon.

    ``observed``: 1 - Kaplan-Meier with its log-log interval. ``mean_predicted``: mean of the predictions.
    ``ratio``: observed over expected; 1 when right on the whole, above 1 where risks are predicted too low.
    ``slope``: of log(-log(1 - p)); 1 when right, below 1 where predictions are too extreme.
    ``slope_of_linear_predictor``: of the model's own linear predictor; None where it was not given. ``groups``: by
    rising prediction. ``group_limits``: quantiles between which the groups lie; each group includes its upper
    limit, the first its lower, too. ``smooth``, ``straight``: on a spline, and on log(-log(1 - p)) itself.
    ``notes``: what was done to the data: risks of 0 or 1, groups merged.
    """

    horizon_months: float
    observed: Estimate
    mean_predicted: float
    ratio: Estimate
    slope: Estimate
    slope_of_linear_predictor: Estimate | None
    groups: tuple[CalibrationGroup, ...]
    group_limits: tuple[float, ...]
    smooth: CalibrationCurve
    straight: CalibrationCurve
    n: int
    n_events: int
    notes: tuple[str, ...]

    @property
    def ici(self) -> float | None:
        """Integrated calibration index: mean distance of the smooth curve from the predictions."""
        return self.smooth.ici

    @property
    def e50(self) -> float | None:
        """Median distance of the smooth curve from the predictions."""
        return self.smooth.e50

    @property
    def e90(self) -> float | None:
        """90th percentile of the distance of the smooth curve from the predictions."""
        return self.smooth.e90

    @property
    def emax(self) -> float | None:
        """Largest distance of the smooth curve from the predictions."""
        return self.smooth.emax


def calibration_at(
    follow_up: FollowUp,
    risk: npt.ArrayLike,
    horizon_months: float,
    *,
    n_groups: int = 4,
    n_knots: int = 3,
    linear_predictor: npt.ArrayLike | None = None,
    level: float = 0.95,
) -> HorizonCalibration:
    """Compare risks predicted for a horizon with what was seen.

    ``follow_up``: times and events of n patients; events after the horizon count for the slopes. ``risk`` (n,):
    predicted probability of the event by the horizon, in [0, 1]. ``horizon_months``: the horizon, > 0.
    ``n_groups``: groups of equal size, fewer where predictions tie. ``n_knots``: knots of the smooth curve, 3 or
    4. ``linear_predictor`` (n,): log hazard of the model, for its slope. Returns: what cannot be computed is None,
    with a reason.
    """
    p = checked_risk(follow_up, risk)
    check_horizon(follow_up, horizon_months)
    if n_groups < 1:
        raise OutOfRange(field="n_groups", value=n_groups, limit="[1, inf)")
    # Calibration-in-the-large: observed by Kaplan-Meier over the mean predicted risk.
    seen = kaplan_meier(follow_up, level=level).at(horizon_months)
    ends = why_no_horizon(follow_up, horizon_months)
    # Complementary log-log of the risk: the scale on which the calibration slope is a Cox coefficient.
    log_hazard = np.log(-np.log1p(-np.clip(p, SMALLEST, LARGEST)))
    # Groups by quantiles of the predicted risk.
    limits = np.unique(quantiles(p, np.linspace(0, 1, n_groups + 1)))
    groups = _groups(follow_up, p, limits, horizon_months, level)
    lp = None if linear_predictor is None else checked_marker(follow_up, linear_predictor)
    missing = ends or ("" if seen.n_events else NO_EVENT_BY_HORIZON) or (ALL_EQUAL if np.ptp(p) == 0 else "")
    return HorizonCalibration(
        horizon_months=float(horizon_months),
        observed=_observed(seen, 1.0, ends, "1 - Kaplan-Meier, log-log interval"),
        mean_predicted=float(p.mean()),
        ratio=_observed(seen, float(p.mean()), ends, "observed / expected, Kaplan-Meier, log-log interval"),
        slope=_slope(follow_up, log_hazard, level, "log(-log(1 - p))"),
        slope_of_linear_predictor=None if lp is None else _slope(follow_up, lp, level, "the linear predictor"),
        groups=groups,
        group_limits=tuple(limits.tolist()),
        smooth=smooth_curve(follow_up, p, log_hazard, horizon_months, n_knots, missing),
        straight=straight_curve(follow_up, p, log_hazard, horizon_months, missing),
        n=follow_up.n,
        n_events=seen.n_events,
        notes=_notes(p, n_groups, len(groups)),
    )


def _notes(p: Floats, n_wanted: int, n_groups: int) -> tuple[str, ...]:
    """What was done to the predictions."""
    notes = []
    n_certain = int(((p < SMALLEST) | (p > LARGEST)).sum())
    if n_certain:
        notes.append(
            sentence(
                "{n} predicted risk(s) of 0 or 1 were moved into the open interval for slope and curves",
                n=n_certain,
            )
        )
    if n_groups < n_wanted:
        notes.append(
            sentence("predicted risks tie, so there are {n} groups instead of {m}", n=n_groups, m=n_wanted)
        )
    return tuple(notes)


def _observed(seen: SurvivalEstimate, expected: float, ends: str, method: str) -> Estimate:
    """Observed risk over what was expected."""
    reason = ends or ("" if expected > 0 else "every predicted risk is 0") or seen.reason

    def over(survival: float | None) -> float | None:
        return None if ends or expected <= 0 or survival is None else (1 - survival) / expected

    return Estimate(
        value=over(seen.value),
        low=over(seen.high),
        high=over(seen.low),
        level=seen.level,
        n=seen.n,
        n_events=seen.n_events,
        method=method,
        reason=reason,
    )


def _slope(follow_up: FollowUp, x: Floats, level: float, name: str) -> Estimate:
    """Coefficient of one column in a Cox model."""
    fit = fit_cox(follow_up, Design(("slope",), x[:, None]), level=level)
    reason = ALL_EQUAL if np.ptp(x) == 0 else fit.reasons[0]
    value = float(fit.coefficients[0])
    half = normal_quantile(level) * float(fit.standard_errors[0])
    return Estimate(
        value=None if reason else value,
        low=None if reason else value - half,
        high=None if reason else value + half,
        level=level,
        n=follow_up.n,
        n_events=follow_up.n_events,
        method=sentence("calibration slope of {name}, Cox, Wald interval", name=name),
        reason=reason,
    )


def _groups(
    follow_up: FollowUp, p: Floats, limits: Floats, horizon: float, level: float
) -> tuple[CalibrationGroup, ...]:
    """Part the patients at the limits, each belonging to the group below."""
    group = np.searchsorted(limits[1:-1], p, side="left")
    found = []
    for number in np.unique(group):
        mine = group == number
        seen = kaplan_meier(follow_up.where(mine), level=level).at(horizon)
        ends = why_no_horizon(follow_up.where(mine), horizon)
        found.append(
            CalibrationGroup(
                n=seen.n,
                n_events=seen.n_events,
                lowest=float(p[mine].min()),
                highest=float(p[mine].max()),
                mean_predicted=float(p[mine].mean()),
                observed=1 - seen.value,
                low=None if seen.high is None else 1 - seen.high,
                high=None if seen.low is None else 1 - seen.low,
                is_beyond_follow_up=bool(ends),
                reason=ends or seen.reason,
            )
        )
    return tuple(found)
