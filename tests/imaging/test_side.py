"""Which breast a lesion lies in, on phantoms whose side is known."""

import numpy as np
import phantoms
import pytest

from deeptepp.domain.geometry import Grid
from deeptepp.domain.lesion import Lesion
from deeptepp.domain.study import Side
from deeptepp.imaging.breast import find_breasts
from deeptepp.imaging.side import side_of

COARSE = (3.0, 3.0, 3.0)


def ball_at(x_mm: float) -> Lesion:
    """A small lesion at a place along the patient's left."""
    grid = Grid.axial((5, 5, 5), (1.0, 1.0, 1.0), (x_mm - 2, 8.0, 3.0))
    return Lesion(np.ones((5, 5, 5), dtype=bool), grid)


@pytest.fixture(scope="module")
def both():
    return find_breasts(phantoms.breast_phantom(spacing_mm=COARSE).study)


@pytest.mark.parametrize(("x_mm", "side"), [(-70.0, Side.RIGHT), (70.0, Side.LEFT), (-15.0, Side.RIGHT)])
def test_in_images_of_both_breasts_the_sulcus_parts_left_from_right(both, x_mm, side):
    assert side_of(ball_at(x_mm), both) is side


def test_no_side_is_given_on_the_midline(both):
    assert side_of(ball_at(both.midline_x_mm + 3), both) is None


@pytest.mark.parametrize(("sign", "side"), [(-1, Side.RIGHT), (1, Side.LEFT)])
def test_a_breast_alone_in_its_images_gives_its_own_side(sign, side):
    frame = (-160.0, -8.0) if sign < 0 else (8.0, 160.0)
    phantom = phantoms.breast_phantom(
        spacing_mm=COARSE, sides=(sign,), field_of_view_x_mm=frame, centre_mm=(sign * 75.0, 10.0, 5.0)
    )
    breasts = find_breasts(phantom.study)
    assert side_of(phantom.lesion, breasts) is side
    assert side_of(ball_at(-sign * 75.0), breasts) is None


def test_a_breast_in_the_middle_of_the_scanner_is_given_no_side():
    """A table that was moved sideways puts a single breast near x = 0, where its sign says nothing."""
    phantom = phantoms.breast_phantom(spacing_mm=COARSE, sides=(-1,), field_of_view_x_mm=(-160.0, -8.0))
    breasts = find_breasts(phantom.study)
    middle_mm = float(breasts.grid.to_mm(np.argwhere(breasts.mask))[:, 0].mean())
    affine = np.array(breasts.grid.affine)
    affine[0, 3] -= middle_mm
    moved = type(breasts)(
        breasts.mask,
        breasts.body,
        Grid(breasts.grid.shape, affine),
        None,
        None,
        breasts.wall_index,
        breasts.sides,
    )
    assert side_of(ball_at(0.0), moved) is None
