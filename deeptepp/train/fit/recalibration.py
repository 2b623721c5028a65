"""From the softmax of networks that saw balanced classes to a probability of recurrence."""

from __future__ import annotations

import numpy.typing as npt

from deeptepp.domain.risk import Recalibration
from deeptepp.errors import NotEstimable
from deeptepp.stats.logistic import fit_logistic
from deeptepp.stats.prediction.binary_calibration import log_odds_of


def fit_recalibration(view_scores: npt.ArrayLike, events: npt.ArrayLike) -> Recalibration:
    """Fit intercept and slope on out-of-fold scores.

    ``view_scores`` (n, V): softmax probabilities by networks that never saw the patient. Returns: of the log odds,
    mean over the views. None (the identity) where it cannot be estimated: one class is empty, the scores separate
    the classes, or they fall as events become more frequent, so that a probability would turn the order of the
    patients round.
    """
    log_odds = log_odds_of(view_scores).mean(axis=1)
    try:
        fit = fit_logistic(log_odds[:, None], events)
    except NotEstimable:
        return Recalibration()
    slope = float(fit.coefficients[0])
    return Recalibration(fit.intercept, slope) if slope > 0 else Recalibration()
