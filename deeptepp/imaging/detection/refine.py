"""From a candidate on the search grid, or a box drawn by hand, to a mask on 1 mm voxels.

Fuzzy c-means in the block around it, cut at half the brightness of the candidate over its surroundings, then the
component that the seed touches, opened, closed and filled (METHOD section 4, D7; Chen 2006).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from deeptepp.domain.geometry import FloatArray, Grid
from deeptepp.domain.study import PhaseChoice, Study
from deeptepp.imaging.body import BoolImage
from deeptepp.imaging.detection.fcm import fit_centres, spatial_memberships
from deeptepp.imaging.morphology import component_at
from deeptepp.imaging.resample import FloatImage, resample_to

MASK_SPACING_MM = 1.0
"""Spacing of a lesion mask, mm."""

BLOCK_MARGIN_MM = 10.0
"""Surroundings taken into the block, mm; they are the background of the clustering."""

REACH_MM = 5.0
"""The mask never leaves the seed by more than this, mm."""

REACH_SHARE = 0.25
"""The mask may leave the seed by this share of its diameter, and by one block of the search grid at least."""

SER_LIMITS = (0.0, 2.0)
"""Signal enhancement ratio (S_1 - S_0) / (S_last - S_0) is clipped to these."""

FEATURE_WEIGHTS = (1.0, 0.5, 0.25)
"""Weights of subtraction, relative enhancement and signal enhancement ratio.

The second is noisy where pre-contrast signal is low, the third where enhancement is."""

NEAR_SHARE = 0.5
"""Share of the middle cluster that must lie near the seed for it to belong to the lesion."""

WEAK_SHARE = 0.45
"""Enhancement of the middle cluster, between background 0 and top 1, from which it belongs to the lesion."""

CORE_DIAMETERS_MM = (20.0, 40.0)
"""Diameters of a sphere as large as a lesion between which ``CORE_PERCENTILES`` are interpolated, mm."""

CORE_PERCENTILES = (90.0, 50.0)
"""Enhancement inside of a lesion is this percentile of it. A small one is mostly blurred edge; a large one is
mostly inside, and its mottled or dark parts belong to it."""

FAR_MM = 6.0
"""Farther from the candidate than this lies its background, mm."""

RING_MM = (2.0, 6.0)
"""Distances from a first mask between which its own surroundings lie, mm: peritumoural enhancement is weaker than
the tumour but stronger than the breast, so that the edge lies halfway between tumour and ring."""

_LOW_SIGNAL_SHARE = 0.3
"""Pre-contrast signal below this share of its median divides by no less."""


def block_around(low_mm: npt.ArrayLike, high_mm: npt.ArrayLike, *, margin_mm: float = BLOCK_MARGIN_MM) -> Grid:
    """Make the 1 mm axial grid that covers a box and its surroundings.

    ``low_mm``, ``high_mm``, (x, y, z): corners of the box in LPS mm; ``margin_mm``: surroundings on each side, mm.
    Gives axial grid of ``MASK_SPACING_MM``; its voxels fall on whole millimetres.
    """
    low = np.floor(np.asarray(low_mm, dtype=float) - margin_mm)
    n = np.maximum(
        np.ceil((np.asarray(high_mm, dtype=float) + margin_mm - low) / MASK_SPACING_MM).astype(int) + 1, 1
    )
    return Grid.axial([int(v) for v in n[::-1]], (MASK_SPACING_MM,) * 3, [float(v) for v in low])


def enhancement_features(study: Study, phase: PhaseChoice, grid: Grid) -> FloatImage:
    """Map subtraction, relative enhancement and signal enhancement ratio in a block.

    Gives (3, z, y, x) float32: weighted by ``FEATURE_WEIGHTS``; the first is in units of its 99th percentile.
    """
    indices = sorted({0, 1, phase.index, study.n_post})
    images = {
        k: ndimage.gaussian_filter(resample_to(study.phases[k].volume, grid).voxels, 0.6, truncate=2)
        for k in indices
    }
    # Subtraction, relative enhancement and signal enhancement ratio, each scaled to about 1 in strong enhancement.
    pre = images[0]
    subtraction = images[phase.index] - pre
    floor = np.float32(max(_LOW_SIGNAL_SHARE * float(np.median(pre)), 1e-6))
    relative = subtraction / np.maximum(pre, floor)
    top = max(float(np.percentile(subtraction, 99)), 1e-6)
    early, late = images[1] - pre, images[study.n_post] - pre
    is_enhancing = late > 0.2 * top
    ser = np.where(is_enhancing, np.clip(early / np.maximum(late, 0.2 * top), *SER_LIMITS), 0)
    relative_top = max(float(np.percentile(relative, 99)), 1e-6)
    parts = (subtraction / top, np.clip(relative / relative_top, -0.5, 1.5), ser)
    features: FloatImage = np.stack([w * p for w, p in zip(FEATURE_WEIGHTS, parts, strict=True)]).astype(
        np.float32
    )
    return features


def enhancing_tissue(features: FloatImage, near: BoolImage) -> BoolImage:
    """Tell enhancing tissue from its surroundings.

    ``features``, (3, z, y, x) float32: from ``enhancement_features``; ``near``, (z, y, x) bool: where the lesion
    may be. Gives (z, y, x) bool: where memberships in the enhancing clusters exceed one half. The middle cluster
    belongs to the lesion when it enhances enough and most of it lies near: then it holds the weaker half of a
    mottled tumour. Parenchyma, the other thing it may be, lies all over the block.
    """
    # Three soft clusters: background, weak and strong enhancement.
    centres = fit_centres(features.reshape(len(features), -1).T)
    member = spatial_memberships(features, centres)
    # The middle one belongs to the lesion where it lies near the seed and is not much weaker than the strong one.
    bottom, middle, top = centres[:, 0]
    is_middle = member[1] > 0.5
    is_here = is_middle[near].sum() > NEAR_SHARE * is_middle.sum()
    is_tissue = is_here and middle - bottom > WEAK_SHARE * (top - bottom)
    share = member[2] + (member[1] if is_tissue else 0)
    result: BoolImage = share > 0.5
    return result


def refine_mask(study: Study, phase: PhaseChoice, seed_mm: FloatArray, reach_mm: float) -> tuple[BoolImage, Grid]:
    """Draw the mask of a candidate on 1 mm voxels.

    ``seed_mm``, (n, 3): LPS positions of the candidate's voxels on the search grid; ``reach_mm``: how far the mask
    may leave the seed voxels, mm. Gives (z, y, x) bool: never empty: where nothing clusters, the seed itself.
    """
    # 1. The seed on 1 mm voxels, and the enhancing tissue within reach of it.
    grid = block_around(seed_mm.min(axis=0), seed_mm.max(axis=0))
    seed = np.zeros(grid.shape, dtype=bool)
    seed[tuple(np.rint(grid.to_index(seed_mm)).astype(int).T)] = True
    distance = ndimage.distance_transform_edt(~seed, sampling=grid.spacing_mm)
    features = enhancement_features(study, phase, grid)
    near = distance <= reach_mm
    tissue = enhancing_tissue(features, near) & near
    # 2. A first mask: above half of the brightness over the background far from the seed.
    # The blocks of the search grid are wider than a voxel; their neighbours make the seed one piece.
    bright = _above_half(features[0], tissue, distance <= MASK_SPACING_MM, distance > FAR_MM)
    mask = tidy(bright, distance <= reach_mm / 2)
    if not mask.any():
        return near, grid
    # 3. The same once more, over the ring around the first mask.
    away = ndimage.distance_transform_edt(~mask, sampling=grid.spacing_mm)
    ring = (away > RING_MM[0]) & (away <= RING_MM[1])
    closer = tidy(_above_half(features[0], tissue, mask, ring), mask)
    return (closer if closer.any() else mask), grid


def _above_half(subtraction: FloatImage, tissue: BoolImage, inside: BoolImage, around: BoolImage) -> BoolImage:
    """Keep tissue above the middle between what lies around and inside: the edge of a blurred object."""
    diameter_mm = (6 * float(inside.sum()) * MASK_SPACING_MM**3 / np.pi) ** (1 / 3)
    percentile = float(np.interp(diameter_mm, CORE_DIAMETERS_MM, CORE_PERCENTILES))
    high, low = np.percentile(subtraction[inside], percentile), np.median(subtraction[around])
    result: BoolImage = tissue & (subtraction > (high + low) / 2)
    return result


def tidy(tissue: BoolImage, seed: BoolImage) -> BoolImage:
    """Keep the component that overlaps the seed most, cut off strands, close gaps and fill holes.

    ``tissue``, (z, y, x) bool: enhancing voxels; ``seed``, (z, y, x) bool: where the lesion is known to be. Gives
    (z, y, x) bool: one component, or nothing when no tissue meets the seed.
    """
    opened = ndimage.binary_opening(tissue)
    # A lesion too thin to survive opening is kept as it is.
    solid = opened if opened[seed].sum() >= 0.5 * tissue[seed].sum() else tissue
    kept = np.pad(component_at(solid, seed, np.ones((3, 3, 3))), 2)
    closed = ndimage.binary_closing(kept, iterations=2)
    filled: BoolImage = ndimage.binary_fill_holes(closed)[2:-2, 2:-2, 2:-2]
    return filled
