"""What a step minimises."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from deeptepp.train.settings import TrainSettings


class FocalLoss(nn.Module):
    """Cross-entropy that turns away from what is told apart already.

    ``gamma``: focusing exponent; 0 is the cross-entropy. ``weight`` (K,): weights of the classes. The mean of w_y
    (1 - p_y)^gamma (-log p_y), weighted by w_y as in ``torch.nn.CrossEntropyLoss``, where p_y is the softmax of
    the true class y.

    References
    ----------
    Lin et al., Focal loss for dense object detection, ICCV 2017, doi 10.1109/ICCV.2017.324.
    """

    weight: Tensor | None

    def __init__(self, gamma: float, weight: Tensor | None = None) -> None:
        super().__init__()
        self.gamma = gamma
        self.register_buffer("weight", weight)

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Map logits (B, K) and labels (B,) to the loss, a scalar."""
        log_p = torch.log_softmax(logits, dim=1).gather(1, labels[:, None])[:, 0]  # (B,)
        # 1 - p by expm1: it keeps its digits and its gradient where p is near 1.
        focus = 1.0 if self.gamma == 0 else (-torch.expm1(log_p)).clamp_min(1e-12) ** self.gamma
        weight = torch.ones_like(log_p) if self.weight is None else self.weight[labels]  # (B,)
        return -(weight * focus * log_p).sum() / weight.sum()


def make_loss(settings: TrainSettings, weight: Tensor | None) -> nn.Module:
    """Make the loss that the settings ask for.

    ``settings``: ``loss`` and ``focal_gamma`` are read. ``weight`` (2,): weights of the classes. Returns: maps
    logits (B, 2) and labels (B,) to a scalar.
    """
    if settings.loss == "focal":
        return FocalLoss(settings.focal_gamma, weight)
    return nn.CrossEntropyLoss(weight=weight)
