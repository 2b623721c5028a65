"""The registry of networks: from a table of settings to a network, from its four logits to those of the risk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
    "OF_IMAGES",
    "SCORES_FROM",
    "Backbone",
    "OneClassifier",
    "RiskNetwork",
    "StageLogits",
    "build_network",
    "initialise",
    "risk_logits",
]


@dataclass(frozen=True, slots=True)
class Backbone:
    """One network of the registry.

    ``settings``: settings of a training run that it takes, by its own name for each, the others have their
    published shape; ``sees_images``: it can be chosen and compared, a network of clinical facts alone comes by
    ``inputs``.
    """

    title: str
    make: Callable[..., RiskNetwork]
    settings: Mapping[str, str] = field(default_factory=dict)
    sees_images: bool = True


_HEAD = {"head": "head", "width": "width"}
_TRUNK = {name: name for name in ("stem_channels", "stages", "deform_last_stage")}

NETWORKS: Mapping[str, Backbone] = {
    "mm_resnet": Backbone("MM_ResNet", MMResNet, {**_HEAD, **_TRUNK}),
    "vgg16": Backbone("VGG16", vgg16),
    "densenet169": Backbone("DenseNet169", densenet169),
    "shake_shake": Backbone("Shake-Shake", shake_shake, {"base_channels": "stem_channels"}),
    "se_resnext50": Backbone("SE-ResNeXt50", se_resnext50),
    "cp_mlp": Backbone("Clinical facts alone", ClinicalNet, _HEAD, sees_images=False),
}
"""The backbones by name; settings, experiments and documents have no others."""

OF_IMAGES = {name: backbone for name, backbone in NETWORKS.items() if backbone.sees_images}
"""Those that a training run can choose."""

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
    return NETWORKS[backbone].make(**settings)


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
