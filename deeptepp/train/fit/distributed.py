"""One fit on several processes, as ``torchrun`` starts them: each sees its share of every batch.

Every rank makes the same draws from the same seeds and takes its rows of each batch, gradients are averaged, and
only the first rank writes and talks.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from deeptepp.errors import BadSetting
from deeptepp.train.settings import TrainSettings


@dataclass(frozen=True, slots=True)
class Ranks:
    """The processes of a fit, and which of them this is.

    ``rank``: number of this process, from 0.
    """

    rank: int = 0
    n: int = 1

    @property
    def is_first(self) -> bool:
        """True for the process that writes and talks."""
        return self.rank == 0

    def share(self, rows: range) -> range:
        """Rows of a batch that this process sees."""
        return rows[self.rank :: self.n]

    def wrap(self, net: nn.Module) -> nn.Module:
        """Let the gradients of a network be averaged over all processes."""
        if self.n == 1:
            return net
        # A step of one stage leaves the weights behind it without a gradient.
        return DistributedDataParallel(net, find_unused_parameters=True)

    def mean(self, values: Tensor) -> Tensor:
        """Average values (k,) over all processes."""
        if self.n > 1:
            distributed.all_reduce(values)
        return values / self.n

    def level(self, net: nn.Module) -> None:
        """Give every process the running statistics of the first."""
        if self.n > 1:
            for buffer in net.buffers():
                distributed.broadcast(buffer, 0)

    def agree(self, *, is_stopped: bool, device: torch.device) -> bool:
        """Tell every process whether the first was stopped."""
        if self.n == 1:
            return is_stopped
        flag = torch.tensor([float(is_stopped)], device=device)
        distributed.broadcast(flag, 0)
        return bool(flag.item())

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self.n > 1:
            distributed.barrier()


ALONE = Ranks()
"""A process by itself."""


def is_first_rank() -> bool:
    """Whether this process is the only one or the first of its ranks."""
    return int(os.environ.get("RANK", "0")) == 0


@contextmanager
def join_ranks(settings: TrainSettings) -> Iterator[Ranks]:
    """Join the processes that ``torchrun`` started, and leave them at the end.

    ``settings``: ``device``, ``n_jobs`` and ``batch_size`` are read. Returns: this process among them; ``ALONE``
    where there are no others.
    """
    n = int(os.environ.get("WORLD_SIZE", "1"))
    if n == 1:
        yield ALONE
        return
    if settings.n_jobs != 1:
        raise BadSetting(key="n_jobs", value=settings.n_jobs, limit="1 under torchrun")
    if settings.batch_size < 2 * n:
        raise BadSetting(key="batch_size", value=settings.batch_size, limit=f"at least {2 * n} for {n} processes")
    wants_cuda = settings.device == "cuda" or (settings.device == "auto" and torch.cuda.is_available())
    if wants_cuda:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    is_mine = not distributed.is_initialized()
    if is_mine:
        distributed.init_process_group("nccl" if wants_cuda else "gloo")
    try:
        yield Ranks(distributed.get_rank(), n)
    finally:
        if is_mine:
            distributed.destroy_process_group()
