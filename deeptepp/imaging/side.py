"""Which breast a lesion lies in, told by the anatomy in the images and never by the file that they came from."""

from __future__ import annotations

import numpy as np

from deeptepp.domain.lesion import Lesion
from deeptepp.domain.study import Side
from deeptepp.imaging.breast import BreastRegion

NEAR_MIDLINE_MM = 5.0
"""A centroid nearer to the sulcus than this is given no side, mm: the sulcus is found on blocks of 2 mm, and its
floor is a few blocks wide."""

NEAR_ISOCENTRE_MM = 20.0
"""A single breast whose middle is nearer to x = 0 than this is given no side, mm: patients lie off the middle of
the scanner by as much."""


def side_of(lesion: Lesion, breasts: BreastRegion) -> Side | None:
    """Tell which breast a lesion lies in; +x of the patient frame is her left.

    None where the images do not tell: on the midline, or beside the one breast that is seen.
    """
    x = float(lesion.centroid_mm[0])
    # Both breasts: the sulcus between them parts left from right.
    if breasts.midline_x_mm is not None:
        return _beside(x - breasts.midline_x_mm, NEAR_MIDLINE_MM)
    # One breast: its side is that of the frame, for lesions that lie within it.
    columns_mm = breasts.grid.to_mm(np.argwhere(breasts.mask))[:, 0]
    if not columns_mm.min() <= x <= columns_mm.max():
        return None
    return _beside(float(columns_mm.mean()), NEAR_ISOCENTRE_MM)


def _beside(offset_mm: float, least_mm: float) -> Side | None:
    """Side of an offset along +x, None where it is too small to tell."""
    if abs(offset_mm) < least_mm:
        return None
    return Side.LEFT if offset_mm > 0 else Side.RIGHT
