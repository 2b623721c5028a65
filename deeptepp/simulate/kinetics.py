r"""Contrast uptake over time: relative enhancement of each tissue, and of tumour rim and core.

Enhancement is relative to the tissue's own pre-contrast signal. Each curve is a wash-in towards a peak and a
linear wash-out (or late rise) after the arrival of contrast:

.. math:: e(t) = A (1 - e^{-t'/\tau}) \max(1 + r t'', 0.2)

with t' the time since arrival and t'' = max(t' - 60 s, 0) in minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

ARRIVAL_S = 15.0
"""Time from injection to arrival of contrast in the breast, in s."""


class Tissue(IntEnum):
    """Tissues of the simulated thorax; the value is the channel of the anatomy."""

    FAT = 0
    GLAND = 1
    ENHANCING_GLAND = 2
    """The part of the parenchymal signal that background enhancement multiplies; no signal of its own."""
    SKIN = 3
    MUSCLE = 4
    BLOOD = 5
    HEART = 6
    LIVER = 7
    BONE = 8
    LUNG = 9


_SIGNAL = {
    Tissue.FAT: 1.0,
    Tissue.GLAND: 0.38,
    Tissue.ENHANCING_GLAND: 0.0,
    Tissue.SKIN: 0.50,
    Tissue.MUSCLE: 0.36,
    Tissue.BLOOD: 0.34,
    Tissue.HEART: 0.36,
    Tissue.LIVER: 0.50,
    Tissue.BONE: 0.42,
    Tissue.LUNG: 0.05,
}
"""Pre-contrast T1-weighted signal without fat suppression, relative to fat."""

_SUPPRESSED = {Tissue.FAT: 0.17, Tissue.BONE: 0.20}
"""Signal of tissues that fat suppression darkens; it is never complete."""

TUMOUR_SIGNAL = 0.37
"""Pre-contrast signal of tumour, relative to unsuppressed fat: a little below gland."""


@dataclass(frozen=True, slots=True)
class Uptake:
    """One uptake curve.

    ``peak``: A: relative enhancement that the wash-in tends to; ``wash_in_s``: time constant of the wash-in in s;
    ``late_per_min``: relative change per minute from 60 s after arrival: negative washes out, positive keeps
    rising.
    """

    peak: float
    wash_in_s: float
    late_per_min: float = 0.0

    def at(self, since_injection_s: float) -> float:
        """Relative enhancement at a time after injection in s; 0 before arrival."""
        return self.peak * self.shape_at(since_injection_s)

    def shape_at(self, since_injection_s: float) -> float:
        """Curve at a time after injection in s for a peak of 1."""
        t = max(since_injection_s - ARRIVAL_S, 0.0)
        late_min = max(t - 60.0, 0.0) / 60.0
        return float((1 - np.exp(-t / self.wash_in_s)) * max(1 + self.late_per_min * late_min, 0.2))


def signals(*, is_fat_suppressed: bool) -> npt.NDArray[np.float32]:
    """Give the pre-contrast signal of each tissue.

    Gives (n_tissues,) float32: relative to unsuppressed fat, in the order of ``Tissue``.
    """
    levels = {**_SIGNAL, **(_SUPPRESSED if is_fat_suppressed else {})}
    return np.array([levels[tissue] for tissue in Tissue], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class TissueKinetics:
    """Uptake of each healthy tissue of one woman; fat, bone and lung take up (almost) nothing."""

    curves: dict[Tissue, Uptake]

    def signals_at(self, since_injection_s: float, *, is_fat_suppressed: bool) -> npt.NDArray[np.float32]:
        """Give the signal of each tissue at a time after injection.

        Gives (n_tissues,) float32: relative to unsuppressed fat. The channel of enhancing gland holds what gland
        gains.
        """
        level = signals(is_fat_suppressed=is_fat_suppressed)
        gained = level.copy()
        gained[Tissue.ENHANCING_GLAND] = level[Tissue.GLAND]
        for tissue, curve in self.curves.items():
            level[tissue] += gained[tissue] * curve.at(since_injection_s)
        return level


def draw_tissue_kinetics(rng: np.random.Generator) -> TissueKinetics:
    """Draw the uptake of healthy tissue for one woman.

    Background parenchymal enhancement ranges from minimal to marked, the same on both sides.
    """
    background = float(0.10 + 0.50 * rng.beta(1.4, 2.8))
    dose = float(rng.uniform(0.9, 1.1))
    curves = {
        Tissue.ENHANCING_GLAND: Uptake(background * dose, 110.0, 0.06),
        Tissue.SKIN: Uptake(0.45 * dose, 90.0, 0.03),
        Tissue.MUSCLE: Uptake(0.28 * dose, 80.0, 0.02),
        Tissue.BLOOD: Uptake(3.4 * dose, 8.0, -0.09),
        Tissue.HEART: Uptake(1.7 * dose, 14.0, -0.06),
        Tissue.LIVER: Uptake(0.75 * dose, 45.0, -0.01),
        Tissue.BONE: Uptake(0.10 * dose, 80.0, 0.0),
    }
    return TissueKinetics(curves)
