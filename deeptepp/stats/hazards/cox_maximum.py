"""Newton's method on a partial likelihood, with columns that repeat each other and with maxima at infinity.

References
----------
Heinze G, Schemper M. Biometrics 2001;57:114-119 (monotone likelihood).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.design import Design
from deeptepp.stats.hazards.cox_likelihood import Likelihood, RiskSets

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_MAX_STEPS = 100
_CONVERGED = 1e-12
"""Expected gain of a last step, in log-likelihood; Newton's method squares the error with each step."""
_MONOTONE_GAIN = 1e-10
"""Where a step gains less than this while the linear predictor still moves, the maximum is at infinity."""
_DIVERGING_STEP = 0.1
"""Change of a linear predictor in one step that a step near a maximum cannot make."""
_LONGEST_STEP = 10.0
"""Largest change of a linear predictor in one step. Where few events tell about a column, a whole step would go to
where hazards are so far apart that the information is nothing but rounding."""
_UNBOUNDED_STANDARD_ERROR = 50.0
"""Standard error of a linear predictor that only a likelihood without information on it has."""
_MAX_LINEAR_PREDICTOR_RANGE = 600.0
"""Range of the linear predictor, 0 included, beyond which the smallest hazards vanish beside the largest."""
_ALIASED = 1e-11
"""Share of the second moment of a column below which what the columns before it leave over is rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class Maximum:
    """Where Newton's method ended.

    ``coefficients`` (p,): finite; the last place where the maximum is at infinity. ``likelihood``: at this place.
    ``is_infinite`` (p,): coefficients without a finite estimate. ``has_converged``: whether more steps would
    change nothing.
    """

    coefficients: Floats
    likelihood: Likelihood
    is_infinite: Flags
    has_converged: bool


def check_design(follow_up: FollowUp, design: Design, level: float) -> None:
    """Refuse what no model can be fitted to.

    ``design``: must have n finite rows. Raises ``NotEstimable``: there are no patients.
    """
    if follow_up.n == 0:
        raise NotEstimable(what="The Cox model", reason="there are no patients")
    if not 0 < level < 1:
        raise OutOfRange(field="level", value=level, limit="(0, 1)")
    if design.values.shape != (follow_up.n, len(design.names)):
        msg = f"design {design.values.shape} must have {follow_up.n} rows and {len(design.names)} columns"
        raise ValueError(msg)
    if not np.isfinite(design.values).all():
        raise OutOfRange(field="design", value="missing or infinite", limit="finite numbers")


def centre_and_scale(values: Floats) -> tuple[Floats, Floats]:
    """Give location and spread of columns.

    Returns: mean and standard deviation; the deviation of a constant column is taken for 1.
    """
    centre, scale = values.mean(axis=0), values.std(axis=0)
    return centre, np.where(scale > 1e-12 * np.abs(centre), scale, 1.0)


def independent(null: Likelihood) -> Flags:
    """Find the columns that are not aliased: they say something beyond the columns before them.

    ``null``: with all coefficients 0. Returns (p,): False for a column that is constant in every risk set, given
    the columns before it.
    """
    left = null.information.copy()
    moments = np.diag(left) + (null.means**2).sum(axis=1)
    used = np.zeros(len(left), dtype=bool)
    for j in range(len(left)):
        pivot = left[j, j]
        if pivot > _ALIASED * moments[j]:
            used[j] = True
            left[j + 1 :, j + 1 :] -= np.outer(left[j + 1 :, j], left[j, j + 1 :]) / pivot
    return used


def maximise(risk_sets: RiskSets, columns: Floats, start: Likelihood) -> Maximum:
    """Take Newton steps, halved where they do not raise the likelihood.

    ``risk_sets``: who is at risk when. ``columns`` (p, m): independent columns of its rows, of about unit spread.
    ``start``: with all coefficients 0.
    """
    beta, now = np.zeros(len(columns)), start
    width = np.ptp(columns, axis=1) if columns.size else np.zeros(len(columns))
    nowhere = np.zeros(len(columns), dtype=bool)
    for _ in range(_MAX_STEPS):
        # Newton's step, and the gain that a quadratic likelihood would have by it.
        step = inverse(now.information) @ now.gradient
        gain = abs(float(now.gradient @ step))
        moved = np.abs(step) * width
        # Monotone likelihood: it is flat while the linear predictor still moves.
        if gain < _MONOTONE_GAIN and (moved > _DIVERGING_STEP).any():
            return Maximum(beta, now, moved > _DIVERGING_STEP / 2, has_converged=True)
        within = _LONGEST_STEP / max(float(moved.max(initial=0.0)), _LONGEST_STEP)
        beta, now = _forward(risk_sets, columns, beta, step * within, now)
        if gain < _CONVERGED:
            return Maximum(beta, now, nowhere, has_converged=True)
    return Maximum(beta, now, nowhere, has_converged=False)


def without_information(end: Maximum, columns: Floats) -> Flags:
    """Find the coefficients on which the likelihood says nothing where others are infinite.

    Returns (p,): True for finite coefficients whose standard error has no bound.
    """
    finite = ~end.is_infinite
    variance = np.diag(inverse(end.likelihood.restricted(finite).information))
    error = np.sqrt(np.where(variance > 0, variance, np.inf)) * np.ptp(columns[finite], axis=1)
    lost = np.zeros(len(finite), dtype=bool)
    lost[finite] = error > _UNBOUNDED_STANDARD_ERROR
    return lost


def inverse(information: Floats) -> Floats:
    """Invert an information matrix, also one that has become singular on the way.

    Returns (p, p): symmetric.
    """
    try:
        inverted = np.linalg.inv(information)
    except np.linalg.LinAlgError:
        inverted = np.linalg.pinv(information, hermitian=True)
    return np.asarray((inverted + inverted.T) / 2, dtype=np.float64)


def _forward(
    risk_sets: RiskSets, columns: Floats, beta: Floats, step: Floats, now: Likelihood
) -> tuple[Floats, Likelihood]:
    """Go one step, halved until the likelihood does not fall by more than rounding."""
    floor = now.value - 1e-12 * max(1.0, abs(now.value))
    for _ in range(30):
        linear = (beta + step) @ columns
        # Where hazards are too far apart to be numbers side by side, there is no likelihood to compare.
        is_number = linear.max(initial=0.0) - linear.min(initial=0.0) <= _MAX_LINEAR_PREDICTOR_RANGE
        if is_number and (there := risk_sets.evaluate(columns, linear)).value >= floor:
            return beta + step, there
        step = step / 2
    return beta, now
