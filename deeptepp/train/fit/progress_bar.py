"""A progress bar over all epochs of all fits of a run, fed by the journal of the run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from deeptepp.train.fit.journal import JOURNAL_FILE, JournalReader, Listener
from deeptepp.train.settings import TrainSettings

_SPEED_S = 3600.0
"""Epochs of so many seconds back tell how long the rest will take."""


@contextmanager
def show_progress(settings: TrainSettings, console: Console, *, n_fits: int) -> Iterator[Listener]:
    """Draw a bar on a terminal while a run lasts.

    ``settings``: the run; its journal is read in ``state`` of the output folder. ``n_fits``: fits of the run, the
    refit included. Returns: listener of the run: epochs move the bar, other sentences are printed above it.
    """
    columns = (
        TextColumn("{task.fields[fit]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("epochs"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[loss]}"),
    )
    with Progress(*columns, console=console, speed_estimate_period=_SPEED_S) as progress:
        bar = progress.add_task("", total=n_fits * settings.epochs, fit="start", loss="")
        yield EpochBar(JournalReader(settings.output / "state" / JOURNAL_FILE), progress, bar)


class EpochBar:
    """Moves a bar by the epochs in a journal.

    ``reader``: the journal, from its beginning: epochs of an earlier start of the run are done.
    """

    def __init__(self, reader: JournalReader, progress: Progress, bar: TaskID) -> None:
        self._reader = reader
        self._progress = progress
        self._bar = bar
        self._reached: dict[str, int] = {}

    def __call__(self, sentence: str) -> None:
        """Show what happened; the sentence itself is only printed where no epoch moved the bar."""
        is_epoch = False
        for line in self._reader.read():
            is_epoch = line["event"] == "epoch"
            if is_epoch:
                self._reached[str(line["fit"])] = int(line["epoch"])
                loss = f"loss {line['losses'][-1]:.3f}"
                self._progress.update(self._bar, fit=line["fit"], loss=loss, completed=sum(self._reached.values()))
        if not is_epoch and ": epoch " not in sentence:
            self._progress.console.print(sentence, highlight=False, markup=False)
