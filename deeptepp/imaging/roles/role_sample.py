"""A small sample of all phases on one coarse grid: tissue, air and block means, from which roles are checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from skimage.filters import threshold_otsu

from deeptepp.domain.geometry import Grid, Volume
from deeptepp.imaging.body import BoolImage
from deeptepp.imaging.resample import FloatImage, block_factors, sum_blocks

Factors = tuple[int, int, int]

SPACING_MM = 4.0
"""Blocks that are read from the images, mm; 5 phases of 160 x 448 x 448 then cost 0.05 s."""

POOL = 2
"""Blocks along each axis that are averaged once more: noise and motion at edges fade, vessels and tumours stay."""

MIN_BLOCKS = 20_000
"""Images with fewer voxels than this are taken voxel by voxel."""

MIN_VOXELS = 1_000
"""Smaller images than this are not judged."""

MIN_TISSUE = 150
"""Fewer tissue samples than this carry no 99th percentile."""

MAX_TISSUE = 10_000
"""More samples than this make nothing surer, only slower; every n-th is kept."""

AIR_TO_TISSUE = 0.25
"""Air is at most this bright beside tissue; otherwise the images hold no air; whole studies have 0.2 and less."""

MIN_TISSUE_LEVEL = 0.05
"""Where there is no air, what is brighter than this share of the bright tissue is judged."""

MAX_LEVEL = 1.5
"""Intensities are cut at this many times the 95th percentile before phases are averaged."""

MIN_AIR_SHARE = 0.2
"""Air that fills less of the images than this is not taken for a measure of scale."""

MAX_ZERO_SHARE = 0.1
"""Air with more zeros than this was cut off by the scanner and says nothing of the scale."""

WHITE_NOISE = 0.15
"""Neighbours, and phases, that correlate less than this are noise without a body."""


@dataclass(frozen=True, slots=True, eq=False)
class RoleSample:
    """All phases at the same few thousand places.

    ``tissue``, (n_phases, n) float32: mean intensity of blocks that are mostly tissue; ``air``, (n_phases, m)
    float32: intensity of air; m is 0 where the images hold too little, or where it was cut off; ``blocks``,
    (n_phases, z, y, x) float32: block means of everything; ``spacing_mm``, (dz, dy, dx): distance between blocks.
    """

    tissue: FloatImage
    air: FloatImage
    blocks: FloatImage
    spacing_mm: tuple[float, float, float]


def sample_roles(volumes: Sequence[Volume]) -> RoleSample | None:
    """Sample phases on the grid of the first one.

    ``volumes``: two or more phases on one grid, any real dtype. None where the images are too small, empty, or
    noise without a body.
    """
    grid = volumes[0].grid
    if np.prod(grid.shape) < MIN_VOXELS:
        return None
    factors = _factors(grid)
    images = np.stack([_sparse_mean(v.voxels, factors) for v in volumes])
    level = _mean_level(images)
    if level is None or _is_noise(images):
        return None
    is_tissue, is_air = _tissue_and_air(level)
    pool = _pool_factors(images.shape[1:])
    tissue = _pooled_tissue(images, is_tissue, pool)
    if tissue.shape[1] < MIN_TISSUE:
        return None
    spacing = tuple(d * f * p for d, f, p in zip(grid.spacing_mm, factors, pool, strict=True))
    air = images[:, is_air] if _is_measurable(images, is_air) else images[:, :0, 0, 0]
    thinned = tissue[:, :: -(-tissue.shape[1] // MAX_TISSUE)]
    return RoleSample(thinned, air, _pooled(images, pool), (spacing[0], spacing[1], spacing[2]))


def _factors(grid: Grid) -> Factors:
    """Choose voxels per block: blocks of ``SPACING_MM``, or finer where the images would give too few."""
    n_voxels = int(np.prod(grid.shape))
    finest_mm = (grid.voxel_volume_mm3 * n_voxels / MIN_BLOCKS) ** (1 / 3)
    return block_factors(grid, min(SPACING_MM, finest_mm))


def _sparse_mean(voxels: npt.NDArray[Any], factors: Factors) -> FloatImage:
    """Average blocks within every n-th slice; the slices between are not read at all."""
    fz, fy, fx = factors
    _, y, x = (n // f * f for n, f in zip(voxels.shape, factors, strict=True))
    return sum_blocks(voxels[fz // 2 :: fz, :y, :x], (1, fy, fx)) / np.float32(fy * fx)


def _mean_level(images: FloatImage) -> FloatImage | None:
    """Average the phases, each in units of its own bright tissue, so that no scale outweighs the others."""
    step = max(1, images[0].size // MIN_BLOCKS)
    tops = [float(np.percentile(image.ravel()[::step], 95)) for image in images]
    # A map or a subtraction is bright in few places only; cut off, it does not decide where tissue is.
    scaled = [
        np.minimum(image / np.float32(top), MAX_LEVEL) for image, top in zip(images, tops, strict=True) if top > 0
    ]
    if not scaled:
        return None
    level: FloatImage = np.mean(scaled, axis=0)
    return level


def _is_noise(images: FloatImage) -> bool:
    """Whether neither neighbours nor phases resemble one another: noise without a body."""
    if any(_correlation(image[:, :, 1:], image[:, :, :-1]) >= WHITE_NOISE for image in images):
        return False
    pairs = [(a, b) for k, a in enumerate(images) for b in images[:k]]
    return max(abs(_correlation(a, b)) for a, b in pairs) < WHITE_NOISE


def _correlation(a: FloatImage, b: FloatImage) -> float:
    """Correlate two images, 0 where one of them is flat."""
    if a.size < 2 or a.std() == 0 or b.std() == 0:
        return 0.0
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


def _tissue_and_air(level: FloatImage) -> tuple[BoolImage, BoolImage]:
    """Split by Otsu's threshold on log intensities, unless the darker part is too bright for air."""
    compressed = np.log(np.clip(level, 0, None) + np.float32(0.02))
    threshold = float(np.exp(threshold_otsu(compressed))) - 0.02
    is_tissue = level > threshold
    dark, bright = level[~is_tissue], level[is_tissue]
    if dark.size and np.median(dark) < AIR_TO_TISSUE * np.median(bright):
        return is_tissue, level < threshold / 2
    return level > MIN_TISSUE_LEVEL, np.zeros_like(is_tissue)


def _is_measurable(images: FloatImage, is_air: BoolImage) -> bool:
    """Whether there is enough air, and whether its noise was kept in every phase."""
    if is_air.mean() < MIN_AIR_SHARE:
        return False
    return bool((images[:, is_air] <= 0).mean(axis=1).max() <= MAX_ZERO_SHARE)


def _pool_factors(shape: tuple[int, ...]) -> Factors:
    """Choose blocks per pooled block: one where there are few of them, in all or along an axis."""
    is_many = np.prod(shape) >= MIN_BLOCKS / 2
    fz, fy, fx = (POOL if is_many and n >= 4 * POOL else 1 for n in shape)
    return fz, fy, fx


def _pooled(images: FloatImage, pool: Factors) -> FloatImage:
    """Average blocks of blocks; a remainder at the far end is dropped."""
    total: FloatImage = images
    for axis, factor in enumerate(pool, start=1):
        n = total.shape[axis] // factor
        parts = [total[(slice(None),) * axis + (slice(i, n * factor, factor),)] for i in range(factor)]
        total = np.sum(parts, axis=0, dtype=np.float32)
    return total / np.float32(np.prod(pool))


def _pooled_tissue(images: FloatImage, is_tissue: BoolImage, pool: Factors) -> FloatImage:
    """Average the tissue of pooled blocks that are at least three quarters tissue."""
    share = _pooled(is_tissue[None].astype(np.float32), pool)[0]
    is_kept = share >= 0.75
    sums = _pooled(images * is_tissue, pool)
    tissue: FloatImage = sums[:, is_kept] / share[is_kept]
    return tissue
