"""A block holds the voxels around which it was taken."""

import numpy as np
import pytest
from scipy import ndimage

from deeptepp.imaging.detection.blocks import block_between, components, drawn_on, touching


def test_voxels_are_drawn_where_they_lie():
    block = block_between(np.array([3, 5, 6]), np.array([6, 7, 8]))
    mask = drawn_on(np.array([[4, 5, 6], [5, 5, 7]]), block)
    assert np.argwhere(mask).tolist() == [[1, 0, 0], [2, 0, 1]]


@pytest.mark.parametrize("share", [0.0, 0.02, 0.1, 0.5])
def test_voxels_that_touch_get_the_labels_that_scipy_gives_the_whole_image(share):
    rng = np.random.default_rng(3)
    image = rng.random((9, 14, 11)) * (rng.random((9, 14, 11)) < share)
    voxels = np.argwhere(image > 0)
    pairs = touching(voxels)
    for level in (0, 0.3, 0.8, 1):
        kept = image[tuple(voxels.T)] > level
        expected = ndimage.label(image > level, np.ones((3, 3, 3)))[0][image > level] - 1
        assert components(kept, pairs).tolist() == expected.tolist()
