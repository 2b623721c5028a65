from itertools import product

import numpy as np
import phantoms
import pytest
import SimpleITK as sitk  # noqa: N813  the abbreviation its own documentation uses
from hypothesis import given, settings
from hypothesis import strategies as st

from deeptepp.domain.geometry import Grid, Volume
from deeptepp.imaging.resample import (
    anatomical_axes,
    block_corner,
    block_factors,
    block_mean,
    coarse_grid,
    resample_to,
    to_sitk,
)


def oblique_grid(shape=(5, 6, 7), angles=(0.3, -0.2, 0.5), spacing=(2.5, 0.8, 1.1)) -> Grid:
    a, b, c = angles
    rz = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    rx = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    ry = np.array([[np.cos(c), 0, np.sin(c)], [0, 1, 0], [-np.sin(c), 0, np.cos(c)]])
    affine = np.eye(4)
    affine[:3, :3] = (rz @ rx @ ry)[:, ::-1] * np.asarray(spacing)
    affine[:3, 3] = (-12.0, 33.0, 7.5)
    return Grid(shape, affine)


def linear(grid: Grid, weights=(1.0, -2.0, 0.5)) -> Volume:
    points = grid.to_mm(np.moveaxis(np.indices(grid.shape), 0, -1))
    return Volume((points @ np.asarray(weights) + 100).astype(np.float32), grid)


@settings(max_examples=25, deadline=None)
@given(st.tuples(*[st.floats(-1.2, 1.2)] * 3), st.tuples(*[st.floats(0.3, 5.0)] * 3))
def test_sitk_holds_an_oblique_volume_at_the_same_points(angles, spacing):
    volume = linear(oblique_grid(angles=angles, spacing=spacing))
    image = to_sitk(volume)
    for corner in product(*((0, n - 1) for n in volume.grid.shape)):
        point = image.TransformIndexToPhysicalPoint(corner[::-1])
        np.testing.assert_allclose(point, volume.grid.to_mm(corner), atol=1e-6)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(image), volume.voxels)


def test_sitk_and_grid_place_a_voxel_at_the_same_point():
    volume = linear(oblique_grid())
    image = to_sitk(volume)
    np.testing.assert_allclose(
        image.TransformIndexToPhysicalPoint((3, 1, 2)), volume.grid.to_mm((2, 1, 3)), atol=1e-9
    )
    assert image[3, 1, 2] == pytest.approx(float(volume.voxels[2, 1, 3]))


@pytest.mark.parametrize("order", [1, 3])
def test_linear_field_is_resampled_exactly_between_oblique_grids(order):
    source = linear(oblique_grid(shape=(20, 40, 40)))
    middle = source.grid.centre_mm
    target = Grid.axial((4, 4, 4), (1.0, 1.0, 1.0), middle - 1.5)
    sampled = resample_to(source, target, order=order).voxels
    expected = linear(target).voxels
    # A B-spline is pulled at the border of its block; four voxels inside of it little of that is left.
    np.testing.assert_allclose(sampled, expected, atol=0.02 if order == 1 else 0.2)


def test_outside_of_the_source_is_the_fill_value():
    source = linear(Grid.axial((4, 4, 4), (1, 1, 1)))
    far = Grid.axial((3, 3, 3), (1, 1, 1), (500, 500, 500))
    np.testing.assert_array_equal(resample_to(source, far, fill=-7).voxels, -7)


def test_unknown_order_is_refused():
    source = linear(Grid.axial((4, 4, 4), (1, 1, 1)))
    with pytest.raises(ValueError, match="order"):
        resample_to(source, source.grid, order=2)


def test_block_mean_equals_the_mean_of_its_voxels():
    rng = np.random.default_rng(1)
    volume = Volume(rng.integers(0, 60000, (7, 8, 9)).astype(np.uint16), Grid.axial((7, 8, 9), (1, 1, 1)))
    mean = block_mean(volume, (2, 3, 4))
    assert mean.shape == (3, 2, 2)
    assert mean[1, 1, 0] == pytest.approx(volume.voxels[2:4, 3:6, 0:4].mean(), rel=1e-5)


@pytest.mark.parametrize("dtype", ["uint16", "int16"])
@pytest.mark.parametrize("share", [0.01, 1.0], ids=["small values", "values whose sums overflow"])
def test_block_mean_of_short_integers_is_that_of_floats(dtype, share):
    limits = np.iinfo(dtype)
    low, high = int(limits.min * share), int(limits.max * share)
    whole = np.random.default_rng(2).integers(low, high, (7, 8, 9), endpoint=True).astype(dtype)
    whole[:2, :3, :4], whole[2:4, :3, :4] = high, low
    grid = Grid.axial(whole.shape, (1, 1, 1))
    expected = block_mean(Volume(whole.astype(np.float32), grid), (2, 3, 4))
    np.testing.assert_array_equal(block_mean(Volume(whole, grid), (2, 3, 4)), expected)


@pytest.mark.parametrize("transpose", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
@pytest.mark.parametrize("flip", [(), (0,), (0, 1, 2)])
def test_block_mean_does_not_depend_on_the_order_of_the_array(transpose, flip):
    original = linear(Grid.axial((8, 12, 10), (2.0, 1.0, 1.5), (-3, 4, 5)))
    voxels, affine = original.voxels.transpose(transpose), original.grid.affine[:, [*transpose, 3]].copy()
    for axis in flip:
        affine[:3, 3] += affine[:3, axis] * (voxels.shape[axis] - 1)
        affine[:3, axis] *= -1
        voxels = np.flip(voxels, axis)
    turned = Volume(voxels, Grid(voxels.shape, affine))
    spacing = 3.0
    expected_grid = coarse_grid(original.grid, block_factors(original.grid, spacing))
    factors = block_factors(turned.grid, spacing)
    assert expected_grid.shape == coarse_grid(turned.grid, factors).shape
    np.testing.assert_allclose(
        block_mean(turned, factors), linear(coarse_grid(turned.grid, factors)).voxels, rtol=1e-5
    )


def test_coarse_grid_of_an_oblique_volume_sits_on_the_block_means():
    volume = linear(oblique_grid(shape=(6, 9, 8)))
    factors = (2, 3, 2)
    np.testing.assert_allclose(
        block_mean(volume, factors), linear(coarse_grid(volume.grid, factors)).voxels, rtol=1e-4
    )


def test_corner_voxels_come_in_the_order_of_the_coarse_grid():
    study = phantoms.empty_study(value=50)
    volume = study.phases[0].volume
    assert block_corner(volume, (2, 4, 5)).shape == coarse_grid(volume.grid, (2, 4, 5)).shape


def test_anatomical_axes_of_a_sagittal_volume_are_found():
    sagittal = Grid((4, 5, 6), np.array([[-2.0, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]]))
    assert anatomical_axes(sagittal) == ((1, 2, 0), (False, False, True))
