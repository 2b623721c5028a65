"""Two breasts on a chest, made of numbers, with one ellipsoid whose place, size and uptake curve are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deeptepp.domain.geometry import Grid, Volume
from deeptepp.domain.lesion import Lesion
from deeptepp.domain.study import Acquisition, Phase, Study

FAT = 100.0
"""Pre-contrast signal of the body."""

TUMOUR_CURVE = (0.0, 110.0, 140.0, 150.0, 145.0, 140.0)
"""Enhancement of the ellipsoid in each phase, in the units of ``FAT``."""

VESSEL_CURVE = (0.0, 150.0, 120.0, 110.0, 100.0, 90.0)
"""Enhancement of heart and vessel."""

RUIJIN_TIMES_S = (0.0, 90.0, 165.0, 240.0, 315.0, 390.0)
"""Phase times of the published protocol."""

WALL_Y_MM = 60.0
"""LPS y of the skin of the sternum."""

BREAST_X_MM = 75.0
"""Distance of each breast's axis from the midline."""


@dataclass(frozen=True)
class Phantom:
    """A study and its truth."""

    study: Study
    lesion: Lesion
    centre_mm: tuple[float, float, float]
    radii_mm: tuple[float, float, float]

    @property
    def volume_ml(self) -> float:
        """Volume of the ellipsoid by its formula."""
        return 4 / 3 * np.pi * float(np.prod(self.radii_mm)) / 1000


def breast_phantom(
    *,
    centre_mm: tuple[float, float, float] = (-70.0, 10.0, 5.0),
    radii_mm: tuple[float, float, float] = (9.0, 9.0, 9.0),
    spacing_mm: tuple[float, float, float] = (2.0, 1.5, 1.5),
    times_s: Sequence[float] = RUIJIN_TIMES_S,
    sides: Sequence[int] = (-1, 1),
    field_of_view_x_mm: tuple[float, float] = (-170.0, 170.0),
    noise: float = 3.0,
    background: float = 0.08,
    seed: int = 0,
    dtype: type[np.generic] = np.uint16,
) -> Phantom:
    """Make a study: chest, breasts on the given sides, heart, one straight vessel, mirrored background, noise.

    ``centre_mm`` and ``radii_mm`` are (x, y, z) in LPS; ``sides`` holds -1 for right and +1 for left.
    ``background`` is the relative enhancement of the parenchyma, the same on both sides.
    """
    x0, x1 = field_of_view_x_mm
    dz, dy, dx = spacing_mm
    shape = (round(120 / dz), round(200 / dy), round((x1 - x0) / dx))
    grid = Grid.axial(shape, spacing_mm, (x0 + dx / 2, -50.0, -60.0 + dz / 2))
    x, y, z = _axes_mm(grid)
    body = np.broadcast_to((y - WALL_Y_MM) - 0.0006 * x**2 > 0, shape).copy()
    gland = np.zeros(shape, dtype=bool)
    for side in sides:
        r2 = ((x - side * BREAST_X_MM) / 55) ** 2 + (z / 52) ** 2
        cup = (y > WALL_Y_MM + 10 - 95 * np.sqrt(np.clip(1 - r2, 0, None))) & (r2 < 1) & (y < WALL_Y_MM + 30)
        body |= cup
        gland |= ((x - side * BREAST_X_MM) / 30) ** 2 + ((y - 20) / 30) ** 2 + (z / 30) ** 2 < 1
    heart = ((x - 20) / 45) ** 2 + ((y - 125) / 30) ** 2 + (z / 45) ** 2 < 1
    vessel = ((x + 100) ** 2 + (z + 15) ** 2 < 2.5**2) & (y > 15) & body
    bright = heart | vessel
    inside = gland & body
    offset = [(axis - c) / r for axis, c, r in zip((x, y, z), centre_mm, radii_mm, strict=True)]
    tumour = offset[0] ** 2 + offset[1] ** 2 + offset[2] ** 2 < 1
    rng = np.random.default_rng(seed)
    phases = []
    for k, time_s in enumerate(times_s):
        image = np.where(body, np.float32(FAT), np.float32(0))
        image[inside] *= 1 + background * k / max(1, len(times_s) - 1)
        image[bright] += VESSEL_CURVE[k]
        image[tumour] = FAT + TUMOUR_CURVE[k]
        real, imaginary = (noise * rng.standard_normal(shape, dtype=np.float32) for _ in range(2))
        image = np.hypot(image + real, imaginary)
        phases.append(Phase(Volume(image.astype(dtype), grid), float(time_s)))
    study = Study(tuple(phases), "phantom", Acquisition(is_simulated=True))
    return Phantom(study, Lesion(tumour, grid), centre_mm, radii_mm)


def _axes_mm(grid: Grid) -> list[np.ndarray]:
    """Give x, y and z of an axial grid in LPS mm, each along its own axis of the array."""
    nz, ny, nx = grid.shape
    dz, dy, dx = grid.spacing_mm
    x0, y0, z0 = grid.affine[:3, 3]
    axes = (x0 + dx * np.arange(nx), y0 + dy * np.arange(ny)[:, None], z0 + dz * np.arange(nz)[:, None, None])
    return [axis.astype(np.float32) for axis in axes]


def empty_study(*, value: float = 0.0, n_phases: int = 4, seed: int = 0) -> Study:
    """Make a study of noise around one value: no body, no breast."""
    rng = np.random.default_rng(seed)
    grid = Grid.axial((20, 40, 40), (3.0, 3.0, 3.0))
    phases = (Phase(Volume(rng.normal(value, 1, grid.shape).clip(0), grid), 90.0 * k) for k in range(n_phases))
    return Study(tuple(phases), "empty")
