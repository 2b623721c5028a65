"""The epochs of a fit for TensorBoard: losses by stage, learning rate, images per second."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deeptepp.train.fit.checkpoint import EpochLoss

STAGE_NAMES = ("stage 1", "stage 2", "stage 3", "concatenation")
"""What the four losses of a batch are those of."""

LogEpoch = Callable[[EpochLoss], None]
"""Writes one epoch."""


def scalars_of(epoch: EpochLoss, learning_rate: float) -> dict[str, float]:
    """Name the numbers of one epoch.

    ``learning_rate``: learning rate of its steps. Returns: losses, learning rate and images per second.
    """
    names = STAGE_NAMES[-len(epoch.losses) :]
    losses = {f"loss/{name}": loss for name, loss in zip(names, epoch.losses, strict=True)}
    return losses | {
        "learning rate": learning_rate,
        "images per second": epoch.n_samples / max(epoch.seconds, 1e-9),
    }


@contextmanager
def open_log(folder: Path, history: Iterable[EpochLoss], *, rate_of: Callable[[int], float]) -> Iterator[LogEpoch]:
    """Open the log of one fit; what an earlier process wrote is written anew from the history of the checkpoint.

    So an epoch that was lost in a kill is not there twice, and one whose record was lost is there again.
    ``folder``: receives one event file. ``history``: the epochs up to now. ``rate_of``: gives the learning rate of
    an epoch by its number.
    """
    # Here, since a run without logs needs none of it, and it takes seconds.
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    for old in folder.glob("events.out.tfevents.*"):
        old.unlink()
    writer = EventFileWriter(str(folder))

    def write(epoch: EpochLoss) -> None:
        scalars = scalars_of(epoch, rate_of(epoch.epoch))
        values = [Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]
        writer.add_event(Event(wall_time=time.time(), step=epoch.epoch + 1, summary=Summary(value=values)))
        writer.flush()

    try:
        for epoch in history:
            write(epoch)
        yield write
    finally:
        writer.close()
