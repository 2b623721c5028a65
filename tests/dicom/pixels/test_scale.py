"""Series of Philips, each scaled for display, are brought onto one scale where the scale slope says how."""

import numpy as np
import phantoms_dicom as made
import pytest

from deeptepp.dicom.read_dicom import read_study
from deeptepp.errors import UnreadablePixels

FACTORS = (1.7, 1.0, 0.6)


def philips(tmp_path, block="Philips MR Imaging DD 001", *, with_slope=(True, True, True), nested=False):
    """Displayed values are true ones times a factor; the scale slope tells the factor."""
    known = made.truth()
    images = made.dynamic_series(known, Manufacturer="Philips Medical Systems")
    for n, image in enumerate(images):
        i, k = divmod(n, known.grid.shape[0])
        image.PixelData = np.rint(known.voxels[i][k] * FACTORS[i]).astype("<u2").tobytes()
        place = made.Dataset() if nested else image
        if with_slope[i]:
            place.private_block(0x2005, block, create=True).add_new(0x0E, "FL", 0.02 * FACTORS[i])
        if nested:
            outer = image.private_block(0x2005, "Philips MR Imaging DD 005", create=True)
            outer.add_new(0x0F, "SQ", [place])
    return known, read_study(made.save(images, tmp_path)).study


@pytest.mark.parametrize("nested", [False, True])
def test_phases_become_comparable_by_the_scale_slope(tmp_path, nested):
    known, study = philips(tmp_path, nested=nested)
    for phase, voxels in zip(study.phases, known.voxels, strict=True):
        np.testing.assert_allclose(phase.volume.voxels, voxels * FACTORS[0], rtol=2e-3, atol=2)


def test_another_creator_or_a_slope_that_is_not_there_for_all_scales_nothing(tmp_path):
    _, other = philips(tmp_path / "a", "SOMEBODY ELSE")
    _, some = philips(tmp_path / "b", with_slope=(True, True, False))
    np.testing.assert_array_equal(other.phases[2].volume.voxels, some.phases[2].volume.voxels)
    assert other.phases[2].volume.voxels.dtype == np.uint16


def test_a_scale_slope_that_no_image_can_have_is_a_named_refusal(tmp_path):
    known = made.truth()
    images = made.dynamic_series(known, Manufacturer="Philips Medical Systems")
    for n, image in enumerate(images):
        block = image.private_block(0x2005, "Philips MR Imaging DD 001", create=True)
        block.add_new(0x0E, "FL", 1e30 if n < known.grid.shape[0] else 1e-30)
    with pytest.raises(UnreadablePixels, match="no numbers"):
        read_study(made.save(images, tmp_path))
