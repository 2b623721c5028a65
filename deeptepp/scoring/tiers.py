"""Where a score stands in the reference cohort."""

from __future__ import annotations

import numpy as np

from deeptepp.domain.cohort import SCORE, Cohort


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
