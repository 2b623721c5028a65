import numpy as np
import pytest

from deeptepp.domain.geometry import Grid
from deeptepp.imaging.breast import BreastRegion
from deeptepp.imaging.detection.maps import (
    MIRROR_SHARE,
    _hessian_eigenvalues,
    enhancement_maps,
    robust_z,
    suppress_symmetric,
    tube_map,
)

SHAPE = (30, 30, 41)
GRID = Grid.axial(SHAPE, (2.0, 2.0, 2.0))


def region(sulcus_index=20.0) -> BreastRegion:
    inside = np.ones(SHAPE, dtype=bool)
    wall = np.full((SHAPE[0], SHAPE[2]), 30.0)
    x_mm = None if sulcus_index is None else 2 * sulcus_index
    return BreastRegion(inside, inside, GRID, x_mm, sulcus_index, wall, ("right", "left"))


def blob(centre, radius, value=10.0):
    k, j, i = np.indices(SHAPE)
    distance2 = (k - centre[0]) ** 2 + (j - centre[1]) ** 2 + (i - centre[2]) ** 2
    return (value * np.exp(-distance2 / (2 * radius**2))).astype(np.float32)


def test_robust_z_of_a_normal_map_is_standard():
    values = np.random.default_rng(0).normal(7, 3, SHAPE).astype(np.float32)
    z = robust_z(values, np.ones(SHAPE, dtype=bool))
    assert z.mean() == pytest.approx(0, abs=0.05)
    assert z.std() == pytest.approx(1, abs=0.05)


def test_enhancement_on_both_sides_is_reduced_and_on_one_side_kept():
    both = blob((15, 15, 8), 3) + blob((15, 15, 32), 3)
    alone = blob((15, 15, 8), 3)
    assert suppress_symmetric(both, region())[15, 15, 8] == pytest.approx(
        (1 - MIRROR_SHARE) * both[15, 15, 8], rel=0.05
    )
    assert suppress_symmetric(alone, region())[15, 15, 8] == pytest.approx(alone[15, 15, 8], rel=0.05)


def test_one_breast_has_nothing_to_subtract():
    z = blob((15, 15, 8), 3)
    np.testing.assert_array_equal(suppress_symmetric(z, region(None)), z)


def test_curvatures_at_chosen_voxels_are_those_of_the_whole_image_to_the_bit():
    rng = np.random.default_rng(5)
    image = rng.normal(size=(2, 7, 9)).astype(np.float32)
    grid = Grid.axial(image.shape, (2.2, 1.7, 0.9))
    where = rng.random(image.shape) < 0.6
    second = [np.gradient(g, *grid.spacing_mm) for g in np.gradient(image, *grid.spacing_mm)]
    hessian = np.stack([[second[min(i, j)][max(i, j)][where] for i in range(3)] for j in range(3)])
    expected = np.linalg.eigvalsh(np.moveaxis(hessian, 2, 0))
    np.testing.assert_array_equal(_hessian_eigenvalues(image, grid, where), expected)


def test_tube_is_told_from_blob():
    tube = np.broadcast_to(blob((15, 15, 8), 1)[:, 15:16, :], SHAPE).copy()
    assert tube_map(tube, GRID)[15, 15, 8] > 0.7
    assert tube_map(blob((15, 15, 8), 1.2), GRID)[15, 15, 8] < 0.1
    assert tube_map(blob((15, 15, 8), 6), GRID)[15, 15, 8] < 0.1


def test_coil_shading_does_not_move_the_brightest_place():
    shading = np.linspace(0.5, 1.6, SHAPE[2], dtype=np.float32)
    noise = np.random.default_rng(0).normal(0, 1, SHAPE)
    pre = (100 + 0 * noise) * shading
    post = pre + (blob((15, 15, 5), 3, 60) + blob((15, 15, 35), 3, 40) + noise) * shading
    maps = enhancement_maps(pre.astype(np.float32), post.astype(np.float32), region(None), first=post, last=post)
    assert maps.enhancement_z[15, 15, 5] > maps.enhancement_z[15, 15, 35]
    assert maps.relative_pct[15, 15, 5] == pytest.approx(60, abs=4)
