"""Who is trained on, who is held out and who is only scored; always whole patients, never views.

The strict protocol holds patients out first and cross-validates on the rest. The paper's own protocol
cross-validates on all and calls one fold the testing set, so its test is not independent (METHOD section 1.1).
Where several centres are in the cohort, each may be left out in turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.errors import BadSetting, TooFewEvents
from deeptepp.train.data.dataset import Labels
from deeptepp.train.settings import BY_CENTRE, TrainSettings

NOT_IN_FOLDS = -1
"""Fold number of patients who are held out or only scored."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The part every patient plays.

    ``fold`` (n,): fold in which the patient is tested, ``NOT_IN_FOLDS`` for the others. ``is_holdout`` (n,): held
    out by the strict protocol. ``is_scored_only`` (n,): Cohort 3.
    """

    fold: npt.NDArray[np.int64]
    is_holdout: npt.NDArray[np.bool_]
    is_scored_only: npt.NDArray[np.bool_]

    @property
    def n_folds(self) -> int:
        """Number of folds."""
        return int(self.fold.max()) + 1

    @property
    def in_folds(self) -> npt.NDArray[np.bool_]:
        """True for the patients of the cross-validation, (n,)."""
        in_folds: npt.NDArray[np.bool_] = self.fold != NOT_IN_FOLDS
        return in_folds

    def training(self, fold: int | None) -> npt.NDArray[np.bool_]:
        """Mark who trains the network of one fold, or of the refit when ``fold`` is None, (n,)."""
        return self.in_folds if fold is None else self.in_folds & (self.fold != fold)

    def testing(self, fold: int | None) -> npt.NDArray[np.bool_]:
        """Mark who is scored by the network of one fold, or of the refit when ``fold`` is None, (n,)."""
        return ~self.in_folds if fold is None else self.fold == fold


def split_patients(
    labels: Labels,
    is_scored_only: npt.NDArray[np.bool_],
    settings: TrainSettings,
    *,
    source: npt.NDArray[Any] | None = None,
) -> Split:
    """Deal the patients of cohorts 1 and 2 to hold-out and folds, the same share of events to each.

    ``labels``: events, (n,). ``is_scored_only`` (n,): patients of cohort 3. ``settings``: ``protocol``,
    ``holdout_fraction``, ``n_folds`` and ``seed`` are read. ``source`` (n,): data set that each patient comes
    from; each is dealt evenly as well. Returns: the part of every patient. Raises ``TooFewEvents``: a fold would
    have no patient with, or none without, an event.
    """
    if settings.protocol == BY_CENTRE:
        return _by_centre(labels, is_scored_only, source)
    rng = np.random.default_rng(np.random.SeedSequence((settings.seed, 0)))
    fold = np.full(len(labels.event), NOT_IN_FOLDS, dtype=np.int64)
    is_holdout = np.zeros(len(fold), dtype=bool)
    share = settings.holdout_fraction if settings.protocol == "strict" else 0.0
    source = np.zeros(len(fold)) if source is None else source
    dealt = 0
    for has_event, is_known in ((True, True), (False, True), (False, False)):
        stratum = ~is_scored_only & (labels.event == has_event) & (labels.is_known == is_known)
        groups = [rng.permutation(np.flatnonzero(stratum & (source == each))) for each in np.unique(source)]
        held, rest = _hold_out(groups, share)
        if is_known and len(rest) < settings.n_folds:
            n_known = int((labels.is_known & ~is_scored_only).sum())
            raise TooFewEvents(value=int(stratum.sum()), n=n_known, limit=2 * settings.n_folds)
        is_holdout[held] = True
        fold[rest] = (dealt + np.arange(len(rest))) % settings.n_folds
        dealt += len(rest)
    return Split(fold, is_holdout, is_scored_only)


def _by_centre(labels: Labels, is_scored_only: npt.NDArray[np.bool_], source: npt.NDArray[Any] | None) -> Split:
    """Make every centre a fold, in the order of their names; the other centres must have both classes."""
    names = np.array(["" if name is None else str(name).strip() for name in ([] if source is None else source)])
    dealt = ~is_scored_only
    if not len(names) or len(np.unique(names[dealt])) < 2 or "" in names[dealt]:
        limit = "another one where the column source does not name the centre of every patient, of two at least"
        raise BadSetting(key="protocol", value=BY_CENTRE, limit=limit)
    fold = np.full(len(names), NOT_IN_FOLDS, dtype=np.int64)
    fold[dealt] = np.unique(names[dealt], return_inverse=True)[1]
    split = Split(fold, np.zeros(len(names), dtype=bool), is_scored_only.copy())
    for each in range(split.n_folds):
        left = split.training(each) & labels.is_known
        n_events = int(labels.event[left].sum())
        if not 0 < n_events < left.sum():
            raise TooFewEvents(value=n_events, n=int(left.sum()), limit=1)
    return split


def _hold_out(
    groups: list[npt.NDArray[np.int64]], share: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Take a share of every group away; the rounding is carried on, so that the share of all groups is right."""
    ends = np.cumsum([len(group) for group in groups])
    n_held = np.diff([0, *(round(share * end) for end in ends)])
    held = [group[:n] for group, n in zip(groups, n_held, strict=True)]
    rest = [group[n:] for group, n in zip(groups, n_held, strict=True)]
    return np.concatenate(held), np.concatenate(rest)
