"""Proportional hazards regression by Newton's method, stratified or not.

Columns are centred and scaled inside, so that units do not matter. A column that says nothing beyond the columns
before it has no coefficient. Where the likelihood rises for ever, as with an arm without events, the hazard ratio
is reported as not estimable; ``deeptepp.stats.firth`` has an estimate for that.

References
----------
Cox DR. J R Stat Soc B 1972;34:187-220.
Therneau TM, Grambsch PM. Modeling Survival Data, 2000, chapters 3 and 10 (tests, predicted survival).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import OutOfRange
from deeptepp.stats.cox_likelihood import Likelihood, RiskSets, Ties
from deeptepp.stats.cox_maximum import Maximum, centre_and_scale, check_design, independent, inverse, maximise
from deeptepp.stats.design import Design
from deeptepp.stats.estimate import ChiSquareTest, Estimate, chi_square_test, known, normal_quantile

Floats = npt.NDArray[np.float64]

ALIASED = "the column is constant, or follows from the columns before it"
"""Reason of a hazard ratio that the design does not determine."""
NO_EVENT = "no event was seen"
"""Reason of a hazard ratio without events."""
MONOTONE = "the likelihood rises without bound (no event in one arm, or separation); see the penalised estimate"
"""Reason of a hazard ratio that would be 0 or infinite."""
UNSTABLE = "the likelihood was not maximised"
"""Reason of a hazard ratio where Newton's method did not end."""


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
        # Row by row, so that equal patients get equal numbers.
        return np.asarray((np.asarray(values, dtype=np.float64) * self.finite_coefficients).sum(axis=1))

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
    centre, scale = centre_and_scale(design.values)
    columns = np.ascontiguousarray(((design.values[risk_sets.rows] - centre) / scale).T)
    null = risk_sets.evaluate(columns, np.zeros(len(risk_sets.rows)))
    used = independent(null)
    start = null.restricted(used)
    end = maximise(risk_sets, columns[used], start)
    reasons = np.full(len(centre), NO_EVENT if follow_up.n_events == 0 else ALIASED, dtype=object)
    reasons[used] = np.where(end.is_infinite, MONOTONE, "" if end.has_converged else UNSTABLE)
    finite, coefficients = np.zeros(len(centre)), np.full(len(centre), np.nan)
    finite[used] = end.coefficients / scale[used]
    coefficients[used] = np.where(end.is_infinite, np.copysign(np.inf, end.coefficients), finite[used])
    has_estimate = reasons == ""
    covariance = np.full((len(centre), len(centre)), np.nan)
    information = end.likelihood.restricted(has_estimate[used]).information
    covariance[np.ix_(has_estimate, has_estimate)] = inverse(information) / np.outer(
        scale[has_estimate], scale[has_estimate]
    )
    likelihood_ratio, wald, score = _tests(start, end, [why for why in reasons[used] if why])
    months, hazard, stratum = _baseline(risk_sets, end.likelihood)
    return CoxFit(
        names=design.names,
        coefficients=coefficients,
        covariance=covariance,
        reasons=tuple(reasons.tolist()),
        n=follow_up.n,
        n_events=follow_up.n_events,
        log_likelihood_null=null.value,
        log_likelihood=end.likelihood.value,
        likelihood_ratio=likelihood_ratio,
        wald=wald,
        score=score,
        finite_coefficients=finite,
        centre=centre,
        baseline_months=months,
        baseline_hazard=hazard,
        baseline_stratum=stratum,
        strata=risk_sets.labels,
        is_stratified=strata is not None,
        ties=ties,
        level=level,
    )


def _tests(
    start: Likelihood, end: Maximum, reasons: list[str]
) -> tuple[ChiSquareTest, ChiSquareTest, ChiSquareTest]:
    """Test all columns together: likelihood ratio, Wald (None where a coefficient has no estimate) and score."""
    rank, beta = len(end.coefficients), end.coefficients
    none = "" if rank else "no column can be tested"
    wald = float(beta @ end.likelihood.information @ beta)
    score = float(start.gradient @ inverse(start.information) @ start.gradient)
    return (
        chi_square_test(2 * (end.likelihood.value - start.value), rank, "likelihood ratio test", reason=none),
        chi_square_test(wald, rank, "Wald test", reason=none or next(iter(reasons), "")),
        chi_square_test(score, rank, "score test", reason=none),
    )


def _baseline(risk_sets: RiskSets, end: Likelihood) -> tuple[Floats, Floats, npt.NDArray[np.int64]]:
    """Give event times, cumulative hazard and stratum, times ascending in each stratum."""
    order = np.lexsort((risk_sets.months, risk_sets.stratum))
    stratum = risk_sets.stratum[order]
    jumps = (end.hazard * np.exp(-end.shift[risk_sets.stratum]))[order]
    cumulative = np.empty_like(jumps)
    for s in np.unique(stratum):
        cumulative[stratum == s] = np.cumsum(jumps[stratum == s])
    return risk_sets.months[order], cumulative, stratum


def _exp(values: Floats) -> Floats:
    """Exponentiate; what is too large becomes infinite."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(np.exp(values), dtype=np.float64)
