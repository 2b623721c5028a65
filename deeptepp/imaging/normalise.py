"""Scanner units to comparable numbers: clip the tails, then mean 0 and standard deviation 1 over all phases.

METHOD section 3. Both are pooled over all phases of the case, so that enhancement survives. They are taken inside
the body only: the share of air in the field of view differs between coils and crops and would move the scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.domain.study import Study
from deeptepp.imaging.body import body_mask
from deeptepp.imaging.resample import FloatImage, block_corner, block_factors, block_mean, coarse_grid

CLIP_PCT = (0.1, 99.9)
"""Percentiles at which intensities are clipped (METHOD section 3)."""

_SAMPLE_SPACING_MM = 4.0
"""One voxel of each block of this edge, in mm, is sampled: some 100,000 per phase are plenty for a mean."""


@dataclass(frozen=True, slots=True)
class IntensityScale:
    """How scanner units become normalised ones.

    ``low``, ``high``: clipping limits in scanner units; ``mean``, ``sd``: mean and standard deviation after
    clipping, pooled over all phases inside the body.
    """

    low: float
    high: float
    mean: float
    sd: float

    def apply(self, voxels: npt.NDArray[Any]) -> FloatImage:
        """Normalise intensities of any shape; the result is float32."""
        clipped = np.clip(voxels.astype(np.float32), self.low, self.high)
        result: FloatImage = (clipped - np.float32(self.mean)) / np.float32(self.sd)
        return result


def fit_intensity_scale(study: Study) -> IntensityScale:
    """Measure the intensity scale of a case.

    The mask comes from block means (little noise), the intensities from single voxels (true tails).
    """
    factors = block_factors(study.grid, _SAMPLE_SPACING_MM)
    inside = body_mask(block_mean(study.phases[0].volume, factors), coarse_grid(study.grid, factors))
    if not inside.any():
        inside = np.ones(inside.shape, dtype=bool)
    pooled = np.concatenate([block_corner(phase.volume, factors)[inside] for phase in study.phases]).astype(float)
    low, high = (float(v) for v in np.percentile(pooled, CLIP_PCT))
    clipped = np.clip(pooled, low, high)
    # A constant image has no spread; dividing by 1 keeps it finite.
    return IntensityScale(low, high, float(clipped.mean()), float(clipped.std()) or 1.0)
