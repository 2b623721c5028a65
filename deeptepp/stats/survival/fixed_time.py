"""Two survival curves compared at one time fixed beforehand.

References
----------
Klein JP, Logan B, Harhoff M, Andersen PK. Stat Med 2007;26:4505-4519.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deeptepp.domain.cohort import FollowUp
from deeptepp.stats.estimate import Estimate, chi_square_test, normal_quantile
from deeptepp.stats.survival.kaplan_meier import SurvivalEstimate, kaplan_meier
from deeptepp.wording.sentence import joined, sentence


@dataclass(frozen=True, slots=True)
class FixedTimeComparison:
    """Survival of two arms at one time.

    ``difference``: index less reference, with Greenwood's variances and their test; ``reason`` says where an arm
    was not followed that long.
    """

    index: SurvivalEstimate
    reference: SurvivalEstimate
    difference: Estimate


def compare_survival_at(
    index: FollowUp, reference: FollowUp, months: float, *, level: float = 0.95
) -> FixedTimeComparison:
    """Compare the survival of two arms at one time.

    ``months``: the time, >= 0. Returns: a difference without an interval says why.
    """
    one = kaplan_meier(index, label="the index arm", level=level).at(months)
    other = kaplan_meier(reference, label="the reference arm", level=level).at(months)
    # Difference of the curves; Greenwood's variances add up.
    apart, errors = one.value - other.value, (one.standard_error, other.standard_error)
    error = None if errors[0] is None or errors[1] is None else float(np.hypot(errors[0], errors[1]))
    no_variance = "every patient of an arm had the event" if error is None else "neither arm has had an event"
    notes = [] if error else [no_variance]
    notes += [
        sentence(
            "the time lies beyond the last observation of the index arm"
            if arm == "index"
            else "the time lies beyond the last observation of the reference arm"
        )
        for arm, at in (("index", one), ("reference", other))
        if at.is_beyond_follow_up
    ]
    # Wald interval and test.
    half = normal_quantile(level) * error if error else None
    difference = Estimate(
        value=apart,
        low=None if half is None else apart - half,
        high=None if half is None else apart + half,
        level=level,
        p_value=chi_square_test((apart / error) ** 2, 1, "").p_value if error else None,
        n=one.n + other.n,
        n_events=one.n_events + other.n_events,
        method="difference of Kaplan-Meier estimates",
        reason=joined("; ", notes) if notes else "",
    )
    return FixedTimeComparison(one, other, difference)
