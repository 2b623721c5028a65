"""MM_ResNet made ready for many gradients along one path: cut behind its first convolution, which is linear."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.grad import conv2d_input
from torch.nn.utils.fusion import fuse_conv_bn_eval

from deeptepp.model.mm_resnet import MMResNet
from deeptepp.model.network import RiskNetwork


@dataclass(frozen=True, slots=True, eq=False)
class FrozenNet:
    """A copy of an MM_ResNet with the batch normalisations folded into its convolutions.

    ``net``: its first convolution is in float32, and linear; its stages and heads are in ``precision``, which is
    bfloat16 where the processor multiplies it: half of the time, and a heat that is 1 to 5 % off, which is less
    than what the points of the integral leave. Channels are last in memory, which oneDNN takes fastest.
    """

    net: MMResNet
    precision: torch.dtype

    def maps(self, views: Tensor) -> Tensor:
        """Map mosaics (B, C, H, W) to what the stem makes of them (B, S, H/2, W/2)."""
        made: Tensor = self.net.trunk.conv1(views.to(memory_format=torch.channels_last))
        return made

    def peaks(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Give the largest of every window of maps, (B, S, H/4, W/4), and its place, counted by rows."""
        # In float32: rounding makes ties, and a gradient goes to one place.
        peaks, places = self.net.trunk.maxpool(maps)
        return peaks, places

    def pool(self, batches: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Map batches of peaks (B, S, H/4, W/4) to pooled features of them all, (sum of B, n) float32."""
        # The largest of what is cut at 0 is the largest, cut at 0: the cut comes last, with a quarter to do.
        # Large maps a batch at a time, for the cache; small ones together, as a call lays out its weights anew.
        trunk = self.net.trunk
        made = torch.cat([trunk.layer1(torch.relu(peaks).to(self.precision)) for peaks in batches])
        return tuple(pooled.float() for pooled in self.net.pool_stages(trunk.stages(made)))

    def add_to_maps(self, of_maps: Tensor, places: Tensor, of_peaks: Tensor) -> None:
        """Add the gradients of a batch of peaks (B, S, H/4, W/4) to that of one map, (S, H/2, W/2)."""
        rows, values = (x.permute(0, 2, 3, 1).flatten(0, 2) for x in (places, of_peaks))  # (B H/4 W/4, S) each
        of_maps.permute(1, 2, 0).view(-1, len(of_maps)).scatter_add_(0, rows, values)

    def of_views(self, views: Tensor, of_maps: Tensor) -> Tensor:
        """Carry the gradient of the maps (B, S, H/2, W/2) back to the mosaics (B, C, H, W)."""
        stem = self.net.trunk.conv1
        stride, padding = stem.stride, stem.padding
        made: Tensor = conv2d_input(views.shape, stem.weight, of_maps, stride, padding)  # type: ignore[no-untyped-call]
        return made


@lru_cache(maxsize=2)
def frozen_net(net: RiskNetwork) -> FrozenNet | None:
    """Cut and fold a network that a bundle serves; None unless it is an MM_ResNet of plain convolutions."""
    if not isinstance(net, MMResNet) or net.settings["deform_last_stage"]:
        return None
    folded = deepcopy(net).requires_grad_(requires_grad=False)
    for module in folded.modules():
        # Where a convolution and a batch normalisation are declared one after the other, they are run so too.
        for (name, convolution), (after, normalisation) in pairwise(list(module.named_children())):
            if isinstance(convolution, nn.Conv2d) and isinstance(normalisation, nn.BatchNorm2d):
                setattr(module, name, fuse_conv_bn_eval(convolution, normalisation))
                setattr(module, after, nn.Identity())
    precision = torch.bfloat16 if _multiplies_bfloat16() else torch.float32
    nn.utils.convert_conv2d_weight_memory_format(folded, torch.channels_last)
    trunk = folded.trunk
    trunk.maxpool.return_indices = True
    for piece in (trunk.layer1, trunk.layer2, trunk.layer3, trunk.layer4, folded.heads):
        piece.to(precision)
    return FrozenNet(folded, precision)


def _multiplies_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16, which takes longer than float32 where it does not."""
    known = torch.cpu.get_capabilities()
    return bool(known.get("avx512_bf16") or known.get("amx_bf16"))
