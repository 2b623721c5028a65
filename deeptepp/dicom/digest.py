"""A digest of what a study shows: the same whatever the order, the names or the container of its files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deeptepp.domain.study import Phase
from deeptepp.imaging.resample import coarse_grid, to_anatomical

GRID_DECIMALS = 4
"""Decimals in mm to which a grid enters the digest."""

TIME_DECIMALS = 3
"""Decimals in seconds to which a time enters the digest."""

_FORMS = tuple(np.dtype(form) for form in ("<u2", "<i2", "<f4", "<f8"))
"""Forms in which voxels enter; the last holds every whole number of 32 bits and every single float."""

_N_WORKERS = 2
"""Phases hashed at a time."""


def study_digest(phases: Sequence[Phase]) -> str:
    """Hash voxels, grid and times.

    Voxels enter in the first of uint16, int16, float32 and float64 that holds every voxel of the study exactly, so
    that studies whose values differ never agree, and two encodings of the same values do. The array axes are
    turned to run along +S, +P and +L as nearly as they can, so that two encodings of one anatomy that differ only
    in the order of slices, rows or columns agree too. Gives SHA-256 in hexadecimal: of form, grid, times and the
    digest of each phase.
    """
    grid = phases[0].volume.grid
    turned_grid = coarse_grid(grid, (1, 1, 1))
    form = _common_form([phase.volume.voxels for phase in phases])
    digest = hashlib.sha256(form.str.encode())
    digest.update(np.array(turned_grid.shape, dtype="<i8").tobytes())
    # Adding zero turns a negative zero into a positive one.
    affine = np.round(turned_grid.affine, GRID_DECIMALS) + 0.0
    digest.update(affine.astype("<f8").tobytes())
    turned = [to_anatomical(phase.volume.voxels, grid) for phase in phases]
    # Hashing leaves the interpreter to others, so that two phases are hashed at a time.
    with ThreadPoolExecutor(_N_WORKERS) as pool:
        parts = list(pool.map(partial(_voxel_digest, form=form), turned))
    for phase, part in zip(phases, parts, strict=True):
        digest.update(np.array(round(float(phase.time_s), TIME_DECIMALS), dtype="<f8").tobytes())
        digest.update(part)
    return digest.hexdigest()


def _common_form(volumes: Sequence[NDArray[Any]]) -> np.dtype[Any]:
    """Find the first form that holds every voxel of all volumes."""
    return next(form for form in _FORMS if all(_holds(form, volume) for volume in volumes))


def _holds(form: np.dtype[Any], volume: NDArray[Any]) -> bool:
    """Whether a form holds every voxel of a volume exactly."""
    if form == _FORMS[-1] or np.can_cast(volume.dtype, form):
        return True
    if form.kind == "f":
        return all(bool((plane.astype(form) == plane).all()) for plane in volume)
    limits = np.iinfo(form)
    if not limits.min <= volume.min() <= volume.max() <= limits.max:
        return False
    return volume.dtype.kind != "f" or all(bool((np.trunc(plane) == plane).all()) for plane in volume)


def _voxel_digest(turned: NDArray[Any], form: np.dtype[Any]) -> bytes:
    """Hash the voxels of one phase, plane by plane."""
    digest = hashlib.sha256()
    for plane in turned:
        # Of floats, adding zero turns a negative zero into a positive one.
        values = np.ascontiguousarray(plane, dtype=form)
        digest.update((values + form.type(0)).data if form.kind == "f" else values.data)
    return digest.digest()
