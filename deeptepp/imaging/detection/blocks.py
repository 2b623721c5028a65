"""Blocks of a large image around a few of its voxels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deeptepp.imaging.morphology import BoolImage


def block_between(start: npt.NDArray[np.int64], stop: npt.NDArray[np.int64]) -> tuple[slice, slice, slice]:
    """Slice a box out of an image, (z, y, x), from its first voxel to the one behind its last."""
    sz, sy, sx = (slice(int(a), int(b)) for a, b in zip(start, stop, strict=True))
    return sz, sy, sx


def drawn_on(voxels: npt.NDArray[np.int64], block: tuple[slice, slice, slice]) -> BoolImage:
    """Draw voxels on a block that holds them.

    ``voxels``, (n, 3) int64: indices (z, y, x) in the whole image. Gives (z, y, x) bool: True at the voxels.
    """
    mask = np.zeros([s.stop - s.start for s in block], dtype=bool)
    mask[tuple((voxels - [s.start for s in block]).T)] = True
    return mask
