"""The middle slice of each NIfTI volume, for a reader who has to say which images are meant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from deeptepp.domain.geometry import FloatArray, Grid
from deeptepp.errors import NiftiError
from deeptepp.nifti.files import open_files
from deeptepp.nifti.volumes import NiftiVolume, volumes_of
from deeptepp.nifti.voxels import read_voxels

_ROW_AXIS, _COLUMN_AXIS = 1, 2
"""Array axes that run down and across a picture of one slice."""


def middle_slices(source: Path | Sequence[Path]) -> dict[str, FloatArray]:
    """Read the middle slice of each volume, turned as a radiologist looks at it.

    Gives dict of str to (rows, columns) float64: by key of the series table; volumes that cannot be read are left
    out. Raises ArchiveError where the source cannot be opened safely; NoNiftiFound, SeveralNiftiPatients,
    NiftiTooLarge where there is nothing to read, or too much.
    """
    slices: dict[str, FloatArray] = {}
    with open_files(source) as files:
        of_file: dict[int, list[NiftiVolume]] = defaultdict(list)
        for volume in volumes_of(files):
            of_file[id(volume.file)].append(volume)
        for group in of_file.values():
            slices |= _slices_of(group)
    return slices


def _slices_of(group: Sequence[NiftiVolume]) -> dict[str, FloatArray]:
    """Read the middle slices of the volumes of one file."""
    first = group[0]
    if first.header is None or first.grid is None:
        return {}
    try:
        voxels = read_voxels(first.file, first.header, {volume.index for volume in group})
    except NiftiError:
        return {}
    middle = first.grid.shape[0] // 2
    return {v.key: _turned(np.asarray(voxels[v.index][middle], dtype=np.float64), first.grid) for v in group}


def _turned(plane: FloatArray, grid: Grid) -> FloatArray:
    """Turn a slice so that the patient's left lies on the right and her back, or her feet, at the bottom."""
    for axis, array_axis in enumerate((_ROW_AXIS, _COLUMN_AXIS)):
        direction = grid.directions[:, array_axis]
        nearest = int(np.argmax(np.abs(direction)))
        # Left and posterior are positive in LPS, feet are negative.
        runs_forwards = (direction[nearest] > 0) == (nearest < 2)
        plane = plane if runs_forwards else np.flip(plane, axis)
    return plane
