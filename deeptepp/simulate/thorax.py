"""What lies behind the breasts: pectoral muscle, rib cage, sternum, lungs, heart, great vessels, liver, spine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deeptepp.simulate.canvas import Box, Canvas
from deeptepp.simulate.kinetics import Tissue
from deeptepp.simulate.texture import Field, smooth_noise, soft_step

WALL_MM = 13.0
"""Thickness of the chest wall between pleura and pectoral muscle, in mm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThoraxShape:
    """Size of one thorax; lengths in mm."""

    half_width_mm: float
    half_depth_mm: float
    front_mm: float
    """y of the front of the sternum."""
    pectoral_mm: float
    heart_x_mm: float
    diaphragm_z_mm: float
    """Height of the liver dome, +z is superior."""
    rib_phase: float


def draw_thorax(rng: np.random.Generator) -> ThoraxShape:
    """Draw the thorax of one woman."""
    return ThoraxShape(
        half_width_mm=float(rng.uniform(122, 138)),
        half_depth_mm=float(rng.uniform(82, 94)),
        front_mm=float(rng.uniform(9, 14)),
        pectoral_mm=float(rng.uniform(7, 12)),
        heart_x_mm=float(rng.uniform(20, 30)),
        diaphragm_z_mm=float(rng.uniform(-48, -22)),
        rib_phase=float(rng.uniform(0, 2 * np.pi)),
    )


def cage_distance(canvas: Canvas, shape: ThoraxShape) -> Field:
    """Distance to the outer surface of the rib cage in mm, negative inside, (z, y, x)."""
    depth = np.float32(shape.half_depth_mm)
    width = np.float32(shape.half_width_mm) - 0.10 * canvas.z
    across = np.abs(canvas.x / width) ** 2.3
    along = np.abs((canvas.y - shape.front_mm - depth) / depth) ** 2.3
    distance: Field = (((across + along) ** np.float32(1 / 2.3) - 1) * depth).astype(np.float32)
    return distance


def pectoral_thickness(canvas: Canvas, shape: ThoraxShape) -> Field:
    """Thickness of the pectoral muscle in mm over the (z, 1, x) plane."""
    away = np.abs(canvas.x)
    medial = soft_step(away - 16, 12)
    lateral = 1 - 0.65 * soft_step(away - 100, 25)
    upper = 0.45 + 0.55 * soft_step(canvas.z + 15, 45)
    thickness: Field = (shape.pectoral_mm * medial * lateral * upper).astype(np.float32)
    return thickness


def paint_thorax(canvas: Canvas, shape: ThoraxShape, cage: Field) -> None:
    """Paint everything from the pectoral muscle backwards.

    ``cage``, (z, y, x) float32: from ``cage_distance``.
    """
    noise = smooth_noise(canvas.grid.shape, 22 / canvas.pitch_mm, canvas.rng)
    _paint_muscles(canvas, shape, cage, noise)
    # From outside inwards: muscle of the wall, bones in it, fat, lung with its vessels, heart and liver.
    inside = soft_step(-cage, 1.2)
    canvas.paint(Tissue.MUSCLE, inside)
    _paint_bones(canvas, shape, cage)
    canvas.paint(Tissue.FAT, 0.9 * soft_step(-cage - WALL_MM + 4, 1.5))
    canvas.paint(Tissue.LUNG, soft_step(-cage - WALL_MM + 0.8 * noise, 1.5))
    branches = soft_step(smooth_noise(canvas.grid.shape, 5 / canvas.pitch_mm, canvas.rng) - 1.9, 0.5)
    canvas.paint(Tissue.BLOOD, 0.30 * branches * soft_step(-cage - WALL_MM - 8, 4))
    _paint_organs(canvas, shape, cage, noise)


def _paint_muscles(canvas: Canvas, shape: ThoraxShape, cage: Field, noise: Field) -> None:
    """Paint pectoral muscle with fatty septa, and the muscles of flank and back."""
    pectoral = soft_step(pectoral_thickness(canvas, shape) + 0.8 * noise - np.abs(cage - 2) + 1, 1.5)
    canvas.paint(Tissue.MUSCLE, pectoral * np.clip(0.90 + 0.06 * noise, 0, 1) * soft_step(95 - canvas.y, 20))
    back = soft_step(canvas.y - 78, 22) * soft_step(cage - 3, 2) * soft_step(26 + 5 * noise - cage, 3)
    canvas.paint(Tissue.MUSCLE, back * np.clip(0.85 + 0.1 * noise, 0, 1))


def _paint_bones(canvas: Canvas, shape: ThoraxShape, cage: Field) -> None:
    """Paint sternum and ribs: marrow with a dark cortex, ribs falling away from the midline."""
    away = np.abs(canvas.x)
    mid = np.abs(cage + WALL_MM / 2)
    sternum = soft_step(15 - away, 1.5) * soft_step(4.6 - mid, 1.2) * soft_step(60 - canvas.y, 5)
    wave = np.sin(2 * np.pi * (canvas.z + 0.42 * away + 0.12 * canvas.y) / 27 + shape.rib_phase)
    rib = soft_step(4.2 - mid, 1.2) * soft_step(wave - 0.15, 0.35) * soft_step(away - 20, 3)
    canvas.paint(Tissue.BONE, np.maximum(sternum, rib).astype(np.float32))


def _ellipsoid(
    canvas: Canvas, centre: tuple[float, float, float], radii: tuple[float, float, float]
) -> tuple[Box, Field]:
    """Box and the signed depth in mm inside an ellipsoid; centre and radii are (x, y, z)."""
    reach = [1.25 * r for r in radii]
    box = canvas.box(
        (centre[0] - reach[0], centre[1] - reach[1], centre[2] - reach[2]),
        (centre[0] + reach[0], centre[1] + reach[1], centre[2] + reach[2]),
    )
    z, y, x = canvas.axes(box)
    q = ((x - centre[0]) / radii[0]) ** 2 + ((y - centre[1]) / radii[1]) ** 2 + ((z - centre[2]) / radii[2]) ** 2
    return box, ((1 - np.sqrt(q)) * min(radii)).astype(np.float32)


def _paint_organs(canvas: Canvas, shape: ThoraxShape, cage: Field, noise: Field) -> None:
    """Paint mediastinal fat, heart and its chambers, aorta, spine, liver and the internal mammary vessels."""
    room = soft_step(-cage - WALL_MM, 1.5)
    x0, y0 = shape.heart_x_mm, shape.front_mm + 62
    organs: list[tuple[Tissue, tuple[float, float, float], tuple[float, float, float], float]] = [
        (Tissue.FAT, (x0 - 12, y0 - 6, 4), (58, 54, 92), 0.75),
        (Tissue.HEART, (x0, y0, -4), (47, 38, 58), 1.0),
        (Tissue.BLOOD, (x0 + 15, y0 + 5, -6), (21, 17, 33), 0.9),
        (Tissue.BLOOD, (x0 - 16, y0 - 8, -4), (24, 19, 36), 0.9),
        (Tissue.BLOOD, (x0 - 20, y0 + 18, 26), (19, 15, 22), 0.9),
        (Tissue.FAT, (0, y0 + 82, 0), (44, 34, 400), 0.6),
        (Tissue.BONE, (0, y0 + 86, 0), (21, 18, 400), 1.0),
        (Tissue.BLOOD, (22, y0 + 62, 0), (11, 11, 400), 1.0),
        (Tissue.BLOOD, (-23, shape.front_mm + WALL_MM - 2, 0), (2.4, 2.4, 400), 0.9),
        (Tissue.BLOOD, (23, shape.front_mm + WALL_MM - 2, 0), (2.4, 2.4, 400), 0.9),
    ]
    for tissue, centre, radii, share in organs:
        box, depth = _ellipsoid(canvas, centre, radii)
        canvas.paint(tissue, share * soft_step(depth + 1.5 * noise[box], 1.5), box)
    for side, height in ((-1.0, 0.0), (1.0, -16.0)):
        top = shape.diaphragm_z_mm + height
        box, depth = _ellipsoid(canvas, (side * 62, y0 + 8, top - 70), (74, 78, 72))
        canvas.paint(Tissue.LIVER, 0.95 * soft_step(depth, 2) * room[box], box)
