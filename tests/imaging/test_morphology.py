"""Shifted copies and labels give what the slower operators of scipy give."""

import numpy as np
import pytest
from scipy import ndimage

from deeptepp.imaging.morphology import component_at, dilate_ball, dilate_cube, fill_holes


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


@pytest.mark.parametrize("n_voxels", [1, 2, 3])
def test_a_cube_reaches_as_far_as_the_maximum_filter_says(n_voxels):
    for mask in masks(40):
        near = ndimage.maximum_filter(mask, 2 * n_voxels + 1, mode="constant")
        np.testing.assert_array_equal(dilate_cube(mask, n_voxels), near)


def test_nothing_is_near_an_empty_mask():
    assert not dilate_ball(np.zeros((5, 6, 7), dtype=bool), 4.0, (1.0, 1.0, 1.0)).any()


def test_the_component_that_shares_most_with_a_seed_is_kept():
    mask = np.zeros((1, 4, 9), dtype=bool)
    mask[0, :2, :2] = mask[0, 2, 2] = mask[0, 1, 5:] = True
    seed = np.zeros_like(mask)
    seed[0, 1, 1:7] = True
    assert np.argwhere(component_at(mask, seed)).tolist() == [[0, 1, x] for x in range(5, 9)]
    seed[0, 0, :2] = True
    assert component_at(mask, seed).sum() == 4
    assert component_at(mask, seed, np.ones((3, 3, 3))).sum() == 5
    assert not component_at(mask, ~mask).any()


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
        dilate_ball(mask, 4.0, (1.0, 1.0, 1.0)), component_at(mask, mask), fill_holes(mask)
        np.testing.assert_array_equal(mask, before)
