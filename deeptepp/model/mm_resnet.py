"""MM_ResNet: a ResNet18 whose last three stages each have a classifier of their own, and one for all together.

Letters used beside the code:

=====  =========================================================
B      batch: mosaics
C      channels of a mosaic
H, W   height and width of a mosaic in pixels
S      channels after the stem (64)
O      channels of a stage's head (256)
F      clinical-pathological (CP) values of a patient
K      classes: no recurrence, recurrence (2)
=====  =========================================================

References
----------
He et al., Deep residual learning for image recognition, CVPR 2016, doi 10.1109/CVPR.2016.90.
Du et al., Progressive multi-granularity training of jigsaw patches, ECCV 2020, arXiv 2003.03836.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from deeptepp.model.classifier import Classifier, Head, RiskNetwork, StageLogits, hidden_units
from deeptepp.model.deformable import DeformableConvolution

_HEAD_MOMENTUM = 0.01
"""Momentum of the batch normalisation in the convolutional heads, as Du et al. have it."""


class ResidualBlock(nn.Module):
    """A residual block: two 3 x 3 convolutions beside a shortcut.

    ``n_in``, ``n_out``: channels; ``stride``: 1, or 2 to halve the map; ``deformable``: whether both convolutions
    sample at learnt offsets.
    """

    def __init__(self, n_in: int, n_out: int, stride: int = 1, *, deformable: bool = False) -> None:
        super().__init__()
        self.conv1 = _convolution(n_in, n_out, stride, deformable=deformable)
        self.bn1 = nn.BatchNorm2d(n_out)
        self.conv2 = _convolution(n_out, n_out, 1, deformable=deformable)
        self.bn2 = nn.BatchNorm2d(n_out)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or n_in != n_out:
            self.shortcut = nn.Sequential(
                nn.Conv2d(n_in, n_out, 1, stride=stride, bias=False), nn.BatchNorm2d(n_out)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, n_in, h, w) to (B, n_out, h / stride, w / stride)."""
        y = torch.relu(self.bn1(self.conv1(x)))  # (B, n_out, h / stride, w / stride)
        y = self.bn2(self.conv2(y))  # (B, n_out, h / stride, w / stride)
        return torch.relu(y + self.shortcut(x))  # (B, n_out, h / stride, w / stride)


def _convolution(n_in: int, n_out: int, stride: int, *, deformable: bool) -> nn.Module:
    """Make a 3 x 3 convolution."""
    if deformable:
        return DeformableConvolution(n_in, n_out, stride)
    return nn.Conv2d(n_in, n_out, 3, stride=stride, padding=1, bias=False)


class ResNet18Trunk(nn.Module):
    """The textbook ResNet18 without pooling and classifier.

    ``in_channels``: c; ``stem_channels``: S; the stages have S, 2 S, 4 S and 8 S channels; ``deform_last_stage``:
    whether the 3 x 3 convolutions of the last stage sample at learnt offsets.
    """

    def __init__(self, in_channels: int, stem_channels: int = 64, *, deform_last_stage: bool = False) -> None:
        super().__init__()
        s = stem_channels
        self.stage_channels = (2 * s, 4 * s, 8 * s)
        self.conv1 = nn.Conv2d(in_channels, s, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(s)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = nn.Sequential(ResidualBlock(s, s), ResidualBlock(s, s))
        self.layer2 = nn.Sequential(ResidualBlock(s, 2 * s, 2), ResidualBlock(2 * s, 2 * s))
        self.layer3 = nn.Sequential(ResidualBlock(2 * s, 4 * s, 2), ResidualBlock(4 * s, 4 * s))
        self.layer4 = nn.Sequential(
            ResidualBlock(4 * s, 8 * s, 2, deformable=deform_last_stage),
            ResidualBlock(8 * s, 8 * s, deformable=deform_last_stage),
        )

    def forward(self, views: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Map mosaics (B, C, H, W) to the maps of the last three stages."""
        x = torch.relu(self.bn1(self.conv1(views)))  # (B, S, H/2, W/2)
        # With channels last torch pools several numbers at once, else one by one: the same numbers.
        pooled = self.maxpool(x.contiguous(memory_format=torch.channels_last)).contiguous()
        x = self.layer1(pooled)  # (B, S, H/4, W/4)
        x2 = self.layer2(x)  # (B, 2 S, H/8, W/8)
        x3 = self.layer3(x2)  # (B, 4 S, H/16, W/16)
        x4 = self.layer4(x3)  # (B, 8 S, H/32, W/32)
        return x2, x3, x4


class StageHead(nn.Module):
    """What one stage contributes: its map, through two convolutions, pooled to one vector.

    ``n_in``: channels of the stage; ``width``: channels between the convolutions; ``out``: o.
    """

    def __init__(self, n_in: int, width: int, out: int) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            nn.Conv2d(n_in, width, 1, bias=False),
            nn.BatchNorm2d(width, momentum=_HEAD_MOMENTUM),
            nn.ReLU(),
            nn.Conv2d(width, out, 3, padding=1, bias=False),
            nn.BatchNorm2d(out, momentum=_HEAD_MOMENTUM),
            nn.ReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map a stage (B, n_in, h, w) to its pooled features (B, O)."""
        y: Tensor = self.convolutions(x)  # (B, O, h, w)
        return y.amax(dim=(2, 3))


class MaxPool(nn.Module):
    """Global max pooling: the light head."""

    def forward(self, x: Tensor) -> Tensor:
        """Map a stage (B, n_in, h, w) to (B, n_in)."""
        return x.amax(dim=(2, 3))


class MMResNet(RiskNetwork):
    """Multi-scale, multi-stage ResNet18 with CP before every classifier.

    ``in_channels``: c; ``n_clinical``: F; 0 for a network of images alone; ``head``: two convolutions per stage
    and a hidden layer per classifier, or pooling and one linear layer; ``width``: channels within a head and units
    of the hidden layer; not used by the light head; ``out``: O; not used by the light head; ``stem_channels``: S;
    64 is ResNet18; ``stages``: False leaves one classifier, on the last stage alone; its logits are then returned
    four times; ``deform_last_stage``: whether the 3 x 3 convolutions of the last stage sample at learnt offsets.
    Raises BadSetting where the head is unknown.
    """

    def __init__(
        self,
        in_channels: int,
        n_clinical: int,
        head: Head = "pmg",
        width: int = 64,
        out: int = 256,
        *,
        stem_channels: int = 64,
        stages: bool = True,
        deform_last_stage: bool = False,
    ) -> None:
        super().__init__()
        hidden = hidden_units(head, width)
        self.settings = {
            "backbone": "mm_resnet",
            "in_channels": in_channels,
            "n_clinical": n_clinical,
            "head": head,
            "width": width,
            "out": out,
            "stem_channels": stem_channels,
            "stages": stages,
            "deform_last_stage": deform_last_stage,
        }
        # A head and a classifier for each used stage, and one for all of them.
        self.trunk = ResNet18Trunk(in_channels, stem_channels, deform_last_stage=deform_last_stage)
        used = self.trunk.stage_channels if stages else self.trunk.stage_channels[-1:]
        is_pmg = hidden is not None
        self.heads = nn.ModuleList(StageHead(n, width, out) if is_pmg else MaxPool() for n in used)
        lengths = [out if is_pmg else n for n in used]
        self.classifiers = nn.ModuleList(Classifier(n, n_clinical, hidden) for n in lengths if stages)
        self.concat_classifier = Classifier(sum(lengths), n_clinical, hidden)

    def pool(self, views: Tensor) -> tuple[Tensor, ...]:
        """Compute what each head makes of its stage, 3 x (B, O)."""
        maps = self.trunk(views)[
            -len(self.heads) :
        ]  # (B, 2 S, H/8, W/8), (B, 4 S, H/16, W/16), (B, 8 S, H/32, W/32)
        return tuple(head(x) for head, x in zip(self.heads, maps, strict=True))

    def classify(self, pooled: tuple[Tensor, ...], clinical: Tensor) -> StageLogits:
        """Compute the logits of every stage and of all together.

        ``pooled``: from ``pool``; ``clinical``, (B, F) float32: encoded CP. Gives y1, y2, y3, y_concat: logits of
        the stages at stride 8, 16 and 32, and of their concatenation.
        """
        # Fusion of the stages: their pooled features side by side, under a classifier of their own.
        y_concat = self.concat_classifier(torch.cat(pooled, dim=1), clinical)  # (B, K)
        if not self.classifiers:
            return y_concat, y_concat, y_concat, y_concat
        y1, y2, y3 = (f(x, clinical) for f, x in zip(self.classifiers, pooled, strict=True))  # 3 x (B, K)
        return y1, y2, y3, y_concat
