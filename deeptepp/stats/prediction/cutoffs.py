"""From out-of-fold scores to the three risk tiers.

Below the cut-off with the highest Youden index a patient is Low. The scores from there on are split in two by
exact one-dimensional K-means; High begins in the middle of the two centres. Found once, on scores that no
patient's own data trained, and then frozen in the bundle.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deeptepp.domain.risk import TierScheme, found_by
from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.prediction.kmeans import split_two
from deeptepp.stats.prediction.operating_point import youden


def find_tier_scheme(scores: npt.ArrayLike, events: npt.ArrayLike) -> TierScheme:
    """Find the cut-offs of the tiers.

    ``scores`` (n,): out-of-fold scores in [0, 1]. Returns: ``method`` says how the cut-offs were found and on how
    many patients. Raises ``NotEstimable``: one class is empty, the scores do not separate the classes at any
    cut-off, or only one distinct score lies above the first cut-off.
    """
    values = np.asarray(scores, dtype=np.float64)
    if not ((values >= 0) & (values <= 1)).all():
        raise OutOfRange(field="scores", value="missing or outside", limit="[0, 1]")
    # Low ends at the highest Youden index.
    low = youden(values, events)
    if not np.isfinite(low.threshold):
        reason = "no cut-off of the scores does better than chance"
        raise NotEstimable(what="The risk tiers", reason=reason)
    # Moderate and High: 2-means of the scores above.
    split = split_two(values[values >= low.threshold])
    n_best = len(low.tied_thresholds)
    method = found_by(
        low=low.threshold,
        youden=low.youden,
        n=n_best,
        high=split.boundary,
        k=split.n,
        one=split.centres[0],
        two=split.centres[1],
        m=low.n,
        events=low.n_events,
    )
    return TierScheme(low.threshold, split.boundary, method)
