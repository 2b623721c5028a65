"""What balancing the classes in training does to a score, patient by patient."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deeptepp.train.data.dataset import Labels
from deeptepp.train.data.patient_split import NOT_IN_FOLDS, Split
from deeptepp.train.fit.sampling import class_weights, views_per_positive
from deeptepp.train.settings import TrainSettings


def log_odds_shifts(
    labels: Labels, split: Split, settings: TrainSettings, *, n_views: int
) -> npt.NDArray[np.float64]:
    """Give the log of the factor by which training raised the odds of the event behind every score.

    ``split``: whose network scored whom. ``settings``: ``mv_mode`` says how the classes were balanced: by the
    number of views, or by weights in the loss. ``n_views``: views per patient, V. Returns (n,): from the patients
    who trained the network that scored each; those outside of the folds get that of all folds, as their score is
    the mean over the fold networks or that of the refit. The shift is exact for the cross-entropy; the focal loss
    distorts scores in other ways too.
    """
    shifts = np.empty(len(labels.event))
    for fold, patients in _scored_together(split):
        events = labels.event[split.training(fold) & labels.is_known]
        ratio = (~events).sum() / max(events.sum(), 1)
        is_weighted = class_weights(events, settings, n_views=n_views) is not None
        factor = ratio if is_weighted else views_per_positive(events, settings, n_views=n_views)
        shifts[patients] = np.log(factor)
    return shifts


def views_counted(labels: Labels, split: Split, settings: TrainSettings, *, n_views: int) -> npt.NDArray[np.bool_]:
    """Say which views a count by views counts.

    ``split``: whose network scored whom. ``settings``: in the ``paper`` mode patients with an event have as many
    views as in training, the first of the list, and the others the first alone; in other modes everyone has all.
    ``n_views``: views per patient, V. Returns (n, V): True where a view is counted.
    """
    counted = np.ones((len(labels.event), n_views), dtype=bool)
    if settings.mv_mode != "paper":
        return counted
    for fold, patients in _scored_together(split):
        events = labels.event[split.training(fold) & labels.is_known]
        n_counted = np.where(labels.event[patients], views_per_positive(events, settings, n_views=n_views), 1)
        counted[patients] = np.arange(n_views) < n_counted[:, None]
    return counted


def _scored_together(split: Split) -> list[tuple[int | None, npt.NDArray[np.bool_]]]:
    """Each fold with its patients; None with all outside of the folds."""
    numbers = np.unique(split.fold).tolist()
    return [(None if k == NOT_IN_FOLDS else k, split.fold == k) for k in numbers]
