"""Median time to event of a survival curve, and of its band, by R's rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_FLAT_TOLERANCE = float(np.sqrt(np.finfo(np.float64).eps))
"""Two survival values closer than this are one, as in R's survival package."""


@dataclass(frozen=True, slots=True)
class MedianSurvival:
    """Median time to event; ``None`` where the curve, or its band, does not come down to one half."""

    months: float | None
    low: float | None
    high: float | None
    level: float


def first_half(months: Floats, curve: Floats) -> float | None:
    """Give the first time where a falling curve is at or below one half, mid-way where it rests there.

    ``curve`` (k,): survival, or one limit of its band; NaN where not defined. Returns: the time; None where the
    curve does not come down so far.
    """
    keep = curve < 0.5 + _FLAT_TOLERANCE
    if not keep.any():
        return None
    times, values = months[keep], curve[keep]
    lower = np.flatnonzero(values < values[0] - _FLAT_TOLERANCE)
    if abs(values[0] - 0.5) < _FLAT_TOLERANCE:
        # A curve that never leaves one half rests there up to the last observation.
        return float((times[0] + (times[lower[0]] if len(lower) else times[-1])) / 2)
    return float(times[0])
