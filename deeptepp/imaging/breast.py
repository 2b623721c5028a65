"""Where the breasts are: body against air, the sulcus between the breasts, and the wall behind them.

All of it is geometry on a coarse grid whose axes run closest to +S, +P and +L, so the breasts point to lower y.
METHOD section 4, D2 and D3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import ndimage

from deeptepp.domain.geometry import FloatArray, Grid
from deeptepp.domain.study import Study
from deeptepp.errors import NoBreast
from deeptepp.imaging.body import BoolImage, body_mask, without_protrusions
from deeptepp.imaging.morphology import dilate_ball
from deeptepp.imaging.resample import FloatImage, block_factors, block_mean, coarse_grid

SEARCH_SPACING_MM = 2.0
"""Edge of the blocks on which the search runs, mm; see ``benchmarks/detection.py`` for the choice."""

SKIN_MM = 4.0
"""Depth under the surface that is skin and partial volume, mm (METHOD section 4, D3)."""

WALL_DEPTH_MM = 15.0
"""Depth of the search region behind the skin of the intermammary sulcus, mm (METHOD D3: sternum + 10 to 25)."""

WALL_FLAT_MM = 30.0
"""Half-width in mm over which the wall is flat; beyond it the chest curves away (METHOD section 4)."""

WALL_SLOPE = 0.2
"""Millimetres that the wall recedes per millimetre beyond ``WALL_FLAT_MM``."""

WALL_CURVE_MM = 25.0
"""Largest recession of the wall, mm."""

MIDLINE_WINDOW_MM = 40.0
"""The sulcus is looked for within this distance of the middle of the body, mm (METHOD section 4)."""

MIDLINE_PULL = 0.2
"""Millimetres of depth that a sulcus must gain per millimetre away from the middle."""

MOST_IN_FRONT = 0.1
"""Largest share of the anterior border that may be body; in front of a breast there is air, and noise has 0.5."""

MIDLINE_MM = 15.0
"""Images that reach across x = 0 by less than this, in mm, are of one side of the patient."""

HUMP_MM = 15.0
"""A side is a breast when it rises this far in front of the sulcus, mm."""

COLUMN_MM = 8.0
"""Columns rising less than this in front of the sulcus, in mm, are chest rather than breast."""

MIN_BREAST_ML = 40.0
"""Smallest search region that counts as a breast, ml."""


@dataclass(frozen=True, slots=True, eq=False)
class BreastRegion:
    """The part of the volume in which lesions are looked for.

    ``mask``, (z, y, x) bool: breast tissue under the skin and in front of the chest wall; ``body``, (z, y, x)
    bool: everything that is not air; ``grid``: coarse grid of both masks; ``midline_x_mm``: LPS x of the sulcus
    between the breasts; None when only one breast is seen; ``sulcus_index``: the same as a fractional index along
    the x axis of the grid; ``wall_index``, (z, x) float64: index along y of the posterior limit; ``sides``:
    ``right`` and ``left``, whichever are seen.
    """

    mask: BoolImage
    body: BoolImage
    grid: Grid
    midline_x_mm: float | None
    sulcus_index: float | None
    wall_index: FloatArray
    sides: tuple[str, ...]

    @property
    def volume_ml(self) -> float:
        """Volume of the search region in ml."""
        return float(self.mask.sum()) * self.grid.voxel_volume_ml

    def crop(self, block: tuple[slice, slice, slice]) -> BreastRegion:
        """Cut a block, given as (z, y, x) slices with start and stop, out of the region."""
        sz, sy, sx = block
        return BreastRegion(
            self.mask[block],
            self.body[block],
            self.grid.crop([s.start for s in block], [s.stop for s in block]),
            self.midline_x_mm,
            None if self.sulcus_index is None else self.sulcus_index - sx.start,
            self.wall_index[sz, sx] - sy.start,
            self.sides,
        )


def find_breasts(study: Study, *, spacing_mm: float = SEARCH_SPACING_MM) -> BreastRegion:
    """Find the breasts of a study on blocks of about the given edge.

    ``study``: at least two phases; the first and the last are averaged; ``spacing_mm``: edge of a block, mm.
    Raises NoBreast where less tissue than ``MIN_BREAST_ML`` lies in front of the chest wall.
    """
    factors = block_factors(study.grid, spacing_mm)
    first, last = (block_mean(study.phases[k].volume, factors) for k in (0, -1))
    return breasts_in(np.float32(0.5) * (first + last), coarse_grid(study.grid, factors))


def breasts_in(image: FloatImage, grid: Grid) -> BreastRegion:
    """Find the breasts in one coarse image.

    ``image``, (z, y, x) float32: Intensities; a mean over phases is less noisy than one phase. Raises NoBreast
    where less tissue than ``MIN_BREAST_ML`` lies in front of the chest wall.
    """
    # 1. Body against air, without nipples and markers.
    body = body_mask(image, grid)
    smooth_body = without_protrusions(body, grid)
    if not smooth_body.any():
        raise NoBreast(value=0, limit=MIN_BREAST_ML)
    # 2. How deep the skin lies in each column, the sulcus, and which breasts rise beside it.
    surface = _surface_index(smooth_body)
    dy, dx = grid.spacing_mm[1:]
    depth_mm = surface * dy
    centre, is_right, is_left = _find_sulcus(depth_mm, smooth_body, dx)
    if not (is_right or is_left or _is_one_breast(depth_mm, smooth_body, body, grid)):
        raise NoBreast(value=0, limit=MIN_BREAST_ML)
    # 3. The posterior limit: behind the skin of the sulcus, receding to the sides.
    is_both = is_right and is_left
    sulcus = centre if is_both else _medial_column(grid)
    sulcus_mm = _sulcus_depth(depth_mm, smooth_body, sulcus, grid)
    wall = (sulcus_mm[:, None] + _wall_recession(smooth_body.shape[2], sulcus, dx)) / dy
    # 4. The search region: under the skin, in front of the limit, in columns that rise; no small islands.
    is_column = sulcus_mm[:, None] - depth_mm > COLUMN_MM
    mask = ~dilate_ball(~smooth_body, SKIN_MM, grid.spacing_mm) & is_column[:, None, :]
    mask &= np.arange(mask.shape[1])[None, :, None] < wall[:, None, :]
    mask = _keep_large(mask, grid)
    region = BreastRegion(
        mask,
        body,
        grid,
        _index_to_x_mm(grid, centre) if is_both else None,
        float(centre) if is_both else None,
        wall,
        ("right", "left") if is_both else (_side(mask, grid),),
    )
    if region.volume_ml < MIN_BREAST_ML:
        raise NoBreast(value=round(region.volume_ml, 1), limit=MIN_BREAST_ML)
    return region


def _surface_index(body: BoolImage) -> FloatArray:
    """Index along y of the first body voxel of each (z, x) column; the last row where there is none."""
    first: FloatArray = np.argmax(body, axis=1).astype(np.float64)
    first[~body.any(axis=1)] = body.shape[1] - 1
    return first


def _find_sulcus(depth_mm: FloatArray, body: BoolImage, dx: float) -> tuple[int, bool, bool]:
    """Find the column of the sulcus, and whether a breast rises on its right (lower x) and on its left."""
    # The deepest column near the middle of the body; farther away it must be deeper still.
    columns = np.flatnonzero(body.any(axis=(0, 1)))
    profile = _profile(depth_mm, body, dx)
    middle = (columns[0] + columns[-1]) / 2
    offset = np.abs(np.arange(len(profile)) - middle) * dx
    is_near = (offset <= MIDLINE_WINDOW_MM) & body.any(axis=(0, 1))
    centre = int(np.argmax(np.where(is_near, profile - MIDLINE_PULL * offset, -np.inf)))
    # A breast rises where the skin comes far enough forward on that side.
    right, left = profile[columns[0] : centre + 1], profile[centre : columns[-1] + 1]
    is_right, is_left = (bool(profile[centre] - side.min() > HUMP_MM) for side in (right, left))
    return centre, is_right, is_left


def _profile(depth_mm: FloatArray, body: BoolImage, dx: float) -> FloatArray:
    """Average the depth of the skin over the slices in which it rises most, mm for each column."""
    columns = np.flatnonzero(body.any(axis=(0, 1)))
    rise = np.ptp(depth_mm[:, columns], axis=1)
    weight = np.clip(rise, 1e-6, None) * body.any(axis=(1, 2))
    profile = (weight[:, None] * depth_mm).sum(axis=0) / weight.sum()
    smooth: FloatArray = ndimage.gaussian_filter1d(profile, 3.0 / dx)
    return smooth


def _is_one_breast(depth_mm: FloatArray, smooth_body: BoolImage, body: BoolImage, grid: Grid) -> bool:
    """Tell whether images of one side of the patient show a breast that rises in front of both of their ends.

    The middle of such images is the breast, where a sulcus is looked for in images of both.
    """
    ends_mm = sorted(_index_to_x_mm(grid, column) for column in (0, grid.shape[2] - 1))
    if ends_mm[0] < -MIDLINE_MM and ends_mm[1] > MIDLINE_MM:
        return False
    if body[:, 0].mean() > MOST_IN_FRONT:
        return False  # noise above the threshold reaches the border; in front of a breast there is air
    columns = np.flatnonzero(smooth_body.any(axis=(0, 1)))
    profile = _profile(depth_mm, smooth_body, grid.spacing_mm[2])[columns[0] : columns[-1] + 1]
    return bool(min(profile[0], profile[-1]) - profile.min() > HUMP_MM)


def _medial_column(grid: Grid) -> int | None:
    """Find the column nearest to the midline in images of one side, which end at the sulcus; None elsewhere."""
    ends_mm = [_index_to_x_mm(grid, column) for column in (0, grid.shape[2] - 1)]
    is_one_side = min(ends_mm) > -MIDLINE_MM or max(ends_mm) < MIDLINE_MM
    if not is_one_side or min(map(abs, ends_mm)) > MIDLINE_MM:
        return None
    return 0 if abs(ends_mm[0]) < abs(ends_mm[1]) else grid.shape[2] - 1


def _sulcus_depth(depth_mm: FloatArray, body: BoolImage, centre: int | None, grid: Grid) -> FloatArray:
    """Give the depth of the skin of the sulcus in each slice, smooth along z, in mm from the first row.

    Where no sulcus is seen, the most posterior skin in the field of view takes its place.
    """
    dz, _, dx = grid.spacing_mm
    if centre is None:
        depth = np.percentile(depth_mm[:, body.any(axis=(0, 1))], 90, axis=1)
    else:
        half = max(1, round(8.0 / dx))
        depth = np.median(depth_mm[:, max(0, centre - half) : centre + half + 1], axis=1)
    size = min(len(depth), 2 * round(10.0 / dz) + 1)
    median = ndimage.median_filter(depth, size=size, mode="nearest")
    smooth: FloatArray = ndimage.gaussian_filter1d(median, 10.0 / dz, mode="nearest")
    return smooth


def _wall_recession(n_columns: int, centre: int | None, dx: float) -> FloatArray:
    """How far the posterior limit lies behind the skin of the sulcus in each column, mm."""
    if centre is None:
        return np.full(n_columns, WALL_DEPTH_MM)
    offset = np.abs(np.arange(n_columns) - centre) * dx
    curve: FloatArray = WALL_DEPTH_MM + np.clip(WALL_SLOPE * (offset - WALL_FLAT_MM), 0, WALL_CURVE_MM)
    return curve


def _keep_large(mask: BoolImage, grid: Grid) -> BoolImage:
    """Drop islands of the search region below a quarter of ``MIN_BREAST_ML``."""
    labels, n = ndimage.label(mask)
    if n == 0:
        return mask
    sizes = np.bincount(labels.ravel()) * grid.voxel_volume_ml
    is_kept = sizes >= MIN_BREAST_ML / 4
    is_kept[0] = False
    result: BoolImage = is_kept[labels]
    return result


def _side(mask: BoolImage, grid: Grid) -> str:
    """Name the side of a single breast by the sign of its LPS x; scanners put the midline near 0."""
    if not mask.any():
        return "right"
    return "right" if float(grid.to_mm(np.argwhere(mask).mean(axis=0))[0]) < 0 else "left"


def _index_to_x_mm(grid: Grid, column: float) -> float:
    """LPS x of a column through the middle of the grid."""
    middle: list[Any] = [(grid.shape[0] - 1) / 2, (grid.shape[1] - 1) / 2, column]
    return float(grid.to_mm(middle)[0])
