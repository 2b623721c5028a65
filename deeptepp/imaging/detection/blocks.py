"""A few voxels of a large image: the block around them, and which of them belong together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from deeptepp.imaging.morphology import BoolImage

Voxels = npt.NDArray[np.int64]
"""Indices (z, y, x) of voxels, (n, 3)."""

_AHEAD = np.argwhere(np.ones((3, 3, 3)))[14:] - 1
"""Steps (z, y, x) to those neighbours that share a face, an edge or a corner and come later in the image."""


def block_between(start: Voxels, stop: Voxels) -> tuple[slice, slice, slice]:
    """Slice a box out of an image, (z, y, x), from its first voxel to the one behind its last."""
    sz, sy, sx = (slice(int(a), int(b)) for a, b in zip(start, stop, strict=True))
    return sz, sy, sx


def drawn_on(voxels: Voxels, block: tuple[slice, slice, slice]) -> BoolImage:
    """Draw voxels on a block that holds them.

    ``voxels``, (n, 3) int64: indices (z, y, x) in the whole image. Gives (z, y, x) bool: True at the voxels.
    """
    mask = np.zeros([s.stop - s.start for s in block], dtype=bool)
    mask[tuple((voxels - [s.start for s in block]).T)] = True
    return mask


def touching(voxels: Voxels) -> Voxels:
    """Find the pairs of voxels that share a face, an edge or a corner, (2, n_pairs): places in the list.

    ``voxels``: in the order of the image; few of it, else labels of the whole image are sooner made.
    """
    if not len(voxels):
        return np.zeros((2, 0), dtype=np.int64)
    # An image of their places, with a border of none.
    inner = voxels - voxels.min(axis=0) + 1
    places = np.full(inner.max(axis=0) + 2, -1, dtype=np.int64)
    places[tuple(inner.T)] = np.arange(len(voxels))
    after = np.stack([places[tuple((inner + step).T)] for step in _AHEAD])
    step, before = np.nonzero(after >= 0)
    return np.stack([before, after[step, before]])


def components(is_kept: npt.NDArray[np.bool_], pairs: Voxels) -> npt.NDArray[np.int32]:
    """Label the kept ones of some voxels by the component that they form, from 0 in the order of the image.

    ``is_kept``: one for each voxel; ``pairs``: from ``touching``. Gives one label for each voxel that is kept.
    """
    joined = pairs[:, is_kept[pairs].all(axis=0)]
    n = np.count_nonzero(is_kept)
    edges = (np.cumsum(is_kept) - 1)[joined]
    graph = coo_array((np.ones(edges.shape[1], dtype=bool), (edges[0], edges[1])), shape=(n, n))
    labels: npt.NDArray[np.int32] = connected_components(graph, directed=False)[1]
    return labels
