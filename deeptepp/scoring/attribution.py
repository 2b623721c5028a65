"""How much each pixel of a view adds to the log odds: integrated gradients from the empty picture to the real one.

The path is a straight line, and so is what a first convolution makes of it: where the network can be cut there,
that convolution runs once for each end, and the points of the path begin behind it.

References
----------
Sundararajan, Taly, Yan: Axiomatic attribution for deep networks, ICML 2017, arXiv 1703.01365.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from numpy.polynomial.legendre import leggauss
from torch import Tensor

from deeptepp.model.bundle import ModelBundle
from deeptepp.model.frozen_net import FrozenNet, frozen_net
from deeptepp.model.network import risk_logits
from deeptepp.model.predict import Pooled
from deeptepp.views.planes import PADDING

_BATCH = 16
"""Points of one view that go through the network at a time; keeps the memory of gradients small."""

_VIEWS = 3
"""Views that go through the small maps of the network together."""


@dataclass(frozen=True, slots=True, eq=False)
class LogOdds:
    """The log odds of one patient's score by view, before facts add to them, recalibrated as the bundle says.

    ``patient`` (1, F): her encoded CP facts.
    """

    bundle: ModelBundle
    patient: Tensor

    def of(self, pooled: Pooled) -> Tensor:
        """Log odds (B,) of what the classifiers see of mosaics, each (B, n)."""
        y = self.bundle.net.classify(pooled, self.patient.expand(len(pooled[0]), -1))
        logits = risk_logits(y, self.bundle.score_from)  # (B, K)
        return self.bundle.recalibration.slope * self.bundle.on_site.slope * (logits[:, 1] - logits[:, 0])

    def above_empty(self, pooled: Pooled, view: Tensor) -> float:
        """Mean over the views of their log odds less those of the empty picture; ``view`` (1, C, H, W): any."""
        with torch.inference_mode():
            nothing = self.of(self.bundle.net.pool(torch.full_like(view, PADDING)))
            return float((self.of(pooled).double() - nothing.double()).mean())

    def shares(self, views: Tensor, n_steps: int) -> Iterator[npt.NDArray[np.float64]]:
        """Share out the log odds of each view (V, C, H, W), less those of the empty one, by pixel (C, H, W)."""
        net = frozen_net(self.bundle.net)
        for some in torch.split(views, 1 if net is None else _VIEWS):
            shares = self._plain_shares(some, n_steps) if net is None else self._cut_shares(net, some, n_steps)
            yield from shares.double().numpy()

    def _plain_shares(self, view: Tensor, n_steps: int) -> Tensor:
        """Run the whole network at every point of the path of one view (1, C, H, W)."""
        # Imported here: it takes 0.4 s to load beside torch, and a network that can be cut does without.
        from captum.attr import IntegratedGradients

        def log_odds(views: Tensor) -> Tensor:
            # A network that looks at no image must still depend on it for the gradient to exist.
            return self.of(self.bundle.net.pool(views)) + 0 * views.sum(dim=(1, 2, 3))

        shares: Tensor = IntegratedGradients(log_odds).attribute(
            view,
            torch.full_like(view, PADDING),
            n_steps=n_steps,
            method="gausslegendre",
            internal_batch_size=_BATCH,
        )
        return shares.detach()

    def _cut_shares(self, net: FrozenNet, views: Tensor, n_steps: int) -> Tensor:
        """Run what lies behind the first convolution at every point of the paths of some views (V, C, H, W)."""
        # Gauss and Legendre's points on the path from 0 to 1, and their weights.
        points, weights = (torch.tensor(x, dtype=torch.float32) / 2 for x in leggauss(n_steps))
        empty = torch.full_like(views[:1], PADDING)
        begin, ends = net.maps(empty), net.maps(views)  # (1, S, H/2, W/2), (V, S, H/2, W/2)
        of_maps = torch.zeros_like(ends, memory_format=torch.channels_last)
        for at, weight in zip(torch.split(points + 0.5, _BATCH), torch.split(weights, _BATCH), strict=True):
            at = at[:, None, None, None]  # (B, 1, 1, 1)
            # Per view (B, S, H/4, W/4): what the network sees behind the first convolution, and where that was.
            peaks, places = zip(*(net.peaks(torch.addcmul(begin, at, end - begin)) for end in ends), strict=True)
            leaves = [each.requires_grad_() for each in peaks]
            # Pictures do not touch one another: the gradient of the weighted sum holds that of each, weighted.
            total = (weight.repeat(len(views)) * self.of(net.pool(leaves))).sum()
            for each in zip(of_maps, places, torch.autograd.grad(total, leaves), strict=True):
                net.add_to_maps(*each)
        return net.of_views(views, of_maps) * (views - empty)
