"""``deeptepp train``: from a dataset folder and settings to a bundle, resumable at every epoch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from deeptepp.errors import BadSetting
from deeptepp.stats.cutoffs import find_tier_scheme
from deeptepp.train.crossval import Fitted, Trial, fit_fold, score_fold
from deeptepp.train.dataset import Dataset, label_patients, read_dataset
from deeptepp.train.export import make_bundle, write_bundle
from deeptepp.train.journal import Journal, Listener, silent
from deeptepp.train.loop import choose_engine
from deeptepp.train.metrics import Scored
from deeptepp.train.settings import TrainSettings
from deeptepp.train.split import split_patients

_FREE_TO_CHANGE = ("dataset", "output", "name", "n_threads", "n_workers")
"""Settings that may change between the start of a run and its resumption: no weight depends on them beyond the
order of additions in a sum."""


def train_bundle(settings: TrainSettings, *, progress: Listener = silent) -> Path:
    """Cross-validate, refit, find the cut-offs and write the bundle.

    Parameters
    ----------
    settings : TrainSettings
        The run. Its ``output`` folder keeps the state: the same call after a kill goes on from the last epoch.
    progress : callable
        Receives one sentence per event; may raise ``JobCancelled``. The same events are on disk as JSON lines in
        ``state/progress.jsonl`` of the output folder.

    Returns
    -------
    Path
        Folder of the bundle.

    Raises
    ------
    UnreadableCohort
        The dataset is incomplete or damaged.
    TooFewEvents
        There are not enough events for the folds.
    BadSetting
        The output folder holds a run of other settings or data.
    NotEstimable
        The scores do not separate the classes at any cut-off, so that there are no tiers.
    """
    work = settings.output / "state"
    journal = Journal(work, progress)
    dataset = read_dataset(settings.dataset)
    _claim(work / "run.json", settings, dataset)
    with _threads(settings.n_threads):
        trial = _start(settings, dataset, work, journal)
        scores, refit = _fit_all(trial)
        in_folds = trial.split.in_folds & trial.labels.is_known
        tiers = find_tier_scheme(scores[in_folds], trial.labels.event[in_folds])
        scored = Scored(dataset.cohort, trial.labels, trial.split, scores, tiers)
        bundle = make_bundle(dataset, scored, refit, settings)
    folder = write_bundle(bundle, settings)
    cross_validation = bundle.metrics["cross_validation"]
    journal.add(
        "bundle",
        f"bundle {settings.name}: out-of-fold AUC {cross_validation['auc']:.3f}, {tiers.method}",
        metrics={key: value for key, value in bundle.metrics.items() if key != "refit_losses"},
    )
    return folder


def _start(settings: TrainSettings, dataset: Dataset, work: Path, journal: Journal) -> Trial:
    """Label and split the patients."""
    labels = label_patients(dataset.cohort, settings)
    split = split_patients(labels, dataset.is_scored_only, settings)
    engine = choose_engine(settings)
    precision = "bf16" if engine.is_bf16 else "fp32"
    journal.add(
        "start",
        f"{len(dataset)} patients: {int(split.in_folds.sum())} in {split.n_folds} folds, "
        f"{int(split.is_holdout.sum())} held out, {int(split.is_scored_only.sum())} only scored; "
        f"{engine.device.type}, {precision}",
        dataset_sha256=dataset.sha256,
    )
    return Trial(
        dataset=dataset,
        labels=labels,
        split=split,
        settings=settings,
        engine=engine,
        folder=work,
        journal=journal,
    )


def _fit_all(trial: Trial) -> tuple[npt.NDArray[np.float64], Fitted]:
    """Fit and score every fold, the refit last; every patient ends with the score of one network."""
    scores = np.full(len(trial.dataset), np.nan)
    for fold in range(trial.split.n_folds):
        found = score_fold(trial, fold, fit_fold(trial, fold))
        scores = np.where(np.isnan(found), scores, found)
    refit = fit_fold(trial, None)
    found = score_fold(trial, None, refit)
    return np.where(np.isnan(found), scores, found), refit


def _claim(path: Path, settings: TrainSettings, dataset: Dataset) -> None:
    """Mark the output folder as that of this run, or refuse one that belongs to another."""
    mine = {k: v for k, v in settings.to_mapping().items() if k not in _FREE_TO_CHANGE}
    mine["dataset_sha256"] = dataset.sha256
    if not path.exists():
        path.write_text(json.dumps(mine, indent=2) + "\n", encoding="utf-8")
        return
    theirs = json.loads(path.read_text("utf-8"))
    changed = sorted(key for key in mine if theirs.get(key) != mine[key])
    if changed:
        raise BadSetting(
            key="output",
            value=f"a folder with a run of other {', '.join(changed)}",
            limit="a new folder, or the one of the same run",
        )


@contextmanager
def _threads(n_threads: int) -> Iterator[None]:
    """Run the network on so many threads, and give the setting back."""
    before = torch.get_num_threads()
    if n_threads:
        torch.set_num_threads(n_threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
