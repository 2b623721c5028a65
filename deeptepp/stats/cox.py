"""Proportional hazards regression by Newton's method, stratified or not.

Columns are centred and scaled inside, so that units do not matter. A column that says nothing beyond the columns
before it has no coefficient. Where the likelihood rises for ever, as with an arm without events, the hazard ratio
is reported as not estimable; ``deeptepp.stats.firth`` has an estimate for that.

References
----------
Cox DR. J R Stat Soc B 1972;34:187-220.
Therneau TM, Grambsch PM. Modeling Survival Data, 2000, chapters 3 and 10 (tests, predicted survival).
Heinze G, Schemper M. Biometrics 2001;57:114-119 (monotone likelihood).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.cox_likelihood import Likelihood, RiskSets, Ties
from deeptepp.stats.design import Design
from deeptepp.stats.estimate import ChiSquareTest, Estimate, chi_square_test, known, normal_quantile

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

ALIASED = "the column is constant, or follows from the columns before it"
"""Reason of a hazard ratio that the design does not determine."""
NO_EVENT = "no event was seen"
"""Reason of a hazard ratio without events."""
MONOTONE = "the likelihood rises without bound (no event in one arm, or separation); see the penalised estimate"
"""Reason of a hazard ratio that would be 0 or infinite."""
UNSTABLE = "the likelihood was not maximised"
"""Reason of a hazard ratio where Newton's method did not end."""

_MAX_STEPS = 100
_CONVERGED = 1e-12
"""Expected gain of a last step, in log-likelihood; Newton's method squares the error with each step."""
_FLAT = 1e-10
"""Where a step gains less than this while the linear predictor still moves, the maximum is at infinity."""
_MOVING = 0.1
"""Change of a linear predictor in one step that a step near a maximum cannot make."""
_ALIASED = 1e-11
"""Share of the second moment of a column below which what the columns before it leave over is rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class CoxFit:
    """A fitted model.

    Parameters
    ----------
    names : tuple of str
        p columns.
    coefficients : (p,) float64
        Log hazard ratio per unit; NaN where the design does not determine it, infinite where the likelihood rises
        without bound.
    covariance : (p, p) float64
        Of the coefficients; NaN for those that have none.
    reasons : tuple of str
        Why a coefficient has no estimate, by column; empty where it has one.
    n, n_events : int
        Patients and events.
    log_likelihood_null, log_likelihood : float
        Log partial likelihood without and with the columns; its limit where it rises without bound.
    likelihood_ratio, wald, score : ChiSquareTest
        Of all columns together.
    finite_coefficients : (p,) float64
        Coefficients to predict with: 0 where the design determines none, and the last place of the iteration
        instead of infinity.
    centre : (p,) float64
        Mean of each column.
    baseline_months : (k,) float64
        Event times, ascending in each stratum.
    baseline_hazard : (k,) float64
        Cumulative hazard of a patient with mean columns at these times.
    baseline_stratum : (k,) int64
        Stratum of each, as a place in ``strata``.
    strata : (s,) array
        Labels of the strata; one where the model is not stratified.
    is_stratified : bool
        Whether strata were given.
    ties : Ties
        How tied events share their risk set; the baseline hazard follows it.
    level : float
        Confidence level.
    """

    names: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    reasons: tuple[str, ...]
    n: int
    n_events: int
    log_likelihood_null: float
    log_likelihood: float
    likelihood_ratio: ChiSquareTest
    wald: ChiSquareTest
    score: ChiSquareTest
    finite_coefficients: Floats
    centre: Floats
    baseline_months: Floats
    baseline_hazard: Floats
    baseline_stratum: npt.NDArray[np.int64]
    strata: npt.NDArray[np.generic]
    is_stratified: bool
    ties: Ties
    level: float

    @property
    def method(self) -> str:
        """Estimator and interval, for captions."""
        return f"Cox, {self.ties} ties{', stratified' if self.is_stratified else ''}, Wald interval"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader has to know: the columns without a hazard ratio, and why."""
        return tuple(f"{name}: {why}" for name, why in zip(self.names, self.reasons, strict=True) if why)

    @property
    def standard_errors(self) -> Floats:
        """Standard errors of the coefficients (p,); NaN where there is no estimate."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def z(self) -> Floats:
        """Wald statistics of the coefficients (p,); NaN where there is no estimate."""
        return np.where(np.isfinite(self.coefficients), self.coefficients, np.nan) / self.standard_errors

    @property
    def p_values(self) -> Floats:
        """Two-sided Wald p-values of the coefficients (p,); NaN where there is no estimate."""
        return np.asarray(2 * ndtr(-np.abs(self.z)), dtype=np.float64)

    def hazard_ratios(self) -> tuple[Estimate, ...]:
        """Give the hazard ratio per unit of each column.

        Returns
        -------
        tuple of Estimate
            In the order of ``names``; without a value where there is a reason.
        """
        half = normal_quantile(self.level) * self.standard_errors
        value, low, high = (_exp(self.coefficients + sign * half * bool(sign)) for sign in (0, -1, 1))
        p_values = self.p_values
        return tuple(
            Estimate(
                value=None if reason else known(value[i]),
                low=None if reason else known(low[i]),
                high=None if reason else known(high[i]),
                level=self.level,
                p_value=None if reason else known(p_values[i]),
                n=self.n,
                n_events=self.n_events,
                method=self.method,
                reason=reason,
            )
            for i, reason in enumerate(self.reasons)
        )

    def linear_predictor(self, values: npt.ArrayLike) -> Floats:
        """Give the log hazard relative to a patient with all columns 0.

        Parameters
        ----------
        values : (m, p) array_like
            Columns of any patients.

        Returns
        -------
        (m,) float64
            With ``finite_coefficients``.
        """
        return np.asarray(values, dtype=np.float64) @ self.finite_coefficients

    def survival_at(
        self, months: npt.ArrayLike, values: npt.ArrayLike, *, strata: npt.ArrayLike | None = None
    ) -> Floats:
        """Predict survival from the baseline hazard of the fit.

        Parameters
        ----------
        months : float or (k,) array_like
            Times; past the last event the curve stays where it is.
        values : (m, p) array_like
            Columns of any patients.
        strata : (m,) array_like, optional
            Stratum of each; needed where the model is stratified.

        Returns
        -------
        (m,) or (m, k) float64
            Share without the event, in [0, 1]; one column for each time unless ``months`` is one number.

        Raises
        ------
        OutOfRange
            A stratum is not in the fit, or the model is stratified and no strata are given.
        """
        x = np.asarray(values, dtype=np.float64)
        times = np.atleast_1d(np.asarray(months, dtype=np.float64))
        place = self._place(strata, len(x))
        hazard = np.empty((len(x), len(times)))
        for s in np.unique(place):
            mine = self.baseline_stratum == s
            steps = np.concatenate([[0.0], self.baseline_hazard[mine]])
            hazard[place == s] = steps[np.searchsorted(self.baseline_months[mine], times, side="right")]
        relative = (x - self.centre) @ self.finite_coefficients
        with np.errstate(divide="ignore", over="ignore"):
            survival = np.exp(-np.exp(np.log(hazard) + relative[:, None]))
        return np.asarray(survival[:, 0] if np.ndim(months) == 0 else survival, dtype=np.float64)

    def _place(self, strata: npt.ArrayLike | None, n: int) -> npt.NDArray[np.int64]:
        """Give the place of each patient's stratum in ``strata``."""
        if not self.is_stratified:
            return np.zeros(n, dtype=np.int64)
        labels = np.asarray(strata)
        place = np.minimum(np.searchsorted(self.strata, labels), len(self.strata) - 1) if strata is not None else 0
        if strata is None or not (self.strata[place] == labels).all():
            raise OutOfRange(field="strata", value="missing or unknown", limit="strata of the fit")
        return np.asarray(place, dtype=np.int64)


def fit_cox(
    follow_up: FollowUp,
    design: Design,
    *,
    strata: npt.ArrayLike | None = None,
    ties: Ties = Ties.EFRON,
    level: float = 0.95,
) -> CoxFit:
    """Fit a proportional hazards model by maximum partial likelihood.

    Parameters
    ----------
    follow_up : FollowUp
        Times in months and events of n patients.
    design : Design
        n rows; no column is needed to have the baseline hazard alone.
    strata : (n,) array_like, optional
        Patients of different strata have baseline hazards of their own.
    ties : Ties
        How events at one time share their risk set.
    level : float
        Confidence level, in (0, 1).

    Returns
    -------
    CoxFit
        With a reason for each coefficient that has no estimate.

    Raises
    ------
    NotEstimable
        There are no patients.
    OutOfRange
        A value is missing, or the level is no probability.
    """
    check_design(follow_up, design, level)
    risk_sets = RiskSets(follow_up, strata, ties)
    centre, scale = _centre_and_scale(design.values)
    columns = np.ascontiguousarray(((design.values[risk_sets.rows] - centre) / scale).T)
    null = risk_sets.evaluate(columns, np.zeros(len(risk_sets.rows)))
    used = independent(null)
    end = _maximise(risk_sets, columns[used], _restricted(null, used))
    reasons = np.full(len(centre), ALIASED if follow_up.n_events else NO_EVENT, dtype=object)
    reasons[used] = np.where(end.is_infinite, MONOTONE, "" if end.has_converged else UNSTABLE)
    finite = np.zeros(len(centre))
    finite[used] = end.coefficients / scale[used]
    coefficients = np.full(len(centre), np.nan)
    coefficients[used] = np.where(end.is_infinite, np.copysign(np.inf, end.coefficients), finite[used])
    kept = reasons == ""
    covariance = np.full((len(centre), len(centre)), np.nan)
    information = _restricted(end.likelihood, kept[used]).information
    covariance[np.ix_(kept, kept)] = _inverse(information) / np.outer(scale[kept], scale[kept])
    rank = int(used.sum())
    none = "" if follow_up.n_events else NO_EVENT
    beta = end.coefficients[kept[used]]
    missing = next((why for why in reasons[used] if why), none)
    hazard = end.likelihood.hazard * np.exp(-end.likelihood.shift[risk_sets.stratum])
    baseline = _cumulated(risk_sets, hazard)
    return CoxFit(
        names=design.names,
        coefficients=coefficients,
        covariance=covariance,
        reasons=tuple(reasons.tolist()),
        n=follow_up.n,
        n_events=follow_up.n_events,
        log_likelihood_null=null.value,
        log_likelihood=end.likelihood.value,
        likelihood_ratio=chi_square_test(
            2 * (end.likelihood.value - null.value), rank, "likelihood ratio test", reason=none
        ),
        wald=chi_square_test(float(beta @ information @ beta), rank, "Wald test", reason=missing),
        score=chi_square_test(_quadratic(_restricted(null, used)), rank, "score test", reason=none),
        finite_coefficients=finite,
        centre=centre,
        baseline_months=baseline[0],
        baseline_hazard=baseline[1],
        baseline_stratum=baseline[2],
        strata=risk_sets.labels,
        is_stratified=strata is not None,
        ties=ties,
        level=level,
    )


def check_design(follow_up: FollowUp, design: Design, level: float) -> None:
    """Refuse what no model can be fitted to.

    Parameters
    ----------
    follow_up : FollowUp
        Times and events of n patients.
    design : Design
        Must have n finite rows.
    level : float
        Must lie in (0, 1).

    Raises
    ------
    NotEstimable
        There are no patients.
    OutOfRange
        A value is missing, or the level is no probability.
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


def independent(null: Likelihood) -> Flags:
    """Find the columns that say something beyond the columns before them.

    Parameters
    ----------
    null : Likelihood
        With all coefficients 0.

    Returns
    -------
    (p,) bool
        False for a column that is constant in every risk set, given the columns before it.
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


@dataclass(frozen=True, slots=True, eq=False)
class _End:
    """Where Newton's method ended."""

    coefficients: Floats
    likelihood: Likelihood
    is_infinite: Flags
    has_converged: bool


def _maximise(risk_sets: RiskSets, columns: Floats, start: Likelihood) -> _End:
    """Take Newton steps from 0, halved where they do not raise the likelihood."""
    beta, now = np.zeros(len(columns)), start
    width = np.ptp(columns, axis=1) if columns.size else np.zeros(len(columns))
    for _ in range(_MAX_STEPS):
        step = _solve(now)
        gain = abs(float(now.gradient @ step))
        moved = np.abs(step) * width
        if gain < _FLAT and (moved > _MOVING).any():
            return _End(beta, now, moved > _MOVING / 2, has_converged=True)
        beta, now = _forward(risk_sets, columns, beta, step, now)
        if gain < _CONVERGED:
            return _End(beta, now, np.zeros(len(beta), dtype=bool), has_converged=True)
    return _End(beta, now, np.zeros(len(beta), dtype=bool), has_converged=False)


def _forward(
    risk_sets: RiskSets, columns: Floats, beta: Floats, step: Floats, now: Likelihood
) -> tuple[Floats, Likelihood]:
    """Go one step, halved until the likelihood does not fall by more than rounding."""
    floor = now.value - 1e-12 * max(1.0, abs(now.value))
    for _ in range(30):
        there = risk_sets.evaluate(columns, (beta + step) @ columns)
        if there.value >= floor:
            return beta + step, there
        step = step / 2
    return beta, now


def _solve(at: Likelihood) -> Floats:
    """Give the Newton step."""
    return np.asarray(_inverse(at.information) @ at.gradient, dtype=np.float64)


def _quadratic(at: Likelihood) -> float:
    """Give the score statistic."""
    return float(at.gradient @ _solve(at))


def _inverse(information: Floats) -> Floats:
    """Invert an information matrix, also one that has become singular on the way."""
    try:
        inverse = np.linalg.inv(information)
    except np.linalg.LinAlgError:
        inverse = np.linalg.pinv(information, hermitian=True)
    return np.asarray((inverse + inverse.T) / 2, dtype=np.float64)


def _restricted(at: Likelihood, used: Flags) -> Likelihood:
    """Keep the columns that are used."""
    information = at.information[np.ix_(used, used)]
    return Likelihood(at.value, at.gradient[used], information, at.means[used], at.hazard, at.shift)


def _centre_and_scale(values: Floats) -> tuple[Floats, Floats]:
    """Give mean and standard deviation of each column; the deviation of a constant column is taken for 1."""
    centre, scale = values.mean(axis=0), values.std(axis=0)
    return centre, np.where(scale > 1e-12 * np.abs(centre), scale, 1.0)


def _cumulated(risk_sets: RiskSets, hazard: Floats) -> tuple[Floats, Floats, npt.NDArray[np.int64]]:
    """Give event times, cumulative hazard and stratum, times ascending in each stratum."""
    order = np.lexsort((risk_sets.months, risk_sets.stratum))
    stratum, jumps = risk_sets.stratum[order], hazard[order]
    cumulative = np.empty_like(jumps)
    for s in np.unique(stratum):
        cumulative[stratum == s] = np.cumsum(jumps[stratum == s])
    return risk_sets.months[order], cumulative, stratum


def _exp(values: Floats) -> Floats:
    """Exponentiate; what is too large becomes infinite."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(np.exp(values), dtype=np.float64)
