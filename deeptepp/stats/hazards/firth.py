"""Cox's model with Jeffreys' penalty: a hazard ratio with an interval also where an arm has no event.

Half the log determinant of the information is added to the log partial likelihood. Intervals and p-values are
those of the profile of the penalised likelihood; the penalty always is that of all columns.

References
----------
Firth D. Biometrika 1993;80:27-38.
Heinze G, Schemper M. Biometrics 2001;57:114-119.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import chdtrc

from deeptepp.domain.cohort import FollowUp
from deeptepp.stats.design import Design
from deeptepp.stats.estimate import ChiSquareTest, Estimate, chi_square_test, known, normal_quantile
from deeptepp.stats.hazards.cox_fit import ALIASED, NO_EVENT
from deeptepp.stats.hazards.cox_likelihood import RiskSets, Ties
from deeptepp.stats.hazards.cox_maximum import centre_and_scale, check_design, independent, inverse
from deeptepp.wording.sentence import sentence

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

NO_LIMIT = "the profile of the penalised likelihood does not fall far enough for a limit"
"""Reason of an interval that is open on one side."""
UNSTABLE = "the penalised likelihood was not maximised"
"""Reason of an estimate that was not found."""

_MAX_STEPS = 100
_CONVERGED = 1e-14
"""Expected gain of a last step, in penalised log-likelihood; each step leaves a small share of the error only."""
_CLOSE = 1e-9
"""Expected gain of a step below which a likelihood that no longer rises is at its top but for rounding."""
_DIFFERENCE = 1e-5
"""Change of a coefficient that shows how the gradient bends."""
_LONGEST_STEP = 3.0
"""Largest change of a linear predictor in one step."""
_FURTHEST = 200.0
"""Linear predictors beyond this are not searched for a limit."""


@dataclass(frozen=True, slots=True, eq=False)
class FirthFit:
    """A fitted model.

    ``coefficients`` (p,): penalised log hazard ratio per unit; NaN where there is none. ``low``, ``high`` (p,):
    profile limits of the coefficients; infinite where the profile does not fall far enough. ``p_values`` (p,): of
    the penalised likelihood ratio of each coefficient; NaN where there is none. ``reasons``: why a coefficient has
    no estimate or no limit, by column; empty where it has both. ``penalised_log_likelihood_null``,
    ``penalised_log_likelihood``: without and with coefficients. ``likelihood_ratio``: of all columns together.
    ``is_stratified``: whether strata were given. ``ties``: how tied events share their risk set.
    """

    names: tuple[str, ...]
    coefficients: Floats
    low: Floats
    high: Floats
    p_values: Floats
    reasons: tuple[str, ...]
    n: int
    n_events: int
    penalised_log_likelihood_null: float
    penalised_log_likelihood: float
    likelihood_ratio: ChiSquareTest
    is_stratified: bool
    ties: Ties
    level: float

    @property
    def method(self) -> str:
        """Estimator and interval, for captions."""
        return sentence(
            "Firth-penalised Cox, {ties} ties, stratified, profile likelihood interval"
            if self.is_stratified
            else "Firth-penalised Cox, {ties} ties, profile likelihood interval",
            ties=self.ties,
        )

    def hazard_ratios(self) -> tuple[Estimate, ...]:
        """Give the hazard ratio per unit of each column.

        Returns: in the order of ``names``; without a value, or without a limit, where there is a reason.
        """
        with np.errstate(over="ignore"):
            value, low, high = np.exp(self.coefficients), np.exp(self.low), np.exp(self.high)
        return tuple(
            Estimate(
                value=known(value[i]),
                low=None if np.isneginf(self.low[i]) else known(low[i]),
                high=known(high[i]),
                level=self.level,
                p_value=known(self.p_values[i]),
                n=self.n,
                n_events=self.n_events,
                method=self.method,
                reason=reason,
            )
            for i, reason in enumerate(self.reasons)
        )


def fit_firth(
    follow_up: FollowUp,
    design: Design,
    *,
    strata: npt.ArrayLike | None = None,
    ties: Ties = Ties.BRESLOW,
    level: float = 0.95,
) -> FirthFit:
    """Fit a proportional hazards model by maximum penalised partial likelihood.

    ``strata`` (n,): patients of different strata have baseline hazards of their own. Returns: with a reason for
    each coefficient that has no estimate or no limit. Raises ``NotEstimable``: there are no patients.
    """
    check_design(follow_up, design, level)
    risk_sets = RiskSets(follow_up, strata, ties)
    centre, scale = centre_and_scale(design.values)
    columns = np.ascontiguousarray(((design.values[risk_sets.rows] - centre) / scale).T)
    used = independent(risk_sets.evaluate(columns, np.zeros(len(risk_sets.rows))))
    penalised = _Penalised(risk_sets, columns[used])
    top = penalised.maximum(np.zeros(int(used.sum())), np.ones(int(used.sum()), dtype=bool))
    numbers = np.full((4, len(used)), np.nan)
    reasons = np.full(len(used), ALIASED if follow_up.n_events else NO_EVENT, dtype=object)
    for j, column in enumerate(np.flatnonzero(used)):
        numbers[:, column], reasons[column] = _profiled(penalised, top, j, level)
    numbers[:3, used] /= scale[used]
    # The determinant is that of the columns in their own units.
    units = float(np.log(scale[used]).sum())
    null = penalised.at(np.zeros(int(used.sum()))).value
    return FirthFit(
        names=design.names,
        coefficients=numbers[0],
        low=numbers[1],
        high=numbers[2],
        p_values=numbers[3],
        reasons=tuple(reasons.tolist()),
        n=follow_up.n,
        n_events=follow_up.n_events,
        penalised_log_likelihood_null=null + units,
        penalised_log_likelihood=top.value + units,
        likelihood_ratio=chi_square_test(
            2 * (top.value - null), int(used.sum()), "penalised likelihood ratio test"
        ),
        is_stratified=strata is not None,
        ties=ties,
        level=level,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """The penalised likelihood at one place."""

    coefficients: Floats
    value: float
    gradient: Floats
    information: Floats
    has_converged: bool = False


class _Penalised:
    """Penalised partial likelihood of independent columns (p, m)."""

    def __init__(self, risk_sets: RiskSets, columns: Floats) -> None:
        self._risk_sets, self._columns = risk_sets, columns
        self.width = np.ptp(columns, axis=1) if columns.size else np.zeros(len(columns))
        p = len(columns)
        self._products = (columns[:, None, :] * columns[None, :, :]).reshape(p * p, columns.shape[1])

    def at(self, beta: Floats) -> _Place:
        """Evaluate value, gradient and information."""
        x, linear = self._columns, beta @ self._columns
        plain = self._risk_sets.evaluate(x, linear)
        sign, log_determinant = np.linalg.slogdet(plain.information)
        if sign <= 0:
            return _Place(beta, -np.inf, plain.gradient, plain.information)
        # The trace of inverse x derivative of the information holds third central moments in each risk set.
        inverted = inverse(plain.information)
        squares = np.einsum("jm,jk,km->m", x, inverted, x)
        moments = self._risk_sets.means(np.vstack([self._products, x * squares, squares]), linear)
        p = len(x)
        seconds = moments[: p * p].reshape(p, p, moments.shape[1])
        mean, weighted = plain.means, inverted @ plain.means
        trace = (
            moments[p * p : -1]
            - mean * moments[-1]
            - 2 * np.einsum("jke,ke->je", seconds, weighted)
            + 2 * mean * (mean * weighted).sum(axis=0)
        )
        gradient = plain.gradient + trace.sum(axis=1) / 2
        return _Place(beta, float(plain.value + log_determinant / 2), gradient, plain.information)

    def maximum(self, start: Floats, free: Flags) -> _Place:
        """Maximise over the free coefficients (p,) bool; the others stay as they are."""
        now, before = self.at(start), np.inf
        curvature = np.empty((0, 0))
        for _ in range(_MAX_STEPS):
            if not (np.isfinite(now.value) and np.isfinite(now.gradient).all()):
                return now
            step = np.zeros(len(start))
            if not before < np.inf:
                curvature = self._curvature(now, free)
            step[free] = np.linalg.solve(curvature, now.gradient[free])
            gain = abs(float(now.gradient @ step))
            # A curvature serves again while steps with it come down fast.
            before = gain if gain < before / 100 else np.inf
            furthest = float((np.abs(step) * self.width).max(initial=0.0))
            there = self._forward(now, step * min(1.0, _LONGEST_STEP / max(furthest, _LONGEST_STEP)))
            if gain < _CONVERGED or there is now:
                return replace(there, has_converged=gain < _CLOSE)
            now = there
        return now

    def _curvature(self, now: _Place, free: Flags) -> Floats:
        """Give minus the second derivative, or the information where the penalised likelihood is no hill."""
        places = np.flatnonzero(free)
        rows = []
        for j in places:
            beside = now.coefficients.copy()
            beside[j] += _DIFFERENCE
            rows.append((now.gradient - self.at(beside).gradient)[free] / _DIFFERENCE)
        curvature = np.array(rows).reshape(len(places), len(places))
        curvature = (curvature + curvature.T) / 2
        is_hill = np.isfinite(curvature).all() and (np.linalg.eigvalsh(curvature) > 0).all()
        return curvature if is_hill else now.information[np.ix_(free, free)]

    def _forward(self, now: _Place, step: Floats) -> _Place:
        """Go one step, halved until the penalised likelihood does not fall by more than rounding."""
        floor = now.value - 1e-13 * max(1.0, abs(now.value))
        for _ in range(40):
            there = self.at(now.coefficients + step)
            if there.value >= floor:
                return there
            step = step / 2
        return now


def _profiled(penalised: _Penalised, top: _Place, j: int, level: float) -> tuple[Floats, str]:
    """Coefficient, limits and p-value of one column, and why one of them is missing."""
    if not top.has_converged:
        return np.full(4, np.nan), UNSTABLE
    free = np.arange(len(top.coefficients)) != j
    last = top.coefficients

    def fall(value: float) -> float:
        """Twice the fall of the profile from its top."""
        nonlocal last
        start = last.copy()
        start[j] = value
        place = penalised.maximum(start, free)
        if np.isfinite(place.value):
            last = place.coefficients
        return min(2 * (top.value - place.value), 1e6)

    # Both profile likelihood limits, searched outwards from the estimate by steps of its Wald width.
    estimate = float(top.coefficients[j])
    quantile = normal_quantile(level) ** 2
    step = float(np.sqrt(quantile * inverse(top.information)[j, j]))
    furthest = _FURTHEST / max(float(penalised.width[j]), 1e-300)
    low = _limit(fall, estimate, -step, quantile, furthest)
    last = top.coefficients
    high = _limit(fall, estimate, step, quantile, furthest)
    last = top.coefficients
    p_value = float(chdtrc(1, max(fall(0.0), 0.0)))
    reason = NO_LIMIT if np.isinf(low) or np.isinf(high) else ""
    return np.array([estimate, low, high, p_value]), reason


def _limit(
    fall: Callable[[float], float], estimate: float, step: float, quantile: float, furthest: float
) -> float:
    """Find where the profile has fallen by the quantile, infinite where it does not."""
    inner, outer = estimate, estimate + step
    while fall(outer) < quantile:
        step *= 1.2
        inner, outer = outer, outer + step / 2
        if abs(outer - estimate) > furthest:
            return float(np.copysign(np.inf, step))
    return float(brentq(lambda value: fall(value) - quantile, inner, outer, xtol=1e-10, rtol=1e-12))
