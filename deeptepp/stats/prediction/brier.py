"""Squared error of predicted risks at a horizon, weighted for censoring (IPCW).

A patient with the event by the horizon counts (1 - p)^2 / G(T-), one known to be free of it then p^2 / G(t-), one
censored before nothing (``stats.horizon``); the mean is over all. The null score gives everybody the risk of the
Kaplan-Meier curve; the scaled score (index of prediction accuracy) is 1 - Brier / null.

References
----------
Graf E, Schmoor C, Sauerbrei W, Schumacher M. Stat Med 1999;18:2529-2545.
Gerds TA, Schumacher M. Biom J 2006;48:1029-1040.
Kattan MW, Gerds TA. Diagn Progn Res 2018;2:7 (index of prediction accuracy).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import OutOfRange
from deeptepp.stats.estimate import Estimate, normal_quantile
from deeptepp.stats.horizon import check_horizon, known_at, why_no_horizon
from deeptepp.stats.survival.censoring import censoring_weights, influence_of_censoring
from deeptepp.stats.survival.kaplan_meier import survival_at

Floats = npt.NDArray[np.float64]

METHOD = "Brier score weighted for censoring, interval by influence functions"
"""For captions."""


@dataclass(frozen=True, slots=True)
class BrierScore:
    """Prediction error at one horizon.

    ``score``: weighted mean squared error, smaller is better; its interval includes the estimate of the censoring.
    ``standard_error``: of the score. ``null``: the same for the Kaplan-Meier risk of the cohort as everybody's
    prediction. ``scaled``: 1 - score / null; 0 is no better than the cohort's risk, below 0 worse. None where the
    null score is 0.
    """

    horizon_months: float
    score: Estimate
    standard_error: float | None
    null: float | None
    scaled: float | None


def brier_score(
    follow_up: FollowUp, risk: npt.ArrayLike, horizon_months: float, *, level: float = 0.95
) -> BrierScore:
    """Measure the squared error of predicted risks at a horizon.

    ``risk`` (n,): predicted probability of the event by the horizon, in [0, 1]; 0 and 1 are allowed.
    ``horizon_months``: the horizon, > 0. Returns: without values where follow-up ends before the horizon.
    """
    p = checked_risk(follow_up, risk)
    check_horizon(follow_up, horizon_months)
    reason = why_no_horizon(follow_up, horizon_months)
    n_events = known_at(follow_up, horizon_months).n_cases
    if reason:
        score = _estimate(follow_up, n_events, None, None, (level, reason))
        return BrierScore(float(horizon_months), score, None, None, None)
    # Squared errors weighted by IPCW; their influence functions hold the estimate of G.
    errors, influence = _errors(follow_up, p, horizon_months)
    value = float(errors.mean())
    error = _standard_error(influence)
    null = _null(follow_up, horizon_months)
    score = _estimate(follow_up, n_events, value, error, (level, ""))
    return BrierScore(float(horizon_months), score, error or None, null, 1 - value / null if null > 0 else None)


def checked_risk(follow_up: FollowUp, risk: npt.ArrayLike) -> Floats:
    """Give predicted risks as one column.

    Returns (n,): in [0, 1].
    """
    p = np.asarray(risk, dtype=np.float64)
    if p.shape != follow_up.months.shape:
        msg = f"risk {p.shape} must be one column of {follow_up.n} patients"
        raise ValueError(msg)
    if not ((p >= 0) & (p <= 1)).all():
        raise OutOfRange(field="risk", value="missing or outside", limit="[0, 1]")
    return p


def _errors(follow_up: FollowUp, p: Floats, horizon: float) -> tuple[Floats, Floats]:
    """Weighted squared error of each patient, whose mean is the score, and her influence on it, (n,)."""
    known = known_at(follow_up, horizon)
    errors = censoring_weights(follow_up, known) * (known.is_case - p) ** 2
    of_cases = np.where(known.is_case, errors, 0.0)
    through_weights = influence_of_censoring(follow_up, of_cases, horizon, float(errors[known.is_free].sum()))
    return errors, errors - errors.mean() + through_weights


def _standard_error(influence: Floats) -> float:
    """Standard error of a mean from the influence of each patient; 0 for a single one."""
    n = len(influence)
    return float(np.sqrt((influence**2).sum() / (n * (n - 1)))) if n > 1 else 0.0


def _null(follow_up: FollowUp, horizon: float) -> float:
    """Score the Kaplan-Meier risk of the cohort."""
    risk = 1 - survival_at(follow_up, horizon)
    return float(_errors(follow_up, np.full(follow_up.n, risk), horizon)[0].mean())


def _estimate(
    follow_up: FollowUp, n_events: int, value: float | None, error: float | None, said: tuple[float, str]
) -> Estimate:
    """Score with a normal interval that does not go below 0."""
    level, reason = said
    low = high = None
    if value is not None and error is not None and error > 0:
        half = normal_quantile(level) * error
        low, high = max(value - half, 0.0), value + half
    elif not reason:
        reason = "the variance is 0 on these data"
    return Estimate(
        value=value,
        low=low,
        high=high,
        level=level,
        n=follow_up.n,
        n_events=n_events,
        method=METHOD,
        reason=reason,
    )
