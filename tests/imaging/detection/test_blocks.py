"""A block holds the voxels around which it was taken."""

import numpy as np

from deeptepp.imaging.detection.blocks import block_between, drawn_on


def test_voxels_are_drawn_where_they_lie():
    block = block_between(np.array([3, 5, 6]), np.array([6, 7, 8]))
    mask = drawn_on(np.array([[4, 5, 6], [5, 5, 7]]), block)
    assert np.argwhere(mask).tolist() == [[1, 0, 0], [2, 0, 1]]
