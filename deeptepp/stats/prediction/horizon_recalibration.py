"""How predicted log odds must be moved to fit a cohort by a horizon: calibration intercept, slope, and the update.

A logistic regression of the event by the horizon on the predicted log odds. Who is censored before it is not
known; the patients still followed stand for her, each by 1 / G of ``stats.survival.censoring`` (IPCW).
The intervals include the estimate of G.

References
----------
Cox DR. Biometrika 1958;45:562-565 (intercept and slope).
Van Calster B et al. J Clin Epidemiol 2016;74:167-176 (levels of calibration).
Zheng Y, Cai T, Feng Z. Biometrics 2006;62:279-287 (logistic regression weighted for censoring).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from deeptepp.domain.cohort import FollowUp
from deeptepp.domain.risk import Recalibration
from deeptepp.errors import NotEstimable
from deeptepp.stats.estimate import Estimate, normal_quantile
from deeptepp.stats.horizon import check_horizon, known_at, why_no_horizon
from deeptepp.stats.logistic import LogisticFit, fit_logistic
from deeptepp.stats.prediction.binary_calibration import log_odds_of
from deeptepp.stats.prediction.brier import checked_risk
from deeptepp.stats.survival.censoring import censoring_weights, influence_of_censoring

Floats = npt.NDArray[np.float64]

METHOD = "logistic recalibration weighted for censoring, sandwich interval"
"""For captions."""


@dataclass(frozen=True, slots=True)
class HorizonRecalibration:
    """How predictions differ from a cohort, as a line on the log odds.

    ``intercept``: log odds by which the predictions are too low on the whole (slope fixed at 1); 0 when they are
    right. ``slope``: 1 when right, below 1 where predictions are too extreme. ``update``: what makes the
    predictions fit this cohort: intercept and slope together. None where it cannot be estimated or would turn the
    order of the patients round.
    """

    horizon_months: float
    intercept: Estimate
    slope: Estimate
    update: Recalibration | None


def recalibration_at(
    follow_up: FollowUp, risk: npt.ArrayLike, horizon_months: float, *, level: float = 0.95
) -> HorizonRecalibration:
    """Fit the event by a horizon to predicted log odds.

    ``risk`` (n,): predicted probability of the event by the horizon, in [0, 1]. ``horizon_months``: the horizon, >
    0. Returns: what cannot be computed is None, with a reason.
    """
    log_odds = log_odds_of(checked_risk(follow_up, risk))
    check_horizon(follow_up, horizon_months)
    reason = why_no_horizon(follow_up, horizon_months)
    seen = _Seen.of(follow_up, horizon_months)
    none = np.empty((follow_up.n, 0))
    intercept, _ = _fit(seen, none, log_odds, (level, reason))
    varies = "" if np.ptp(log_odds) else "all predictions are equal"
    slope, fit = _fit(seen, log_odds[:, None], np.zeros(follow_up.n), (level, reason or varies))
    is_usable = fit is not None and fit.coefficients[0] > 0
    update = Recalibration(fit.intercept, float(fit.coefficients[0])) if fit is not None and is_usable else None
    return HorizonRecalibration(float(horizon_months), intercept, slope, update)


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What is known of each patient at the horizon: all (n,); the weight is 0 where nothing is."""

    follow_up: FollowUp
    horizon: float
    event: npt.NDArray[np.bool_]
    weight: Floats

    @classmethod
    def of(cls, follow_up: FollowUp, horizon: float) -> _Seen:
        """Weigh the patients for those who were censored before the horizon."""
        known = known_at(follow_up, horizon)
        return cls(follow_up, horizon, known.is_case, censoring_weights(follow_up, known))

    def influence(self, residuals: Floats) -> Floats:
        """How each patient moves the sum of weighted residuals, (n,), the estimate of the weights included."""
        weighted = self.weight * residuals
        free = float(weighted[~self.event].sum())
        of_cases = np.where(self.event, weighted, 0.0)
        return weighted + influence_of_censoring(self.follow_up, of_cases, self.horizon, free)


def _fit(
    seen: _Seen, columns: Floats, offset: Floats, said: tuple[float, str]
) -> tuple[Estimate, LogisticFit | None]:
    """Fit, and give the last coefficient with its interval; ``said``: level, and why nothing can be fitted."""
    level, reason = said
    known = seen.weight > 0
    fit, value, half = None, None, 0.0
    try:
        # Logistic regression of those known at the horizon, weighted by IPCW.
        if not reason:
            fit = fit_logistic(columns[known], seen.event[known], offset=offset[known], weights=seen.weight[known])
    except NotEstimable as error:
        reason = str(error)
    if fit is not None:
        # Sandwich variance, the estimate of the weights included.
        value = float(np.append(fit.intercept, fit.coefficients)[-1])
        half = normal_quantile(level) * float(np.sqrt(_sandwich(seen, fit, columns, offset)[-1, -1]))
    return Estimate(
        value=value,
        low=None if value is None else value - half,
        high=None if value is None else value + half,
        level=level,
        n=seen.follow_up.n,
        n_events=int(seen.event.sum()),
        method=METHOD,
        reason=reason,
    ), fit


def _sandwich(seen: _Seen, fit: LogisticFit, columns: Floats, offset: Floats) -> Floats:
    """Covariance of intercept and coefficients, (p + 1, p + 1), without trust in the model."""
    design = np.column_stack([np.ones(len(columns)), columns])
    linear = offset + fit.intercept + columns @ fit.coefficients
    residuals = seen.event - expit(linear)
    influences = np.column_stack([seen.influence(residuals * column) for column in design.T])
    return np.asarray(fit.covariance @ (influences.T @ influences) @ fit.covariance, dtype=np.float64)
