"""Logistic regression without a penalty, by iteratively reweighted least squares.

Columns may repeat each other, as ER and HR status do: of all coefficients that fit equally well those of the
smallest norm are taken, and what is predicted does not depend on that choice.

References
----------
McCullagh P, Nelder JA. Generalized Linear Models, 2nd ed, 1989, section 4.4.
Albert A, Anderson JA. Biometrika 1984;71:1-10 (separation).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from deeptepp.errors import NotEstimable, OutOfRange

Floats = npt.NDArray[np.float64]

_MAX_STEPS = 50
_TOLERANCE = 1e-10
"""Largest last change of a linear predictor."""
_FAR = 25.0
"""A linear predictor beyond this may be on its way to infinity."""
_STANDS = 1e-6
"""Where a step to infinity moves a patient by less than this share of the largest move, she stands still."""


@dataclass(frozen=True, slots=True, eq=False)
class LogisticFit:
    """Coefficients of a logistic regression.

    ``intercept``: log odds where all columns are 0. ``coefficients`` (p,): log odds ratio per unit of each column.
    ``covariance`` (p + 1, p + 1): of intercept and coefficients, in this order; of the smallest norm where columns
    repeat each other.
    """

    intercept: float
    coefficients: Floats
    covariance: Floats
    n: int
    n_events: int

    def probability(self, columns: npt.ArrayLike) -> Floats:
        """Give the probability of the event.

        Returns (m,): in (0, 1).
        """
        linear = self.intercept + np.asarray(columns, dtype=np.float64) @ self.coefficients
        return np.asarray(expit(linear), dtype=np.float64)


def fit_logistic(
    columns: npt.ArrayLike,
    events: npt.ArrayLike,
    *,
    offset: npt.ArrayLike | None = None,
    weights: npt.ArrayLike | None = None,
) -> LogisticFit:
    """Fit by maximum likelihood; an intercept is added.

    ``columns`` (n, p): finite; p may be 0. ``offset`` (n,): log odds that are added as they are. ``weights`` (n,):
    patients that each patient stands for, > 0; 1 when left out. The covariance then counts that many. Raises
    ``NotEstimable``: one class is empty, or the columns separate the classes, so that coefficients grow without
    bound.
    """
    x, y = np.asarray(columns, dtype=np.float64), np.asarray(events, dtype=bool)
    known = np.zeros(len(y)) if offset is None else np.asarray(offset, dtype=np.float64)
    share = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=np.float64)
    if not (np.isfinite(share) & (share > 0)).all():
        raise OutOfRange(field="weights", value="missing or not above 0", limit="(0, inf)")
    if not (np.isfinite(x).all() and np.isfinite(known).all()):
        raise OutOfRange(field="columns", value="missing or infinite", limit="finite numbers")
    if y.all() or not y.any():
        raise NotEstimable(what="The logistic regression", reason="patients with and without an event are needed")
    design = np.column_stack([np.ones(len(y)), x])
    # Columns are brought to one scale, so that the pseudo-inverse cuts off what repeats and not what is small.
    scale = np.sqrt((design**2).mean(axis=0))
    scale = np.where(scale > 0, scale, 1.0)
    beta = _maximise(design / scale, y, known, share)
    weight = share * _weights(known + design / scale @ beta)
    covariance = np.linalg.pinv((design / scale).T * weight @ (design / scale), hermitian=True)
    beta, covariance = beta / scale, covariance / np.outer(scale, scale)
    return LogisticFit(float(beta[0]), beta[1:], covariance, len(y), int(y.sum()))


def _maximise(design: Floats, y: npt.NDArray[np.bool_], offset: Floats, share: Floats) -> Floats:
    """Take Newton steps, halved where they do not raise the likelihood."""
    beta: Floats = np.zeros(design.shape[1])
    linear = offset
    for _ in range(_MAX_STEPS):
        # One step of iteratively reweighted least squares, halved until the likelihood does not fall.
        gradient = design.T @ (share * (y - expit(linear)))
        information = design.T * (share * _weights(linear)) @ design
        step = np.linalg.pinv(information, hermitian=True) @ gradient
        reached = _log_likelihood(linear, y, share)
        while _log_likelihood(offset + design @ (beta + step), y, share) < reached - 1e-9:
            step = step / 2
        beta += step
        moved = np.abs(design @ step).max()
        linear = offset + design @ beta
        # Separation: far out, and still every patient is told better.
        if np.abs(linear - offset).max() > _FAR and _improves_all(design @ step, y):
            break
        if moved < _TOLERANCE:
            return beta
    raise NotEstimable(what="The logistic regression", reason="the columns separate the classes")


def _improves_all(move: Floats, y: npt.NDArray[np.bool_]) -> bool:
    """Whether a step makes no patient's class less likely, so that it can be taken for ever."""
    towards = np.where(y, move, -move)
    return bool(towards.max() > _TOLERANCE and towards.min() >= -_STANDS * towards.max())


def _weights(linear: Floats) -> Floats:
    """Variance of the event at each linear predictor."""
    probability = expit(linear)
    return np.asarray(probability * (1 - probability), dtype=np.float64)


def _log_likelihood(linear: Floats, y: npt.NDArray[np.bool_], share: Floats) -> float:
    """Weighted sum of the log probabilities of what was seen."""
    return float(-(share * np.logaddexp(0, np.where(y, -linear, linear))).sum())
