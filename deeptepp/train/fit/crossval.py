"""The fits of a run: one network per fold, then the refit that is shipped; each patient is scored once.

A patient of the cross-validation is scored by the network that never saw her; held-out patients and cohort 3 are
scored by the refit, which never saw them either.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from deeptepp.dataset_folder import write_whole
from deeptepp.domain.lesion import ViewStack
from deeptepp.errors import JobCancelled
from deeptepp.model.bundle import as_served
from deeptepp.model.clinical_features import PUBLISHED_FEATURES, ClinicalSchema, fit_schema
from deeptepp.model.network import NETWORKS, RiskNetwork, build_network, initialise
from deeptepp.model.predict import view_probabilities
from deeptepp.train.data.dataset import Labels
from deeptepp.train.data.patient_source import ViewSource
from deeptepp.train.data.patient_split import Split
from deeptepp.train.fit.checkpoint import EpochLoss
from deeptepp.train.fit.distributed import ALONE, Ranks
from deeptepp.train.fit.journal import Journal
from deeptepp.train.fit.logs import LogEpoch, open_log
from deeptepp.train.fit.loop import Batch, Batches, Engine, Fit, learning_rate
from deeptepp.train.fit.sampling import ViewSampler, class_weights, no_image, views_per_positive
from deeptepp.train.settings import TrainSettings


def _go_on() -> None:
    """Have nobody to ask whether to stop."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Trial:
    """All that the fits of one run share.

    ``labels``: what is learnt of them. ``split``: the part each plays. ``engine``: device and precision.
    ``folder``: receives the checkpoints and scores. ``journal``: hears of every epoch. ``ranks``: processes that
    fit together. ``watch``: asked before every batch; raises ``JobCancelled`` where the run has to stop.
    """

    dataset: ViewSource
    labels: Labels
    split: Split
    settings: TrainSettings
    engine: Engine
    folder: Path
    journal: Journal
    ranks: Ranks = ALONE
    watch: Callable[[], None] = _go_on


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A network and how clinical facts enter it.

    ``net``: as it is served: half-precision weights, evaluation mode. ``schema``: fitted on the same patients as
    the network. ``history``: the epochs of the fit.
    """

    net: RiskNetwork
    schema: ClinicalSchema
    history: tuple[EpochLoss, ...]


def fit_fold(trial: Trial, fold: int | None) -> Fitted:
    """Train the network of one fold, or the refit on all folds, from its checkpoint where there is one.

    ``trial``: what the fits share. ``fold``: fold that is left out; None for the refit.
    """
    settings, dataset = trial.settings, trial.dataset
    # The training part of the fold; standardisation and class weights see no other patient.
    chosen = trial.split.training(fold) & trial.labels.is_known
    patients, events = np.flatnonzero(chosen), trial.labels.event[chosen]
    part = dataset.cohort.where(chosen)
    takes_facts = "cp" in settings.inputs and not settings.fuses_late
    schema = fit_schema(part, tuple(PUBLISHED_FEATURES) if takes_facts else ())
    seed = int(np.random.SeedSequence((settings.seed, 1, _number(fold))).generate_state(1)[0])
    net = _new_network(settings, dataset.n_channels, schema.length, seed)
    clinical = schema.encode_cohort(part)
    sampler = ViewSampler(
        dataset, patients, events, clinical=clinical, settings=settings, seed=seed, ranks=trial.ranks
    )
    n_views = len(dataset.view_names(settings.views))
    weights = class_weights(events, settings, n_views=n_views)
    fit = Fit(net, settings, trial.engine, class_weights=weights, ranks=trial.ranks)
    checkpoint = fit_folder(trial, fold) / "checkpoint.safetensors"
    # Goes on from the last checkpoint.
    fit.resume(checkpoint)
    if not fit.is_done:
        trial.journal.add(
            "fit",
            f"{_title(fold)}: {len(patients)} patients, {int(events.sum())} with an event",
            fit=_title(fold),
            n=len(patients),
            n_events=int(events.sum()),
            views_per_positive=views_per_positive(events, settings, n_views=n_views),
            class_weights=None if weights is None else [round(value, 4) for value in weights.tolist()],
        )
        with _log_of(trial, fold, fit) as log:
            fit.run(
                _watched(sampler.batches, trial.watch),
                seed=seed,
                checkpoint=checkpoint,
                on_epoch=lambda epoch: _report_epoch(trial, fold, epoch, log),
            )
    served = as_served(net.to(memory_format=torch.contiguous_format))  # type: ignore[call-overload]
    return Fitted(served, schema, tuple(fit.history))


def score_fold(
    trial: Trial, fold: int | None, fitted: Fitted | None = None, *, chosen: npt.NDArray[np.bool_] | None = None
) -> npt.NDArray[np.float64]:
    """Score the patients that a fit left out, from disk where that was done before.

    ``trial``: what the fits share. ``fold``: fold that was left out; None for the refit. ``fitted``: its network;
    fitted where it is needed when left out. ``chosen`` (n,): whom to score; those whom the split has this fit test
    when left out. Returns (n, V): probability of the event by view, in [0, 1]; NaN for everyone else.
    """
    path = fit_folder(trial, fold) / "scores.json"
    names = trial.dataset.view_names(trial.settings.views)
    chosen = trial.split.testing(fold) if chosen is None else chosen
    trial.ranks.wait()
    scores = read_scores(path, (len(trial.dataset), len(names)))
    missing = np.flatnonzero(chosen & np.isnan(scores).any(axis=1))
    if len(missing):
        fitted = fit_fold(trial, fold) if fitted is None else fitted
        if trial.ranks.is_first:
            scores[missing] = _score_patients(trial, fitted, missing)
            _write_scores(path, scores, names)
            trial.journal.add(
                "scored", f"{_title(fold)}: {len(missing)} patients scored", fit=_title(fold), n=len(missing)
            )
        trial.ranks.wait()
        scores = read_scores(path, scores.shape)
    scores[~chosen] = np.nan
    return scores


def _score_patients(trial: Trial, fitted: Fitted, patients: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Score patients by position, (k, V)."""
    clinical = fitted.schema.encode_cohort(trial.dataset.cohort)
    return np.stack(
        [
            score_patient(
                fitted.net, trial.dataset, int(patient), clinical=clinical[patient], settings=trial.settings
            )
            for patient in patients
        ]
    )


def score_patient(
    net: RiskNetwork,
    source: ViewSource,
    patient: int,
    *,
    clinical: npt.NDArray[np.float32],
    settings: TrainSettings,
) -> npt.NDArray[np.float64]:
    """Score one patient as serving does: the probability by view, over the fixed views, without jitter.

    ``net``: in evaluation mode on the CPU. ``patient``: position of the patient. ``clinical`` (F,): her encoded
    clinical facts. Returns (V,): probabilities in [0, 1]; the risk score is their mean.
    """
    views = settings.views
    names = source.view_names(views)
    if settings.inputs == "cp":
        mosaics = [no_image(source)] * len(names)
    else:
        mosaics = [source.mosaic(patient, name, views) for name in names]
    return view_probabilities(net, ViewStack(np.stack(mosaics), names), clinical, settings.score_from)


def read_scores(path: Path, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Read the scores of a fit, (n, V); NaN for patients who are not there."""
    scores = np.full(shape, np.nan)
    if path.exists():
        stored = json.loads(path.read_text("utf-8"))
        scores[stored["patients"]] = stored["probabilities"]
    return scores


def _write_scores(path: Path, scores: npt.NDArray[np.float64], names: tuple[str, ...]) -> None:
    """Replace the scores of a fit on disk; patients are named by position alone."""
    patients = np.flatnonzero(~np.isnan(scores).any(axis=1))
    content = {"views": names, "patients": patients.tolist(), "probabilities": scores[patients].tolist()}
    write_whole(path, lambda part: part.write_text(json.dumps(content), encoding="utf-8"))


def _new_network(settings: TrainSettings, n_channels: int, n_clinical: int, seed: int) -> RiskNetwork:
    """Make a network with weights drawn from the seed alone."""
    net = build_network({"in_channels": n_channels, "n_clinical": n_clinical, **_architecture(settings)})
    initialise(net, torch.Generator().manual_seed(seed))
    return net


def _architecture(settings: TrainSettings) -> dict[str, object]:
    """Settings that the chosen backbone knows; the others have their published shape."""
    name = "cp_mlp" if settings.inputs == "cp" else settings.backbone
    known = {argument: getattr(settings, setting) for argument, setting in NETWORKS[name].settings.items()}
    return {"backbone": name, **known}


def _watched(batches: Batches, watch: Callable[[], None]) -> Batches:
    """Ask before every batch whether to go on."""

    def ask(epoch: int) -> Iterator[Batch]:
        for batch in batches(epoch):
            watch()
            yield batch

    return ask


def _log_of(trial: Trial, fold: int | None, fit: Fit) -> AbstractContextManager[LogEpoch]:
    """Open the TensorBoard log of a fit, or one that writes nothing."""
    if not (trial.settings.tensorboard and trial.ranks.is_first):
        return nullcontext(lambda _epoch: None)
    folder = trial.folder / "tensorboard" / fit_folder(trial, fold).name
    return open_log(folder, list(fit.history), rate_of=lambda epoch: learning_rate(trial.settings, epoch))


def _report_epoch(trial: Trial, fold: int | None, epoch: EpochLoss, log: LogEpoch) -> None:
    """What an epoch came to; where one rank is stopped, all are."""
    n_epochs, loss = trial.settings.epochs, epoch.losses[-1]
    log(epoch)
    is_stopped = False
    try:
        trial.journal.add(
            "epoch",
            f"{_title(fold)}: epoch {epoch.epoch + 1} of {n_epochs}, loss {loss:.3f}, {epoch.seconds:.1f} s",
            fit=_title(fold),
            epoch=epoch.epoch + 1,
            losses=[round(value, 4) for value in epoch.losses],
            n_samples=epoch.n_samples,
            seconds=round(epoch.seconds, 2),
        )
    except JobCancelled:
        is_stopped = True
    if trial.ranks.agree(is_stopped=is_stopped, device=trial.engine.device):
        raise JobCancelled


def _number(fold: int | None) -> int:
    """Number of a fit in its seed; the refit comes after any fold."""
    return 10_000 if fold is None else fold


def _title(fold: int | None) -> str:
    """Name a fit as people count."""
    return "refit" if fold is None else f"fold {fold + 1}"


def fit_folder(trial: Trial, fold: int | None) -> Path:
    """Name the folder of a fit."""
    folder = trial.folder / _title(fold).replace(" ", "-")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
