"""The state of one fit in one safetensors file: weights, optimiser momentum and the losses so far.

One file that is replaced in one move cannot be half new: after a kill the last whole epoch is on disk.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from deeptepp.dataset_folder import write_whole

_WEIGHT = "net/"
_MOMENTUM = "momentum/"


@dataclass(frozen=True, slots=True)
class EpochLoss:
    """What one epoch came to.

    ``epoch``: number of the epoch, from 0. ``losses``: mean weighted cross-entropy of the four steps.
    """

    epoch: int
    losses: tuple[float, ...]
    n_samples: int
    seconds: float


def write_checkpoint(
    path: Path, net: nn.Module, optimiser: torch.optim.Optimizer, history: list[EpochLoss]
) -> None:
    """Replace the checkpoint of a fit.

    ``path``: file to replace; its folder is made. ``optimiser``: its optimiser, with momentum buffers.
    """
    tensors = {_WEIGHT + name: tensor for name, tensor in net.state_dict().items()}
    for name, parameter in net.named_parameters():
        buffer: Tensor | None = optimiser.state[parameter].get("momentum_buffer")
        if buffer is not None:
            tensors[_MOMENTUM + name] = buffer
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    about = {"history": json.dumps([asdict(each) for each in history])}
    write_whole(path, lambda part: save_file(plain, part, metadata=about))


def read_checkpoint(path: Path, net: nn.Module, optimiser: torch.optim.Optimizer) -> list[EpochLoss]:
    """Restore a fit in place.

    ``path``: file written by ``write_checkpoint``. ``net``: network of the same architecture; receives the
    weights. ``optimiser``: its optimiser; receives the momentum.
    """
    with safe_open(path, framework="pt") as stored:
        history = json.loads(stored.metadata()["history"])
        tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118  not a dict
    weights = {name.removeprefix(_WEIGHT): t for name, t in tensors.items() if name.startswith(_WEIGHT)}
    net.load_state_dict(weights)
    for name, parameter in net.named_parameters():
        buffer = tensors.get(_MOMENTUM + name)
        if buffer is not None:
            placed = torch.empty_like(parameter).copy_(buffer)
            optimiser.state[parameter]["momentum_buffer"] = placed.detach()
    return [
        EpochLoss(each["epoch"], tuple(each["losses"]), each["n_samples"], each["seconds"]) for each in history
    ]
