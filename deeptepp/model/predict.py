"""From mosaics and CP facts to the risk score; cross-validation and serving take the same way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.lesion import ViewStack
from deeptepp.domain.risk import RiskScore
from deeptepp.model.bundle import ModelBundle
from deeptepp.model.network import RiskNetwork, risk_logits

Pooled = tuple[torch.Tensor, ...]


def view_probabilities(
    net: RiskNetwork, stack: ViewStack, clinical: npt.NDArray[np.float32], score_from: str = "concat"
) -> npt.NDArray[np.float64]:
    """Give the probability of recurrence that each view of one lesion speaks for.

    ``net``: in evaluation mode on the CPU; only read, so that threads may share it; ``clinical``, (F,) float32:
    encoded CP of the patient; ``score_from``: logits behind the score, see ``risk_logits``. Gives (V,) float64:
    softmax of these logits for recurrence; the risk score is its mean once a bundle has recalibrated it.
    """
    # A copy: the arrays of values are read-only, and torch takes no negative strides.
    views = torch.tensor(np.ascontiguousarray(stack.views))  # (V, C, H, W)
    patient = torch.tensor(clinical).expand(len(views), -1)  # (V, F)
    with torch.inference_mode():
        y = risk_logits(net(views, patient), score_from)  # (V, K)
        probability = torch.softmax(y.double(), dim=1)[:, 1]  # (V,)
    return np.asarray(probability.numpy(), dtype=np.float64)


def score_views(bundle: ModelBundle, stack: ViewStack, profile: ClinicalProfile) -> RiskScore:
    """Score one lesion.

    ``bundle``: the network and how CP facts are encoded; only read, so that threads may share it; ``stack``:
    mosaics of the lesion, as ``build_views`` makes them with the bundle's settings; ``profile``: CP facts; any may
    be unknown. Gives probability of recurrence per view, and its mean over the views.
    """
    softmax = view_probabilities(bundle.net, stack, bundle.clinical.encode(profile), bundle.score_from)
    probability = bundle.effects.of(profile).joined(softmax, bundle.recalibration)
    # The score of a patient is the mean over her views, recalibrated as a whole where a centre did so.
    per_view = dict(zip(stack.names, bundle.on_site(probability).tolist(), strict=True))
    return RiskScore(float(bundle.on_site(probability.mean())), per_view)


def score_profiles(
    bundle: ModelBundle, stack: ViewStack, profiles: Sequence[ClinicalProfile]
) -> npt.NDArray[np.float64]:
    """Score the same images with many sets of CP facts; the image part of the network runs once.

    ``bundle``: the network and how CP facts are encoded; only read, so that threads may share it; ``stack``:
    mosaics of the lesion, as ``build_views`` makes them with the bundle's settings. Gives (N,) float64: what
    ``score_views`` gives as the probability for each of them.
    """
    return score_pooled(bundle, pool_views(bundle.net, stack), profiles)


def pool_views(net: RiskNetwork, stack: ViewStack) -> Pooled:
    """Compute what the classifiers see of the views of one lesion, each (V, n)."""
    with torch.inference_mode():
        return net.pool(torch.tensor(np.ascontiguousarray(stack.views)))


def score_pooled(
    bundle: ModelBundle, pooled: Pooled, profiles: Sequence[ClinicalProfile]
) -> npt.NDArray[np.float64]:
    """Score what the classifiers see of the views, from ``pool_views``, as ``score_profiles``."""
    # Facts that are added to the log odds leave what the network makes of the images as it is.
    seen = profiles[:1] if bundle.effects.features else profiles
    n, n_views = len(seen), len(pooled[0])
    # Every profile with every view; what the network sees of the images is the same for all.
    encoded = np.stack([bundle.clinical.encode(profile) for profile in seen])  # (n, F)
    patients = torch.tensor(encoded).repeat_interleave(n_views, dim=0)  # (n V, F)
    with torch.inference_mode():
        y = bundle.net.classify(tuple(x.repeat(n, 1) for x in pooled), patients)
        softmax = torch.softmax(risk_logits(y, bundle.score_from).double(), dim=1)[:, 1].numpy()  # (n V,)
    per_view = np.broadcast_to(softmax.reshape(n, n_views), (len(profiles), n_views))
    joined = [
        bundle.effects.of(profile).joined(each, bundle.recalibration).mean()
        for profile, each in zip(profiles, per_view, strict=True)
    ]
    return bundle.on_site(joined)
