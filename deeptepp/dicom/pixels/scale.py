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
import numpy.typing as npt

from deeptepp.dicom.volumes.stack import Stack

SAME_SCALE = 1e-3
"""Scales that differ by less than this share are one."""


Factor = float | npt.NDArray[np.float32] | None
"""What the intensities of a volume are multiplied by: one number, or one for each plane; None leaves them."""


def scale_factors(stacks: Sequence[Stack]) -> list[Factor]:
    """Give what brings phases to the scale of the first plane of the first phase, where headers tell.

    One for each phase; all None where all have one scale, or one of them has none.
    """
    scales = [[frame.series.scale for frame in stack.frames] for stack in stacks]
    known = [[scale for scale in of_stack if scale is not None] for of_stack in scales]
    as_they_are: list[Factor] = [None] * len(stacks)
    if any(len(k) < len(s) for k, s in zip(known, scales, strict=True)):
        return as_they_are
    first = known[0][0]
    with np.errstate(over="ignore", divide="ignore"):
        factors = [first / np.array(of_stack, dtype=np.float32) for of_stack in known]
    is_one = all(np.abs(factor - 1).max() < SAME_SCALE for factor in factors)
    return as_they_are if is_one else [*factors]
