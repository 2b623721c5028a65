"""Enhancement maps on the search grid: even out the coil, standardise, subtract the other breast, mute vessels.

METHOD section 4, D4 to D6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from deeptepp.domain.geometry import Grid
from deeptepp.domain.progress import checkpoint
from deeptepp.domain.study import PhaseChoice, Study
from deeptepp.imaging.body import BoolImage
from deeptepp.imaging.breast import BreastRegion, breasts_in
from deeptepp.imaging.resample import FloatImage, block_factors, block_mean, coarse_grid

COIL_SIGMA_MM = 25.0
"""Width of the smoothing that leaves only the sensitivity of the coil, mm."""

COIL_LIMITS = (0.5, 2.0)
"""The coil correction never scales by more than this, either way."""

MIRROR_SIGMA_MM = 8.0
"""Width of the neighbourhood in the other breast, mm: breasts are symmetric only roughly."""

MIRROR_QUANTILE_SDS = 1.645
"""The 95th percentile of a normal distribution, in standard deviations (METHOD D5)."""

MIRROR_SHARE = 0.3
"""Symmetry takes at most this share of a voxel's enhancement, so that bilateral cancer is not erased, nor a weak
tumour opposite dense, enhancing parenchyma."""

VESSEL_SIGMAS_MM = (1.5, 3.0)
"""Widths at which tubes are looked for, mm: vessels of about 3 to 7 mm."""

TUBE_CURVATURE = 0.15
"""Curvature across a tube, times the squared width, at which the tube counts half, as a share of brightness.

A tube of that width has 0.5; the inside of a large mass has almost none, however mottled it is."""

BLOB_RATIO = 0.6
"""Curvature along over across from which a structure is a blob; noise keeps that of small blobs below 1."""

PE_FLOOR_SHARE = 0.3
"""Pre-contrast signal below this share of its median is noise; relative enhancement divides by no less."""


@dataclass(frozen=True, slots=True, eq=False)
class EnhancementMaps:
    """What the candidates are chosen and judged on, all (z, y, x) on ``grid``.

    ``evidence``: enhancement in robust standard deviations of the breast, less the other breast, less tubes;
    ``enhancement_z``: enhancement in robust standard deviations of the breast; ``relative_pct``: percent
    enhancement over pre-contrast; ``tubeness``: 0 for a blob to 1 for a tube; ``early``, ``late``: enhancement in
    scanner units in the first and the last post-contrast phase; ``grid``: block of the search grid around the
    breasts.
    """

    evidence: FloatImage
    enhancement_z: FloatImage
    relative_pct: FloatImage
    tubeness: FloatImage
    early: FloatImage
    late: FloatImage
    grid: Grid


def search_maps(study: Study, phase: PhaseChoice, spacing_mm: float) -> tuple[EnhancementMaps, BreastRegion]:
    """Find the breasts and map enhancement in the block around them.

    ``spacing_mm``: wanted spacing of the search grid, mm. Raises NoBreast where there is no breast in the field of
    view.
    """
    factors = block_factors(study.grid, spacing_mm)
    grid = coarse_grid(study.grid, factors)
    wanted = sorted({0, 1, phase.index, study.n_post})
    images = {k: block_mean(study.phases[k].volume, factors) for k in wanted}
    whole = breasts_in(np.float32(0.5) * (images[0] + images[phase.index]), grid)
    block = _bounding_block(whole.mask)
    region = whole.crop(block)
    pre, post, first, last = (images[k][block] for k in (0, phase.index, 1, study.n_post))
    return enhancement_maps(pre, post, region, first=first, last=last), region


def enhancement_maps(
    pre: FloatImage, post: FloatImage, region: BreastRegion, *, first: FloatImage, last: FloatImage
) -> EnhancementMaps:
    """Map enhancement between images.

    ``pre``, (z, y, x) float32: Pre-contrast image on the grid of ``region``; ``post``, (z, y, x) float32:
    Post-contrast image on the same grid; ``first``, ``last``, (z, y, x) float32: first and last post-contrast
    images on the same grid.
    """
    inside, grid = region.mask, region.grid
    # D4: divide by the sensitivity of the coil, which smoothed pre-contrast signal shows, and standardise.
    subtraction = post - pre
    (level,) = local_means([pre], inside, [COIL_SIGMA_MM / d for d in grid.spacing_mm])
    typical = max(float(np.median(level[inside])), 1e-6)
    coil = np.clip(level / np.float32(typical), *COIL_LIMITS)
    z = robust_z(subtraction / coil, inside)
    z[~inside] = 0
    # Relative enhancement, in percent of the signal before contrast.
    floor = np.float32(max(PE_FLOOR_SHARE * float(np.median(pre[inside])), 1e-6))
    relative = np.where(inside, 100 * subtraction / np.maximum(pre, floor), 0).astype(np.float32)
    # D5 and D6: take off what the other breast does as well, and mute tubes.
    tubeness = tube_map(z, grid)
    evidence = suppress_symmetric(z, region) * (1 - tubeness)
    return EnhancementMaps(evidence, z, relative, tubeness, first - pre, last - pre, grid)


def robust_z(image: FloatImage, inside: BoolImage) -> FloatImage:
    """Standardise by median and median absolute deviation inside a mask.

    ``image``, (z, y, x) float32: any map; ``inside``, (z, y, x) bool: where median and deviation are taken; not
    empty. Gives (z, y, x) float32: robust standard deviations above the median.
    """
    values = image[inside]
    median = np.median(values)
    spread = 1.4826 * float(np.median(np.abs(values - median)))
    # A noise-free phantom may enhance nowhere but in the lesion; its spread is then that of all values.
    spread = spread or float(values.std()) or 1.0
    result: FloatImage = (image - median) / np.float32(spread)
    return result


def local_means(images: Sequence[FloatImage], inside: BoolImage, sigma: npt.ArrayLike) -> list[FloatImage]:
    """Smooth images by a Gaussian that sees only what lies inside a mask; ``sigma`` in voxels."""
    checkpoint()
    weight = ndimage.gaussian_filter(inside.astype(np.float32), sigma, truncate=2.5)
    seen = np.maximum(weight, np.float32(1e-3))
    parts = (np.where(inside, image, 0).astype(np.float32) for image in images)
    return [ndimage.gaussian_filter(part, sigma, truncate=2.5) / seen for part in parts]


def suppress_symmetric(z: FloatImage, region: BreastRegion) -> FloatImage:
    """Subtract what the other breast does at the mirrored place.

    ``z``, (z, y, x) float32: enhancement in robust standard deviations, zero outside of the breasts. Gives (z, y,
    x) float32: ``z`` less the local 95th percentile of the other breast, never below ``1 - MIRROR_SHARE`` of
    ``z``. The local 95th percentile is that of a normal distribution with the local mean and deviation: two
    Gaussian filters instead of a percentile filter over thousands of neighbours.
    """
    if region.sulcus_index is None:
        return z
    # The 95th percentile of enhancement around each voxel, if it were normally distributed there.
    sigma = [MIRROR_SIGMA_MM / d for d in region.grid.spacing_mm]
    mean, square = local_means([z, z * z], region.mask, sigma)
    high = mean + np.float32(MIRROR_QUANTILE_SDS) * np.sqrt(np.maximum(square - mean * mean, 0))
    # The same at the column mirrored at the sulcus, as far as the images reach.
    n_columns = z.shape[2]
    mirrored = np.rint(2 * region.sulcus_index - np.arange(n_columns)).astype(int)
    is_seen = (mirrored >= 0) & (mirrored < n_columns)
    other = high[:, :, np.clip(mirrored, 0, n_columns - 1)] * is_seen
    result: FloatImage = z - np.clip(other, 0, np.float32(MIRROR_SHARE) * np.maximum(z, 0))
    return result


def tube_map(z: FloatImage, grid: Grid) -> FloatImage:
    """Tell bright tubes from bright blobs by the curvature of the image.

    ``z``, (z, y, x) float32: enhancement in robust standard deviations. Gives (z, y, x) float32: 0 for a blob, a
    sheet or darkness to 1 for a bright tube; the largest over ``VESSEL_SIGMAS_MM``. With Hessian eigenvalues a <=
    b <= c, a bright tube has a and b equally negative and c near zero. The value is ``(b / a) (1 - |c| / |b| /
    BLOB_RATIO)`` where b < 0, weighted by ``|b|`` against the brightness.

    References
    ----------
    Frangi et al., MICCAI 1998, doi 10.1007/BFb0056195.
    """
    result = np.zeros(z.shape, dtype=np.float32)
    for sigma_mm in VESSEL_SIGMAS_MM:
        checkpoint()
        sigma = [max(sigma_mm / d, 0.5) for d in grid.spacing_mm]
        smooth = ndimage.gaussian_filter(z, sigma, truncate=3)
        bright = smooth > 1.0
        # a <= b <= c: across a bright tube two curvatures are strongly negative, along it the third is near 0.
        a, b, c = (_hessian_eigenvalues(smooth, grid, bright) * np.float32(sigma_mm**2)).T
        along = np.abs(c) / np.maximum(np.abs(b), 1e-6)
        tube = np.where(b < 0, b / np.minimum(a, -1e-6) * np.clip(1 - along / BLOB_RATIO, 0, 1), 0)
        strength = np.minimum(b, 0) ** 2 / (b**2 + (TUBE_CURVATURE * smooth[bright]) ** 2)
        result[bright] = np.maximum(result[bright], tube * strength)
    return result


def _hessian_eigenvalues(image: FloatImage, grid: Grid, where: BoolImage) -> FloatImage:
    """Eigenvalues of the Hessian per mm², ascending, (n, 3), at the voxels asked for."""
    gradients = np.gradient(image, *grid.spacing_mm)
    places = np.flatnonzero(where)
    hessian = np.empty((len(places), 3, 3), dtype=np.float32)
    for j, spacing_mm in enumerate(grid.spacing_mm):
        checkpoint()
        # The neighbours on both sides along this axis; at an edge the voxel itself stands for the missing one.
        step, n = int(np.prod(image.shape[j + 1 :])), image.shape[j]
        at = places // step % n
        after, before = places + step * (at < n - 1), places - step * (at > 0)
        distances = np.where((at > 0) & (at < n - 1), 2 * spacing_mm, spacing_mm).astype(np.float32)
        for i, gradient in enumerate(gradients[: j + 1]):
            values = gradient.ravel()
            hessian[:, i, j] = hessian[:, j, i] = (values[after] - values[before]) / distances
    eigenvalues: FloatImage = np.linalg.eigvalsh(hessian)
    return eigenvalues


def _bounding_block(mask: BoolImage) -> tuple[slice, slice, slice]:
    """Block around a mask with a margin of two voxels."""
    found = ndimage.find_objects(mask.astype(np.uint8))[0]
    sz, sy, sx = (slice(max(0, s.start - 2), min(n, s.stop + 2)) for s, n in zip(found, mask.shape, strict=True))
    return sz, sy, sx
