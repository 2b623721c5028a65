"""Pictures of NIfTI volumes show the middle slice, her left on the right, whatever way the array runs."""

import numpy as np
import phantoms_nifti as made
import pytest
from phantoms_nifti import Raw, save

from deeptepp.nifti.volume_preview import middle_slices


@pytest.mark.parametrize("flips", [(), (0,), (1,), (0, 1)], ids=["as in LPS", "x", "y", "x and y"])
def test_the_left_lies_on_the_right_and_the_back_at_the_bottom(tmp_path, flips):
    (truth,) = made.volumes(1)
    affine, voxels = np.diag([-0.7, -0.8, 2.0, 1.0]), truth
    for axis in flips:
        n = truth.shape[2 - axis]
        affine[axis, 3] += affine[axis, axis] * (n - 1)
        affine[axis, axis] *= -1
        voxels = np.flip(voxels, 2 - axis)
    save(Raw(voxels, sform=affine, qform=affine), tmp_path / "p.nii")
    np.testing.assert_array_equal(middle_slices(tmp_path)["s1"], truth[truth.shape[0] // 2])


def test_feet_lie_at_the_bottom_of_a_sagittal_slice(tmp_path):
    (truth,) = made.volumes(1)
    affine = np.eye(4)
    # Array columns run towards the back, rows towards the head, slices towards the right.
    affine[:3, :3] = np.array([[0, 0, 2.0], [-0.7, 0, 0], [0, 0.8, 0]])
    save(Raw(truth, sform=affine, qform=affine), tmp_path / "p.nii")
    np.testing.assert_array_equal(middle_slices(tmp_path)["s1"], truth[truth.shape[0] // 2][::-1])


def test_every_volume_of_a_file_has_its_own_picture_and_broken_files_have_none(tmp_path):
    voxels = np.stack(made.volumes(3))
    save(made.plain(voxels), tmp_path / "all.nii.gz")
    save(made.plain(voxels[0], units=3), tmp_path / "broken.nii")
    slices = middle_slices(tmp_path)
    assert list(slices) == ["s1", "s2", "s3"]
    np.testing.assert_array_equal(slices["s2"], np.flip(voxels[1][3], (0, 1)))
