"""One network learns: four optimiser steps per batch, coarser jigsaw at every step, resumable by the epoch.

Letters: B mosaics in a batch, C channels, H = W mosaic side, F clinical features.

References
----------
Du R. et al. Fine-grained visual classification via progressive multi-granularity training of jigsaw patches,
ECCV 2020, doi 10.1007/978-3-030-58565-5_10.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from math import cos, pi
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from deeptepp.train.checkpoint import EpochLoss, read_checkpoint, write_checkpoint
from deeptepp.train.settings import TrainSettings
from deeptepp.views.jigsaw import shuffle_tiles


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What one optimiser step sees.

    Parameters
    ----------
    views : (B, C, H, W) float32
        Mosaics.
    clinical : (B, F) float32
        Encoded clinical-pathological facts.
    labels : (B,) int64
        1 where the event was seen.
    """

    views: Tensor
    clinical: Tensor
    labels: Tensor


Batches = Callable[[int], Iterator[Batch]]
"""Gives the batches of an epoch by its number; the same number gives the same batches."""

EpochDone = Callable[[EpochLoss], None]
"""Hears of every finished epoch, after its checkpoint is on disk; may raise ``JobCancelled``."""


@dataclass(frozen=True, slots=True)
class Engine:
    """Where and in which number format the network runs."""

    device: torch.device
    is_bf16: bool

    def autocast(self) -> AbstractContextManager[object]:
        """Give the context in which passes run."""
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.is_bf16)

    def place(self, images: Tensor) -> Tensor:
        """Move mosaics to the device in the memory order that its convolutions want."""
        return images.to(self.device).contiguous(memory_format=torch.channels_last)


def choose_engine(settings: TrainSettings) -> Engine:
    """Choose device and number format.

    Parameters
    ----------
    settings : TrainSettings
        ``device``, ``precision`` and ``n_threads`` are read.

    Returns
    -------
    Engine
        bf16 where asked for, or by itself where the processor has bf16 instructions; emulated bf16 is slower than
        fp32 and is never chosen by itself.
    """
    wants_cuda = settings.device == "cuda" or (settings.device == "auto" and torch.cuda.is_available())
    if settings.precision == "auto":
        is_bf16 = torch.cuda.is_bf16_supported() if wants_cuda else has_native_bf16()
    else:
        is_bf16 = settings.precision == "bf16"
    return Engine(torch.device("cuda" if wants_cuda else "cpu"), is_bf16)


def has_native_bf16() -> bool:
    """Tell whether the CPU multiplies bf16 in hardware (AVX-512 BF16 or AMX)."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


class Fit:
    """A network with its optimiser and the history of its epochs.

    Parameters
    ----------
    net : nn.Module
        Maps (views, clinical) to four pairs of logits.
    settings : TrainSettings
        Schedule and optimiser.
    engine : Engine
        Device and precision.
    class_weights : (2,) float32, optional
        Weights of the cross-entropy where the classes are not balanced by drawing.
    """

    def __init__(
        self, net: nn.Module, settings: TrainSettings, engine: Engine, *, class_weights: Tensor | None = None
    ) -> None:
        self.net = net.to(engine.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.settings = settings
        self.engine = engine
        self.history: list[EpochLoss] = []
        weights = None if class_weights is None else class_weights.to(engine.device)
        self._loss = nn.CrossEntropyLoss(weight=weights)
        self._optimiser = torch.optim.SGD(
            net.parameters(),
            lr=settings.learning_rate,
            momentum=settings.momentum,
            weight_decay=settings.weight_decay,
        )

    def run(
        self, batches: Batches, *, seed: int, checkpoint: Path | None = None, on_epoch: EpochDone | None = None
    ) -> None:
        """Train to the last epoch, from the checkpoint where there is one.

        Parameters
        ----------
        batches : callable
            Gives the batches of an epoch.
        seed : int
            Seed of the tile permutations; together with the epoch it determines them.
        checkpoint : Path, optional
            File that is replaced after every epoch and resumed from.
        on_epoch : callable, optional
            Hears of every finished epoch.
        """
        if checkpoint is not None and checkpoint.exists():
            self.history = read_checkpoint(checkpoint, self.net, self._optimiser)
        for epoch in range(len(self.history), self.settings.epochs):
            self.history.append(self._run_epoch(epoch, batches, seed))
            if checkpoint is not None:
                write_checkpoint(checkpoint, self.net, self._optimiser, self.history)
            if on_epoch is not None:
                on_epoch(self.history[-1])

    def _run_epoch(self, epoch: int, batches: Batches, seed: int) -> EpochLoss:
        """Take the four steps of every batch and average their losses."""
        start = time.perf_counter()
        rate = self.settings.learning_rate * 0.5 * (1 + cos(pi * epoch / self.settings.epochs))
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        state = np.random.SeedSequence((seed, epoch)).generate_state(1)[0]
        generator = torch.Generator().manual_seed(int(state))
        torch.manual_seed(int(state))  # for what networks draw themselves: dropout, shares of branches
        self.net.train()
        losses, n_samples = [], 0
        for batch in batches(epoch):
            losses.append(self._progressive_steps(batch, generator))
            n_samples += len(batch.labels)
        mean = np.mean(losses, axis=0) if losses else np.full(4, np.nan)
        seconds = time.perf_counter() - start
        return EpochLoss(epoch, tuple(float(value) for value in mean), n_samples, seconds)

    def _progressive_steps(self, batch: Batch, generator: torch.Generator) -> list[float]:
        """Take one optimiser step per granularity, finest tiles and shallowest stage first."""
        labels, clinical = batch.labels.to(self.engine.device), batch.clinical.to(self.engine.device)
        plan = zip(self.settings.granularities, self.settings.loss_weights, strict=True)
        losses = []
        for stage, (n_tiles, weight) in enumerate(plan):
            if weight == 0:
                losses.append(0.0)
                continue
            images = batch.views
            if n_tiles > 1:
                images = shuffle_tiles(images, n_tiles, kind=self.settings.jigsaw, generator=generator)  # type: ignore[arg-type]
            with self.engine.autocast():
                logits = self.net(self.engine.place(images), clinical)[stage]
            loss = weight * self._loss(logits.float(), labels)
            self._optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.net.parameters(), self.settings.grad_clip)
            self._optimiser.step()
            losses.append(float(loss.detach()))
        return losses
