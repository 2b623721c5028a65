"""A fitted proportional hazards model: hazard ratios, tests and predicted survival, or why there are none.

References
----------
Therneau TM, Grambsch PM. Modeling Survival Data, 2000, chapters 3 and 10 (tests, predicted survival).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from deeptepp.errors import OutOfRange
from deeptepp.stats.estimate import ChiSquareTest, Estimate, known, normal_quantile
from deeptepp.stats.hazards.cox_likelihood import Ties
from deeptepp.wording.sentence import sentence

Floats = npt.NDArray[np.float64]

ALIASED = "the column is constant, or follows from the columns before it"
"""Reason of a hazard ratio that the design does not determine."""
NO_EVENT = "no event was seen"
"""Reason of a hazard ratio without events."""
MONOTONE = "the likelihood rises without bound (no event in one arm, or separation); see the penalised estimate"
"""Reason of a hazard ratio that would be 0 or infinite."""
SEPARATED_BY_OTHERS = "not estimable: the other covariates separate the events completely"
"""Reason of a hazard ratio beside infinite ones: complete separation leaves its standard error without a bound."""
UNSTABLE = "the likelihood was not maximised; it may rise without bound"
"""Reason of a hazard ratio where Newton's method did not end."""


@dataclass(frozen=True, slots=True, eq=False)
class CoxFit:
    """A fitted model.

    ``coefficients`` (p,): log hazard ratio per unit; NaN where the design does not determine it, infinite where
    the likelihood rises without bound. ``covariance`` (p, p): of the coefficients; NaN for those that have none.
    ``reasons``: why a coefficient has no estimate, by column; empty where it has one. ``log_likelihood_null``,
    ``log_likelihood``: log partial likelihood without and with the columns; its limit where it rises without
    bound. ``likelihood_ratio``, ``wald``, ``score``: of all columns together. ``finite_coefficients`` (p,):
    coefficients to predict with: 0 where the design determines none, and the last place of the iteration instead
    of infinity. ``centre`` (p,): mean of each column. ``baseline_months`` (k,): event times, ascending in each
    stratum. ``baseline_hazard`` (k,): cumulative hazard of a patient with mean columns at these times.
    ``baseline_stratum`` (k,): stratum of each, as a place in ``strata``. ``strata`` (s,): labels of the strata;
    one where the model is not stratified. ``is_stratified``: whether strata were given. ``ties``: how tied events
    share their risk set; the baseline hazard follows it.
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
        return sentence(
            "Cox, {ties} ties, stratified, Wald interval"
            if self.is_stratified
            else "Cox, {ties} ties, Wald interval",
            ties=self.ties,
        )

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

        Returns: in the order of ``names``; without a value where there is a reason.
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

        ``values`` (m, p): columns of any patients. Returns (m,): with ``finite_coefficients``.
        """
        # Row by row, so that equal patients get equal numbers.
        return np.asarray((np.asarray(values, dtype=np.float64) * self.finite_coefficients).sum(axis=1))

    def survival_at(
        self, months: npt.ArrayLike, values: npt.ArrayLike, *, strata: npt.ArrayLike | None = None
    ) -> Floats:
        """Predict survival from the baseline hazard of the fit.

        ``months``: times; past the last event the curve stays where it is. ``values`` (m, p): columns of any
        patients. ``strata`` (m,): stratum of each; needed where the model is stratified. Returns (m,): share
        without the event, in [0, 1]; one column for each time unless ``months`` is one number.
        """
        x = np.asarray(values, dtype=np.float64)
        times = np.atleast_1d(np.asarray(months, dtype=np.float64))
        place = self._place(strata, len(x))
        hazard = np.empty((len(x), len(times)))
        # Cumulative baseline hazard of the stratum at each time.
        for s in np.unique(place):
            mine = self.baseline_stratum == s
            steps = np.concatenate([[0.0], self.baseline_hazard[mine]])
            hazard[place == s] = steps[np.searchsorted(self.baseline_months[mine], times, side="right")]
        relative = (x - self.centre) @ self.finite_coefficients
        with np.errstate(divide="ignore", over="ignore"):
            survival = np.exp(-np.exp(np.log(hazard) + relative[:, None]))
        return np.asarray(survival[:, 0] if np.ndim(months) == 0 else survival, dtype=np.float64)

    def _place(self, strata: npt.ArrayLike | None, n: int) -> npt.NDArray[np.int64]:
        """Place of each patient's stratum in ``strata``."""
        if not self.is_stratified:
            return np.zeros(n, dtype=np.int64)
        labels = np.asarray(strata)
        place = np.minimum(np.searchsorted(self.strata, labels), len(self.strata) - 1) if strata is not None else 0
        if strata is None or not (self.strata[place] == labels).all():
            raise OutOfRange(field="strata", value="missing or unknown", limit="strata of the fit")
        return np.asarray(place, dtype=np.int64)


def _exp(values: Floats) -> Floats:
    """Exponentiate; what is too large becomes infinite."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(np.exp(values), dtype=np.float64)
