"""Nested Cox models, which R was asked about: likelihood ratio and Wald test of the added columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deeptepp.stats.estimate import ChiSquareTest, chi_square_test
from deeptepp.stats.hazards.cox import fit_cox
from deeptepp.stats.hazards.cox_fit import CoxFit


@dataclass(frozen=True)
class NestedModels:
    """Both fits and the tests of what the larger one has beyond the smaller."""

    main: CoxFit
    full: CoxFit
    likelihood_ratio: ChiSquareTest
    wald: ChiSquareTest


def compare_nested(times, main, full, *, strata, ties) -> NestedModels:
    """Fit both designs; columns that the design does not determine do not count in the Wald test."""
    small, large = (fit_cox(times, columns, strata=strata, ties=ties) for columns in (main, full))
    gained = 2 * (large.log_likelihood - small.log_likelihood)
    rank = large.likelihood_ratio.degrees_of_freedom - small.likelihood_ratio.degrees_of_freedom
    places = [i for i, name in enumerate(full.names) if name not in main.names]
    places = [i for i in places if not np.isnan(large.coefficients[i])]
    statistic, reason = 0.0, next((large.reasons[i] for i in places if large.reasons[i]), "")
    if places and not reason:
        beta = large.coefficients[places]
        statistic = float(beta @ np.linalg.solve(large.covariance[np.ix_(places, places)], beta))
    return NestedModels(
        small,
        large,
        chi_square_test(gained, rank, "likelihood ratio test of nested Cox models"),
        chi_square_test(statistic, len(places), "Wald test of added columns", reason=reason),
    )
