"""A small picture of the region of interest: one axial slice, without anything that names anybody."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from deeptepp.domain.geometry import Grid
from deeptepp.domain.lesion import Lesion
from deeptepp.domain.study import PhaseChoice, Study
from deeptepp.imaging.resample import resample_to

_SIDE_PX, _SIDE_MM = 160, 64.0
_BLACK_PCT, _WHITE_PCT = 1.0, 99.7


def roi_thumbnail(study: Study, phase: PhaseChoice, lesion: Lesion) -> bytes:
    """Draw the slice through the middle of a lesion.

    Parameters
    ----------
    study : Study
        All phases.
    phase : PhaseChoice
        The phase that is scored.
    lesion : Lesion
        Its centroid is the middle of the picture.

    Returns
    -------
    bytes
        PNG, 160 x 160 grey pixels of 0.4 mm, no metadata; the patient's left on the right, her front at the top.
    """
    spacing = _SIDE_MM / _SIDE_PX
    x, y, z = (float(c) for c in lesion.centroid_mm)
    half = (_SIDE_PX - 1) / 2 * spacing
    grid = Grid.axial((1, _SIDE_PX, _SIDE_PX), (spacing,) * 3, (x - half, y - half, z))
    slice_ = resample_to(study.phases[phase.index].volume, grid).voxels[0]
    black, white = np.percentile(slice_, (_BLACK_PCT, _WHITE_PCT))
    grey = np.clip((slice_ - black) / max(white - black, 1e-6), 0, 1)
    stream = io.BytesIO()
    Image.fromarray((255 * grey).astype(np.uint8)).save(stream, format="PNG", optimize=True)
    return stream.getvalue()
