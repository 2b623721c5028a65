from __future__ import annotations

import numpy as np
import pytest

from deeptepp.domain.geometry import Grid
from deeptepp.simulate.anatomy import build_anatomy
from deeptepp.simulate.canvas import Canvas
from deeptepp.simulate.kinetics import Tissue


@pytest.fixture(scope="module")
def anatomy(coarse):
    return build_anatomy(coarse.grid, np.random.default_rng(4), tumour_size_mm=25.0)


def _centre_mm(anatomy, tissue):
    share = anatomy.fractions[tissue]
    points = anatomy.grid.to_mm(np.argwhere(share > 0.5))
    return points.mean(axis=0)


def test_painting_replaces_what_lay_below():
    canvas = Canvas(Grid.axial((2, 2, 2), (1, 1, 1)), np.random.default_rng(0))
    canvas.paint(Tissue.FAT, np.ones((2, 2, 2), dtype=np.float32))
    canvas.paint(Tissue.GLAND, np.full((1, 2, 2), 0.25, dtype=np.float32), canvas.box((0, 0, 0), (1, 1, 0)))
    np.testing.assert_allclose(canvas.fractions[Tissue.FAT][0], 0.75)
    np.testing.assert_allclose(canvas.fractions[Tissue.GLAND][0], 0.25)
    np.testing.assert_allclose(canvas.fractions[Tissue.FAT][1], 1.0)


def test_tissue_shares_sum_to_one_in_the_body_and_zero_in_air(anatomy):
    layers = [t for t in Tissue if t is not Tissue.ENHANCING_GLAND]
    total = anatomy.fractions[layers].sum(axis=0)
    assert anatomy.fractions.min() >= 0
    assert total.max() < 1.5
    assert total[:, 0, :].max() == 0
    y = anatomy.grid.to_index((0.0, 60.0, 0.0))
    assert total[tuple(np.rint(y).astype(int))] == pytest.approx(1.0, abs=0.3)


def test_breasts_hang_forward_of_heart_and_spine(anatomy):
    gland, heart, bone = (_centre_mm(anatomy, t) for t in (Tissue.GLAND, Tissue.HEART, Tissue.BONE))
    assert gland[1] < -10 < 30 < heart[1] < bone[1] + 60


def test_gland_lies_on_both_sides_and_the_heart_on_the_left(anatomy):
    x = anatomy.grid.to_mm(np.argwhere(anatomy.fractions[Tissue.GLAND] > 0.5))[:, 0]
    assert 0.3 < (x > 0).mean() < 0.7
    assert _centre_mm(anatomy, Tissue.HEART)[0] > 5


def test_the_liver_is_on_the_right_and_below(anatomy):
    centre = _centre_mm(anatomy, Tissue.LIVER)
    assert centre[0] < 0
    assert centre[2] < 0


def test_the_coil_sees_the_breasts_better_than_the_back(anatomy):
    front = anatomy.sensitivity[:, anatomy.room_mm.max(axis=(0, 2)) > 0, :].mean()
    assert front > 1.4 * anatomy.sensitivity[:, -5:, :].mean()


@pytest.mark.parametrize("side", [-1, 1])
def test_tumours_are_placed_in_the_asked_breast_clear_of_skin_and_muscle(anatomy, side):
    rng = np.random.default_rng(0)
    for _ in range(20):
        centre = anatomy.place(20.0, side, rng)
        index = tuple(np.rint(anatomy.grid.to_index(centre)).astype(int))
        assert centre[0] * side > 0
        assert anatomy.room_mm[index] > 10


def test_the_same_seed_draws_the_same_woman(coarse, anatomy):
    again = build_anatomy(coarse.grid, np.random.default_rng(4), tumour_size_mm=25.0)
    np.testing.assert_array_equal(again.fractions, anatomy.fractions)
