"""A small picture of the region of interest: one axial slice, without anything that names anybody."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from deeptepp.domain.geometry import Grid
from deeptepp.domain.lesion import Lesion
from deeptepp.domain.study import PhaseChoice, Study
from deeptepp.imaging.lesion_slices import WINDOW_PCT, grey_levels, slice_grid
from deeptepp.imaging.resample import resample_to
from deeptepp.imaging.roi import lesion_on

_SIDE_PX, _SIDE_MM = 160, 64.0


_OUTLINE = (255, 183, 77)
"""Colour of the outline: amber, in sight on grey and no colour of a tier."""


def roi_thumbnail(study: Study, phase: PhaseChoice, lesion: Lesion, *, has_outline: bool = False) -> bytes:
    """Draw the slice through the middle of a lesion.

    Gives PNG, 160 x 160 pixels of 0.4 mm, no metadata; the patient's left on the right, her front at the top.
    Grey, or RGB with an outline.
    """
    grid = slice_grid(lesion.centroid_mm, _SIDE_PX, _SIDE_MM)
    slice_ = resample_to(study.phases[phase.index].volume, grid).voxels[0]
    grey = grey_levels(slice_, *np.percentile(slice_, WINDOW_PCT))
    stream = io.BytesIO()
    Image.fromarray(_outlined(grey, lesion, grid) if has_outline else grey).save(
        stream, format="PNG", optimize=True
    )
    return stream.getvalue()


def _outlined(grey: npt.NDArray[np.uint8], lesion: Lesion, grid: Grid) -> npt.NDArray[np.uint8]:
    """Draw the edge of a lesion on its slice; (y, x) to (y, x, 3)."""
    inside = lesion_on(lesion, grid)[0]
    padded = np.pad(inside, 1)
    # The edge is what lies just outside: a neighbour up, down, left or right is inside.
    near = padded[:-2, 1:-1] | padded[2:, 1:-1] | padded[1:-1, :-2] | padded[1:-1, 2:]
    picture = np.repeat(grey[..., None], 3, axis=-1)
    picture[near & ~inside] = _OUTLINE
    return picture
