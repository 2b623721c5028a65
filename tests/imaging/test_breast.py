from dataclasses import replace

import numpy as np
import phantoms
import pytest
from coarse_study import coarse_study

from deeptepp.domain.geometry import Volume
from deeptepp.domain.study import Phase, Study
from deeptepp.errors import NoBreast
from deeptepp.imaging.breast import find_breasts

COARSE = (3.0, 3.0, 3.0)


@pytest.fixture(scope="module")
def region():
    return find_breasts(phantoms.breast_phantom(spacing_mm=COARSE).study)


def index_of(region, point_mm):
    return tuple(np.rint(region.grid.to_index(point_mm)).astype(int))


def test_two_breasts_have_their_midline_between_them(region):
    assert region.sides == ("right", "left")
    assert region.midline_x_mm == pytest.approx(0, abs=6)


@pytest.mark.parametrize("point_mm", [(-75, 10, 0), (75, 10, 0), (-75, 50, 20), (60, 0, -20)])
def test_breast_tissue_is_searched(region, point_mm):
    assert region.mask[index_of(region, point_mm)]


@pytest.mark.parametrize("point_mm", [(20, 125, 0), (0, 100, 0), (0, 0, 0), (-75, -40, 0)])
def test_heart_chest_and_air_are_not_searched(region, point_mm):
    assert not region.mask[index_of(region, point_mm)]


def test_skin_is_not_searched(region):
    x, z = index_of(region, (-75, 0, 0))[2], index_of(region, (-75, 0, 0))[0]
    first_body = int(np.argmax(region.body[z, :, x]))
    first_searched = int(np.argmax(region.mask[z, :, x]))
    assert (first_searched - first_body) * region.grid.spacing_mm[1] >= 3.0


def test_one_breast_has_no_midline():
    for fov in ((-170.0, 170.0), (-160.0, -8.0)):
        phantom = phantoms.breast_phantom(spacing_mm=COARSE, sides=(-1,), field_of_view_x_mm=fov)
        region = find_breasts(phantom.study)
        assert region.midline_x_mm is None
        assert region.sides == ("right",)
        assert region.mask[index_of(region, (-75, 10, 0))]


@pytest.mark.parametrize("value", [0.0, 100.0])
def test_volume_without_a_breast_is_refused(value):
    study = phantoms.empty_study(value=value)
    flat = tuple(Phase(Volume(np.full_like(p.volume.voxels, value), study.grid), p.time_s) for p in study.phases)
    with pytest.raises(NoBreast) as caught:
        find_breasts(Study(flat, "flat"))
    assert caught.value.rule == "detection.no-breast"


def test_chest_without_breasts_is_refused():
    with pytest.raises(NoBreast):
        find_breasts(phantoms.breast_phantom(spacing_mm=COARSE, sides=(), radii_mm=(1, 1, 1)).study)


def test_cropping_keeps_points_where_they_are(region):
    block = (slice(2, 30), slice(3, 40), slice(5, 100))
    cropped = region.crop(block)
    np.testing.assert_array_equal(cropped.mask, region.mask[block])
    np.testing.assert_allclose(cropped.grid.to_mm((0, 0, 0)), region.grid.to_mm((2, 3, 5)))
    assert cropped.sulcus_index == pytest.approx(region.sulcus_index - 5)


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_breast_alone_is_found_wherever_its_images_end(sign):
    """With the chest beside it, the breast lies in the middle, where a sulcus is looked for in images of both."""
    for inner_mm in (2.0, 8.0):
        frame = (-165.0, -inner_mm) if sign < 0 else (inner_mm, 165.0)
        phantom = phantoms.breast_phantom(
            spacing_mm=COARSE, sides=(sign,), field_of_view_x_mm=frame, centre_mm=(sign * 75.0, 10.0, 5.0)
        )
        assert find_breasts(phantom.study).sides == ("right" if sign < 0 else "left",)


def test_halves_of_a_body_with_both_breasts_show_one_each():
    study = coarse_study().study
    for side, part in (("right", slice(0, 92)), ("left", slice(100, 192))):
        phases = []
        for phase in study.phases:
            grid = phase.volume.grid.crop((0, 0, part.start), (*phase.volume.grid.shape[:2], part.stop))
            phases.append(Phase(Volume(phase.volume.voxels[:, :, part], grid), phase.time_s))
        assert find_breasts(replace(study, phases=tuple(phases))).sides == (side,)
