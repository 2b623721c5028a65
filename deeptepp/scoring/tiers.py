"""Where a score stands in the reference cohort."""

from __future__ import annotations

import numpy as np

from deeptepp.domain.cohort import SCORE, TIER, Cohort
from deeptepp.domain.risk import TierScheme


def percentile(score: float, reference: Cohort) -> float | None:
    """Give the share of the reference cohort with a lower score.

    Parameters
    ----------
    score : float
        Risk score in [0, 1].
    reference : Cohort
        Cohort with a ``score`` column of out-of-fold scores; NaN where a patient was not scored.

    Returns
    -------
    float or None
        Percent in [0, 100], ties counted half; None when nobody was scored.
    """
    scores = np.asarray(reference[SCORE], dtype=float)
    scores = scores[np.isfinite(scores)]
    if len(scores) == 0:
        return None
    return float(100.0 * ((scores < score).mean() + 0.5 * (scores == score).mean()))


def with_tiers(cohort: Cohort, tiers: TierScheme) -> Cohort:
    """Give every patient of a cohort a tier.

    Parameters
    ----------
    cohort : Cohort
        With the column ``SCORE``, ``TIER``, both or neither.
    tiers : TierScheme
        Cut-offs of the bundle that made the scores.

    Returns
    -------
    Cohort
        With the column ``TIER``: by the score where there is one, else as the cohort has it, else empty.
    """
    own = np.asarray(cohort[TIER], dtype=object) if TIER in cohort else np.full(len(cohort), "", dtype=object)
    names = np.array(["" if tier is None else str(tier) for tier in own], dtype=object)
    if SCORE in cohort:
        scores = np.asarray(cohort[SCORE], dtype=float)
        known = np.isfinite(scores)
        names[known] = [tiers.tier_of(float(score)).value for score in scores[known]]
    return cohort.with_columns(**{TIER: names})
