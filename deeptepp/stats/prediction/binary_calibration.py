"""Whether a score in [0, 1] is a probability, so that 20 of 100 patients with a score of 0.2 have the event.

A network that saw the classes balanced gives odds that are too high by the factor of the balancing. With that
factor known, ``shift_prior`` takes it back before calibration is measured again.

References
----------
Cox DR. Biometrika 1958;45:562-565 (intercept and slope).
Van Calster B et al. J Clin Epidemiol 2016;74:167-176 (levels of calibration).
Saerens M, Latinne P, Decaestecker C. Neural Comput 2002;14:21-41 (a change of the prior).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit, ndtri

from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.logistic import LogisticFit, fit_logistic

Floats = npt.NDArray[np.float64]

SMALLEST = 1e-9
"""Scores are kept this far from 0 and 1 before their log odds are taken."""


@dataclass(frozen=True, slots=True)
class IntervalEstimate:
    """A number with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class BinaryCalibration:
    """Agreement of a score with the frequency of events.

    ``intercept``: calibration-in-the-large, log odds by which the scores are too low on the whole (slope fixed at
    1); 0 when they are right. ``slope``: calibration slope, 1 when right, below 1 where scores are too extreme.
    ``observed_to_expected``: events seen per event that the scores add up to. ``brier``: mean squared error of the
    score. ``brier_of_prevalence``: the same for the share of events as everybody's score, p (1 - p).
    """

    intercept: IntervalEstimate
    slope: IntervalEstimate
    observed_to_expected: IntervalEstimate
    brier: float
    brier_of_prevalence: float
    level: float
    n: int
    n_events: int
    method: str = "logistic recalibration, Wald intervals; O/E with a binomial interval"


def calibration_of(
    probabilities: npt.ArrayLike, events: npt.ArrayLike, *, level: float = 0.95
) -> BinaryCalibration:
    """Compare scores with what was seen.

    ``probabilities`` (n,): in [0, 1]. Returns: intercept, slope, O/E and Brier score. Raises ``NotEstimable``: one
    class is empty, the scores never vary, or they separate the classes.
    """
    p, y = np.asarray(probabilities, dtype=np.float64), np.asarray(events, dtype=bool)
    if not ((p >= 0) & (p <= 1)).all():
        raise OutOfRange(field="probabilities", value="missing or outside", limit="[0, 1]")
    if len(p) and np.ptp(p) == 0:
        raise NotEstimable(what="The calibration slope", reason="the scores never vary")
    log_odds = log_odds_of(p)
    # Calibration-in-the-large: the slope is fixed at 1 by the offset.
    large = fit_logistic(np.empty((len(y), 0)), y, offset=log_odds)
    # Calibration slope: the coefficient of the log odds.
    fit = fit_logistic(log_odds[:, None], y)
    z = float(ndtri(0.5 + level / 2))
    return BinaryCalibration(
        intercept=_wald(large, 0, z),
        slope=_wald(fit, 1, z),
        observed_to_expected=_observed_to_expected(p, y, z),
        brier=float(np.mean((p - y) ** 2)),
        brier_of_prevalence=float(y.mean() * (1 - y.mean())),
        level=level,
        n=len(y),
        n_events=int(y.sum()),
    )


def shift_prior(probabilities: npt.ArrayLike, log_odds_shift: npt.ArrayLike) -> Floats:
    """Take back a prior shift: a known shift of the log odds.

    ``probabilities`` (n,): in [0, 1]. ``log_odds_shift`` (n,): log of the factor by which the odds of the classes
    were raised for training, such as log 8 where each patient with an event was seen eight times. Returns (n,):
    probabilities at the odds before the shift.
    """
    log_odds = log_odds_of(np.asarray(probabilities, dtype=np.float64))
    return np.asarray(expit(log_odds - np.asarray(log_odds_shift, dtype=np.float64)), dtype=np.float64)


def log_odds_of(p: npt.ArrayLike) -> Floats:
    """Finite log odds of probabilities in [0, 1], any shape."""
    return np.asarray(logit(np.clip(p, SMALLEST, 1 - SMALLEST)), dtype=np.float64)


def _wald(fit: LogisticFit, term: int, z: float) -> IntervalEstimate:
    """One term of a fit with its interval; term 0 is the intercept."""
    value = fit.intercept if term == 0 else float(fit.coefficients[term - 1])
    half = z * float(np.sqrt(fit.covariance[term, term]))
    return IntervalEstimate(value, value - half, value + half)


def _observed_to_expected(p: Floats, y: npt.NDArray[np.bool_], z: float) -> IntervalEstimate:
    """O/E with an interval on the log scale, the number of events being binomial."""
    ratio = float(y.sum() / max(p.sum(), SMALLEST))
    half = z * float(np.sqrt((1 - y.mean()) / y.sum()))
    return IntervalEstimate(ratio, ratio * float(np.exp(-half)), ratio * float(np.exp(half)))
