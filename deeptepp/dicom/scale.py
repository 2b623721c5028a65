"""Brings the phases of Philips onto one scale of intensity.

Philips scales each series for display. The stored value times RescaleSlope plus RescaleIntercept is what a screen
shows; divided by RescaleSlope times the private scale slope (2005,100E) it can be compared from series to series.

References
----------
Chenevert TL et al., Errors in quantitative image analysis due to platform-dependent image scaling, Transl Oncol
2014;7(1):65-71.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deeptepp.dicom.pixels import Voxels
from deeptepp.dicom.stack import Stack

SAME_SCALE = 1e-3
"""Scales that differ by less than this share are one."""


def on_one_scale(stacks: Sequence[Stack], volumes: Sequence[Voxels]) -> tuple[Voxels, ...]:
    """Bring phases to the scale of the first plane of the first phase, where headers tell how.

    Parameters
    ----------
    stacks : sequence of Stack
        The phases.
    volumes : sequence of (z, y, x) arrays
        Their voxels, as displayed.

    Returns
    -------
    tuple of (z, y, x) arrays
        The arrays given where all have one scale, or one of them has none; else float32.
    """
    scales = [[frame.series.scale for frame in stack.frames] for stack in stacks]
    known = [[scale for scale in of_stack if scale is not None] for of_stack in scales]
    if any(len(k) < len(s) for k, s in zip(known, scales, strict=True)):
        return tuple(volumes)
    first = known[0][0]
    factors = [first / np.array(of_stack, dtype=np.float32) for of_stack in known]
    if all(np.abs(factor - 1).max() < SAME_SCALE for factor in factors):
        return tuple(volumes)
    return tuple(
        (volume * factor[:, None, None]).astype(np.float32)
        for volume, factor in zip(volumes, factors, strict=True)
    )
