"""Components found among a few voxels are those of labelling the whole image at every threshold."""

import numpy as np
import pytest
from scipy import ndimage

from deeptepp.imaging.detection.components import drawn_on, label_components, touching_pairs

NEIGHBOURS = np.ones((3, 3, 3), dtype=bool)


@pytest.mark.parametrize("shape", [(6, 7, 8), (1, 9, 9), (12, 1, 2), (20, 20, 20)])
@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 1.0])
def test_components_at_every_threshold_are_those_of_the_whole_image(shape, share):
    image = np.random.default_rng(5).random(shape)
    voxels = np.argwhere(image > 1 - share)
    pairs = touching_pairs(voxels, shape)
    for level in (1 - share, 1 - share / 2, 1 - share / 10, 1.0):
        labels, _ = ndimage.label(image > level, NEIGHBOURS)
        is_above = image[tuple(voxels.T)] > level
        np.testing.assert_array_equal(label_components(pairs, is_above) + 1, labels[labels > 0])


def test_voxels_at_opposite_borders_do_not_touch():
    voxels = np.array([[0, 0, 4], [0, 1, 0], [0, 4, 2], [1, 0, 2]])
    assert len(touching_pairs(voxels, (2, 5, 5))) == 0


def test_each_pair_is_met_once():
    voxels = np.argwhere(np.ones((2, 2, 2), dtype=bool))
    pairs = touching_pairs(voxels, (2, 2, 2))
    assert len({frozenset(pair) for pair in pairs.tolist()}) == len(pairs) == 28


def test_voxels_are_drawn_where_they_lie():
    mask = drawn_on(np.array([[4, 5, 6], [5, 5, 7]]), (slice(3, 6), slice(5, 7), slice(6, 8)))
    assert np.argwhere(mask).tolist() == [[1, 0, 0], [2, 0, 1]]
