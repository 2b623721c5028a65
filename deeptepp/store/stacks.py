"""8-bit stacks of a dynamic series: turned to radiological order, cropped to the body, made small enough to send.

Array axes are permuted and flipped, never rotated, so that they run towards S, P and L as nearly as the
acquisition allows; an oblique acquisition stays oblique and its affine tells so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import linear_sum_assignment
from skimage.filters import threshold_otsu

from deeptepp.domain.geometry import FloatArray, Grid
from deeptepp.domain.progress import checkpoint

_MARGIN_MM = 12.0
"""Air kept around the body."""
_LESION_MARGIN_MM = 60.0
"""Kept around the centre of a candidate, wherever the body was found."""
_DEPTH_MM = 230.0
"""Kept behind the foremost point of the body: breasts, axillae and the front of the chest, not the back."""
_FINE_MM = 1.6
"""Pixels grow to this before slices are merged."""
_BODY_SHARE = 0.004
"""Share of a plane that must be above the noise for the plane to belong to the body."""
_NOISE_SHARE = 0.6
"""Share of Otsu's threshold above which a voxel is body; fat-suppressed breast is darker than the threshold."""
_SAMPLE_STEP = 3
"""Every third voxel along each axis is looked at to find the body and the window."""
_WINDOW_PERCENTILES = (1.0, 99.98)
"""Black: of all voxels. White: of the body voxels of all phases; tumour must not saturate, or curves go flat."""

_SLICES_AT_ONCE = 16
"""Slices that are held in float at a time."""

Stack = npt.NDArray[np.uint8]
Voxels = npt.NDArray[np.generic]
Triple = tuple[int, int, int]
Weights = tuple[sparse.csr_array | None, ...]


def radiological(grid: Grid) -> tuple[Triple, Triple, Grid]:
    """Find how to turn an array so that its axes run nearest to S, P and L.

    Returns permutation of the axes, sign of each new axis, and the grid that they make.
    """
    towards = grid.directions[::-1]  # rows S, P, L; columns are the array axes
    _, axes = linear_sum_assignment(-np.abs(towards))
    a, b, c = axes.tolist()
    sz, sy, sx = (1 if towards[row, axis] > 0 else -1 for row, axis in enumerate((a, b, c)))
    affine = grid.affine.copy()
    for column, (axis, sign) in enumerate(zip((a, b, c), (sz, sy, sx), strict=True)):
        affine[:3, column] = grid.affine[:3, axis] * sign
        if sign < 0:
            affine[:3, 3] += grid.affine[:3, axis] * (grid.shape[axis] - 1)
    return (a, b, c), (sz, sy, sx), Grid((grid.shape[a], grid.shape[b], grid.shape[c]), affine)


def turn(voxels: Voxels, order: Triple, signs: Triple) -> Voxels:
    """Permute and flip without a copy.

    ``voxels`` is (z, y, x). Returns (z, y, x) a view.
    """
    return voxels.transpose(order)[tuple(slice(None, None, sign) for sign in signs)]


def body_block(phases: Sequence[Voxels], grid: Grid, centres_mm: Sequence[FloatArray]) -> tuple[Triple, Triple]:
    """Find the block that holds the front of the body and the candidates; every slice is kept.

    ``phases`` (z, y, x): in radiological order; ``centres_mm`` (3,): centres of the candidates, LPS mm. Returns
    first voxel and one past the last, (z, y, x).
    """
    body = _body(_mean_sample(phases))
    centres = [grid.to_index(centre) for centre in centres_mm]
    start, stop = [0, 0, 0], list(grid.shape)
    for axis in (1, 2):
        others = tuple(a for a in range(3) if a != axis)
        planes = np.flatnonzero(body.mean(axis=others) > _BODY_SHARE) * _SAMPLE_STEP
        if not planes.size:
            continue
        margin, reach = (mm / grid.spacing_mm[axis] for mm in (_MARGIN_MM, _LESION_MARGIN_MM))
        first = min([planes[0] - margin, *(c[axis] - reach for c in centres)])
        end = planes[-1] + _SAMPLE_STEP + margin
        if axis == 1:
            end = min(end, planes[0] + _DEPTH_MM / grid.spacing_mm[1])
        last = max([end, *(c[axis] + reach for c in centres)])
        start[axis] = max(0, int(first))
        stop[axis] = min(grid.shape[axis], int(last) + 1)
    return (start[0], start[1], start[2]), (stop[0], stop[1], stop[2])


def fit_voxels(grid: Grid, n_voxels: int) -> tuple[Weights, Grid]:
    """Make pixels just large enough for a number of voxels; slices are merged only where that is not enough.

    Returns weights for ``resample``, one per axis, None where nothing changes, and the grid that they make.
    """
    spacing, shape = np.asarray(grid.spacing_mm), np.asarray(grid.shape)
    step = _step(spacing, shape, n_voxels)
    n_out = _n_out(shape, step)
    first = ((shape - 1) - (n_out - 1) * step) / 2
    affine = grid.affine.copy()
    affine[:3, :3] *= step
    affine[:3, 3] = grid.to_mm(first)
    weights = tuple(
        None if step[a] == 1 else _weights(int(shape[a]), int(n_out[a]), first[a], step[a]) for a in range(3)
    )
    nz, ny, nx = n_out.tolist()
    return weights, Grid((nz, ny, nx), affine)


def resample(voxels: Voxels, weights: Weights) -> npt.NDArray[np.float32]:
    """Apply the weights along each axis.

    ``voxels`` is (z, y, x). Returns (z, y, x) on the grid of ``fit_voxels``.
    """
    across, *within = weights
    # Some slices at a time: whole volumes in float would fill the memory of a study twice.
    parts = []
    for some in _some_slices(len(voxels) if across is None else across.shape[0]):
        part = voxels[some].astype(np.float32) if across is None else _merged(voxels, across[some])
        for axis, weight in enumerate(within, start=1):
            part = part if weight is None else _weighted(part, weight, axis)
        parts.append(part)
    return np.concatenate(parts)


def _weighted(voxels: npt.NDArray[np.float32], weight: sparse.csr_array, axis: int) -> npt.NDArray[np.float32]:
    """Apply weights along one axis."""
    first = np.moveaxis(voxels, axis, 0)
    flat = weight @ np.ascontiguousarray(first).reshape(first.shape[0], -1)
    return np.moveaxis(flat.reshape(-1, *first.shape[1:]), 0, axis)


def _merged(voxels: Voxels, weight: sparse.csr_array) -> npt.NDArray[np.float32]:
    """Merge slices into some others, from those alone that have a weight there."""
    first, end = int(weight.indices.min()), int(weight.indices.max()) + 1
    return _weighted(voxels[first:end].astype(np.float32), weight[:, first:end], 0)


def _some_slices(n_slices: int) -> Iterator[slice]:
    """Give one run of slices after another, between which the work can be stopped."""
    for first in range(0, n_slices, _SLICES_AT_ONCE):
        checkpoint()
        yield slice(first, first + _SLICES_AT_ONCE)


def window(phases: Sequence[Voxels]) -> tuple[float, float]:
    """Find one window for all phases.

    ``phases`` is (z, y, x). Returns scanner units shown as black and as white.
    """
    step = slice(None, None, _SAMPLE_STEP)
    samples, bodies = [], []
    for phase in phases:
        checkpoint()
        samples.append(phase[step, step, step].astype(np.float32))
        bodies.append(samples[-1][_body(samples[-1])])
    bright = np.concatenate(bodies)
    low = float(np.percentile(np.concatenate([sample.ravel() for sample in samples]), _WINDOW_PERCENTILES[0]))
    high = float(np.percentile(bright, _WINDOW_PERCENTILES[1]))
    return low, max(high, low + 1e-6)


def to_uint8(voxels: npt.NDArray[np.float32], low: float, high: float) -> Stack:
    """Scale ``low`` to 0 and ``high`` to 255.

    ``voxels`` is (z, y, x). Returns (z, y, x) contiguous and read-only.
    """
    stack: Stack = np.empty(voxels.shape, np.uint8)
    for some in _some_slices(len(voxels)):
        scaled = (voxels[some] - np.float32(low)) * np.float32(255 / (high - low))
        stack[some] = np.clip(np.rint(scaled), 0, 255)
    stack.flags.writeable = False
    return stack


def _mean_sample(phases: Sequence[Voxels]) -> npt.NDArray[np.float32]:
    """Average every third voxel over the phases."""
    step = slice(None, None, _SAMPLE_STEP)
    mean: npt.NDArray[np.float32] = np.mean([p[step, step, step].astype(np.float32) for p in phases], axis=0)
    return mean


def _body(sample: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Mark what is above the noise; everything when there is nothing to tell apart."""
    if np.ptp(sample) == 0:
        return np.ones(sample.shape, dtype=bool)
    return np.asarray(sample > _NOISE_SHARE * threshold_otsu(sample.ravel()))


def _n_out(shape: npt.NDArray[np.int64], step: FloatArray) -> npt.NDArray[np.int64]:
    """Count the voxels of a step that fit between the outermost centres."""
    return np.floor((shape - 1) / step + 1e-9).astype(np.int64) + 1


def _step(spacing: FloatArray, shape: npt.NDArray[np.int64], n_voxels: int) -> FloatArray:
    """Find the smallest step, in voxels along each axis, that keeps the number of voxels, by bisection."""
    fine, coarse = float(spacing.min()), float((spacing * shape).max())

    def step_at(target_mm: float) -> FloatArray:
        # Below the fine limit the slices stay as they were acquired.
        slices_mm = target_mm if target_mm > _FINE_MM else 0.0
        step: FloatArray = np.maximum(spacing, [slices_mm, target_mm, target_mm]) / spacing
        return step

    def fits(target_mm: float) -> bool:
        return bool(np.prod(_n_out(shape, step_at(target_mm))) <= n_voxels)

    if fits(fine):
        return step_at(fine)
    for _ in range(40):
        middle = (fine + coarse) / 2
        fine, coarse = (fine, middle) if fits(middle) else (middle, coarse)
    return step_at(coarse)


def _weights(n_in: int, n_out: int, first: float, step: float) -> sparse.csr_array:
    """The (n_out, n_in) triangle filter as wide as an output voxel, so that nothing is skipped."""
    centres = first + step * np.arange(n_out)[:, None]
    weights = np.clip(1 - np.abs(np.arange(n_in)[None, :] - centres) / step, 0, None)
    return sparse.csr_array((weights / weights.sum(axis=1, keepdims=True)).astype(np.float32))
