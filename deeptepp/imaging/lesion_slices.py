"""Slices through a lesion for a projector: before and after contrast and their difference, at three heights."""

from __future__ import annotations

import io
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from PIL import Image

from deeptepp.domain.board import Picture
from deeptepp.domain.geometry import Grid
from deeptepp.domain.lesion import Lesion
from deeptepp.domain.study import PhaseChoice, Study
from deeptepp.imaging.resample import FloatImage, resample_to

KINDS = ("post", "pre", "subtraction")
"""Images that each slice is shown of: the phase that is scored, the one before contrast, and their difference."""

N_HEIGHTS = 3
"""Slices: at a quarter, the middle and three quarters of the lesion."""

MAX_BYTES = 90_000
"""Largest picture; a case with nine of them stays below a megabyte."""

_SIDE_PX, _SIDE_MM = 320, 96.0
WINDOW_PCT = (1.0, 99.7)
"""Percentiles of a slice that are black and white."""

_SMALLER = 0.8
"""Factor on the side of a picture that is too large."""


def lesion_slices(study: Study, phase: PhaseChoice, lesion: Lesion) -> tuple[Picture, ...]:
    """Draw slices through a lesion.

    ``study``: all phases; the first is the one before contrast. Gives PNG of 320 x 320 grey pixels of 0.3 mm or
    fewer, from feet to head, named by kind and height such as ``post 0``; the patient's left on the right, her
    front at the top. Post and pre share one scale of grey.
    """
    low_z, high_z = lesion.box.low[2], lesion.box.high[2]
    x, y, _ = lesion.centroid_mm
    found = []
    for i in range(N_HEIGHTS):
        z = low_z + (high_z - low_z) * (i + 1) / (N_HEIGHTS + 1)
        grid = slice_grid((x, y, z), _SIDE_PX, _SIDE_MM)
        post = resample_to(study.phases[phase.index].volume, grid).voxels[0]
        pre = resample_to(study.phases[0].volume, grid).voxels[0]
        # One window for both, so that contrast is seen as it is; the difference has a window of its own from 0.
        black, white = np.percentile(post, WINDOW_PCT)
        rise = post - pre
        windows = {
            "post": (post, black, white),
            "pre": (pre, black, white),
            "subtraction": (rise, 0.0, np.percentile(rise, WINDOW_PCT[1])),
        }
        found += [Picture(f"{kind} {i}", _png(*windows[kind])) for kind in KINDS]
    return tuple(found)


def slice_grid(centre_mm: Iterable[float], side_px: int, side_mm: float) -> Grid:
    """Make the grid of one square axial slice around (x, y, z)."""
    spacing = side_mm / side_px
    half = (side_px - 1) / 2 * spacing
    x, y, z = (float(mm) for mm in centre_mm)
    return Grid.axial((1, side_px, side_px), (spacing,) * 3, (x - half, y - half, z))


def grey_levels(slice_: FloatImage, black: float, white: float) -> npt.NDArray[np.uint8]:
    """Write values as 0 at black to 255 at white."""
    share = np.clip((slice_ - black) / max(white - black, 1e-6), 0, 1)
    levels: npt.NDArray[np.uint8] = (255 * share).astype(np.uint8)
    return levels


def _png(slice_: FloatImage, black: float, white: float) -> bytes:
    """Write grey values between black and white as PNG, smaller where it would be too large."""
    image = Image.fromarray(grey_levels(slice_, black, white))
    while True:
        stream = io.BytesIO()
        image.save(stream, format="PNG")
        if stream.tell() <= MAX_BYTES:
            return stream.getvalue()
        image = image.resize((int(image.width * _SMALLER), int(image.height * _SMALLER)))
