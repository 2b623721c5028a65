"""Why this score: which parts of the region of interest raise or lower it, and what each known fact contributes.

The image part is measured by integrated gradients on the mosaics and carried back to the voxels they were sampled
from; the clinical part by replacing one fact at a time with what is usual in the reference cohort (an ablation;
image parts are not hidden, so there is no occlusion). Both describe the network, not the tumour: neither says that
a region or a fact causes recurrence.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.geometry import frozen
from deeptepp.domain.lesion import Lesion, Roi
from deeptepp.domain.progress import Progress, Step, StepReport, silent
from deeptepp.imaging.roi import crop_roi
from deeptepp.model.bundle import ModelBundle
from deeptepp.model.predict import Pooled, pool_views, score_pooled
from deeptepp.scoring.attribution import LogOdds
from deeptepp.scoring.images import CaseImages
from deeptepp.scoring.unknowns import known_values, replace_fact, seen_fields
from deeptepp.views.mosaic import build_views
from deeptepp.views.planes import ViewSettings, view_index, view_normal
from deeptepp.wording.sentence import sentence

N_STEPS = 16
"""Points of the path from the empty picture to the real one."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FactEffect:
    """What one known fact contributes.

    ``usual``: most frequent value of the reference cohort, the median of a number; ``change``: score minus
    ``score_if_usual``: above 0 where the fact raises the score.
    """

    field: str
    value: Any
    usual: Any
    score_if_usual: float
    change: float


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """Why one score is what it is.

    ``heat`` (z, y, x): contribution of each voxel of the region of interest to the log odds of recurrence, mean
    over the views, above 0 where it raises them; ``roi``: the region of interest, on the same grid; ``total``: log
    odds of the images minus those of the empty picture, mean over the views, which ``heat`` shares out;
    ``missed``: sum of ``heat`` minus ``total``: what the path of the integral missed; ``clinical``: known facts
    that the network sees, the strongest first.
    """

    heat: Floats
    roi: Roi
    total: float
    missed: float
    clinical: tuple[FactEffect, ...]
    method: str
    seconds: float

    def __post_init__(self) -> None:
        heat = frozen(self.heat, np.float32)
        if heat.shape != self.roi.grid.shape:
            msg = f"Heat {heat.shape} does not fill the grid {self.roi.grid.shape}"
            raise ValueError(msg)
        object.__setattr__(self, "heat", heat)


def explain_score(
    images: CaseImages,
    lesion: Lesion,
    profile: ClinicalProfile,
    bundle: ModelBundle,
    *,
    n_steps: int = N_STEPS,
    progress: Progress = silent,
) -> Explanation:
    """Share out a score over the voxels of the region of interest and the known facts.

    ``n_steps``: points of the path of the integral; ``progress``: told of every view.
    """
    progress(StepReport(Step.ROI, 0.0))
    roi = crop_roi(images.study, images.phase, lesion, bundle.roi)
    return explain_roi(roi, profile, bundle, n_steps=n_steps, progress=progress)


def explain_roi(
    roi: Roi,
    profile: ClinicalProfile,
    bundle: ModelBundle,
    *,
    n_steps: int = N_STEPS,
    progress: Progress = silent,
) -> Explanation:
    """Share out the score of one region of interest, as ``explain_score``.

    The path leads from ``PADDING``, the mean intensity of the study, to the picture. The log odds are those of the
    score, recalibrated as the bundle says. ``roi``: normalised cube around the lesion; ``profile``:
    clinical-pathological facts; ``n_steps``: points of the path of the integral; ``progress``: told of every view.
    Returns heat on the region of interest, and the effect of each fact.
    """
    began = time.perf_counter()
    stack = build_views(roi, bundle.views)
    views = torch.tensor(np.ascontiguousarray(stack.views))  # (V, C, H, W)
    odds = LogOdds(bundle, torch.tensor(bundle.clinical.encode(profile))[None])
    heat = np.zeros(roi.grid.shape)
    # Integrated gradients of each view, carried back to the voxels that it was sampled from.
    for i, (name, shares) in enumerate(zip(stack.names, odds.shares(views, n_steps), strict=True)):
        progress(StepReport(Step.VIEWS, i / len(views)))
        _carry_back(heat, roi, name, shares, bundle.views)
    progress(StepReport(Step.VIEWS, 1.0, sentence("{n} views explained", n=len(views))))
    # Mean over the views, as the score is; what the network sees of them serves the facts too.
    heat, pooled = heat / len(views), pool_views(bundle.net, stack)
    total = odds.above_empty(pooled, views[:1])
    clinical = fact_effects(pooled, profile, bundle)
    progress(StepReport(Step.SCORE, 1.0, sentence("{n} facts replaced", n=len(clinical))))
    return Explanation(
        heat=heat.astype(np.float32),
        roi=roi,
        total=total,
        missed=float(heat.sum()) - total,
        clinical=clinical,
        method=f"integrated gradients, {n_steps} steps; facts replaced by the usual value",
        seconds=time.perf_counter() - began,
    )


def fact_effects(pooled: Pooled, profile: ClinicalProfile, bundle: ModelBundle) -> tuple[FactEffect, ...]:
    """Replace each known fact by what is usual in the reference cohort, one at a time.

    Returns facts that the network sees and that are known here and in the cohort, the strongest first.
    """
    # What is usual in the reference cohort, for each fact that is known of the patient.
    usual = {
        field: _usual(known)
        for field in seen_fields(bundle)
        if getattr(profile, field) is not None and (known := known_values(field, bundle.reference))
    }
    others = [replace_fact(profile, field, value) for field, value in usual.items()]
    # Each fact replaced in turn; the change of the score is its contribution.
    score, *replaced = score_pooled(bundle, pooled, [profile, *others]).tolist()
    effects = [
        FactEffect(field, getattr(profile, field), value, other, score - other)
        for (field, value), other in zip(usual.items(), replaced, strict=True)
    ]
    return tuple(sorted(effects, key=lambda effect: -abs(effect.change)))


def _usual(known: list[Any]) -> object:
    """Median of numbers, else the most frequent value."""
    if isinstance(known[0], float | int) and not isinstance(known[0], bool):
        return float(np.median(known))
    return Counter(known).most_common(1)[0][0]


def _carry_back(
    heat: npt.NDArray[np.float64],
    roi: Roi,
    name: str,
    shares: npt.NDArray[np.float64],
    settings: ViewSettings,
) -> None:
    """Add the shares of one mosaic (c, h, w) to the voxels that its pixels were interpolated from."""
    g, px = settings.tiles_per_side, settings.tile_px
    tiles = shares.sum(axis=0).reshape(g, px, g, px).swapaxes(1, 2).reshape(g * g, px, px)
    inside, index = view_index(roi, view_normal(name), settings)
    values = tiles[inside]
    below = np.floor(index).astype(np.intp)
    above = index - below
    for corner in np.ndindex(2, 2, 2):
        far = np.array(corner)[:, None]
        weight = np.where(far, above, 1 - above).prod(axis=0)
        voxel = np.minimum(below + far, np.array(heat.shape)[:, None] - 1)
        np.add.at(heat, tuple(voxel), weight * values)
