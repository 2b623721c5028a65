"""Slice splicing: the slices of a view side by side in one picture, so that a 2D network sees their neighbours."""

from __future__ import annotations

from math import isqrt

import numpy as np
import numpy.typing as npt

from deeptepp.domain.lesion import Roi, ViewStack
from deeptepp.views.planes import Jitter, ViewSettings, sample_view, view_normal


def splice_slices(slices: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Lay out slices as a square mosaic in raster order.

    ``slices``, (M, c, T, T) float32: M = G^2 slices. Gives (c, G T, G T) float32: slice m stands in row m // G and
    column m % G. Raises ValueError where M is no square number.
    """
    m, c, height, width = slices.shape
    g = isqrt(m)
    if g * g != m:
        msg = f"{m} slices do not fill a square mosaic"
        raise ValueError(msg)
    rows = slices.reshape(g, g, c, height, width).transpose(2, 0, 3, 1, 4)
    return np.ascontiguousarray(rows.reshape(c, g * height, g * width))


def view_mosaic(
    roi: Roi, name: str, settings: ViewSettings, *, jitter: Jitter | None = None
) -> npt.NDArray[np.float32]:
    """Make the mosaic of one view.

    ``name``: of a view that ``view_normal`` knows. Gives (c, h, w) float32: the mosaic. Raises BadSetting where
    the field of view does not fit in the Roi.
    """
    return splice_slices(sample_view(roi, view_normal(name), settings, jitter=jitter))


def build_views(roi: Roi, settings: ViewSettings) -> ViewStack:
    """Make the mosaics that are scored: the same views, without jitter, for every patient.

    One mosaic per name of ``settings.names``, in that order. Raises BadSetting where the field of view does not
    fit in the Roi.
    """
    mosaics = [view_mosaic(roi, name, settings) for name in settings.names]
    return ViewStack(np.stack(mosaics), settings.names)
