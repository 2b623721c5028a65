import numpy as np
import pytest

from deeptepp.domain.geometry import Grid
from deeptepp.domain.lesion import Roi
from deeptepp.views.slices import slice_positions_mm

GRID = Grid.axial((72, 72, 72), (1.0, 1.0, 1.0), (20.0, -110.0, 35.0))


def ball(radius_mm):
    centred = np.indices(GRID.shape) - 35.5
    return (centred**2).sum(axis=0) <= radius_mm**2


def positions(mask, normal, n_slices=16, radius_mm=32, **more):
    roi = Roi(np.zeros((1, *GRID.shape), np.float32), mask, GRID)
    normal = np.array(normal, float)
    return slice_positions_mm(roi, normal, GRID.centre_mm, n_slices=n_slices, radius_mm=radius_mm, **more)


@pytest.mark.parametrize("normal", [(0, 0, 1), (0.6, 0.8, 0), (2**-0.5, 2**-0.5, 0), (0, 0, -1)])
def test_slices_span_the_tumour_where_its_area_is_at_least_a_tenth(normal):
    w = positions(ball(15), normal)
    assert len(w) == 16
    np.testing.assert_allclose(np.diff(w), (w[-1] - w[0]) / 15)
    # The section of a ball has 10 % of the largest area at radius * sqrt(0.9).
    np.testing.assert_allclose([w[0], w[-1]], np.array([-1, 1]) * 15 * 0.9**0.5, atol=0.5)


def test_slices_follow_a_tumour_that_lies_off_the_centre():
    mask = np.roll(ball(8), (5, -3), axis=(0, 2))
    np.testing.assert_allclose(positions(mask, (0, 0, 1)) - 5, positions(ball(8), (0, 0, 1)), atol=1e-9)
    np.testing.assert_allclose(positions(mask, (1, 0, 0)) + 3, positions(ball(8), (1, 0, 0)), atol=1e-9)


def test_a_thin_spicule_does_not_stretch_the_slices():
    spiculated = ball(8)
    spiculated[5:67, 36, 36] = True
    np.testing.assert_allclose(positions(spiculated, (0, 0, 1)), positions(ball(8), (0, 0, 1)), atol=0.1)


def test_an_outline_on_one_slice_falls_back_to_twelve_mm_either_way():
    mask = np.zeros(GRID.shape, dtype=bool)
    mask[36, 30:42, 30:42] = True
    np.testing.assert_allclose(positions(mask, (0, 0, 1))[[0, -1]], [0.5 - 12, 0.5 + 12])
    np.testing.assert_allclose(positions(mask, (0, 1, 0))[[0, -1]], [-6, 6], atol=0.5)


def test_slices_stay_within_three_quarters_of_the_ball():
    np.testing.assert_allclose(positions(ball(34), (0, 1, 0))[[0, -1]], [-24, 24])
    np.testing.assert_allclose(positions(ball(34), (0, 1, 0), n_slices=4, radius_mm=20), [-15, -5, 5, 15])


@pytest.mark.parametrize("fraction", [0.0, 0.3, 0.6])
def test_the_share_of_the_largest_area_sets_where_the_slices_end(fraction):
    w = positions(ball(15), (0, 0, 1), min_area_fraction=fraction)
    np.testing.assert_allclose([w[0], w[-1]], np.array([-1, 1]) * 15 * (1 - fraction) ** 0.5, atol=0.6)


def test_without_slice_filtering_a_spicule_counts():
    spiculated = ball(8)
    spiculated[20:52, 36, 36] = True
    w = positions(spiculated, (0, 0, 1), min_area_fraction=0.0)
    np.testing.assert_allclose([w[0], w[-1]], [-16, 16], atol=0.6)
