import numpy as np
import pytest
from scipy import ndimage

from deeptepp.domain.geometry import Grid
from deeptepp.imaging.breast import BreastRegion
from deeptepp.imaging.detection.maps import EnhancementMaps
from deeptepp.imaging.detection.surroundings import compactness, shape

SHAPE = (32, 32, 32)
GRID = Grid.axial(SHAPE, (2.0, 2.0, 2.0))
K, J, X = (axis.astype(float) for axis in np.indices(SHAPE))
INSIDE = np.ones(SHAPE, dtype=bool)
REGION = BreastRegion(INSIDE, INSIDE, GRID, None, None, np.full((32, 32), 32.0), ("right",))


def blob(radius, centre=(16, 16, 16)):
    distance2 = (K - centre[0]) ** 2 + (J - centre[1]) ** 2 + (X - centre[2]) ** 2
    return np.exp(-distance2 / (2 * radius**2))


def judged(z, level=7.0):
    z = z.astype(np.float32)
    maps = EnhancementMaps(z, z, z, np.zeros_like(z), z, z, GRID)
    near = (np.abs(K - 16) < 3) & (np.abs(J - 16) < 3) & (np.abs(X - 16) < 3)
    return compactness(np.argwhere((z > level) & near), maps, REGION)


def test_ball_is_compact():
    assert judged(10 * blob(2.5)) > 0.8


def test_bright_piece_of_a_vessel_is_not():
    # The piece in the middle is as round as a small tumour; the vessel goes on at two thirds of its brightness.
    vessel = 6.5 * np.exp(-((K - 16) ** 2 + (X - 16 - 2 * np.sin(J / 4)) ** 2) / 2)
    assert judged(np.maximum(vessel, 10 * blob(1.0))) < 0.5 * judged(10 * blob(2.5))


def test_peak_of_mottled_background_is_not():
    noise = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=SHAPE), 1.2)
    assert judged(np.maximum(6.5 * (noise > 0), 10 * blob(1.5))) < 0.7 * judged(10 * blob(2.5))


def test_vessel_that_touches_a_tumour_costs_it_less_than_half():
    vessel = 6.0 * np.exp(-((K - 16) ** 2 + (X - 16) ** 2) / 2)
    assert judged(np.maximum(vessel, 10 * blob(2.5))) > 0.5 * judged(10 * blob(2.5))


def test_ball_has_solidity_one_and_rod_its_elongation():
    points = 2.0 * np.argwhere((K - 16) ** 2 + (J - 16) ** 2 + (X - 16) ** 2 < 64)
    solidity, elongation = shape(points, (2.0, 2.0, 2.0))
    assert solidity == pytest.approx(1.0, abs=0.03)
    assert elongation == pytest.approx(1.0, abs=0.01)
    rod = 2.0 * np.argwhere((np.abs(K - 16) < 2) & (np.abs(J - 16) < 2) & (np.abs(X - 16) < 6))
    assert shape(rod, (2.0, 2.0, 2.0))[1] == pytest.approx(11 / 3, rel=0.01)
