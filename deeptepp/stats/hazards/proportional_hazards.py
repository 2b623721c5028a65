"""Whether hazard ratios stay the same over time: score test of an effect that grows with the share of events.

The coefficients are given a slope over the Kaplan-Meier share of patients with the event; the slope is 0 where
hazards are proportional. Informational: a small p-value says that a hazard ratio is an average over time.

References
----------
Grambsch PM, Therneau TM. Biometrika 1994;81:515-526.
Therneau TM, Grambsch PM. Modeling Survival Data, 2000, section 6.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import FollowUp
from deeptepp.stats.design import Design
from deeptepp.stats.estimate import ChiSquareTest, chi_square_test
from deeptepp.stats.hazards.cox_fit import CoxFit
from deeptepp.stats.hazards.cox_likelihood import RiskSets
from deeptepp.stats.hazards.cox_maximum import centre_and_scale, inverse
from deeptepp.stats.survival.kaplan_meier import product_limit

Floats = npt.NDArray[np.float64]

_METHOD = "score test of a slope over Kaplan-Meier time"


@dataclass(frozen=True, slots=True)
class ProportionalHazards:
    """Tests of proportional hazards.

    ``names``: columns with an estimate. ``by_column``: one degree of freedom each. ``together``: of all of them.
    """

    names: tuple[str, ...]
    by_column: tuple[ChiSquareTest, ...]
    together: ChiSquareTest


def check_proportional_hazards(
    follow_up: FollowUp, design: Design, fit: CoxFit, *, strata: npt.ArrayLike | None = None
) -> ProportionalHazards:
    """Test whether the coefficients of a fit change over time.

    ``follow_up``: times in months and events of the n patients of the fit. Returns: one test for each column with
    an estimate, and one of all.
    """
    kept = np.array([reason == "" for reason in fit.reasons], dtype=bool)
    names = tuple(name for name, keep in zip(fit.names, kept, strict=True) if keep)
    p = len(names)
    if not p:
        return ProportionalHazards((), (), chi_square_test(0.0, 0, _METHOD))
    risk_sets = RiskSets(follow_up, strata, fit.ties)
    centre, scale = centre_and_scale(design.values[:, kept])
    columns = ((design.values[risk_sets.rows][:, kept] - centre) / scale).T
    linear = fit.linear_predictor(design.values)[risk_sets.rows]
    means = risk_sets.means(columns, linear)
    products = (columns[:, None] * columns[None]).reshape(p * p, -1)
    # What each event adds to the information: the covariance of the columns in its risk set.
    spread = risk_sets.means(products, linear).reshape(p, p, -1) - means[:, None] * means[None]
    months = follow_up.months[risk_sets.rows[risk_sets.deaths]]
    time = _share_before(follow_up, months)
    time = time - time.mean()
    # Schoenfeld residuals, each event against the mean of its risk set, on centred time.
    score = (columns[:, risk_sets.deaths] - means) @ time
    within, cross, along = (spread @ weight for weight in (np.ones(len(time)), time, time**2))
    # Variance of that score, less what the coefficients themselves were fitted with.
    covariance = along - cross @ inverse(within) @ cross
    # One event, or events at one time, leave nothing to see a slope by.
    reason = "" if np.ptp(time) > 0 else "all events are at one time"
    if reason:
        covariance = np.eye(p)
    by_column = tuple(
        chi_square_test(float(score[j] ** 2 / covariance[j, j]), 1, _METHOD, reason=reason) for j in range(p)
    )
    together = chi_square_test(float(score @ inverse(covariance) @ score), p, _METHOD, reason=reason)
    return ProportionalHazards(names, by_column, together)


def _share_before(follow_up: FollowUp, months: Floats) -> Floats:
    """Share of patients with the event before each of the times, strata together."""
    times, survival = product_limit(follow_up)
    return np.asarray(1 - survival[np.searchsorted(times, months, side="left") - 1])
