"""Connected components of a few voxels of a large image, at as many thresholds as are asked for.

Which voxels touch is found once; a threshold then only takes some of them away. Labelling the whole image again at
each threshold takes ten times as long, because nearly all of it lies below the lowest one.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from deeptepp.imaging.morphology import BoolImage

_OFFSETS = tuple(product((-1, 0, 1), repeat=3))[14:]
"""Half of the 26 neighbours, those that come later in the array: each pair is met once."""


def touching_pairs(voxels: npt.NDArray[np.int64], shape: tuple[int, int, int]) -> npt.NDArray[np.int64]:
    """Find the pairs of voxels that share a face, an edge or a corner.

    ``voxels``, (n, 3) int64: indices (z, y, x), none twice; ``shape``, (z, y, x): size of the image. Gives (m, 2)
    int64: rows of ``voxels`` that touch.
    """
    # A border of nothing keeps neighbours from wrapping around.
    bordered = tuple(n + 2 for n in shape)
    place = np.ravel_multi_index(tuple(voxels.T + 1), bordered)
    row_at = np.full(np.prod(bordered), -1, dtype=np.int32)
    row_at[place] = np.arange(len(voxels))
    _, ny, nx = bordered
    pairs = []
    for dz, dy, dx in _OFFSETS:
        other = row_at[place + (dz * ny + dy) * nx + dx]
        rows = np.flatnonzero(other >= 0)
        pairs.append(np.stack([rows, other[rows]], axis=1))
    return np.concatenate(pairs)


def label_components(pairs: npt.NDArray[np.int64], is_above: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
    """Find the component of each voxel that is above a threshold.

    ``pairs``, (m, 2) int64: from ``touching_pairs``; ``is_above``, (n,) bool: for each voxel, whether it is above.
    Gives (k,) int32: for each voxel that is above, the number of its component, from 0.
    """
    new_row = np.cumsum(is_above) - 1
    kept = new_row[pairs[is_above[pairs].all(axis=1)]]
    n = int(is_above.sum())
    graph = coo_array((np.ones(len(kept), dtype=bool), (kept[:, 0], kept[:, 1])), shape=(n, n))
    labels: npt.NDArray[np.int32] = connected_components(graph, directed=False)[1]
    return labels


def drawn_on(voxels: npt.NDArray[np.int64], block: tuple[slice, slice, slice]) -> BoolImage:
    """Draw voxels on a block that holds them.

    ``voxels``, (n, 3) int64: indices (z, y, x) in the whole image. Gives (z, y, x) bool: True at the voxels.
    """
    mask = np.zeros([s.stop - s.start for s in block], dtype=bool)
    mask[tuple((voxels - [s.start for s in block]).T)] = True
    return mask
