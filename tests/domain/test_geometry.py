"""Grids keep millimetres and array order straight."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from deeptepp.domain.geometry import Grid, Volume


@st.composite
def grids(draw):
    """Draw oblique orthogonal grids with unequal spacing."""
    shape = draw(st.tuples(*[st.integers(1, 40)] * 3))
    spacing = np.array(draw(st.tuples(*[st.floats(0.2, 6)] * 3)))
    angles = draw(st.tuples(*[st.floats(-180, 180)] * 3))
    origin = draw(st.tuples(*[st.floats(-500, 500)] * 3))
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", angles, degrees=True).as_matrix() * spacing
    affine[:3, 3] = origin
    return Grid(shape, affine)


@given(grids(), st.tuples(*[st.floats(-50, 50)] * 3))
def test_index_to_mm_and_back_is_the_identity(grid, index):
    assert np.allclose(grid.to_index(grid.to_mm(index)), index, atol=1e-8)


@given(grids())
def test_spacing_is_the_distance_between_neighbours(grid):
    for axis in range(3):
        step = np.eye(3)[axis]
        distance = np.linalg.norm(grid.to_mm(step) - grid.to_mm([0, 0, 0]))
        assert distance == pytest.approx(grid.spacing_mm[axis])


@given(grids(), st.data())
def test_a_crop_keeps_every_voxel_where_it_was(grid, data):
    start = [data.draw(st.integers(0, n - 1)) for n in grid.shape]
    block = grid.crop(start, grid.shape)
    assert np.allclose(block.to_mm([0, 0, 0]), grid.to_mm(start))
    assert np.allclose(block.to_mm(np.array(block.shape) - 1), grid.to_mm(np.array(grid.shape) - 1))


def test_axial_grid_runs_along_superior_posterior_left():
    grid = Grid.axial((4, 5, 6), (2.0, 0.5, 0.7), (10, 20, 30))
    assert np.allclose(grid.to_mm([1, 1, 1]), [10.7, 20.5, 32])
    assert grid.spacing_mm == pytest.approx((2.0, 0.5, 0.7))
    assert grid.voxel_volume_ml == pytest.approx(0.0007)


def test_a_sheared_affine_is_refused():
    affine = np.eye(4)
    affine[0, 1] = 0.1
    with pytest.raises(ValueError, match="orthogonal"):
        Grid((2, 2, 2), affine)


def test_the_affine_cannot_be_changed_afterwards():
    grid = Grid.axial((2, 2, 2), (1, 1, 1))
    with pytest.raises(ValueError, match="read-only"):
        grid.affine[0, 0] = 5


def test_grids_a_hundredth_of_a_millimetre_apart_are_not_close():
    grid = Grid.axial((4, 4, 4), (1, 1, 1))
    assert grid.is_close(Grid.axial((4, 4, 4), (1, 1, 1), (0.001, 0, 0)))
    assert not grid.is_close(Grid.axial((4, 4, 4), (1, 1, 1), (0.02, 0, 0)))
    assert not grid.is_close(Grid.axial((4, 4, 5), (1, 1, 1)))


def test_a_volume_refuses_voxels_that_are_not_finite_or_do_not_fit():
    grid = Grid.axial((2, 2, 2), (1, 1, 1))
    with pytest.raises(ValueError, match="finite"):
        Volume(np.full((2, 2, 2), np.nan), grid)
    with pytest.raises(ValueError, match="fill"):
        Volume(np.zeros((2, 2, 3)), grid)


@given(grids())
def test_the_spacing_is_the_norm_of_numpy_to_the_last_bit(grid):
    dz, dy, dx = np.linalg.norm(grid.affine[:3, :3], axis=0)
    assert grid.spacing_mm == (dz, dy, dx)
    assert grid.voxel_volume_mm3 == np.prod(grid.spacing_mm)
