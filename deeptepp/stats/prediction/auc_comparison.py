"""Two areas under the ROC curve of the same patients compared by DeLong's method.

References
----------
DeLong ER, DeLong DM, Clarke-Pearson DL. Biometrics 1988;44:837-845.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from deeptepp.errors import NotEstimable
from deeptepp.stats.estimate import normal_quantile
from deeptepp.stats.prediction.ranked_scores import rank_scores, variance_of_mean


@dataclass(frozen=True, slots=True)
class AucDifference:
    """Two scores of the same patients compared by paired DeLong.

    ``difference``: AUC of the first score less that of the second. ``z``: standardised difference; 0 where its
    variance is 0. ``p_value``: two-sided; 1 where the variance is 0. ``variance``: DeLong's variance of each.
    ``covariance``: of both areas. ``reason``: that the variance is 0, so that nothing can be tested; empty where
    it is not.
    """

    difference: float
    low: float
    high: float
    level: float
    z: float
    p_value: float
    n: int
    n_events: int
    auc: tuple[float, float]
    variance: tuple[float, float]
    covariance: float
    method: str = "paired DeLong"
    reason: str = ""


def compare_auc(
    first: npt.ArrayLike, second: npt.ArrayLike, events: npt.ArrayLike, *, level: float = 0.95
) -> AucDifference:
    """Compare two scores of the same patients.

    ``first``, ``second`` (n,): finite scores of the same patients. Raises ``NotEstimable``: a class has fewer than
    two patients.
    """
    one, other = rank_scores(first, events), rank_scores(second, events)
    n, n_events = one.n, one.n_events
    if min(n_events, n - n_events) < 2:
        raise NotEstimable(what="The difference of two AUC", reason="a class has fewer than two patients")
    aucs, variances = zip(*((auc, v1 + v0) for auc, v1, v0 in (one.auc(), other.auc())), strict=True)
    # DeLong: the variance of the difference is that of the paired differences of placements.
    apart = [a - b for a, b in zip(one.placements(), other.placements(), strict=True)]
    difference = float(apart[0].sum()) / (2.0 * n_events * (n - n_events))
    variance = variance_of_mean(apart[0]) / (2 * (n - n_events)) ** 2
    variance += variance_of_mean(apart[1]) / (2 * n_events) ** 2
    error = float(np.sqrt(variance))
    z = difference / error if error > 0 else 0.0
    half = normal_quantile(level) * error
    return AucDifference(
        difference=difference,
        low=difference - half,
        high=difference + half,
        level=level,
        z=z,
        p_value=float(2 * ndtr(-abs(z))),
        n=n,
        n_events=n_events,
        auc=aucs,
        variance=variances,
        covariance=(sum(variances) - variance) / 2,
        reason="" if error > 0 else "DeLong's variance of the difference is 0 on these data",
    )
