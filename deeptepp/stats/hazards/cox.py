"""Proportional hazards regression by Newton's method, stratified or not.

Columns are centred and scaled inside, so that units do not matter. A column that says nothing beyond the columns
before it has no coefficient. Where the likelihood rises for ever, as with an arm without events, the hazard ratio
is reported as not estimable; ``deeptepp.stats.hazards.firth`` has an estimate for that.

References
----------
Cox DR. J R Stat Soc B 1972;34:187-220.
Therneau TM, Grambsch PM. Modeling Survival Data, 2000, chapters 3 and 10 (tests, predicted survival).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import FollowUp
from deeptepp.stats.design import Design
from deeptepp.stats.estimate import ChiSquareTest, chi_square_test
from deeptepp.stats.hazards.cox_fit import ALIASED, MONOTONE, NO_EVENT, SEPARATED_BY_OTHERS, UNSTABLE, CoxFit
from deeptepp.stats.hazards.cox_likelihood import Likelihood, RiskSets, Ties
from deeptepp.stats.hazards.cox_maximum import (
    Maximum,
    centre_and_scale,
    check_design,
    independent,
    inverse,
    maximise,
    without_information,
)

Floats = npt.NDArray[np.float64]


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
        Months and events of n patients.
    design : Design
        (n, p) columns, from ``stats.design.design``; none are needed to have the baseline hazard alone.
    strata : (n,) array, optional
        Patients of different strata have baseline hazards of their own.
    ties : Ties
        Efron's or Breslow's likelihood; Efron's is closer to the exact one.
    level : float
        Of the confidence intervals.

    Returns
    -------
    CoxFit
        Coefficients with a reason for each that has no estimate (separation, aliased columns).

    Raises
    ------
    NotEstimable
        There are no patients.

    Examples
    --------
    >>> follow_up = FollowUp(np.arange(1.0, 7.0), np.array([True, True, False, True, True, False]))
    >>> fit = fit_cox(follow_up, Design(("treated",), np.array([[0.0], [1.0], [0.0], [1.0], [0.0], [1.0]])))
    >>> fit.names, fit.n_events
    (('treated',), 4)
    """
    check_design(follow_up, design, level)
    risk_sets = RiskSets(follow_up, strata, ties)
    centre, scale = centre_and_scale(design.values)
    columns = np.ascontiguousarray(((design.values[risk_sets.rows] - centre) / scale).T)
    # At the null: the score and information that tests and aliased columns are judged by.
    null = risk_sets.evaluate(columns, np.zeros(len(risk_sets.rows)))
    used = independent(null)
    start = null.restricted(used)
    # Newton's method to the maximum of the partial likelihood.
    end = maximise(risk_sets, columns[used], start)
    # Aliased columns and monotone likelihoods (separation) get a reason in place of an estimate.
    reasons = np.full(len(centre), NO_EVENT if follow_up.n_events == 0 else ALIASED, dtype=object)
    reasons[used] = np.where(end.is_infinite, MONOTONE, "" if end.has_converged else UNSTABLE)
    finite, coefficients = np.zeros(len(centre)), np.full(len(centre), np.nan)
    finite[used] = end.coefficients / scale[used]
    coefficients[used] = np.where(end.is_infinite, np.copysign(np.inf, end.coefficients), finite[used])
    if end.is_infinite.any():
        lost = without_information(end, columns[used])
        reasons[np.flatnonzero(used)[lost]], coefficients[np.flatnonzero(used)[lost]] = SEPARATED_BY_OTHERS, np.nan
    has_estimate = reasons == ""
    # Inverse information, on the scale of the columns as they came.
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
    open_end = none or ("" if end.has_converged else UNSTABLE)
    wald = float(beta @ end.likelihood.information @ beta)
    score = float(start.gradient @ inverse(start.information) @ start.gradient)
    return (
        chi_square_test(2 * (end.likelihood.value - start.value), rank, "likelihood ratio test", reason=open_end),
        chi_square_test(wald, rank, "Wald test", reason=none or next(iter(reasons), "")),
        chi_square_test(score, rank, "score test", reason=none),
    )


def _baseline(risk_sets: RiskSets, end: Likelihood) -> tuple[Floats, Floats, npt.NDArray[np.int64]]:
    """Event times, cumulative hazard and stratum, times ascending in each stratum."""
    order = np.lexsort((risk_sets.months, risk_sets.stratum))
    stratum = risk_sets.stratum[order]
    jumps = (end.hazard * np.exp(-end.shift[risk_sets.stratum]))[order]
    cumulative = np.empty_like(jumps)
    for s in np.unique(stratum):
        cumulative[stratum == s] = np.cumsum(jumps[stratum == s])
    return risk_sets.months[order], cumulative, stratum
