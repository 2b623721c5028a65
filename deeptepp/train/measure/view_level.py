"""Discrimination counted by views: an extra that is labelled so, to show what counting views as patients does."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.errors import NotEstimable
from deeptepp.stats.prediction.bootstrap import bootstrap_auc
from deeptepp.stats.prediction.operating_point import at_threshold
from deeptepp.stats.prediction.roc import roc_auc
from deeptepp.train.measure.group_metrics import HALF, plain_share


def measure_views(
    view_scores: npt.NDArray[np.float64], event: npt.NDArray[np.bool_], is_counted: npt.NDArray[np.bool_]
) -> dict[str, Any]:
    """Measure views as if each were a patient.

    ``view_scores`` (n, V): score of every view of every patient. ``event`` (n,): the event was seen.
    ``is_counted`` (n, V): views that are counted; in the paper's mode more of the patients with an event. Returns:
    ``n_views`` and ``n_event_views``; ``auc`` with an interval by drawing patients, not views; accuracy,
    sensitivity and specificity at 0.5. Intervals of these take views for patients and are too narrow.
    """
    rows, _ = np.nonzero(is_counted)
    scores, events = view_scores[is_counted], event[rows]
    found: dict[str, Any] = {"n_views": len(scores), "n_event_views": int(events.sum()), "auc": None}
    try:
        found["auc"] = roc_auc(scores, events).auc
        interval = bootstrap_auc(scores, events, patients=rows)
        found |= {"auc_low": interval.low, "auc_high": interval.high, "method": interval.method}
    except NotEstimable as error:
        found["reason"] = str(error)
    point = at_threshold(scores, events, HALF)
    shares = {"accuracy": point.accuracy, "sensitivity": point.sensitivity, "specificity": point.specificity}
    return found | {name: plain_share(share) for name, share in shares.items()}
