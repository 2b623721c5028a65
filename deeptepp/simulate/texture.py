"""Smooth random fields and fast separable interpolation, in float32."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Field = npt.NDArray[np.float32]


def interpolation_matrix(positions: npt.ArrayLike, n: int) -> Field:
    """Give the matrix that interpolates linearly at fractional indices.

    ``positions``, (m,) float: fractional indices into an axis of ``n`` samples; clamped at the ends. Gives (m, n)
    float32: two weights in each row.
    """
    p = np.clip(np.asarray(positions, dtype=np.float64), 0, n - 1)
    low = np.minimum(p.astype(int), max(n - 2, 0))
    matrix = np.zeros((len(p), n), dtype=np.float32)
    rows = np.arange(len(p))
    matrix[rows, low] = 1 - (p - low)
    if n > 1:
        matrix[rows, low + 1] += (p - low).astype(np.float32)
    return matrix


def interpolate(volume: Field, matrices: Sequence[Field]) -> Field:
    """Apply one interpolation matrix along each of the z, y, x axes.

    ``volume``, (z, y, x) float32: the samples; ``matrices``, three (m, n) float32: for z, y, x. Gives (mz, my, mx)
    float32: the interpolated volume.
    """
    mz, my, mx = matrices
    rows = np.matmul(my, volume @ mx.T)
    result: Field = (mz @ rows.reshape(len(rows), -1)).reshape(len(mz), len(my), len(mx))
    return result


def smooth_noise(shape: Sequence[int], pitch: npt.ArrayLike, rng: np.random.Generator) -> Field:
    """Draw a smooth random field of mean 0 and variance about 1.

    ``shape``, (z, y, x): number of voxels; ``pitch``, (z, y, x): distance of the random nodes along each axis in
    voxels: the size of the blobs. Gives (z, y, x) float32: the field. Normal numbers on a lattice, spread by
    quadratic B-splines, as value noise is made.
    """
    steps = np.maximum(np.asarray(pitch, dtype=np.float64), 1.0)
    matrices = [_spline_matrix(n, float(p), float(rng.random())) for n, p in zip(shape, steps, strict=True)]
    nodes = rng.standard_normal([m.shape[1] for m in matrices], dtype=np.float32)
    return interpolate(nodes, matrices)


def _spline_matrix(n: int, pitch: float, phase: float) -> Field:
    """Quadratic B-spline weights (n, nodes), each row scaled to unit norm so that the variance is 1."""
    position = np.arange(n) / pitch + phase + 1
    nodes = np.arange(int(position[-1]) + 3)
    t = np.abs(position[:, None] - nodes)
    weights = np.where(t < 0.5, 0.75 - t**2, np.where(t < 1.5, 0.5 * (1.5 - t) ** 2, 0.0))
    scaled: Field = (weights / np.linalg.norm(weights, axis=1, keepdims=True)).astype(np.float32)
    return scaled


def soft_step(value: npt.NDArray[Any], width: float) -> Field:
    """Rise from 0 to 1 where ``value`` passes from ``-width`` to ``width``."""
    t = np.clip(value * np.float32(0.5 / width) + np.float32(0.5), 0, 1).astype(np.float32, copy=False)
    result: Field = t * t * (3 - 2 * t)
    return result
