"""Whether an effect differs between groups: Cox models with and without an interaction.

References
----------
Therneau TM, Grambsch PM. Modeling Survival Data, 2000, section 3.4 (tests of nested models).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import MissingColumn
from deeptepp.stats.design import Design, design
from deeptepp.stats.estimate import ChiSquareTest, chi_square_test
from deeptepp.stats.hazards.cox import fit_cox
from deeptepp.stats.hazards.cox_fit import UNSTABLE, CoxFit
from deeptepp.stats.hazards.cox_likelihood import Ties


@dataclass(frozen=True, slots=True, eq=False)
class NestedModels:
    """Two models, one of which has more columns.

    Parameters
    ----------
    main, full : CoxFit
        Without and with the added columns.
    added : tuple of str
        Their names.
    likelihood_ratio : ChiSquareTest
        Of the added columns; holds also where one of them has no finite estimate. None where a likelihood was not
        maximised.
    wald : ChiSquareTest
        Of the added columns; None where one of them has no finite estimate.
    """

    main: CoxFit
    full: CoxFit
    added: tuple[str, ...]
    likelihood_ratio: ChiSquareTest
    wald: ChiSquareTest


def compare_nested(
    follow_up: FollowUp,
    main: Design,
    full: Design,
    *,
    strata: npt.ArrayLike | None = None,
    ties: Ties = Ties.EFRON,
    level: float = 0.95,
) -> NestedModels:
    """Test the columns that one model has beyond another.

    Parameters
    ----------
    follow_up : FollowUp
        Times in months and events of n patients.
    main, full : Design
        n rows each; ``full`` has all columns of ``main``.
    strata : (n,) array_like, optional
        As in ``fit_cox``, in both models.
    ties : Ties
        How events at one time share their risk set.
    level : float
        Confidence level, in (0, 1).

    Returns
    -------
    NestedModels
        Both fits, likelihood ratio and Wald test.

    Raises
    ------
    MissingColumn
        ``main`` has a column that ``full`` has not.
    """
    absent = [name for name in main.names if name not in full.names]
    if absent:
        raise MissingColumn(value=", ".join(absent))
    small = fit_cox(follow_up, main, strata=strata, ties=ties, level=level)
    large = fit_cox(follow_up, full, strata=strata, ties=ties, level=level)
    gained = 2 * (large.log_likelihood - small.log_likelihood)
    rank = large.likelihood_ratio.degrees_of_freedom - small.likelihood_ratio.degrees_of_freedom
    added = tuple(name for name in full.names if name not in main.names)
    # Two places that are no maxima have no difference to test.
    reason = UNSTABLE if UNSTABLE in (*small.reasons, *large.reasons) else ""
    return NestedModels(
        main=small,
        full=large,
        added=added,
        likelihood_ratio=chi_square_test(
            gained, rank, "likelihood ratio test of nested Cox models", reason=reason
        ),
        wald=_wald(large, added),
    )


def interaction(
    follow_up: FollowUp,
    columns: Mapping[str, npt.ArrayLike],
    first: str,
    second: str,
    *,
    covariates: Sequence[str] = (),
    reference: Mapping[str, str] | None = None,
    strata: npt.ArrayLike | None = None,
    ties: Ties = Ties.EFRON,
    level: float = 0.95,
) -> NestedModels:
    """Test whether the effect of one column depends on another, as that of treatment on the tier.

    Parameters
    ----------
    follow_up : FollowUp
        Times in months and events of n patients.
    columns : mapping of str to (n,) array_like
        Facts of the patients, none missing in a column that is used.
    first, second : str
        The two columns.
    covariates : sequence of str
        Further terms of both models.
    reference : mapping of str to str, optional
        Reference level by column, as in ``design``.
    strata : (n,) array_like, optional
        As in ``fit_cox``.
    ties : Ties
        How events at one time share their risk set.
    level : float
        Confidence level, in (0, 1).

    Returns
    -------
    NestedModels
        Models without and with the interaction.
    """
    terms = [first, second, *covariates]
    main = design(columns, terms, reference=reference)
    full = design(columns, [*terms, f"{first}:{second}"], reference=reference)
    return compare_nested(follow_up, main, full, strata=strata, ties=ties, level=level)


def _wald(fit: CoxFit, names: Sequence[str]) -> ChiSquareTest:
    """Test some coefficients of a fit together; those that the design does not determine do not count."""
    places = [fit.names.index(name) for name in names]
    places = [i for i in places if not np.isnan(fit.coefficients[i])]
    reason = next((fit.reasons[i] for i in places if fit.reasons[i]), "")
    statistic = 0.0
    if places and not reason:
        beta = fit.coefficients[places]
        statistic = float(beta @ np.linalg.solve(fit.covariance[np.ix_(places, places)], beta))
    return chi_square_test(statistic, len(places), "Wald test of added columns", reason=reason)
