import numpy as np
import phantoms
import pytest

from deeptepp.domain.geometry import Grid
from deeptepp.domain.lesion import Lesion
from deeptepp.errors import BadSetting, LesionOutsideVolume
from deeptepp.imaging.phase import choose_phase
from deeptepp.imaging.roi import RoiSettings, crop_roi, lesion_on, read_roi, write_roi


@pytest.fixture(scope="module")
def phantom():
    return phantoms.breast_phantom(spacing_mm=(2.0, 2.0, 2.0))


def crop(phantom, **settings):
    return crop_roi(phantom.study, choose_phase(phantom.study), phantom.lesion, RoiSettings(**settings))


def test_cube_is_centred_on_the_lesion(phantom):
    roi = crop(phantom)
    assert roi.voxels.shape == (1, 72, 72, 72)
    np.testing.assert_allclose(roi.grid.centre_mm, phantom.lesion.centroid_mm, atol=1e-9)
    centre = roi.grid.to_mm(np.argwhere(roi.mask)).mean(axis=0)
    np.testing.assert_allclose(centre, phantom.lesion.centroid_mm, atol=0.6)


def test_lesion_is_brighter_than_its_surroundings_after_contrast_only(phantom):
    roi = crop(phantom, channels=("pre", "post", "subtraction", "late"))
    inside = roi.voxels[:, roi.mask].mean(axis=1)
    tissue = roi.voxels[0] > roi.voxels[0][roi.mask].mean() - 1
    outside = roi.voxels[:, tissue & ~roi.mask].mean(axis=1)
    assert inside[0] == pytest.approx(outside[0], abs=0.3)
    assert inside[1] > outside[1] + 2
    assert inside[2] > 2
    assert inside[3] > outside[3] + 2


def test_subtraction_is_post_minus_pre(phantom):
    roi = crop(phantom, channels=("pre", "post", "subtraction"))
    np.testing.assert_allclose(roi.voxels[2], roi.voxels[1] - roi.voxels[0], atol=1e-6)


def test_cube_is_cut_from_the_full_volume_not_from_the_mask_block(phantom):
    grid = Grid.axial((9, 9, 9), (1, 1, 1), np.asarray(phantom.centre_mm) - 4)
    small = Lesion(np.ones((9, 9, 9), dtype=bool), grid)
    roi = crop_roi(phantom.study, choose_phase(phantom.study), small, RoiSettings())
    assert roi.voxels[0, :5].std() > 0.01


def test_rim_outside_of_the_images_is_air(phantom):
    last = phantom.study.grid.to_mm((30, 60, 0))
    lesion = Lesion(np.ones((1, 1, 1), dtype=bool), Grid.axial((1, 1, 1), (1, 1, 1), last))
    roi = crop_roi(phantom.study, choose_phase(phantom.study), lesion, RoiSettings())
    assert roi.voxels[0, :, :, :20].max() == roi.voxels.min()


def test_lesion_outside_of_the_images_is_refused(phantom):
    lesion = Lesion(np.ones((1, 1, 1), dtype=bool), Grid.axial((1, 1, 1), (1, 1, 1), (999, 0, 0)))
    with pytest.raises(LesionOutsideVolume):
        crop_roi(phantom.study, choose_phase(phantom.study), lesion, RoiSettings())


def test_single_voxel_is_not_lost_on_a_coarser_grid():
    lesion = Lesion(np.ones((1, 1, 1), dtype=bool), Grid.axial((1, 1, 1), (0.5, 0.5, 0.5), (1.2, 1.2, 1.2)))
    mask = lesion_on(lesion, Grid.axial((5, 5, 5), (3, 3, 3)))
    assert np.argwhere(mask).tolist() == [[0, 0, 0]]


def test_roi_returns_from_disk_within_half_precision(phantom, tmp_path):
    roi = crop(phantom, channels=("pre", "post"))
    write_roi(roi, tmp_path / "a.npz")
    back = read_roi(tmp_path / "a.npz")
    np.testing.assert_allclose(back.voxels, roi.voxels, atol=5e-3)
    np.testing.assert_array_equal(back.mask, roi.mask)
    assert back.grid.is_close(roi.grid)


@pytest.mark.parametrize(
    "settings", [{"size_mm": 0.0}, {"spacing_mm": -1.0}, {"channels": ()}, {"channels": ("adc",)}]
)
def test_impossible_settings_are_refused(settings):
    with pytest.raises(BadSetting):
        RoiSettings(**settings)
