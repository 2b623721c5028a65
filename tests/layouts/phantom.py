"""Tiny breasts of known truth: tissue, and a patch and a vessel that take up contrast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

TIMES_S = (0.0, 90.0, 165.0, 240.0, 315.0, 390.0)
"""Begin of the phases after the pre-contrast one; contrast runs in between the first two."""

GAINS = (0, 220, 290, 300, 280, 260)
"""What contrast adds to the patch in each phase: a fast rise, then washout."""

SHAPE = (6, 16, 16)
"""Slices, rows, columns."""


@dataclass(frozen=True)
class Place:
    """Where the voxels of an image lie in the patient: LPS millimetres."""

    origin_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    along_row: tuple[float, float, float] = (1.0, 0.0, 0.0)
    along_column: tuple[float, float, float] = (0.0, 1.0, 0.0)
    step_mm: tuple[float, float, float] = (0.0, 0.0, 2.0)
    spacing_mm: tuple[float, float] = (1.0, 1.0)

    @property
    def affine(self) -> np.ndarray:
        """Map an index (k, j, i, 1) to (x, y, z, 1) in mm."""
        made = np.eye(4)
        made[:3, 0] = self.step_mm
        made[:3, 1] = np.multiply(self.along_column, self.spacing_mm[0])
        made[:3, 2] = np.multiply(self.along_row, self.spacing_mm[1])
        made[:3, 3] = self.origin_mm
        return made

    def position_mm(self, k: int) -> list[float]:
        """Give the ImagePositionPatient of slice ``k``."""
        return [round(o + k * s, 6) for o, s in zip(self.origin_mm, self.step_mm, strict=True)]


AXIAL = Place()
SAGITTAL = {"along_row": (0.0, 1.0, 0.0), "along_column": (0.0, 0.0, -1.0), "step_mm": (2.0, 0.0, 0.0)}
RIGHT = Place((-100.0, 0.0, 0.0), **SAGITTAL)
LEFT = Place((40.0, 0.0, 0.0), **SAGITTAL)


def breast(seed: int) -> tuple[np.ndarray, ...]:
    """Give six phases; each seed is another breast."""
    rng = np.random.default_rng(seed)
    tissue = rng.integers(50, 400, SHAPE)
    volumes = []
    for gain in GAINS:
        volume = tissue + rng.integers(-3, 4, SHAPE)
        volume[2:4, 5:9, 5:9] += gain
        volume[:, 12:14, 2:4] += int(1.3 * gain)
        volumes.append(volume.astype(np.uint16))
    return tuple(volumes)


def coarse(volumes: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
    """Average 2 x 2 x 2 voxels, as an ultrafast series sees them."""
    z, y, x = (n // 2 for n in SHAPE)
    return tuple(v.reshape(z, 2, y, 2, x, 2).mean(axis=(1, 3, 5)).astype(np.uint16) for v in volumes)


BREAST = breast(0)
FAT = tuple(np.random.default_rng(10 + i).integers(-3, 4, SHAPE) + breast(5)[0] for i in range(6))
FAT = tuple(v.astype(np.uint16) for v in FAT)
IN_PHASE = tuple((v + f).astype(np.uint16) for v, f in zip(BREAST, FAT, strict=True))
TRUE = {
    "breast": BREAST,
    "second": tuple(np.roll(v, 1, axis=2) for v in BREAST),
    "left": breast(1),
    "prior": breast(2),
    "fat": FAT,
    "in-phase": IN_PHASE,
    "coarse": coarse(BREAST),
}
"""Each set of true volumes under its name; "second" is the same moment in another reconstruction."""

AT_COARSE = Place((0.5, 0.5, 1.0), step_mm=(0.0, 0.0, 4.0), spacing_mm=(2.0, 2.0))


def subtraction(i: int) -> np.ndarray:
    """Give phase ``i`` less the pre-contrast phase."""
    return np.clip(BREAST[i].astype(int) - BREAST[0], 0, None).astype(np.uint16)


def enhancement_map(scale: float = 1000.0) -> np.ndarray:
    """Give a map of relative enhancement."""
    return np.round(subtraction(1) / np.maximum(BREAST[0], 1) * scale).astype(np.uint16)
