"""The images that a result refers to: found while reading, kept out of everything that is written or said."""

from dataclasses import asdict

import numpy as np
import phantoms_dicom
import pytest
import scored_phantom
from pydicom import dcmread

from deeptepp.dicom.read_dicom import read_study
from deeptepp.dicom.source import _is_uid, derived_source
from deeptepp.dicom.write import write_study


@pytest.fixture
def study(tmp_path):
    return scored_phantom.read_phantom(tmp_path / "files").study


def test_each_slice_of_each_phase_is_named_in_the_order_of_the_volume(tmp_path):
    reading = scored_phantom.read_phantom(tmp_path, FrameOfReferenceUID="1.2.3.77")
    source = reading.source
    by_uid = {str(each.SOPInstanceUID): each for each in (dcmread(p) for p in tmp_path.rglob("*") if p.is_file())}
    assert (source.study_uid, source.frame_of_reference_uid) == ("1.2.3", "1.2.3.77")
    assert [phase.series_uid for phase in source.phases] == ["1.2.3.0", "1.2.3.1", "1.2.3.2"]
    for phase, voxels in zip(source.phases, reading.study.phases, strict=True):
        assert all(image.frame == 0 for image in phase.images)
        for image, plane in zip(phase.images, voxels.volume.voxels, strict=True):
            np.testing.assert_array_equal(by_uid[image.instance_uid].pixel_array, plane)


def test_frames_of_a_multi_frame_file_are_named_by_their_number(tmp_path):
    reading = scored_phantom.read_phantom(tmp_path, is_enhanced=True)
    (file,) = (path for path in tmp_path.rglob("*") if path.is_file())
    pixels = dcmread(file).pixel_array
    for phase, voxels in zip(reading.source.phases, reading.study.phases, strict=True):
        for image, plane in zip(phase.images, voxels.volume.voxels, strict=True):
            np.testing.assert_array_equal(pixels[image.frame - 1], plane)


def test_files_without_a_valid_uid_give_no_reference(tmp_path):
    assert scored_phantom.read_phantom(tmp_path, StudyInstanceUID=None).source is None


@pytest.mark.parametrize("text", ["doe^jane", "1", "1.02", "1..2", "1." * 32 + "1", "1.2\n", ""])
def test_what_is_no_uid_is_never_taken_for_one(text):
    assert not _is_uid(text)


def test_no_uid_is_in_a_representation_or_in_the_study(tmp_path):
    known = phantoms_dicom.truth()
    images = phantoms_dicom.dynamic_series(
        known, StudyInstanceUID="1.2.840.99.123", FrameOfReferenceUID="1.2.840.99.7"
    )
    phantoms_dicom.save(images, tmp_path)
    reading = read_study(tmp_path)
    uids = {"1.2.840.99", *(str(image.SOPInstanceUID) for image in images)}
    for said in (repr(reading), repr(reading.source), repr([asdict(row) for row in reading.series])):
        assert not any(uid in said for uid in uids)


def test_a_study_made_in_memory_gets_the_uids_that_its_files_would_have(study, tmp_path):
    write_study(study, tmp_path / "written", description="dyn", patient_key=study.key)
    assert read_study(tmp_path / "written").source == derived_source(study)
