"""A digest of what a study shows: the same whatever the order, the names or the container of its files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from deeptepp.domain.geometry import FloatArray, Grid
from deeptepp.domain.study import Phase

GRID_DECIMALS = 4
"""Decimals in mm to which a grid enters the digest."""

TIME_DECIMALS = 3
"""Decimals in seconds to which a time enters the digest."""


def study_digest(phases: Sequence[Phase]) -> str:
    """Hash voxels, grid and times.

    Voxels enter as float32 with the array axes turned to run along +S, +P and +L as nearly as they can, so that
    two encodings of one anatomy that differ only in the order of slices, rows or columns agree.

    Parameters
    ----------
    phases : sequence of Phase
        On one grid, in order of time.

    Returns
    -------
    str
        SHA-256 in hexadecimal.
    """
    grid = phases[0].volume.grid
    order, flips = canonical_axes(grid)
    digest = hashlib.sha256()
    digest.update(np.array([grid.shape[i] for i in order], dtype="<i8").tobytes())
    # Adding zero turns a negative zero into a positive one.
    affine = np.round(_canonical_affine(grid, order, flips), GRID_DECIMALS) + 0.0
    digest.update(affine.astype("<f8").tobytes())
    view = tuple(slice(None, None, -1) if flip else slice(None) for flip in flips)
    for phase in phases:
        digest.update(np.array(round(float(phase.time_s), TIME_DECIMALS), dtype="<f8").tobytes())
        for plane in phase.volume.voxels[view].transpose(order):
            digest.update(np.ascontiguousarray(plane, dtype="<f4").data)
    return digest.hexdigest()


def canonical_axes(grid: Grid) -> tuple[tuple[int, int, int], tuple[bool, bool, bool]]:
    """Find which array axes run nearest to S, P and L, and which of them run backwards.

    Parameters
    ----------
    grid : Grid
        Any orthogonal grid.

    Returns
    -------
    order : tuple of int
        Array axes nearest to S, P, L.
    flips : tuple of bool
        For each array axis, whether it runs towards I, A or R.
    """
    directions = grid.directions
    free = [0, 1, 2]
    order = []
    for patient_axis in (2, 1, 0):
        nearest = max(free, key=lambda axis: abs(directions[patient_axis, axis]))
        free.remove(nearest)
        order.append(nearest)
    flips = [False, False, False]
    for patient_axis, axis in zip((2, 1, 0), order, strict=True):
        flips[axis] = bool(directions[patient_axis, axis] < 0)
    return (order[0], order[1], order[2]), (flips[0], flips[1], flips[2])


def _canonical_affine(grid: Grid, order: Sequence[int], flips: Sequence[bool]) -> FloatArray:
    """Give the affine of the turned array, (4, 4)."""
    affine = grid.affine.copy()
    affine[:3, 3] = grid.to_mm([n - 1 if flip else 0 for n, flip in zip(grid.shape, flips, strict=True)])
    columns = grid.affine[:3, :3] * np.where(flips, -1.0, 1.0)
    affine[:3, :3] = columns[:, list(order)]
    return affine
