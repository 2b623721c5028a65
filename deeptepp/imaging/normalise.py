"""Scanner units to comparable numbers: clip the tails, then mean 0 and standard deviation 1 over all phases.

METHOD section 3. Both are pooled over all phases of the case, so that enhancement survives. They are taken inside
the body only: the share of air in the field of view differs between coils and crops and would move the scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.domain.study import Study
from deeptepp.imaging.body import BoolImage, body_mask
from deeptepp.imaging.resample import FloatImage, block_corner, block_factors, block_mean, coarse_grid

CLIP_PCT = (0.1, 99.9)
"""Percentiles at which intensities are clipped (METHOD section 3)."""

BLOCK_MM = 4.0
"""Edge of the blocks, mm, of which one voxel is sampled: some 100,000 per phase are plenty for a mean."""


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


class Intensities:
    """The body and the intensity scale of one study, each measured when it is first asked for.

    Handed on to all that look at the same study, so that both are measured once. ``study``: the one that is
    measured.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self._factors = block_factors(study.grid, BLOCK_MM)

    @cached_property
    def body(self) -> BoolImage:
        """Body before contrast on blocks of ``BLOCK_MM``; nothing where all is noise."""
        pre = block_mean(self.study.phases[0].volume, self._factors)
        return body_mask(pre, coarse_grid(self.study.grid, self._factors))

    @cached_property
    def scale(self) -> IntensityScale:
        """Intensity scale inside the body, or of the whole images where there is none.

        The mask comes from block means (little noise), the intensities from single voxels (true tails).
        """
        inside = self.body if self.body.any() else np.ones(self.body.shape, dtype=bool)
        corners = [block_corner(phase.volume, self._factors)[inside] for phase in self.study.phases]
        pooled = np.concatenate(corners).astype(float)
        low, high = (float(v) for v in np.percentile(pooled, CLIP_PCT))
        clipped = np.clip(pooled, low, high)
        # A constant image has no spread; dividing by 1 keeps it finite.
        return IntensityScale(low, high, float(clipped.mean()), float(clipped.std()) or 1.0)
