"""One network learns: its optimiser steps per batch, coarser jigsaw at every step, resumable by the epoch.

The number of epochs is fixed beforehand: no early stopping, since no patient is held out to stop by.

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

from deeptepp.model.network import NETWORKS
from deeptepp.train.fit.checkpoint import EpochLoss, read_checkpoint, write_checkpoint
from deeptepp.train.fit.distributed import ALONE, Ranks
from deeptepp.train.fit.loss import make_loss
from deeptepp.train.settings import TrainSettings
from deeptepp.views.jigsaw import MAX_FIRST_DRAWS, ShuffleFilter, draw_shuffle, shuffle_tiles


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What one optimiser step sees.

    ``views`` (B, C, H, W): mosaics. ``clinical`` (B, F): encoded clinical-pathological facts. ``labels`` (B,): 1
    where the event was seen.
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
        """Context in which passes run."""
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.is_bf16)

    def place(self, images: Tensor) -> Tensor:
        """Move mosaics to the device in the memory order that its convolutions want."""
        return images.to(self.device).contiguous(memory_format=torch.channels_last)


def choose_engine(settings: TrainSettings) -> Engine:
    """Choose device and number format.

    ``settings``: ``device``, ``precision`` and ``n_threads`` are read. Returns: bf16 where asked for, or by itself
    where the processor has bf16 instructions; emulated bf16 is slower than fp32 and is never chosen by itself.
    """
    wants_cuda = settings.device == "cuda" or (settings.device == "auto" and torch.cuda.is_available())
    if settings.precision == "auto":
        is_bf16 = torch.cuda.is_bf16_supported() if wants_cuda else has_native_bf16()
    else:
        is_bf16 = settings.precision == "bf16"
    return Engine(torch.device("cuda" if wants_cuda else "cpu"), is_bf16)


@dataclass(frozen=True, slots=True)
class JigsawStep:
    """One optimiser step of a batch.

    ``stage``: which of the four logits is learnt. ``n_tiles``: tiles per side of the shuffle; 1 for whole mosaics.
    ``weight``: weight of its loss; a step of weight 0 is not taken.
    """

    stage: int
    n_tiles: int
    weight: float


def plan_steps(settings: TrainSettings) -> tuple[JigsawStep, ...]:
    """Give the steps of every batch.

    Returns: four, finest tiles and shallowest stage first; one plain step on whole mosaics for a network that has
    one classifier.
    """
    has_stages = settings.inputs != "cp" and settings.stages and "stages" in NETWORKS[settings.backbone].settings
    if not has_stages:
        return (JigsawStep(3, 1, 1.0),)
    plan = zip(settings.granularities, settings.loss_weights, strict=True)
    return tuple(JigsawStep(stage, n_tiles, weight) for stage, (n_tiles, weight) in enumerate(plan))


def make_shuffle_filter(settings: TrainSettings) -> ShuffleFilter:
    """Filter that the settings ask for."""
    return ShuffleFilter(
        has_fixed_tiles=settings.shuffle_filter == "none",
        max_z_neighbours=settings.max_z_neighbours if settings.shuffle_filter == "z-neighbours" else 1.0,
        slices_per_side=settings.views.tiles_per_side,
    )


def check_shuffles(settings: TrainSettings) -> None:
    """Refuse a shuffle filter that cannot be met, before anything is trained.

    ``settings``: schedule, kind of shuffle and filter.
    """
    generator = torch.Generator().manual_seed(settings.seed)
    for step in plan_steps(settings):
        if step.n_tiles > 1 and step.weight > 0:
            draw_shuffle(
                step.n_tiles,
                settings.jigsaw,  # type: ignore[arg-type]
                generator,
                shuffle_filter=make_shuffle_filter(settings),
                max_draws=MAX_FIRST_DRAWS,
            )


def has_native_bf16() -> bool:
    """Whether the CPU multiplies bf16 in hardware (AVX-512 BF16 or AMX)."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def learning_rate(settings: TrainSettings, epoch: int) -> float:
    """Learning rate of an epoch by its number: half a cosine from the first value to 0."""
    return settings.learning_rate * 0.5 * (1 + cos(pi * epoch / settings.epochs))


class _OneStage(nn.Module):
    """A network of which one classifier is asked: only that one's weights are waited for between processes."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, views: Tensor, clinical: Tensor, stage: int) -> Tensor:
        """Map mosaics (B, C, H, W) and CP (B, F) to the logits (B, 2) of a stage."""
        logits: Tensor = self.net(views, clinical)[stage]
        return logits


class Fit:
    """A network with its optimiser and the history of its epochs.

    ``net``: maps (views, clinical) to four pairs of logits. ``settings``: schedule and optimiser. ``engine``:
    device and precision. ``class_weights`` (2,): weights of the loss where the classes are not balanced by
    drawing. ``ranks``: processes that learn together; only the first writes checkpoints.
    """

    def __init__(
        self,
        net: nn.Module,
        settings: TrainSettings,
        engine: Engine,
        *,
        class_weights: Tensor | None = None,
        ranks: Ranks = ALONE,
    ) -> None:
        self.net = net.to(engine.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.settings = settings
        self.engine = engine
        self.history: list[EpochLoss] = []
        self._ranks = ranks
        self._learner = ranks.wrap(_OneStage(self.net))
        self._loss = make_loss(settings, class_weights).to(engine.device)
        self._steps = plan_steps(settings)
        self._filter = make_shuffle_filter(settings)
        self._optimiser = torch.optim.SGD(
            net.parameters(),
            lr=settings.learning_rate,
            momentum=settings.momentum,
            weight_decay=settings.weight_decay,
        )

    @property
    def is_done(self) -> bool:
        """Whether all epochs are over."""
        return len(self.history) >= self.settings.epochs

    def resume(self, checkpoint: Path | None) -> None:
        """Restore a checkpoint where there is one and nothing was learnt yet."""
        if checkpoint is not None and checkpoint.exists() and not self.history:
            self.history = read_checkpoint(checkpoint, self.net, self._optimiser)

    def run(
        self, batches: Batches, *, seed: int, checkpoint: Path | None = None, on_epoch: EpochDone | None = None
    ) -> None:
        """Train to the last epoch, from the checkpoint where there is one.

        ``batches``: gives the batches of an epoch. ``seed``: seed of the tile permutations; together with the
        epoch it determines them. ``checkpoint``: file that is replaced after every epoch and resumed from.
        ``on_epoch``: hears of every finished epoch.
        """
        self.resume(checkpoint)
        for epoch in range(len(self.history), self.settings.epochs):
            self.history.append(self._run_epoch(epoch, batches, seed))
            if checkpoint is not None and self._ranks.is_first:
                write_checkpoint(checkpoint, self.net, self._optimiser, self.history)
            if on_epoch is not None:
                on_epoch(self.history[-1])

    def _run_epoch(self, epoch: int, batches: Batches, seed: int) -> EpochLoss:
        """Take the steps of every batch and average their losses."""
        start = time.perf_counter()
        for group in self._optimiser.param_groups:
            group["lr"] = learning_rate(self.settings, epoch)
        state = np.random.SeedSequence((seed, epoch)).generate_state(1)[0]
        generator = torch.Generator().manual_seed(int(state))
        torch.manual_seed(int(state))  # for what networks draw themselves: dropout, shares of branches
        self.net.train()
        losses, n_samples = [], 0
        for batch in batches(epoch):
            losses.append(self._take_steps(batch, generator))
            n_samples += len(batch.labels)
        # Only now: to ask for a number makes the host wait for the device.
        seen = torch.tensor([float(n_samples)], device=self.engine.device)
        mean = self._ranks.mean(torch.cat([torch.stack(losses).double().mean(dim=0), seen.double()])).tolist()
        self._ranks.level(self.net)
        n_seen = round(mean[-1] * self._ranks.n)
        return EpochLoss(epoch, tuple(mean[:-1]), n_seen, time.perf_counter() - start)

    def _take_steps(self, batch: Batch, generator: torch.Generator) -> Tensor:
        """Take the optimiser steps of one batch; gives their losses."""
        whole, clinical, labels = self._upload(batch)
        losses = []
        for step in self._steps:
            if step.weight == 0:
                losses.append(torch.zeros((), device=self.engine.device))
                continue
            images = whole
            # Jigsaw at this stage's grain.
            if step.n_tiles > 1:
                images = shuffle_tiles(
                    whole,
                    step.n_tiles,
                    kind=self.settings.jigsaw,  # type: ignore[arg-type]
                    generator=generator,
                    shuffle_filter=self._filter,
                )
            with self.engine.autocast():
                logits = self._learner(self.engine.place(images), clinical, step.stage)
            # One optimiser step a stage, as in progressive multi-granularity training.
            loss = step.weight * self._loss(logits.float(), labels)
            self._optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.net.parameters(), self.settings.grad_clip)
            self._optimiser.step()
            losses.append(loss.detach())
        return torch.stack(losses)

    def _upload(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Copy a batch to the device once, without waiting for what runs there."""
        tensors = batch.views, batch.clinical, batch.labels
        device = self.engine.device
        if device.type != "cuda":
            return tensors
        views, clinical, labels = (each.pin_memory().to(device, non_blocking=True) for each in tensors)
        return views, clinical, labels
