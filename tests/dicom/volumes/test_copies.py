"""Copies are told by place, time and pixels, never by a UID alone."""

import copy

import numpy as np
import phantoms_dicom as made
import pytest

from deeptepp.dicom.read_dicom import read_study
from deeptepp.errors import MissingTag

KNOWN = made.truth(times_s=(0, 90, 180))
N = KNOWN.grid.shape[0]


def voxels_of(study):
    return [np.asarray(phase.volume.voxels) for phase in study.phases]


def assert_true(reading):
    for found, voxels in zip(voxels_of(reading.study), KNOWN.voxels, strict=True):
        np.testing.assert_array_equal(found, voxels)


@pytest.mark.parametrize("one_series", [True, False])
def test_one_uid_for_images_of_several_phases_loses_none_of_them(tmp_path, one_series):
    images = made.dynamic_series(KNOWN, series_per_phase=not one_series)
    for n, image in enumerate(images):
        image.SOPInstanceUID = f"1.2.3.5.{n % N}"
    assert_true(read_study(made.save(images, tmp_path)))


@pytest.mark.parametrize("n_sent", [1, N, 2 * N + 1])
def test_slices_sent_again_under_other_uids_are_read_once(tmp_path, n_sent):
    images = made.dynamic_series(KNOWN)
    again = [copy.deepcopy(image) for image in images[:n_sent]]
    for n, image in enumerate(again):
        image.SOPInstanceUID, image.ContentTime = f"1.2.3.6.{n}", "110000"
    reading = read_study(made.save([*images, *again], tmp_path))
    assert_true(reading)
    assert [(f.rule, f.value) for f in reading.findings] == [("dicom.copies", n_sent)]


def test_a_whole_second_export_is_one_study(tmp_path):
    images = made.dynamic_series(KNOWN)
    for n, image in enumerate(copy.deepcopy(images)):
        image.SOPInstanceUID, image.SeriesInstanceUID = f"1.2.3.6.{n}", f"{image.SeriesInstanceUID}.8"
        images.append(image)
    assert_true(read_study(made.save(images, tmp_path)))


def test_two_images_of_one_place_and_time_that_differ_are_no_copies(tmp_path):
    images = made.dynamic_series(KNOWN)
    other = copy.deepcopy(images[:N])
    for n, image in enumerate(other):
        image.SOPInstanceUID = f"1.2.3.6.{n}"
        image.PixelData = np.flipud(image.pixel_array).astype("<u2").tobytes()
    with pytest.raises(MissingTag, match="repeated slices apart"):
        read_study(made.save([*images, *other], tmp_path))
