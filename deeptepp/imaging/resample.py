"""Volumes from one grid to another: by interpolation (SimpleITK), or by averaging whole blocks of voxels.

SimpleITK's (x, y, z) order appears in ``to_sitk`` and nowhere else in the package.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813  the abbreviation its own documentation uses

from deeptepp.domain.geometry import Grid, Volume

FloatImage = npt.NDArray[np.float32]

_PAD_VOXELS = 4
"""Source voxels kept around the target block, so that interpolation at its border sees its neighbours."""

_INTERPOLATORS = {0: sitk.sitkNearestNeighbor, 1: sitk.sitkLinear, 3: sitk.sitkBSpline}
"""Spline order to SimpleITK interpolator."""

_ITK_DTYPES = ("uint8", "int16", "uint16", "float32")
"""Voxel types handed over as they are; everything else becomes float32."""


def to_sitk(volume: Volume) -> sitk.Image:
    """Hand a volume to SimpleITK.

    ``volume``: voxels in (z, y, x) order on an LPS grid. Gives a copy with spacing, direction and origin in (x, y,
    z) order.
    """
    voxels = volume.voxels
    if voxels.dtype.name not in _ITK_DTYPES:
        voxels = voxels.astype(np.float32)
    image = sitk.GetImageFromArray(np.ascontiguousarray(voxels))
    image.SetSpacing(volume.grid.spacing_mm[::-1])
    image.SetDirection([float(v) for v in volume.grid.directions[:, ::-1].ravel()])
    image.SetOrigin([float(v) for v in volume.grid.affine[:3, 3]])
    return image


def resample_to(volume: Volume, grid: Grid, *, order: int = 1, fill: float = 0.0) -> Volume:
    """Interpolate a volume on another grid; only the block that the grid needs is read.

    ``order``: 0 nearest neighbour, 1 trilinear, 3 cubic B-spline. Gives (z, y, x) float32 on ``grid``. Raises
    ValueError where the order is not 0, 1 or 3.
    """
    if order not in _INTERPOLATORS:
        msg = f"Interpolation order must be 0, 1 or 3, got {order}"
        raise ValueError(msg)
    block = _needed_block(volume.grid, grid)
    if block is None:
        return Volume(np.full(grid.shape, fill, dtype=np.float32), grid)
    # Only the block that the target grid can reach.
    start, stop = block
    part = volume.voxels[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))]
    image = to_sitk(Volume(part, volume.grid.crop(start, stop)))
    reference = to_sitk(Volume(np.broadcast_to(np.uint8(0), grid.shape), grid))
    sampled = sitk.Resample(
        image, reference, sitk.Transform(), _INTERPOLATORS[order], float(fill), sitk.sitkFloat32
    )
    return Volume(sitk.GetArrayFromImage(sampled), grid)


def _needed_block(source: Grid, target: Grid) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """Find start and stop of the source voxels that a target grid needs, None when they do not meet."""
    corners = source.to_index(target.corners_mm())
    low = np.maximum(np.floor(corners.min(axis=0)).astype(int) - _PAD_VOXELS, 0)
    high = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + _PAD_VOXELS + 1, source.shape)
    if (low >= high).any():
        return None
    return tuple(int(n) for n in low), tuple(int(n) for n in high)


def anatomical_axes(grid: Grid) -> tuple[tuple[int, int, int], tuple[bool, bool, bool]]:
    """Tell which array axis runs closest to S, P and L, and whether it runs the other way.

    Gives (3,) tuple of int: array axes in the order S, P, L. Gives (3,) tuple of bool: True where that axis runs
    towards I, A or R.
    """
    directions = grid.directions
    order: list[int] = []
    for patient_axis in (2, 1, 0):
        cosine = np.abs(directions[patient_axis])
        cosine[order] = -1.0
        order.append(int(np.argmax(cosine)))
    flips = [bool(directions[p, a] < 0) for p, a in zip((2, 1, 0), order, strict=True)]
    return (order[0], order[1], order[2]), (flips[0], flips[1], flips[2])


def block_factors(grid: Grid, spacing_mm: float) -> tuple[int, int, int]:
    """Give the whole number of voxels per axis whose block edge is nearest to a spacing, at least 1.

    Gives (3,) tuple of int: voxels per block along each array axis of ``grid``.
    """
    fz, fy, fx = (max(1, min(n, round(spacing_mm / d))) for n, d in zip(grid.shape, grid.spacing_mm, strict=True))
    return fz, fy, fx


def coarse_grid(grid: Grid, factors: tuple[int, int, int]) -> Grid:
    """Make the grid of block centres, its axes ordered and turned to run closest to +S, +P, +L.

    ``factors``, (3,) tuple of int: voxels per block along each array axis; a remainder at the far end is dropped.
    """
    order, flips = anatomical_axes(grid)
    shape = [n // f for n, f in zip(grid.shape, factors, strict=True)]
    first = [
        f * (n - 1) + (f - 1) / 2 if flips[order.index(a)] else (f - 1) / 2
        for a, (n, f) in enumerate(zip(shape, factors, strict=True))
    ]
    affine = np.eye(4)
    affine[:3, 3] = grid.to_mm(first)
    for column, (axis, is_flipped) in enumerate(zip(order, flips, strict=True)):
        affine[:3, column] = grid.affine[:3, axis] * factors[axis] * (-1 if is_flipped else 1)
    return Grid((shape[order[0]], shape[order[1]], shape[order[2]]), affine)


def block_mean(volume: Volume, factors: tuple[int, int, int]) -> FloatImage:
    """Average whole blocks of voxels; exact, without interpolation and without a float copy of the source.

    ``factors``, (3,) tuple of int: voxels per block along each array axis. Gives (z, y, x) float32: means on
    ``coarse_grid(volume.grid, factors)``.
    """
    trimmed = volume.voxels[tuple(slice(0, n // f * f) for n, f in zip(volume.grid.shape, factors, strict=True))]
    total = to_anatomical(sum_blocks(trimmed, factors), volume.grid)
    share = np.float32(1.0 / np.prod(factors))
    if not total.flags.c_contiguous:
        return total * share
    total *= share
    return total


def block_corner(volume: Volume, factors: tuple[int, int, int]) -> npt.NDArray[Any]:
    """Take one voxel of each block, unaveraged, in the order of ``coarse_grid``.

    ``factors``, (3,) tuple of int: voxels per block along each array axis. Gives (z, y, x): a view with the dtype
    of the source.
    """
    trimmed = volume.voxels[
        tuple(slice(0, n // f * f, f) for n, f in zip(volume.grid.shape, factors, strict=True))
    ]
    return to_anatomical(trimmed, volume.grid)


def sum_blocks(voxels: npt.NDArray[Any], factors: tuple[int, int, int]) -> FloatImage:
    """Sum blocks axis by axis, as float32: slices first, because adding whole slices is the cheapest pass."""
    fz, fy, fx = factors
    nz, ny, nx = (n // f for n, f in zip(voxels.shape, factors, strict=True))
    total = np.empty((nz, ny, nx), dtype=np.float32)
    # One layer of blocks after the other, so that its slices stay in the cache of the processor.
    for z in range(nz):
        layer = voxels[z * fz : (z + 1) * fz]
        dtype = layer.dtype if _has_room(layer, fz * fy) else np.dtype(np.float32)
        slices = _added([layer[i] for i in range(fz)], dtype)
        rows = _added([slices[i::fy] for i in range(fy)], dtype).astype(np.float32, copy=False)
        total[z] = _added([rows[:, i::fx] for i in range(fx)], rows.dtype)
    return total


def _has_room(voxels: npt.NDArray[Any], n: int) -> bool:
    """Whether the sum of so many voxels fits their own short integers, which are added several at a time."""
    if voxels.dtype.name not in ("int16", "uint16"):
        return False
    limits = np.iinfo(voxels.dtype)
    # None of the unsigned is too low, which spares a pass over them.
    is_low = limits.min < 0 and int(voxels.min()) * n < limits.min
    return int(voxels.max()) * n <= limits.max and not is_low


def _added(parts: list[npt.NDArray[Any]], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Add arrays of one shape, one after the other."""
    total = parts[0].astype(dtype)
    for part in parts[1:]:
        np.add(total, part, out=total, casting="unsafe")
    return total


def to_anatomical(array: npt.NDArray[Any], grid: Grid) -> npt.NDArray[Any]:
    """Order and turn the axes of an array on ``grid`` to run closest to +S, +P, +L."""
    order, flips = anatomical_axes(grid)
    turned = array.transpose(order)
    return turned[tuple(slice(None, None, -1 if is_flipped else 1) for is_flipped in flips)]
