"""Lesions measure what they are."""

import numpy as np
import pytest

from deeptepp.domain.geometry import Grid
from deeptepp.domain.lesion import Lesion, Roi, ViewStack


def ball(radius_mm, spacing_mm=(1.0, 1.0, 1.0), centre_mm=(5.0, -7.0, 12.0)):
    shape = tuple(int(2 * (radius_mm + 4) / s) for s in spacing_mm)
    grid = Grid.axial(shape, spacing_mm)
    origin = np.asarray(centre_mm) - grid.centre_mm
    grid = Grid.axial(shape, spacing_mm, origin)
    points = grid.to_mm(np.stack(np.indices(shape), axis=-1))
    return Lesion(np.linalg.norm(points - centre_mm, axis=-1) <= radius_mm, grid)


@pytest.mark.parametrize("spacing_mm", [(1, 1, 1), (2.0, 0.7, 0.7)])
def test_a_ball_has_its_volume_diameter_and_centre(spacing_mm):
    lesion = ball(12.0, spacing_mm)
    assert lesion.volume_ml == pytest.approx(4 / 3 * np.pi * 1.2**3, rel=0.02)
    assert lesion.longest_diameter_mm == pytest.approx(24, abs=1.5)
    assert np.allclose(lesion.centroid_mm, (5, -7, 12), atol=0.1)
    assert lesion.contains((5, -7, 12))
    assert not lesion.contains((5, -7, 12 + 14))
    assert not lesion.contains((500, 0, 0))


def test_the_box_covers_whole_voxels():
    grid = Grid.axial((4, 4, 4), (2.0, 1.0, 0.5))
    mask = np.zeros(grid.shape, bool)
    mask[1, 2, 3] = True
    box = Lesion(mask, grid).box
    assert np.allclose(box.low, (1.25, 1.5, 1.0))
    assert np.allclose(box.high, (1.75, 2.5, 3.0))
    assert np.allclose(box.size_mm, (0.5, 1.0, 2.0))
    assert np.allclose(box.centre, (1.5, 2.0, 2.0))


def test_an_empty_mask_is_no_lesion():
    grid = Grid.axial((2, 2, 2), (1, 1, 1))
    with pytest.raises(ValueError, match="empty"):
        Lesion(np.zeros((2, 2, 2), bool), grid)


def test_a_region_of_interest_is_isotropic_and_holds_the_lesion():
    mask = np.ones((2, 2, 2), bool)
    with pytest.raises(ValueError, match="isotropic"):
        Roi(np.zeros((1, 2, 2, 2)), mask, Grid.axial((2, 2, 2), (1, 1, 2)))
    with pytest.raises(ValueError, match="inside"):
        Roi(np.zeros((1, 2, 2, 2)), ~mask, Grid.axial((2, 2, 2), (1, 1, 1)))


def test_every_view_has_a_name():
    with pytest.raises(ValueError, match="names"):
        ViewStack(np.zeros((2, 1, 4, 4)), ("axial",))
