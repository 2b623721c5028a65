"""Shifted copies and labels give what the slower operators of scipy give."""

import numpy as np
import pytest
from scipy import ndimage

from deeptepp.imaging.morphology import dilate_ball, dilate_box, fill_holes

NEIGHBOURS = np.ones((3, 3, 3), dtype=bool)


def masks(n: int):
    """Masks from specks to nearly full, some thinner than the reach of the operators."""
    rng = np.random.default_rng(11)
    for k in range(n):
        shape = rng.integers(1, 16, 3)
        yield rng.random(shape) < (0.003, 0.05, 0.4, 0.7, 0.95)[k % 5]


# Spacings at which voxels lie exactly on the ball are among them.
@pytest.mark.parametrize("spacing_mm", [(1.0, 1.0, 1.0), (2.2, 2.277, 2.277), (3.0, 0.5, 2.0), (0.885, 7.0, 9.0)])
@pytest.mark.parametrize("radius_mm", [4.0, 7.0])
def test_a_ball_reaches_as_far_as_the_distance_transform_says(radius_mm, spacing_mm):
    for mask in masks(40):
        if mask.any():
            near = ndimage.distance_transform_edt(~mask, sampling=spacing_mm) <= radius_mm
            np.testing.assert_array_equal(dilate_ball(mask, radius_mm, spacing_mm), near)


def test_nothing_is_near_an_empty_mask():
    assert not dilate_ball(np.zeros((5, 6, 7), dtype=bool), 4.0, (1.0, 1.0, 1.0)).any()


@pytest.mark.parametrize("n_voxels", [1, 2, 3])
def test_a_box_is_repeated_dilation_by_all_neighbours(n_voxels):
    for mask in masks(40):
        expected = ndimage.binary_dilation(mask, NEIGHBOURS, iterations=n_voxels)
        np.testing.assert_array_equal(dilate_box(mask, n_voxels), expected)


def test_holes_are_those_of_scipy_in_the_volume_and_in_each_slice():
    n_filled = 0
    for mask in masks(100):
        expected = ndimage.binary_fill_holes(mask)
        n_filled += int((expected & ~mask).sum())
        np.testing.assert_array_equal(fill_holes(mask), expected)
        slices = np.stack([ndimage.binary_fill_holes(one) for one in mask])
        np.testing.assert_array_equal(fill_holes(mask, by_slice=True), slices)
    assert n_filled > 100


def test_operators_leave_their_mask_alone():
    for mask in masks(5):
        before = mask.copy()
        dilate_ball(mask, 4.0, (1.0, 1.0, 1.0)), dilate_box(mask, 2), fill_holes(mask)
        np.testing.assert_array_equal(mask, before)
