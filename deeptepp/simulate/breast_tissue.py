"""The breasts: surface, glandular tissue that converges on the nipple, ligaments and vessels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from deeptepp.domain.geometry import FloatArray
from deeptepp.simulate.canvas import Box, Canvas
from deeptepp.simulate.kinetics import Tissue
from deeptepp.simulate.texture import Field, smooth_noise, soft_step

_P = 2.5
"""Exponent of the breast's superellipsoid: 2 is an egg, more is a fuller dome."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreastShape:
    """One breast hanging forward (-y); lengths in mm."""

    side: int
    """-1 on the woman's right (-x), +1 on her left."""
    x_mm: float
    z_mm: float
    half_width_mm: float
    half_height_mm: float
    projection_mm: float
    """From the front of the chest (y = 15) to the nipple."""
    density: float
    """0 almost entirely fatty to 1 extremely dense."""
    fat_mm: float
    """Thickness of the fat under the skin."""

    @property
    def nipple_mm(self) -> tuple[float, float, float]:
        """LPS position of the nipple."""
        return self.x_mm + self.side * 0.10 * self.projection_mm, 15.0 - self.projection_mm, self.z_mm - 4.0


def draw_breasts(rng: np.random.Generator, *, room_mm: float) -> tuple[BreastShape, BreastShape]:
    """Draw right and left breast of one woman, alike but not equal.

    ``room_mm``: longest diameter of what must fit in.
    """
    projection = float(np.clip(max(rng.normal(104, 11), room_mm + 42), 80, 128))
    width = float(np.clip(max(rng.normal(63, 4), 0.5 * room_mm + 30), 55, 74))
    x, density = float(rng.uniform(76, 84)), float(rng.beta(2.2, 2.2))
    breasts = []
    for side in (-1, 1):
        scale = float(rng.normal(1.0, 0.025))
        breasts.append(
            BreastShape(
                side=side,
                x_mm=side * x,
                z_mm=float(rng.normal(0, 4)),
                half_width_mm=width * scale,
                half_height_mm=float(rng.uniform(66, 80)),
                projection_mm=min(projection * scale, 128.0),
                density=float(np.clip(density + rng.normal(0, 0.03), 0.05, 0.95)),
                fat_mm=float(rng.uniform(7, 13)),
            )
        )
    return breasts[0], breasts[1]


def surface_distance(canvas: Canvas, breasts: Sequence[BreastShape]) -> Field:
    """Distance to the skin in mm, negative inside the body, (z, y, x); exact near the skin only."""
    # The torso, with breasts and nipples joined to it by rounded folds.
    torso = np.abs(canvas.x / 176) ** 3.0 + np.abs((canvas.y - 112) / 114) ** 3.0
    field = np.broadcast_to(((torso ** (1 / 3.0)) - 1) * 114, canvas.grid.shape).astype(np.float32)
    for breast in breasts:
        field = _smooth_minimum(field, _breast_distance(canvas, breast), 13.0)
        x, y, z = breast.nipple_mm
        away = np.sqrt((canvas.x - x) ** 2 + (canvas.y - y - 1.5) ** 2 + (canvas.z - z) ** 2)
        field = _smooth_minimum(field, (away - 5.0).astype(np.float32), 7.0)
    # Some unevenness; then divided by its slope, so that it is a distance near the skin.
    field += 1.3 * smooth_noise(canvas.grid.shape, 38 / canvas.pitch_mm, canvas.rng)
    slope = np.gradient(field, *canvas.grid.spacing_mm)
    steepness = np.sqrt(slope[0] ** 2 + slope[1] ** 2 + slope[2] ** 2)
    distance: Field = (field / np.clip(steepness, 0.35, None)).astype(np.float32)
    return distance


def _breast_distance(canvas: Canvas, breast: BreastShape) -> Field:
    """Approximate distance to the surface of one breast in mm."""
    forward = np.clip(15 - canvas.y, 0, None)
    lean = breast.x_mm + breast.side * 0.10 * forward
    droop = breast.z_mm - 4.0 * (forward / breast.projection_mm) ** 2
    across = (np.abs(canvas.x - lean) / breast.half_width_mm) ** _P
    upward = (np.abs(canvas.z - droop) / breast.half_height_mm) ** _P
    q = across + upward + (forward / breast.projection_mm) ** _P
    behind = np.clip(canvas.y - 55, 0, None)
    distance: Field = ((q ** (1 / _P) - 1) * breast.half_width_mm + behind).astype(np.float32)
    return distance


def _smooth_minimum(a: Field, b: Field, width: float) -> Field:
    """Smaller of two distances, rounding the fold between them over ``width`` mm."""
    h = np.clip(0.5 + 0.5 * (b - a) / width, 0, 1).astype(np.float32)
    result: Field = b + (a - b) * h - np.float32(width) * h * (1 - h)
    return result


def breast_box(canvas: Canvas, breast: BreastShape) -> Box:
    """Slices around one breast, from its nipple to behind the chest wall."""
    low_x, high_x = sorted((breast.side * 4.0, breast.side * 172.0))
    return canvas.box((low_x, 10 - breast.projection_mm, -500), (high_x, 70, 500))


def paint_gland(canvas: Canvas, breast: BreastShape, skin_depth: Field, behind: Field) -> None:
    """Paint glandular tissue and the ligaments through the fat of one breast.

    ``skin_depth``, ``behind``, (z, y, x) float32: distance in mm from the skin inwards, and from the pectoral
    muscle forwards.
    """
    box = breast_box(canvas, breast)
    z, y, x = canvas.axes(box)
    nx, ny, nz = breast.nipple_mm
    # 1. Where gland has room: under fat that thickens away from the nipple, in a cone that ends at it.
    from_nipple = np.sqrt((x - nx) ** 2 + (y - ny) ** 2 + (z - nz) ** 2).astype(np.float32)
    covered = breast.fat_mm * np.clip(from_nipple / 38, 0.1, 1)
    axis_x = nx + (breast.x_mm + breast.side * 6 - nx) * np.clip((y - ny) / breast.projection_mm, 0, 1)
    off_axis = np.hypot(x - axis_x, 0.9 * (z - nz - 5)) / (0.80 * breast.half_width_mm)
    room = np.minimum((skin_depth[box] - covered) / 8, (behind[box] - 4) / 8)
    room = np.minimum(np.minimum(room, (1.05 - off_axis) * 3), (18 - y) / 9).astype(np.float32)
    # 2. Its texture: streaks along the ducts, lobes and fine grain; density shifts how much of it there is.
    shape, pitch = from_nipple.shape, canvas.pitch_mm
    streaks = _streaks(canvas, (z - nz, y - ny, x - nx), from_nipple)
    blobs = smooth_noise(shape, 15 / pitch, canvas.rng)
    fine = smooth_noise(shape, 4.5 / pitch, canvas.rng)
    noise = 0.95 * streaks + 0.55 * blobs + 0.42 * fine
    gland = soft_step(np.clip(room, -1, 1) + 0.35 * noise, 0.5)
    gland *= soft_step(noise + 3.2 * (breast.density - 0.52), 0.65)
    # 3. Ligaments: thin sheets through the fat, from skin to chest wall.
    ridge = np.exp(-((smooth_noise(shape, 19 / pitch, canvas.rng) / 0.11) ** 2))
    ligament = 0.30 * ridge * soft_step(skin_depth[box] - 2, 2) * soft_step(behind[box] - 2, 2)
    share = np.maximum(0.92 * gland, ligament).astype(np.float32) * soft_step(skin_depth[box] - 1, 1.5)
    canvas.paint(Tissue.GLAND, share * soft_step(behind[box], 2), box)


def _streaks(canvas: Canvas, offset: tuple[Field, Field, Field], from_nipple: Field) -> Field:
    """Noise drawn out along the lines from the nipple, as ducts run; unit variance."""
    lattice = canvas.rng.standard_normal((56, 56, 16), dtype=np.float32)
    stretch = 13 / (from_nipple + 14)
    where = np.stack([28 + offset[0] * stretch, 28 + offset[2] * stretch, from_nipple / 17])
    streaks: Field = ndimage.map_coordinates(lattice, where, order=1, mode="wrap") * np.float32(1.6)
    return streaks


def paint_vessels(canvas: Canvas, breast: BreastShape, skin_depth: Field, behind: Field) -> None:
    """Paint the vessels of one breast: a few branching tubes from chest and axilla towards the nipple."""
    box = breast_box(canvas, breast)
    start = np.array([s.start for s in box])
    shape = skin_depth[box].shape
    n_vessels = int(canvas.rng.integers(5, 11))
    for radius_mm, share in ((1.6, 0.35), (1.1, 0.65)):
        lines = [_vessel_path(canvas, breast) for _ in range(max(round(n_vessels * share), 1))]
        points = canvas.grid.to_index(np.concatenate(lines)) - start
        tube = _tubes(points, shape, radius_mm, canvas.pitch_mm)
        canvas.paint(
            Tissue.BLOOD, 0.5 * tube * soft_step(skin_depth[box] - 3, 2) * soft_step(behind[box] - 2, 2), box
        )


def _vessel_path(canvas: Canvas, breast: BreastShape) -> FloatArray:
    """Points (n, 3) in LPS mm along one winding vessel, 0.5 mm apart."""
    rng = canvas.rng
    lateral = rng.random() < 0.6
    # From the axilla or the chest to the nipple along a bent curve, of which a part is drawn.
    start = np.array([breast.x_mm + breast.side * (46 if lateral else -42), 8.0, rng.uniform(-48, 50)])
    goal = np.array(breast.nipple_mm) + rng.normal(0, [26, 9, 28]) + [0, 24, 0]
    middle = (start + goal) / 2 + rng.normal(0, [16, 9, 18]) + [breast.side * (10 if lateral else -8), 0, 0]
    t = np.linspace(0, rng.uniform(0.35, 1.0), 400)[:, None]
    path = (1 - t) ** 2 * start + 2 * t * (1 - t) * middle + t**2 * goal
    # Winding, but not at its beginning.
    wiggle = ndimage.gaussian_filter1d(rng.standard_normal((400, 3)), 22, axis=0) * 20
    winding: FloatArray = path + wiggle * np.minimum(t * 3, 1)
    return winding


def _tubes(points: FloatArray, shape: tuple[int, ...], radius_mm: float, pitch_mm: FloatArray) -> Field:
    """Soft tubes (z, y, x) in [0, 1] of one radius around points given as array indices."""
    inside = ((points >= 0) & (points <= np.asarray(shape) - 1)).all(axis=1)
    marks = np.zeros(shape, dtype=np.float32)
    np.add.at(marks, tuple(np.rint(points[inside]).astype(int).T), 1.0)
    blurred = ndimage.gaussian_filter(
        np.minimum(marks, 3), np.maximum(radius_mm, 0.6 * pitch_mm) / pitch_mm, truncate=2.5
    )
    top = np.percentile(blurred[marks > 0], 60) if inside.any() else 1.0
    return soft_step(blurred / np.float32(top) - 0.55, 0.35)
