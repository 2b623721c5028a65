"""Body against air on a coarse grid. METHOD section 4, D2."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from skimage.filters import threshold_otsu

from deeptepp.domain.geometry import Grid
from deeptepp.imaging.morphology import BoolImage, dilate_ball, fill_holes
from deeptepp.imaging.resample import FloatImage

__all__ = ["BoolImage", "body_mask", "without_protrusions"]

NIPPLE_MM = 7.0
"""Protrusions thinner than twice this, in mm, are nipples or markers, not breast."""

DARK_SHARE = 0.12
"""Most air is darker than this share of the 99th percentile, and most tissue at least twice as bright: the medians
are 0.06 to 0.08 and 0.34 to 0.48 of it in simulated and real studies."""

MIN_CONTRAST = 2.0
"""The body is at least this many times brighter than air; below it the image holds noise alone."""


def body_mask(image: FloatImage, grid: Grid) -> BoolImage:
    """Separate the body from air.

    ``image``, (z, y, x) float32: intensities. Gives (z, y, x) bool: largest connected tissue with its holes filled
    slice by slice; nothing where all is noise. Otsu's threshold on log intensities: fat may be bright or
    suppressed, but air is always many times darker.
    """
    top = float(np.percentile(image[::2, ::2, ::2], 99))
    if not top > 0:
        return np.zeros(image.shape, dtype=bool)
    # Log intensities smoothed, then Otsu's threshold.
    compressed = np.log(np.clip(image, 0, None) / np.float32(top) + np.float32(0.02))
    smooth = ndimage.gaussian_filter(compressed, [1.5 / d for d in grid.spacing_mm], truncate=3)
    tissue: BoolImage = smooth > threshold_otsu(smooth[::2, ::2, ::2])
    if not tissue.any() or _is_noise(image, tissue, top):
        return np.zeros(image.shape, dtype=bool)
    # The largest component is the body.
    labels, _ = ndimage.label(tissue)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return fill_holes(labels == int(np.argmax(sizes)), by_slice=True)


def _is_noise(image: FloatImage, tissue: BoolImage, top: float) -> bool:
    """Whether tissue is less than ``MIN_CONTRAST`` times brighter than air, by their medians.

    ``image``, ``tissue``, (z, y, x); ``top``: brightness of the image. Counts beside one level spare both medians
    where more than half of the air lies below it, and more than half of the tissue that many times higher.
    """
    level = np.float32(DARK_SHARE * top)
    n_tissue, n_bright = (np.count_nonzero(each) for each in (tissue, tissue & (image >= MIN_CONTRAST * level)))
    n_dark = np.count_nonzero(~tissue & (image < level))
    if 2 * n_bright > n_tissue and 2 * n_dark > image.size - n_tissue:
        return False
    return bool(np.median(image[tissue]) < MIN_CONTRAST * np.median(image[~tissue]))


def without_protrusions(body: BoolImage, grid: Grid) -> BoolImage:
    """Remove what is thinner than a nipple.

    ``body``, (z, y, x) bool: everything that is not air. Gives (z, y, x) bool: the body opened by a ball of
    ``NIPPLE_MM``.
    """
    padded = np.pad(body, 1, mode="edge")
    core = ~dilate_ball(~padded, NIPPLE_MM, grid.spacing_mm)
    opened = dilate_ball(core, NIPPLE_MM, grid.spacing_mm)
    return opened[1:-1, 1:-1, 1:-1] & body
