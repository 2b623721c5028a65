import numpy as np
import pytest

from deeptepp.domain.geometry import Grid
from deeptepp.imaging.breast import BreastRegion
from deeptepp.imaging.detection.candidates import find_candidates
from deeptepp.imaging.detection.maps import EnhancementMaps

SHAPE = (40, 40, 40)
GRID = Grid.axial(SHAPE, (2.0, 2.0, 2.0))
K, J, X = np.indices(SHAPE)


def maps_of(z, *, ratio=1.0):
    z = z.astype(np.float32) + np.random.default_rng(0).normal(0, 0.5, SHAPE).astype(np.float32)
    late = np.maximum(z, 0.1)
    return EnhancementMaps(z, z, 10 * z, np.zeros_like(z), late * np.float32(ratio), late, GRID)


def region(wall=40.0):
    inside = np.broadcast_to(np.arange(40)[None, :, None] < wall, SHAPE)
    walls = np.full((40, 40), wall)
    return BreastRegion(inside, inside, GRID, None, None, walls, ("right",))


def ball(centre, radius):
    return ((K - centre[0]) ** 2 + (J - centre[1]) ** 2 + (X - centre[2]) ** 2) < radius**2


def best(maps, where=None):
    return find_candidates(maps, where or region(), n_best=3)[0]


def test_ball_is_preferred_to_a_longer_and_brighter_tube():
    tube = ((K - 30) ** 2 + (X - 30) ** 2 < 3) & (J > 5) & (J < 35)
    first = best(maps_of(12.0 * ball((12, 15, 12), 4) + 14.0 * tube))
    np.testing.assert_allclose(first.voxels.mean(axis=0), (12, 15, 12), atol=1)


def test_ball_inside_is_preferred_to_one_cut_by_the_chest_wall():
    z = 10.0 * ball((12, 15, 12), 4) + 12.0 * ball((28, 33, 28), 5)
    np.testing.assert_allclose(best(maps_of(z), region(31.0)).voxels.mean(axis=0), (12, 15, 12), atol=1)


def test_background_that_enhances_slowly_scores_less():
    z = 10.0 * ball((20, 20, 20), 4)
    assert best(maps_of(z, ratio=0.2)).score < 0.5 * best(maps_of(z, ratio=0.9)).score


def test_vessel_that_washes_out_at_once_scores_less():
    z = 10.0 * ball((20, 20, 20), 4)
    assert best(maps_of(z, ratio=1.8)).score == pytest.approx(0.5 * best(maps_of(z, ratio=1.0)).score, rel=0.01)


def test_volume_of_the_component_is_that_of_the_ball():
    first = best(maps_of(12.0 * ball((20, 20, 20), 5)))
    assert first.volume_mm3 == pytest.approx(8 * ball((20, 20, 20), 5).sum(), rel=0.1)


def test_noise_alone_holds_nothing_of_weight():
    found = find_candidates(maps_of(np.zeros(SHAPE)), region(), n_best=3)
    assert all(c.score < 2 for c in found)
