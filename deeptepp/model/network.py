"""The registry of networks: from a table of settings to a network, from its four logits to those of the risk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from deeptepp.errors import BadSetting
from deeptepp.model.backbones import densenet169, se_resnext50, shake_shake, vgg16
from deeptepp.model.classifier import OneClassifier, RiskNetwork, StageLogits
from deeptepp.model.clinical_net import ClinicalNet
from deeptepp.model.deformable import OffsetConvolution
from deeptepp.model.mm_resnet import MMResNet

__all__ = [
    "NETWORKS",
    "SCORES_FROM",
    "OneClassifier",
    "RiskNetwork",
    "StageLogits",
    "build_network",
    "initialise",
    "risk_logits",
]

NETWORKS: Mapping[str, Callable[..., RiskNetwork]] = {
    "mm_resnet": MMResNet,
    "vgg16": vgg16,
    "densenet169": densenet169,
    "shake_shake": shake_shake,
    "se_resnext50": se_resnext50,
    "cp_mlp": ClinicalNet,
}
"""What makes each backbone from its settings."""

SCORES_FROM = ("concat", "combined")
"""Logits that may stand behind a risk score."""


def build_network(table: Mapping[str, Any]) -> RiskNetwork:
    """Make a network from its settings.

    ``table``: ``backbone``, a key of ``NETWORKS`` (``mm_resnet`` when left out, as in the first bundles),
    ``in_channels``, ``n_clinical`` and the settings of that backbone; ``net.settings`` of a network makes its
    like. With weights of the library's own initialisation; see ``initialise``. Raises BadSetting where the
    backbone is unknown, or it refuses a setting; TypeError where a setting is absent, or not one of the backbone.
    """
    settings = dict(table)
    backbone = settings.pop("backbone", "mm_resnet")
    if backbone not in NETWORKS:
        raise BadSetting(key="network.backbone", value=backbone, limit=", ".join(NETWORKS))
    return NETWORKS[backbone](**settings)


def risk_logits(logits: StageLogits, score_from: str = "concat") -> Tensor:
    """Choose the logits whose softmax is the risk.

    ``score_from``: those of the concatenation, or the sum over all four classifiers. A network with one classifier
    gives the same tensor four times, and it counts once. Gives (B, K) float: logits of no recurrence and
    recurrence. Raises BadSetting where ``score_from`` is unknown.
    """
    if score_from not in SCORES_FROM:
        raise BadSetting(key="score_from", value=score_from, limit=" or ".join(SCORES_FROM))
    if score_from == "concat" or all(each is logits[-1] for each in logits):
        return logits[-1]
    return torch.stack(logits).sum(dim=0)


def initialise(net: nn.Module, generator: torch.Generator) -> None:
    """Draw all weights anew from one generator.

    ``net``: network of convolutions, linear layers and batch normalisations; changed in place. Offsets of
    deformable convolutions start at 0: before the first step they are the plain ones.

    References
    ----------
    He et al., Delving deep into rectifiers, ICCV 2015, arXiv 1502.01852.
    """
    for module in net.modules():
        if isinstance(module, OffsetConvolution | nn.BatchNorm1d | nn.BatchNorm2d):
            module.reset_parameters()
        elif isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu", generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Linear):
            bound = module.in_features**-0.5
            nn.init.uniform_(module.weight, -bound, bound, generator=generator)
            nn.init.uniform_(module.bias, -bound, bound, generator=generator)
