"""VGG16, configuration D, without its last layer.

References
----------
Simonyan and Zisserman, Very deep convolutional networks for large-scale image recognition, ICLR 2015,
arXiv 1409.1556.
"""

from __future__ import annotations

from torch import Tensor, nn

_STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""Channels and number of the 3 x 3 convolutions before each halving."""

_SIDE = 7
"""Side of the last map in pixels; those of smaller mosaics are averaged or repeated to it."""

_HIDDEN = 4096
_DROPOUT = 0.5


class VGG16Features(nn.Module):
    """Thirteen convolutions and two fully connected layers.

    ``in_channels``: c. ``length``: features per mosaic, 4096.
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.length = _HIDDEN
        layers: list[nn.Module] = []
        n_in = in_channels
        for n_out, n_convolutions in _STAGES:
            for _ in range(n_convolutions):
                layers += [nn.Conv2d(n_in, n_out, 3, padding=1), nn.ReLU()]
                n_in = n_out
            layers.append(nn.MaxPool2d(2))
        self.convolutions = nn.Sequential(*layers)
        self.pool = nn.AdaptiveAvgPool2d(_SIDE)
        self.hidden = nn.Sequential(
            nn.Linear(n_in * _SIDE**2, _HIDDEN),
            nn.ReLU(),
            nn.Dropout(_DROPOUT),
            nn.Linear(_HIDDEN, _HIDDEN),
            nn.ReLU(),
            nn.Dropout(_DROPOUT),
        )

    def forward(self, views: Tensor) -> Tensor:
        """Map mosaics (B, C, H, W) to features (B, 4096)."""
        x = self.pool(self.convolutions(views))  # (B, 512, 7, 7)
        y: Tensor = self.hidden(x.flatten(1))  # (B, 4096)
        return y
