"""The network of clinical-pathological (CP) facts alone: the classifier of MM_ResNet without images."""

from __future__ import annotations

from torch import Tensor

from deeptepp.errors import BadSetting
from deeptepp.model.classifier import Classifier, Head, RiskNetwork, StageLogits, hidden_units


class ClinicalNet(RiskNetwork):
    """CP through the classifier that MM_ResNet has behind its pooled features.

    ``in_channels``: channels of the mosaics, which are handed in and not looked at; ``n_clinical``: F, at least 1;
    ``head``: a hidden layer, or one linear layer: logistic regression; ``width``: units of the hidden layer; not
    used by the light head. Raises BadSetting where the head is unknown, or there is no CP value.
    """

    def __init__(self, in_channels: int, n_clinical: int, head: Head = "pmg", width: int = 64) -> None:
        super().__init__()
        if n_clinical < 1:
            raise BadSetting(key="network.n_clinical", value=n_clinical, limit="at least 1 without images")
        self.classifier = Classifier(0, n_clinical, hidden_units(head, width))
        self.settings = {
            "backbone": "cp_mlp",
            "in_channels": in_channels,
            "n_clinical": n_clinical,
            "head": head,
            "width": width,
        }

    def pool(self, views: Tensor) -> tuple[Tensor, ...]:
        """No features (B, 0): the mosaics count for their number alone."""
        return (views.new_zeros((views.shape[0], 0)),)

    def classify(self, pooled: tuple[Tensor, ...], clinical: Tensor) -> StageLogits:
        """Compute the logits (B, K) from CP (B, F), given four times."""
        y = self.classifier(pooled[0], clinical)  # (B, K)
        return y, y, y, y
