"""The fits of one run side by side, each in a process of its own.

A process leaves checkpoint, scores and journal on disk and returns nothing but a refusal: the run then reads what
is there, as it does after a kill.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import joblib
import numpy as np
import numpy.typing as npt
import torch
from joblib.externals.loky import get_reusable_executor

from deeptepp.errors import DeepTeppError, JobCancelled
from deeptepp.train.data.dataset import Labels
from deeptepp.train.data.patient_source import ViewSource
from deeptepp.train.data.patient_split import Split
from deeptepp.train.fit.crossval import Trial, score_fold
from deeptepp.train.fit.journal import Journal, JournalReader
from deeptepp.train.fit.loop import choose_engine
from deeptepp.train.settings import TrainSettings

STOP = "stop"
"""File in the folder of a run that tells its processes to leave."""

_LISTEN_S = 0.2
"""Time between two looks into the journal."""

_LOOK_S = 0.5
"""Time between two looks after the process that started this one."""

_LOOKOUT = "end with parent"
"""Name of the thread that looks after it."""

_SHARED_BYTES = 100_000
"""Arrays from this size on are mapped from one file into all processes instead of copied."""

Refusal = tuple[type[DeepTeppError], dict[str, object]]


@dataclass(frozen=True, slots=True)
class Watch:
    """Stops a process when it is told to.

    ``stop``: file that tells it.
    """

    stop: Path

    def __call__(self) -> None:
        """Raise ``JobCancelled`` where the process has to leave."""
        if self.stop.exists():
            raise JobCancelled


def end_with_parent(parent: int) -> None:
    """End this process as soon as the one that started it is gone.

    A process that was killed cannot tell its children, and a run that is started again must not find them at work
    on the same files. To end at any moment is safe: whatever is read again is replaced in one move. ``parent``:
    number of the process that started this one.
    """

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_S)
        os._exit(1)

    if not any(thread.name == _LOOKOUT for thread in threading.enumerate()):
        threading.Thread(target=look, name=_LOOKOUT, daemon=True).start()


@dataclass(frozen=True, slots=True, eq=False)
class FitTask:
    """One fit and whom it scores.

    ``fold``: fold that is left out; None for the refit. ``chosen`` (n,): patients to score.
    """

    fold: int | None
    chosen: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Shared:
    """What every process is sent: a trial without what cannot be sent."""

    dataset: ViewSource
    labels: Labels
    split: Split
    settings: TrainSettings
    folder: Path
    parent: int


def fit_side_by_side(trial: Trial, tasks: list[FitTask]) -> None:
    """Run fits in ``n_jobs`` processes; what they write into the journal is told here.

    ``trial``: what the fits share.
    """
    stop = trial.folder / STOP
    stop.unlink(missing_ok=True)
    shared = _Shared(trial.dataset, trial.labels, trial.split, trial.settings, trial.folder, os.getpid())
    reader = JournalReader(trial.journal.path, from_end=True)
    try:
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(_run_tasks, shared, tasks)
            try:
                _tell_until(running, reader, trial.journal.tell)
            except BaseException:
                stop.touch()
                raise
    finally:
        stop.unlink(missing_ok=True)
        get_reusable_executor().shutdown(wait=True)
    for kind, facts in filter(None, running.result()):
        raise kind(**facts)


def _tell_until(running: Future[list[Refusal | None]], reader: JournalReader, tell: Callable[[str], None]) -> None:
    """What the journal gains until the processes are done."""
    is_done = False
    while not is_done:
        # Asked before the journal is read: the last lines are there by then.
        is_done = bool(wait([running], timeout=_LISTEN_S).done)
        for line in reader.read():
            tell(str(line["text"]))


def _run_tasks(shared: _Shared, tasks: list[FitTask]) -> list[Refusal | None]:
    """Deal the fits to processes."""
    settings = shared.settings
    n_jobs = min(settings.n_jobs, len(tasks))
    with joblib.parallel_config("loky", n_jobs=n_jobs, inner_max_num_threads=settings.n_threads or None):
        parallel = joblib.Parallel(max_nbytes=_SHARED_BYTES, batch_size=1, pre_dispatch="n_jobs")
        found: list[Refusal | None] = parallel(joblib.delayed(_run_task)(shared, task) for task in tasks)
    return found


def _run_task(shared: _Shared, task: FitTask) -> Refusal | None:
    """Fit and score in a process of its own; gives what was refused."""
    # Ctrl-C reaches the whole group of processes; the parent hears it and tells the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent(shared.parent)
    watch = Watch(shared.folder / STOP)
    if shared.settings.n_threads:
        torch.set_num_threads(shared.settings.n_threads)
    trial = Trial(
        dataset=shared.dataset,
        labels=shared.labels,
        split=shared.split,
        settings=shared.settings,
        engine=choose_engine(shared.settings),
        folder=shared.folder,
        journal=Journal(shared.folder),
        watch=watch,
    )
    try:
        watch()
        score_fold(trial, task.fold, chosen=task.chosen)
    except DeepTeppError as error:
        return type(error), error.facts
    return None
