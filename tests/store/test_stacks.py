"""Stacks are turned, cropped and made small without losing the patient frame."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeptepp.domain.geometry import Grid
from deeptepp.store import stacks

ORDERS = [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]


def rotation(angles_deg):
    a, b, c = np.deg2rad(angles_deg)
    x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return x @ y @ z


def grid_of(order, signs, angles_deg=(0, 0, 0), shape=(5, 6, 7), spacing_mm=(3.0, 0.8, 0.7)):
    axes = np.eye(3)[::-1][list(order)] * np.array(signs)[:, None]  # rows: S, P, L in the order asked for
    affine = np.eye(4)
    affine[:3, :3] = (rotation(angles_deg) @ axes.T) * np.array(spacing_mm)
    affine[:3, 3] = (10, -20, 30)
    return Grid(shape, affine)


@given(
    st.sampled_from(ORDERS),
    st.tuples(*[st.sampled_from([1, -1])] * 3),
    st.tuples(*[st.floats(-20, 20)] * 3),
)
def test_every_voxel_keeps_its_place_in_the_patient(order, signs, angles_deg):
    grid = grid_of(order, signs, angles_deg)
    voxels = np.arange(np.prod(grid.shape)).reshape(grid.shape)
    axes, flips, turned_grid = stacks.radiological(grid)
    turned = stacks.turn(voxels, axes, flips)
    assert turned.shape == turned_grid.shape
    for index in [(0, 0, 0), (1, 2, 3), tuple(n - 1 for n in turned.shape)]:
        original = np.argwhere(voxels == turned[index])[0]
        np.testing.assert_allclose(turned_grid.to_mm(index), grid.to_mm(original), atol=1e-9)


@given(st.sampled_from(ORDERS), st.tuples(*[st.sampled_from([1, -1])] * 3), st.tuples(*[st.floats(-20, 20)] * 3))
def test_axes_end_nearest_to_head_back_and_left(order, signs, angles_deg):
    _, _, grid = stacks.radiological(grid_of(order, signs, angles_deg))
    towards = grid.directions[::-1]
    assert (np.argmax(np.abs(towards), axis=0) == [0, 1, 2]).all()
    assert (np.diag(towards) > 0).all()


def body(shape, spacing_mm=(2.0, 1.0, 1.0)):
    voxels = np.zeros(shape, np.float32)
    voxels[:, shape[1] // 4 : -shape[1] // 4, shape[2] // 4 : -shape[2] // 4] = 100
    return voxels, Grid.axial(shape, spacing_mm)


def test_air_is_cropped_in_plane_and_every_slice_is_kept():
    voxels, grid = body((10, 160, 200))
    start, stop = stacks.body_block([voxels], grid, [])
    assert (start[0], stop[0]) == (0, 10)
    assert 20 <= start[1] <= 40
    assert 120 <= stop[1] <= 140
    assert 30 <= start[2] <= 50
    assert 150 <= stop[2] <= 170


def test_a_candidate_is_never_cropped():
    voxels, grid = body((10, 160, 200))
    start, stop = stacks.body_block([voxels], grid, [grid.to_mm((5, 5, 195))])
    assert start[1] == 0
    assert stop[2] == 200


def test_a_flat_image_is_kept_whole():
    flat = np.full((4, 9, 9), 7, np.uint16)
    assert stacks.body_block([flat], Grid.axial(flat.shape, (1, 1, 1)), []) == ((0, 0, 0), (4, 9, 9))


def test_a_small_study_keeps_its_voxels():
    grid = Grid.axial((10, 20, 20), (2, 1, 1))
    weights, fitted = stacks.fit_voxels(grid, 4000)
    assert weights == (None, None, None)
    assert fitted.is_close(grid)


def test_pixels_grow_before_slices_are_merged():
    grid = Grid.axial((160, 300, 448), (1.1, 0.76, 0.76))
    _, fitted = stacks.fit_voxels(grid, 12_000_000)
    assert fitted.shape[0] == 160
    assert 11_000_000 < np.prod(fitted.shape) <= 12_000_000
    assert fitted.spacing_mm[1] == pytest.approx(fitted.spacing_mm[2])


def test_slices_are_merged_when_pixels_alone_do_not_do():
    grid = Grid.axial((400, 400, 400), (0.8, 0.8, 0.8))
    _, fitted = stacks.fit_voxels(grid, 4_000_000)
    assert np.prod(fitted.shape) <= 4_000_000
    assert np.ptp(fitted.spacing_mm) < 0.02


def test_a_ramp_in_mm_is_the_same_ramp_after_resampling():
    grid = Grid.axial((12, 60, 80), (2, 0.8, 0.7), origin_mm=(5, -9, 3))
    points = grid.to_mm(np.moveaxis(np.indices(grid.shape), 0, -1))
    ramp = (points @ [0.3, -0.7, 0.2]).astype(np.float32)
    weights, fitted = stacks.fit_voxels(grid, 9000)
    resampled = stacks.resample(ramp, weights)
    expected = fitted.to_mm(np.moveaxis(np.indices(fitted.shape), 0, -1)) @ [0.3, -0.7, 0.2]
    assert resampled.shape == fitted.shape
    inner = (slice(None), slice(2, -2), slice(2, -2))  # at the rim the filter sees one side only
    np.testing.assert_allclose(resampled[inner], expected[inner], atol=0.04)


def test_one_window_serves_all_phases():
    rng = np.random.default_rng(1)
    phases = [rng.normal(100, 5, (12, 30, 30)) * scale for scale in (1, 2)]
    low, high = stacks.window(phases)
    assert low < 100
    assert high == pytest.approx(200 + 3.5 * 10, rel=0.1)


def test_scaling_is_linear_and_clipped():
    grey = stacks.to_uint8(np.array([[[-10.0, 0.0, 50.0, 100.0, 200.0]]], np.float32), 0.0, 100.0)
    assert grey.ravel().tolist() == [0, 0, 128, 255, 255]
    assert not grey.flags.writeable
