"""Deformable convolution (the first version) in plain PyTorch: a 3 x 3 kernel that samples at learnt offsets.

=====  =========================================================
B      batch
n      channels in
O      channels out
h, w   height and width of the map in
u, v   height and width of the map out
k      positions of the kernel (9)
=====  =========================================================

References
----------
Dai et al., Deformable convolutional networks, ICCV 2017, arXiv 1703.06211.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

_KERNEL = 3
_POSITIONS = _KERNEL * _KERNEL


class OffsetConvolution(nn.Conv2d):
    """The convolution that predicts the offsets; all of its weights start at 0.

    ``n_in``: channels in; ``stride``: that of the convolution whose offsets it predicts.
    """

    def __init__(self, n_in: int, stride: int) -> None:
        super().__init__(n_in, 2 * _POSITIONS, _KERNEL, stride=stride, padding=1)

    def reset_parameters(self) -> None:
        """Set weights and biases to 0, so that every kernel position starts at its own place."""
        nn.init.zeros_(self.weight)
        if self.bias is not None:
            nn.init.zeros_(self.bias)


class DeformableConvolution(nn.Module):
    """A 3 x 3 convolution without bias whose nine positions move by offsets that depend on the map.

    ``n_in``, ``n_out``: channels; ``stride``: 1, or 2 to halve the map. Offsets are in pixels of the map in,
    (down, right) for each position; beyond the map lie zeros. One set of offsets serves all channels.
    """

    def __init__(self, n_in: int, n_out: int, stride: int = 1) -> None:
        super().__init__()
        self.offsets = OffsetConvolution(n_in, stride)
        self.kernel = nn.Conv2d(n_in, n_out, _KERNEL, stride=stride, padding=1, bias=False)
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, n, h, w) to (B, O, u, v), u = h / stride and v = w / stride rounded up."""
        offsets = self.offsets(x)  # (B, 2 k, u, v)
        u = offsets.shape[-2]
        # Places are computed in float32: bf16 has no fractions of a pixel left beyond the 128th.
        where = self._grid(x, offsets.float())  # (B, k u, v, 2)
        sampled = nn.functional.grid_sample(
            x.float(), where, mode="bilinear", padding_mode="zeros", align_corners=False
        )  # (B, n, k u, v)
        columns = sampled.reshape(x.shape[0], -1, u, offsets.shape[-1])  # (B, n k, u, v)
        return nn.functional.conv2d(columns, self.kernel.weight.flatten(1)[:, :, None, None])  # (B, O, u, v)

    def _grid(self, x: Tensor, offsets: Tensor) -> Tensor:
        """Where to sample for every position and place, (B, k u, v, 2): right, down, edges at -1 and 1."""
        h, w = x.shape[-2:]
        u, v = offsets.shape[-2:]
        step = torch.arange(_KERNEL, device=x.device) - 1  # (3,)
        rows = torch.arange(u, device=x.device)[:, None] * self.stride  # (u, 1)
        columns = torch.arange(v, device=x.device) * self.stride  # (v,)
        moved = offsets.reshape(x.shape[0], _POSITIONS, 2, u, v)  # (B, k, 2, u, v)
        down = moved[:, :, 0] + rows + step.repeat_interleave(_KERNEL)[:, None, None]  # (B, k, u, v)
        right = moved[:, :, 1] + columns + step.repeat(_KERNEL)[:, None, None]  # (B, k, u, v)
        where = torch.stack([(2 * right + 1) / w - 1, (2 * down + 1) / h - 1], dim=-1)  # (B, k, u, v, 2)
        return where.flatten(1, 2)
