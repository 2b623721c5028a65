"""The scores of one experiment, kept on disk so that no table or figure needs it run again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from deeptepp.dataset_folder import write_whole
from deeptepp.errors import NotEstimable
from deeptepp.stats.prediction.cutoffs import find_tier_scheme
from deeptepp.train.data.dataset import Labels
from deeptepp.train.data.patient_source import ViewSource
from deeptepp.train.data.patient_split import Split
from deeptepp.train.fit.balancing import log_odds_shifts, views_counted
from deeptepp.train.measure.metrics import Scored
from deeptepp.train.runs.suites import Method
from deeptepp.train.settings import WITHOUT_EFFECT, TrainSettings

OUTCOME_FILE = "outcome.json"


@dataclass(frozen=True, slots=True, eq=False)
class ExperimentOutcome:
    """Every patient of an experiment with her part, label and scores.

    ``scores`` (n,): by networks that never saw the patient. ``view_scores`` (n, V): the same by view; V is 1 where
    there are no views.
    """

    event: npt.NDArray[np.bool_]
    is_known: npt.NDArray[np.bool_]
    fold: npt.NDArray[np.int64]
    is_holdout: npt.NDArray[np.bool_]
    is_scored_only: npt.NDArray[np.bool_]
    scores: npt.NDArray[np.float64]
    view_scores: npt.NDArray[np.float64]

    @classmethod
    def of(
        cls,
        labels: Labels,
        split: Split,
        scores: npt.NDArray[np.float64],
        view_scores: npt.NDArray[np.float64] | None = None,
    ) -> ExperimentOutcome:
        """Collect what a run came to.

        ``split``: the part of each patient. ``scores`` (n,): scores of the patients. ``view_scores`` (n, V):
        scores of the views.
        """
        views = scores[:, None] if view_scores is None else view_scores
        return cls(
            labels.event, labels.is_known, split.fold, split.is_holdout, split.is_scored_only, scores, views
        )

    @property
    def labels(self) -> Labels:
        """What was learnt."""
        return Labels(self.event, self.is_known)

    @property
    def split(self) -> Split:
        """The part of each patient."""
        return Split(self.fold, self.is_holdout, self.is_scored_only)

    def scored(self, source: ViewSource, settings: TrainSettings, method: Method) -> Scored:
        """Add the cut-offs and what balancing did, ready to be measured.

        Returns: with tiers by its own out-of-fold scores, where they separate the classes.
        """
        labels, split = self.labels, self.split
        chosen = split.in_folds & labels.is_known
        try:
            tiers = find_tier_scheme(self.scores[chosen], labels.event[chosen])
        except NotEstimable:
            tiers = None
        n_views = self.view_scores.shape[1]
        shifts = log_odds_shifts(labels, split, settings, n_views=n_views)
        return Scored(
            source.cohort,
            labels,
            split,
            self.scores,
            tiers,
            log_odds_shift=shifts
            if method is Method.NETWORK and not settings.fuses_late
            else np.zeros_like(shifts),
            view_scores=self.view_scores if n_views > 1 else None,
            is_counted=views_counted(labels, split, settings, n_views=n_views) if n_views > 1 else None,
        )

    def to_mapping(self) -> dict[str, list[object]]:
        """Plain columns for JSON, without anything that names a patient."""
        columns = {each.name: getattr(self, each.name).tolist() for each in fields(self)}
        return columns | {"view_scores": np.round(self.view_scores, 6).tolist()}


def write_outcome(outcome: ExperimentOutcome, folder: Path) -> None:
    """Keep an outcome; the file is whole or absent.

    ``folder``: folder of its run; made when absent.
    """
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(outcome.to_mapping()) + "\n"
    write_whole(folder / OUTCOME_FILE, lambda part: part.write_text(text, encoding="utf-8"))


def read_outcome(folder: Path) -> ExperimentOutcome | None:
    """Read what ``write_outcome`` kept.

    ``folder``: folder of a run. Returns: None where the run has not ended.
    """
    path = folder / OUTCOME_FILE
    if not path.is_file():
        return None
    stored = json.loads(path.read_text("utf-8"))
    kinds = {"fold": np.int64, "scores": np.float64, "view_scores": np.float64}
    return ExperimentOutcome(
        **{
            each.name: np.asarray(stored[each.name], kinds.get(each.name, bool))
            for each in fields(ExperimentOutcome)
        }
    )


def key_of(settings: TrainSettings, method: Method, dataset_sha256: str) -> str:
    """Name a run by all that its scores depend on.

    ``dataset_sha256``: digest of the dataset.
    """
    facts = {key: value for key, value in settings.to_mapping().items() if key not in WITHOUT_EFFECT}
    facts |= {"method": method.value, "dataset_sha256": dataset_sha256}
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]
