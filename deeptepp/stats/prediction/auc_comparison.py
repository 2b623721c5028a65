"""Two areas under the ROC curve compared by DeLong's method, in the same patients or in two samples.

References
----------
DeLong ER, DeLong DM, Clarke-Pearson DL. Biometrics 1988;44:837-845 (paired).
Robin X, et al. BMC Bioinformatics 2011;12:77 (unpaired, with Welch's degrees of freedom).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, stdtr, stdtrit

from deeptepp.errors import NotEstimable
from deeptepp.stats.estimate import normal_quantile
from deeptepp.stats.prediction.ranked_scores import rank_scores, variance_of_mean


@dataclass(frozen=True, slots=True)
class AucDifference:
    """Two scores of the same patients compared by paired DeLong.

    Parameters
    ----------
    difference : float
        AUC of the first score less that of the second.
    low, high : float
        Confidence interval.
    level : float
        Its confidence level.
    z : float
        Standardised difference; 0 where its variance is 0.
    p_value : float
        Two-sided; 1 where the variance is 0.
    n : int
        Patients.
    n_events : int
        Patients with the event.
    auc : tuple of float
        Both areas.
    variance : tuple of float
        DeLong's variance of each.
    covariance : float
        Of both areas.
    method : str
        For captions.
    reason : str
        That the variance is 0, so that nothing can be tested; empty where it is not.
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


@dataclass(frozen=True, slots=True)
class UnpairedAucDifference:
    """One score in two samples of different patients.

    Parameters
    ----------
    difference : float
        AUC in the first sample less that in the second.
    low, high : float
        Confidence interval by the t distribution.
    level : float
        Its confidence level.
    statistic : float
        Standardised difference, D.
    degrees_of_freedom : float
        Welch's.
    p_value : float
        Two-sided by the t distribution.
    p_normal : float
        Two-sided by the normal distribution.
    auc, standard_error : tuple of float
        Of both samples.
    n, n_events : tuple of int
        Patients, and patients with the event, of both samples.
    method : str
        For captions.
    """

    difference: float
    low: float
    high: float
    level: float
    statistic: float
    degrees_of_freedom: float
    p_value: float
    p_normal: float
    auc: tuple[float, float]
    standard_error: tuple[float, float]
    n: tuple[int, int]
    n_events: tuple[int, int]
    method: str = "unpaired DeLong, Welch's t"


def compare_auc(
    first: npt.ArrayLike, second: npt.ArrayLike, events: npt.ArrayLike, *, level: float = 0.95
) -> AucDifference:
    """Compare two scores of the same patients.

    Parameters
    ----------
    first, second : (n,) array_like
        Finite scores of the same patients.
    events : (n,) array_like of bool
        True where the event was seen.
    level : float
        Confidence level, in (0, 1).

    Returns
    -------
    AucDifference
        First less second.

    Raises
    ------
    NotEstimable
        A class has fewer than two patients.
    OutOfRange
        A score is missing.
    """
    one, other = rank_scores(first, events), rank_scores(second, events)
    n, n_events = one.n, one.n_events
    if min(n_events, n - n_events) < 2:
        raise NotEstimable(what="The difference of two AUC", reason="a class has fewer than two patients")
    aucs, variances = zip(*((auc, v1 + v0) for auc, v1, v0 in (one.auc(), other.auc())), strict=True)
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


def compare_auc_unpaired(
    first: tuple[npt.ArrayLike, npt.ArrayLike], second: tuple[npt.ArrayLike, npt.ArrayLike], *, level: float = 0.95
) -> UnpairedAucDifference:
    """Compare a score between two samples of different patients.

    Parameters
    ----------
    first, second : tuple of (n_i,) array_like
        Finite scores and events of each sample.
    level : float
        Confidence level, in (0, 1).

    Returns
    -------
    UnpairedAucDifference
        First less second.

    Raises
    ------
    NotEstimable
        A class of a sample has fewer than two patients, or the variance is 0 in both samples.
    OutOfRange
        A score is missing.
    """
    samples = [rank_scores(*sample) for sample in (first, second)]
    if any(min(sample.n_events, sample.n - sample.n_events) < 2 for sample in samples):
        raise NotEstimable(what="The difference of two AUC", reason="a class has fewer than two patients")
    aucs, variances = zip(*((auc, v1 + v0) for auc, v1, v0 in (s.auc() for s in samples)), strict=True)
    if sum(variances) <= 0:
        raise NotEstimable(what="The difference of two AUC", reason="DeLong's variance is 0 in both samples")
    difference, error = aucs[0] - aucs[1], float(np.sqrt(sum(variances)))
    freedom = sum(variances) ** 2 / sum(v**2 / (s.n - 1) for v, s in zip(variances, samples, strict=True))
    statistic = difference / error
    half = float(stdtrit(freedom, 0.5 + level / 2)) * error
    return UnpairedAucDifference(
        difference=difference,
        low=difference - half,
        high=difference + half,
        level=level,
        statistic=statistic,
        degrees_of_freedom=freedom,
        p_value=float(2 * stdtr(freedom, -abs(statistic))),
        p_normal=float(2 * ndtr(-abs(statistic))),
        auc=aucs,
        standard_error=(float(np.sqrt(variances[0])), float(np.sqrt(variances[1]))),
        n=(samples[0].n, samples[1].n),
        n_events=(samples[0].n_events, samples[1].n_events),
    )
