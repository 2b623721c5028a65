"""Shake-Shake of 26 layers with two branches, mixed per image (the form "Shake-Shake-Image").

While training, alpha ~ U(0, 1) mixes the branches on the way forward and an independent beta ~ U(0, 1) shares out
the gradient on the way back, each drawn anew for every image and block; in evaluation both are one half.

The stem of the original is for images of 32 pixels; here a 7 x 7 convolution and a max pooling, both of stride 2,
bring a mosaic to that size first.

References
----------
Gastaldi, Shake-Shake regularization, 2017, arXiv 1705.07485.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.autograd.function import FunctionCtx, NestedIOFunction

_STEM = 16
_BLOCKS = 4
"""Blocks of each of the three stages: 3 x 4 x 2 convolutions, the stem and the classifier are 26 layers."""


class ShakeMix(torch.autograd.Function):
    """``alpha a + (1 - alpha) b`` forward; ``beta`` and ``1 - beta`` of the gradient back."""

    @staticmethod
    def forward(context: FunctionCtx, a: Tensor, b: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
        """Mix the branches.

        ``a``, ``b``, (B, O, h, w) float: branches; ``alpha``, ``beta``, (B, 1, 1, 1) float: share of the first
        branch forward and back. Gives (B, O, h, w) float: the mixture.
        """
        context.save_for_backward(beta)
        return alpha * a + (1 - alpha) * b

    @staticmethod
    def backward(context: NestedIOFunction, gradient: Tensor) -> tuple[Tensor, Tensor, None, None]:
        """Share out the gradient (B, O, h, w) by beta; alpha and beta have none."""
        (beta,) = context.saved_tensors
        return beta * gradient, (1 - beta) * gradient, None, None


class HalvingShortcut(nn.Module):
    """Two paths of half the channels each, one of them shifted by a pixel, so that halving drops nothing.

    ``n_in``, ``n_out``: channels; ``stride``: of the subsampling.
    """

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.straight = nn.Conv2d(n_in, n_out // 2, 1, bias=False)
        self.shifted = nn.Conv2d(n_in, n_out // 2, 1, bias=False)
        self.bn = nn.BatchNorm2d(n_out)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, n_in, h, w) to (B, n_out, h / stride, w / stride)."""
        x = torch.relu(x)
        shift = nn.functional.pad(x[:, :, 1:, 1:], (0, 1, 0, 1))  # (B, n_in, h, w)
        halves = [
            convolution(y[:, :, :: self.stride, :: self.stride])
            for convolution, y in ((self.straight, x), (self.shifted, shift))
        ]
        y: Tensor = self.bn(torch.cat(halves, dim=1))  # (B, n_out, h / stride, w / stride)
        return y


class ShakeBlock(nn.Module):
    """Two branches of two 3 x 3 convolutions, mixed, beside a shortcut.

    ``n_in``, ``n_out``: channels; ``stride``: 1, or 2 to halve the map.
    """

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__()
        self.branch1 = _branch(n_in, n_out, stride)
        self.branch2 = _branch(n_in, n_out, stride)
        self.shortcut: nn.Module = nn.Identity()
        if n_in != n_out or stride != 1:
            self.shortcut = HalvingShortcut(n_in, n_out, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, n_in, h, w) to (B, n_out, h / stride, w / stride)."""
        a, b = self.branch1(x), self.branch2(x)  # (B, n_out, h / stride, w / stride)
        mixed: Tensor = self._shake(a, b) if self.training else (a + b) / 2
        shortcut: Tensor = self.shortcut(x)  # (B, n_out, h / stride, w / stride)
        return shortcut + mixed

    @staticmethod
    def _shake(a: Tensor, b: Tensor) -> Tensor:
        """Mix the branches by fresh shares for every image."""
        alpha, beta = torch.rand(2, len(a), 1, 1, 1, dtype=a.dtype, device=a.device)  # (B, 1, 1, 1) each
        mixed: Tensor = ShakeMix.apply(a, b, alpha, beta)  # type: ignore[no-untyped-call]
        return mixed


def _branch(n_in: int, n_out: int, stride: int) -> nn.Sequential:
    """Make one branch; the activation comes first, as the sum of a block has none."""
    return nn.Sequential(
        nn.ReLU(),
        nn.Conv2d(n_in, n_out, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(n_out),
        nn.ReLU(),
        nn.Conv2d(n_out, n_out, 3, padding=1, bias=False),
        nn.BatchNorm2d(n_out),
    )


class ShakeShakeFeatures(nn.Module):
    """Stem, three stages of four blocks, and global average pooling.

    ``in_channels``: c; ``base_channels``: channels of the first stage; the next have twice and four times as many.
    ``length``: features per mosaic, ``4 * base_channels``.
    """

    def __init__(self, in_channels: int, base_channels: int = 64) -> None:
        super().__init__()
        self.length = 4 * base_channels
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, _STEM, 7, stride=2, padding=3, bias=False),
            nn.BatchNorm2d(_STEM),
            nn.MaxPool2d(3, stride=2, padding=1),
        )
        blocks: list[nn.Module] = []
        n_in = _STEM
        for stage in range(3):
            n_out = base_channels * 2**stage
            for k in range(_BLOCKS):
                blocks.append(ShakeBlock(n_in, n_out, 2 if stage > 0 and k == 0 else 1))
                n_in = n_out
        self.blocks = nn.Sequential(*blocks)

    def forward(self, views: Tensor) -> Tensor:
        """Map mosaics (B, C, H, W) to features (B, 4 base_channels)."""
        x = torch.relu(self.blocks(self.stem(views)))  # (B, 4 base_channels, H/16, W/16)
        return x.mean(dim=(2, 3))
