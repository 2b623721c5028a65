"""Two survival curves compared at one time fixed beforehand.

References
----------
Klein JP, Logan B, Harhoff M, Andersen PK. Stat Med 2007;26:4505-4519.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deeptepp.domain.cohort import FollowUp
from deeptepp.stats.estimate import ChiSquareTest, Estimate, chi_square_test, normal_quantile
from deeptepp.stats.survival.kaplan_meier import SurvivalEstimate, kaplan_meier


@dataclass(frozen=True, slots=True)
class FixedTimeComparison:
    """Survival of two arms at one time.

    ``difference``: index less reference, with Greenwood's variances; ``reason`` says where an arm was not followed
    that long. ``naive``: test of the difference. ``log_log``: test on the complementary log-log scale, nearer to
    its level in small arms.
    """

    index: SurvivalEstimate
    reference: SurvivalEstimate
    difference: Estimate
    naive: ChiSquareTest
    log_log: ChiSquareTest


def compare_survival_at(
    index: FollowUp, reference: FollowUp, months: float, *, level: float = 0.95
) -> FixedTimeComparison:
    """Compare the survival of two arms at one time.

    ``months``: the time, >= 0. Returns: tests without a p value say why.
    """
    one = kaplan_meier(index, label="the index arm", level=level).at(months)
    other = kaplan_meier(reference, label="the reference arm", level=level).at(months)
    apart = one.value - other.value
    variance = _summed(one.standard_error, other.standard_error)
    no_variance = "every patient of an arm had the event" if variance is None else "neither arm has had an event"
    method = "difference of Kaplan-Meier estimates"
    if variance:
        naive = chi_square_test(apart**2 / variance, 1, f"{method}, Greenwood")
        half = normal_quantile(level) * float(np.sqrt(variance))
        limits: tuple[float | None, float | None] = (apart - half, apart + half)
    else:
        naive = chi_square_test(0.0, 0, f"{method}, Greenwood", reason=no_variance)
        limits = (None, None)
    beyond = [arm for arm, at in (("index", one), ("reference", other)) if at.is_beyond_follow_up]
    notes = [] if variance else [no_variance]
    notes += [f"the time lies beyond the last observation of the {arm} arm" for arm in beyond]
    difference = Estimate(
        value=apart,
        low=limits[0],
        high=limits[1],
        level=level,
        p_value=naive.p_value,
        n=one.n + other.n,
        n_events=one.n_events + other.n_events,
        method=method,
        reason="; ".join(notes),
    )
    return FixedTimeComparison(one, other, difference, naive, _log_log(one, other))


def _summed(first: float | None, second: float | None) -> float | None:
    """Add two variances, given their roots; None where one is not defined."""
    return None if first is None or second is None else first**2 + second**2


def _log_log(one: SurvivalEstimate, other: SurvivalEstimate) -> ChiSquareTest:
    """Compare log(-log S) of both arms."""
    method = "complementary log-log of Kaplan-Meier estimates"
    values, errors = np.array([one.value, other.value]), (one.standard_error, other.standard_error)
    if errors[0] is None or errors[1] is None or not ((values > 0) & (values < 1)).all():
        return chi_square_test(0.0, 0, method, reason="an arm has survival 1 or 0")
    apart = np.log(-np.log(values))
    variance = float(((np.array(errors, dtype=np.float64) / (values * np.log(values))) ** 2).sum())
    return chi_square_test(float((apart[0] - apart[1]) ** 2) / variance, 1, method)
