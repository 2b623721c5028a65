"""What every network has: the two inputs, the four logits that come out, and the classifier where CP enters.

=====  =========================================================
B      batch: mosaics
C      channels of a mosaic
H, W   height and width of a mosaic in pixels
F      clinical-pathological (CP) values of a patient
K      classes: no recurrence, recurrence (2)
=====  =========================================================
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from deeptepp.errors import BadSetting

Head = Literal["pmg", "light"]
StageLogits = tuple[Tensor, Tensor, Tensor, Tensor]

N_CLASSES = 2
"""No recurrence (0) and recurrence (1)."""


class RiskNetwork(nn.Module):
    """A network from mosaics and CP to the logits of recurrence.

    ``settings``: what ``build_network`` makes the same architecture of; ready for TOML.
    """

    settings: dict[str, int | str | bool]

    def forward(self, views: Tensor, clinical: Tensor) -> StageLogits:
        """Compute the logits of every classifier.

        ``views``, (B, C, H, W) float32: mosaics; ``clinical``, (B, F) float32: encoded CP. Gives logits of three
        stages and of all together; the only ones four times where there is one classifier.
        """
        return self.classify(self.pool(views), clinical)

    def pool(self, views: Tensor) -> tuple[Tensor, ...]:
        """Compute what the classifiers see of mosaics (B, C, H, W): pooled features, each (B, n)."""
        raise NotImplementedError

    def classify(self, pooled: tuple[Tensor, ...], clinical: Tensor) -> StageLogits:
        """Compute the logits of pooled features, each (B, n), and CP (B, F)."""
        raise NotImplementedError


class OneClassifier(RiskNetwork):
    """Pooled image features and CP side by side, then one linear layer.

    ``backbone``: name in the registry; ``features``: maps mosaics (B, C, H, W) to pooled features (B, n_features);
    ``n_features``: their length; ``in_channels``: c; ``n_clinical``: F; 0 for a network of images alone;
    ``**settings``: further settings of the backbone.
    """

    def __init__(
        self,
        backbone: str,
        features: nn.Module,
        n_features: int,
        *,
        in_channels: int,
        n_clinical: int,
        **settings: int | str | bool,
    ) -> None:
        super().__init__()
        self.settings = {"backbone": backbone, "in_channels": in_channels, "n_clinical": n_clinical, **settings}
        self.features = features
        self.classifier = Classifier(n_features, n_clinical, None)

    def pool(self, views: Tensor) -> tuple[Tensor, ...]:
        """Compute the pooled features (B, n_features)."""
        return (self.features(views),)

    def classify(self, pooled: tuple[Tensor, ...], clinical: Tensor) -> StageLogits:
        """Compute the logits of the one classifier, given four times."""
        y = self.classifier(pooled[0], clinical)  # (B, K)
        return y, y, y, y


class Classifier(nn.Module):
    """Pooled features and CP side by side, then two fully connected layers (one in the light form).

    ``n_features``: length of the pooled features; 0 for CP alone; ``n_clinical``: f; ``width``: units of the
    hidden layer; None for a single linear layer. The batch normalisation in front covers the image features only:
    the CP values are standardised on the training fold already, and a missing flag that is almost always 0 has a
    running variance near 0, by which the rare 1 would be blown up to any size.
    """

    def __init__(self, n_features: int, n_clinical: int, width: int | None) -> None:
        super().__init__()
        self.bn = nn.Identity() if width is None or n_features == 0 else nn.BatchNorm1d(n_features)
        if width is None:
            self.layers = nn.Sequential(nn.Linear(n_features + n_clinical, N_CLASSES))
        else:
            self.layers = nn.Sequential(
                nn.Linear(n_features + n_clinical, width),
                nn.BatchNorm1d(width),
                nn.ELU(),
                nn.Linear(width, N_CLASSES),
            )

    def forward(self, features: Tensor, clinical: Tensor) -> Tensor:
        """Map features (B, n_features) and CP (B, F) to logits (B, K)."""
        z = torch.cat([self.bn(features), clinical], dim=1)  # (B, n_features + F)
        logits: Tensor = self.layers(z)  # (B, K)
        return logits


def hidden_units(head: str, width: int) -> int | None:
    """Give the units of a classifier's hidden layer.

    Gives the width; None where there is no hidden layer. Raises BadSetting where the head is unknown.
    """
    if head not in ("pmg", "light"):
        raise BadSetting(key="network.head", value=head, limit="pmg or light")
    return width if head == "pmg" else None
