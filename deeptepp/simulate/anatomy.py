"""The healthy part of one woman: tissue fractions, coil sensitivity, and where a tumour can lie.

The smooth parts are built on a grid of about 1.8 mm and interpolated to the scanner's grid later, which
is what keeps a study at seconds. She lies prone: the breasts hang towards -y (anterior).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from deeptepp.domain.geometry import FloatArray, Grid
from deeptepp.simulate.breast_tissue import BreastShape, draw_breasts, paint_gland, paint_vessels, surface_distance
from deeptepp.simulate.canvas import Canvas
from deeptepp.simulate.kinetics import Tissue
from deeptepp.simulate.texture import Field, interpolate, interpolation_matrix, smooth_noise, soft_step
from deeptepp.simulate.thorax import cage_distance, draw_thorax, paint_thorax, pectoral_thickness

ANATOMY_MM = 1.78
"""Finest pitch of the anatomy grid, in mm: structures thinner than this are partial volume on any scanner."""


@dataclass(frozen=True, slots=True, eq=False)
class Anatomy:
    """Tissues of one woman.

    ``grid``: coarse axial grid that covers the field of view; ``fractions``, (n_tissues, z, y, x) float32: share
    of each tissue, texture included, in the order of ``Tissue``; ``sensitivity``, (z, y, x) float32: receive
    sensitivity of the coil, about 1 in the middle of the breasts; ``room_mm``, (z, y, x) float32: distance to the
    nearest of skin, pectoral muscle and other breast; 0 outside of the breasts; ``breasts``: Right, left.
    """

    grid: Grid
    fractions: Field
    sensitivity: Field
    room_mm: Field
    breasts: tuple[BreastShape, BreastShape]

    def matrices(self, grid: Grid) -> tuple[Field, Field, Field]:
        """Interpolation matrices (z, y, x) from this grid to another axial grid."""
        offset = self.grid.to_index(grid.affine[:3, 3])
        step = np.asarray(grid.spacing_mm) / np.asarray(self.grid.spacing_mm)
        mz, my, mx = (
            interpolation_matrix(o + s * np.arange(n), m)
            for o, s, n, m in zip(offset, step, grid.shape, self.grid.shape, strict=True)
        )
        return mz, my, mx

    def place(self, size_mm: float, side: int, rng: np.random.Generator) -> FloatArray:
        """Draw where the centre of a tumour lies.

        ``side``: -1 for the right breast, +1 for the left. Gives (3,) float64: LPS mm; in glandular tissue rather
        than fat, more often up and outside, clear of skin and muscle and, as far as its size allows, of the first
        and last slice.
        """
        # Places in the breast of this side, away from the ends of the slab.
        points = np.argwhere(self.room_mm > 0)
        mm = self.grid.to_mm(points)
        half_slab = self.grid.shape[0] * self.grid.spacing_mm[0] / 2
        mine = (mm[:, 0] * side > 0) & (np.abs(mm[:, 2]) <= max(half_slab - 0.5 * size_mm - 6, 4))
        points, mm = points[mine], mm[mine]
        # With room for the tumour; likelier in gland, outwards, upwards, halfway to the nipple.
        room = self.room_mm[tuple(points.T)]
        clear = room >= min(0.45 * size_mm + 5, float(room.max()) - 0.5)
        gland = self.fractions[Tissue.GLAND][tuple(points.T)]
        breast = self.breasts[(side + 1) // 2]
        outward = (mm[:, 0] - breast.x_mm) * side / breast.half_width_mm
        upward = mm[:, 2] / half_slab
        forward = (15.0 - mm[:, 1]) / breast.projection_mm
        weight = clear * (0.05 + gland) * np.exp(0.9 * outward + 0.5 * upward - ((forward - 0.5) / 0.28) ** 2)
        chosen = mm[rng.choice(len(mm), p=weight / weight.sum())]
        jittered: FloatArray = chosen + rng.uniform(-0.4, 0.4, 3) * np.asarray(self.grid.spacing_mm)[::-1]
        return jittered


def build_anatomy(grid: Grid, rng: np.random.Generator, *, tumour_size_mm: float = 0.0) -> Anatomy:
    """Draw one woman.

    ``grid``: axial grid of the scanner; the anatomy covers the same field of view on a grid not finer than
    ``ANATOMY_MM``; ``tumour_size_mm``: longest diameter of the tumour that must find room; a small breast is not
    drawn for a large tumour.
    """
    # 1. Shapes: thorax, breasts, and the distances to skin and chest wall.
    canvas = Canvas(_coarse(grid), rng)
    thorax = draw_thorax(rng)
    breasts = draw_breasts(rng, room_mm=tumour_size_mm)
    skin_depth = -surface_distance(canvas, breasts)
    cage = cage_distance(canvas, thorax)
    behind: Field = cage - 2 - pectoral_thickness(canvas, thorax)
    # 2. Tissues, each painted over those before: fat, thorax, gland and vessels, skin, nipples.
    canvas.paint(Tissue.FAT, soft_step(skin_depth, 1.0))
    paint_thorax(canvas, thorax, cage)
    for breast in breasts:
        paint_gland(canvas, breast, skin_depth, behind)
        paint_vessels(canvas, breast, skin_depth, behind)
    thickness = float(rng.uniform(1.5, 2.2))
    canvas.paint(Tissue.SKIN, soft_step(skin_depth, 1.0) * soft_step(thickness - skin_depth, 1.0))
    _paint_nipples(canvas, breasts, skin_depth)
    # 3. Texture, and where a tumour can lie.
    _add_texture(canvas)
    room = _room(canvas, np.minimum(skin_depth - thickness, behind))
    return Anatomy(canvas.grid, canvas.fractions, _sensitivity(canvas), room, breasts)


def _coarse(grid: Grid) -> Grid:
    """Anatomy grid of a scanner's grid: same field of view, pitch at least ``ANATOMY_MM``."""
    extent = (np.asarray(grid.shape) - 1) * np.asarray(grid.spacing_mm)
    pitch = np.maximum(np.asarray(grid.spacing_mm), ANATOMY_MM)
    shape = np.maximum(np.ceil(extent / pitch).astype(int) + 1, 2)
    return Grid.axial([int(n) for n in shape], [float(p) for p in pitch], [float(v) for v in grid.affine[:3, 3]])


def _paint_nipples(canvas: Canvas, breasts: tuple[BreastShape, BreastShape], skin_depth: Field) -> None:
    """Paint each nipple and the ducts under it as skin and gland."""
    for breast in breasts:
        x, y, z = breast.nipple_mm
        box = canvas.box((x - 12, y - 8, z - 12), (x + 12, y + 16, z + 12))
        az, ay, ax = canvas.axes(box)
        away = np.sqrt((ax - x) ** 2 + (0.6 * (ay - y)) ** 2 + (az - z) ** 2).astype(np.float32)
        canvas.paint(Tissue.SKIN, 0.8 * soft_step(5.5 - away, 1.5) * soft_step(skin_depth[box], 1.0), box)


def _add_texture(canvas: Canvas) -> None:
    """Modulate fat and gland, and derive the nodular enhancing share of the gland."""
    shape, pitch, layers = canvas.grid.shape, canvas.pitch_mm, canvas.fractions
    fine = smooth_noise(shape, 3.6 / pitch, canvas.rng)
    layers[Tissue.FAT] *= 1 + 0.05 * fine
    gland = layers[Tissue.GLAND]
    gland *= 1 + 0.09 * fine
    nodular = np.exp(0.40 * smooth_noise(shape, 7 / pitch, canvas.rng) - 0.08)
    np.multiply(gland, nodular, out=layers[Tissue.ENHANCING_GLAND])
    layers[Tissue.HEART] *= 1 + 0.06 * fine


def _room(canvas: Canvas, inside_mm: Field) -> Field:
    """Distance in mm from each voxel of the breasts to what a tumour must keep clear of."""
    step = 2
    coarse = inside_mm[::step, ::step, ::step]
    breast = (coarse > 2) & (canvas.y[:, ::step] < 22) & (np.abs(canvas.x[:, :, ::step]) > 14)
    pitch = canvas.pitch_mm * step
    distance = ndimage.distance_transform_edt(breast, sampling=pitch).astype(np.float32)
    room = _refine(canvas, distance, step)
    room[room < 3] = 0
    return room


def _sensitivity(canvas: Canvas) -> Field:
    """Sensitivity of a four-channel breast coil that hugs both breasts, partly evened out."""
    step = 4
    z, y, x = canvas.z[::step], canvas.y[:, ::step], canvas.x[:, :, ::step]
    total = np.zeros(np.broadcast_shapes(z.shape, y.shape, x.shape), dtype=np.float32)
    # Two channels beside and two between the breasts, none of them exactly like another.
    gains = canvas.rng.normal(1.0, 0.08, 4)
    for centre, gain in zip((-140.0, -22.0, 22.0, 140.0), gains, strict=True):
        square = ((x - centre) / 75) ** 2 + ((y + 45) / 68) ** 2 + (z / 110) ** 2
        total += (gain / (1 + square)).astype(np.float32)
    # Scanners even the sensitivity out before storing the images; about the square root of it remains.
    return _refine(canvas, np.sqrt(total / np.float32(1.55)), step)


def _refine(canvas: Canvas, samples: Field, step: int) -> Field:
    """Interpolate every ``step``-th voxel back to the canvas."""
    axes = zip(canvas.grid.shape, samples.shape, strict=True)
    return interpolate(samples, [interpolation_matrix(np.arange(n) / step, m) for n, m in axes])
