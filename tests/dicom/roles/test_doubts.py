"""What headers leave open is a question, one of whose answers goes through."""

import phantoms_dicom as made
import pytest

from deeptepp.dicom.read_dicom import read_study
from deeptepp.errors import (
    ImplausibleTimes,
    MixedPatients,
    MixedStudies,
    OtherBodyPart,
    OtherFrameOfReference,
    OtherSettings,
    TwoSides,
)

KNOWN = made.truth(times_s=(0, 90, 180, 270))
N = KNOWN.grid.shape[0]


def of_first(**tags):
    def change(images):
        for image in images[:N]:
            image.SeriesDescription = "ax dyn"
            for keyword, value in tags.items():
                setattr(image, keyword, value)

    return change


def of_all(**tags):
    def change(images):
        for image in images:
            for keyword, value in tags.items():
                setattr(image, keyword, value)

    return change


def hours_later(images):
    for image in images[2 * N :]:
        image.AcquisitionTime = "1" + image.AcquisitionTime[1:]


def of_last_two(**tags):
    def change(images):
        of_all(**tags)(images[2 * N :])

    return change


@pytest.mark.parametrize(
    ("change", "error", "n_phases"),
    [
        (of_first(RepetitionTime=3.0), OtherSettings, 4),
        (of_first(FrameOfReferenceUID="1.2.9"), OtherFrameOfReference, 4),
        (of_all(BodyPartExamined="KNEE"), OtherBodyPart, 4),
        (hours_later, ImplausibleTimes, 2),
        (of_last_two(StudyInstanceUID="1.2.9"), MixedStudies, 2),
        (of_last_two(StudyDate="20200103"), MixedStudies, 2),
    ],
    ids=lambda p: getattr(p, "__name__", None),
)
def test_a_doubt_is_a_question_whose_first_answer_goes_through(tmp_path, change, error, n_phases):
    images = made.dynamic_series(KNOWN, FrameOfReferenceUID="1.2.8")
    change(images)
    paths = made.save(images, tmp_path)
    with pytest.raises(error) as caught:
        read_study(paths)
    assert caught.value.value is not None
    study = read_study(paths, phase_keys=caught.value.proposals[0].keys).study
    assert len(study.phases) == n_phases


@pytest.mark.parametrize(
    "tags", [{"BodyPartExamined": "BREAST"}, {"BodyPartExamined": "CHEST"}, {"FrameOfReferenceUID": "1.2.8"}]
)
def test_what_fits_is_read_without_a_question(tmp_path, tags):
    reading = read_study(made.save(made.dynamic_series(KNOWN, **tags), tmp_path))
    assert len(reading.study.phases) == 4
    assert reading.findings == ()


def test_a_frame_of_reference_for_each_series_is_warned_of(tmp_path):
    images = made.dynamic_series(KNOWN)
    for n, image in enumerate(images):
        image.FrameOfReferenceUID = f"1.2.9.{n // N}"
    reading = read_study(made.save(images, tmp_path))
    assert [f.rule for f in reading.findings] == ["dicom.frames-of-reference"]


@pytest.mark.parametrize("tags", [{"PatientID": "other"}, {"PatientBirthDate": "19700101"}, {"PatientSex": "M"}])
def test_images_of_two_patients_are_refused_whatever_tells_them_apart(tmp_path, tags):
    images = made.dynamic_series(KNOWN)
    of_last_two(**tags)(images)
    with pytest.raises(MixedPatients):
        read_study(made.save(images, tmp_path))


def test_objects_of_others_that_are_no_images_do_not_count(tmp_path):
    images = made.dynamic_series(KNOWN)
    report = made.image(
        KNOWN.voxels[0][0], KNOWN.grid, 0, Modality="SR", PatientID="pseudonym", SeriesInstanceUID="9"
    )
    for keyword in ("PixelData", "Rows", "Columns"):
        del report[keyword]
    assert len(read_study(made.save([*images, report], tmp_path)).study.phases) == 4


def test_a_stopped_last_phase_is_left_out_and_named(tmp_path):
    images = made.dynamic_series(KNOWN)
    reading = read_study(made.save(images[: 3 * N + 2], tmp_path))
    assert [p.time_s for p in reading.study.phases] == [0, 90, 180]
    (finding,) = reading.findings
    assert finding.rule == "dicom.incomplete-phase"
    assert "post-contrast 3 images lack 4 slice(s)" in finding.message


def test_each_breast_with_volumes_of_its_own_is_asked_about_and_read_by_side(tmp_path):
    right = made.Grid(KNOWN.grid.shape, KNOWN.grid.affine)
    affine = KNOWN.grid.affine.copy()
    affine[0, 3] += 120
    left = made.Truth(made.Grid(right.shape, affine), made.voxels_of(right.shape, 4, seed=5), KNOWN.times_s)
    images = made.dynamic_series(KNOWN)
    for image in made.dynamic_series(left):
        image.SeriesInstanceUID += ".9"
        images.append(image)
    paths = made.save(images, tmp_path)
    with pytest.raises(TwoSides) as caught:
        read_study(paths)
    for way, known in zip(caught.value.proposals, (left, KNOWN), strict=True):
        study = read_study(paths, side=way.side).study
        assert study.grid.is_close(known.grid)
        assert (study.phases[2].volume.voxels == known.voxels[2]).all()
