"""From mosaics and CP facts to the risk score."""

from __future__ import annotations

import numpy as np
import torch

from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.lesion import ViewStack
from deeptepp.domain.risk import RiskScore
from deeptepp.model.bundle import ModelBundle


def score_views(bundle: ModelBundle, stack: ViewStack, profile: ClinicalProfile) -> RiskScore:
    """Score one lesion.

    Parameters
    ----------
    bundle : ModelBundle
        The network and how CP facts are encoded; only read, so that threads may share it.
    stack : ViewStack
        Mosaics of the lesion, as ``build_views`` makes them with the bundle's settings.
    profile : ClinicalProfile
        CP facts; any may be unknown.

    Returns
    -------
    RiskScore
        Softmax of the last fully connected layer for recurrence, per view, and its mean over the views.
    """
    # A copy: the arrays of values are read-only, and torch takes no negative strides.
    views = torch.tensor(np.ascontiguousarray(stack.views))  # (V, C, H, W)
    clinical = torch.tensor(bundle.clinical.encode(profile)).expand(len(views), -1)  # (V, F)
    with torch.inference_mode():
        y_concat = bundle.net(views, clinical)[-1]  # (V, K)
        probability = torch.softmax(y_concat.double(), dim=1)[:, 1]  # (V,)
    per_view = dict(zip(stack.names, probability.tolist(), strict=True))
    return RiskScore(sum(per_view.values()) / len(per_view), per_view)
