"""``deeptepp train``: from a dataset folder and settings to a bundle, resumable at every epoch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from deeptepp.datasets.problems import refuse
from deeptepp.domain.cohort import HER2_POSITIVE, SOURCE
from deeptepp.domain.risk import Recalibration
from deeptepp.errors import BadSetting
from deeptepp.file_sets import check_free
from deeptepp.stats.prediction.cutoffs import find_tier_scheme
from deeptepp.train.card.export import make_bundle, write_bundle
from deeptepp.train.data.dataset import Dataset, Labels, label_patients, read_dataset, scored_only
from deeptepp.train.data.patient_source import ViewSource
from deeptepp.train.data.patient_split import Split, split_patients
from deeptepp.train.fit.balancing import log_odds_shifts
from deeptepp.train.fit.circumstances import circumstances_of
from deeptepp.train.fit.crossval import Fitted, Trial, fit_fold, score_fold
from deeptepp.train.fit.distributed import Ranks, is_first_rank, join_ranks
from deeptepp.train.fit.fact_effects import FittedFusion, check_facts, fuse
from deeptepp.train.fit.journal import Journal, Listener, Mute, silent
from deeptepp.train.fit.loop import check_shuffles, choose_engine
from deeptepp.train.fit.parallel import FitTask, fit_side_by_side
from deeptepp.train.fit.recalibration import fit_recalibration
from deeptepp.train.measure.group_metrics import HALF
from deeptepp.train.measure.metrics import Scored
from deeptepp.train.runs.readiness import training_problems
from deeptepp.train.settings import WITHOUT_EFFECT, TrainSettings


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Run:
    """What a run found out: every patient scored by networks that never saw her.

    ``labels``: what was learnt of them. ``split``: the part each played. ``view_scores`` (n, V): probability of
    the event by view: out-of-fold for the patients of the cross-validation; by the refit for everyone else, or the
    mean over the networks of the folds where there was no refit. ``scores`` (n,): risk scores, the mean over the
    views. ``refit``: the network that was trained on all folds. ``fusion``: how facts were added to the images,
    None where they entered the network, or there are none.
    """

    dataset: ViewSource
    labels: Labels
    split: Split
    view_scores: npt.NDArray[np.float64]
    scores: npt.NDArray[np.float64]
    refit: Fitted | None
    settings: TrainSettings
    fusion: FittedFusion | None = None


def run_trial(
    settings: TrainSettings,
    *,
    folder: Path,
    dataset: ViewSource | None = None,
    with_refit: bool = True,
    progress: Listener = silent,
) -> Run:
    """Cross-validate, refit where asked for, and score every patient.

    ``settings``: the run; ``output`` and ``name`` are not used. ``folder``: keeps the state: the same call after a
    kill goes on from the last whole epoch of every fit. ``dataset``: the patients, where they were read before;
    else the settings' ``dataset`` is read. ``with_refit``: whether one network is trained on all folds at the end.
    Without, the patients outside of the folds are scored by all networks of the folds. ``progress``: receives one
    sentence per event; may raise ``JobCancelled``. The same events are on disk as JSON lines in ``progress.jsonl``
    of the folder.
    """
    with join_ranks(settings) as ranks:
        return _run(settings, folder, ranks, dataset=dataset, with_refit=with_refit, progress=progress)


def _run(
    settings: TrainSettings,
    folder: Path,
    ranks: Ranks,
    *,
    dataset: ViewSource | None,
    with_refit: bool,
    progress: Listener,
) -> Run:
    """Run a trial as one of its ranks."""
    check_shuffles(settings)
    journal = Journal(folder, progress) if ranks.is_first else Mute(folder)
    dataset = read_dataset(settings.dataset) if dataset is None else dataset
    refuse(training_problems(dataset, settings))
    if ranks.is_first:
        _claim(folder / "run.json", settings, dataset)
    with _threads(settings.n_threads):
        trial = _start(settings, dataset, journal, ranks)
        if settings.fuses_late:
            check_facts(trial.labels, trial.split, dataset.cohort)
        view_scores, refit = _fit_all(trial, with_refit=with_refit)
    fusion = None
    if settings.fuses_late:
        view_scores, fusion = fuse(view_scores, trial.labels, trial.split, dataset.cohort)
    return Run(
        dataset=dataset,
        labels=trial.labels,
        split=trial.split,
        view_scores=view_scores,
        scores=view_scores.mean(axis=1),
        refit=refit,
        settings=settings,
        fusion=fusion,
    )


def train_bundle(settings: TrainSettings, *, progress: Listener = silent) -> Path:
    """Cross-validate, refit, find the cut-offs and write the bundle.

    ``settings``: the run. Its ``output`` folder keeps the state: the same call after a kill goes on from the last
    epoch. ``progress``: receives one sentence per event; may raise ``JobCancelled``. The same events are on disk
    as JSON lines in ``state/progress.jsonl`` of the output folder. Raises ``NotEstimable``: the scores do not
    separate the classes at any cut-off, so that there are no tiers; ``FolderInUse``: the bundle's folder holds
    anything but a bundle; BadSetting: what is learnt is no recurrence, which a served score would be read as.
    """
    if settings.label == HER2_POSITIVE:
        raise BadSetting(
            key="label", value=HER2_POSITIVE, limit="a recurrence; deeptepp evaluate measures the other"
        )
    work = settings.output / "state"
    check_free(settings.output / settings.name)
    dataset = read_dataset(settings.dataset)
    if not isinstance(dataset, Dataset):
        raise BadSetting(key="dataset", value="without regions of interest", limit="one of regions of interest")
    run = run_trial(settings, folder=work, dataset=dataset, progress=progress)
    assert run.refit is not None  # noqa: S101  asked for
    if not is_first_rank():
        return settings.output / settings.name
    scored, recalibration = _as_served(run)
    bundle = make_bundle(
        dataset,
        scored,
        run.refit,
        settings,
        recalibration=recalibration,
        effects=run.fusion.effects if run.fusion else None,
        circumstances=circumstances_of(work / "progress.jsonl"),
    )
    folder = write_bundle(bundle, settings)
    cross_validation = bundle.metrics["cross_validation"]
    Journal(work, progress).add(
        "bundle",
        f"bundle {settings.name}: out-of-fold AUC {cross_validation['auc']:.3f}, {bundle.tiers.method}",
        metrics={key: value for key, value in bundle.metrics.items() if key != "refit_losses"},
    )
    return folder


def _as_served(run: Run) -> tuple[Scored, Recalibration]:
    """Recalibrate the scores where asked for, and find the cut-offs; both on out-of-fold scores alone."""
    in_folds, event = run.split.in_folds & run.labels.is_known, run.labels.event
    recalibration, shifts, scores = Recalibration(), None, run.scores
    if run.fusion:
        # The fusion is fitted on the events themselves, and its scores are probabilities already.
        recalibration = run.fusion.recalibration
    elif run.settings.recalibrate:
        recalibration = fit_recalibration(run.view_scores[in_folds], event[in_folds])
        scores = recalibration(run.view_scores).mean(axis=1)
    if recalibration.is_identity:
        shifts = log_odds_shifts(run.labels, run.split, run.settings, n_views=run.view_scores.shape[1])
    tiers = find_tier_scheme(scores[in_folds], event[in_folds])
    half = float(recalibration(HALF))
    scored = Scored(run.dataset.cohort, run.labels, run.split, scores, tiers, log_odds_shift=shifts, half=half)
    return scored, recalibration


def _start(settings: TrainSettings, dataset: ViewSource, journal: Journal, ranks: Ranks) -> Trial:
    """Label and split the patients."""
    labels = label_patients(dataset, settings)
    source = dataset.cohort.columns.get(SOURCE)
    split = split_patients(labels, scored_only(dataset, settings), settings, source=source)
    engine = choose_engine(settings)
    precision = "bf16" if engine.is_bf16 else "fp32"
    journal.add(
        "start",
        f"{len(dataset)} patients: {int(split.in_folds.sum())} in {split.n_folds} folds, "
        f"{int(split.is_holdout.sum())} held out, {int(split.is_scored_only.sum())} only scored; "
        f"{engine.device.type}, {precision}",
        dataset_sha256=dataset.sha256,
        device=engine.device.type,
        precision=precision,
    )
    return Trial(
        dataset=dataset,
        labels=labels,
        split=split,
        settings=settings,
        engine=engine,
        folder=journal.path.parent,
        journal=journal,
        ranks=ranks,
    )


def _fit_all(trial: Trial, *, with_refit: bool) -> tuple[npt.NDArray[np.float64], Fitted | None]:
    """Fit and score every fold, the refit last where there is one."""
    everyone_else = ~trial.split.in_folds & (not with_refit)
    tasks = [FitTask(fold, trial.split.testing(fold) | everyone_else) for fold in range(trial.split.n_folds)]
    if with_refit:
        tasks.append(FitTask(None, trial.split.testing(None)))
    if trial.settings.n_jobs > 1:
        fit_side_by_side(trial, tasks)
    found = [score_fold(trial, task.fold, chosen=task.chosen) for task in tasks]
    return combine_scores(found), fit_fold(trial, None) if with_refit else None


def combine_scores(found: list[npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
    """Average the scores of the networks that scored a patient.

    ``found``: scores of every network; NaN where it did not score a patient. Returns (n, V): NaN only where no
    network scored a patient.
    """
    stack = np.stack(found)
    n_networks = np.isfinite(stack).sum(axis=0)
    total = np.nansum(stack, axis=0)
    mean: npt.NDArray[np.float64] = np.divide(
        total, n_networks, out=np.full_like(total, np.nan), where=n_networks > 0
    )
    return mean


def _claim(path: Path, settings: TrainSettings, dataset: ViewSource) -> None:
    """Mark the output folder as that of this run, or refuse one that belongs to another."""
    mine = {k: v for k, v in settings.to_mapping().items() if k not in WITHOUT_EFFECT}
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
