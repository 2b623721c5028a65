"""A study reads back as it was made, however its files are named, ordered and packed; bad ones are refused."""

import shutil
import zipfile
from dataclasses import asdict

import numpy as np
import phantoms_dicom as made
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from scipy.spatial.transform import Rotation

from deeptepp.dicom.read_dicom import check_study, list_series, read_study
from deeptepp.domain.geometry import Grid
from deeptepp.domain.progress import Step
from deeptepp.errors import (
    DeepTeppError,
    ImplausibleGeometry,
    IrregularSpacing,
    JobCancelled,
    MissingPhase,
    MissingSlice,
    MissingTag,
    MixedGeometry,
    MixedPatients,
    MixedStudies,
    NoDicomFound,
    NoPreContrast,
    NotDynamic,
    UnknownOrder,
    UnknownSeries,
    UnreadablePixels,
    WrongModality,
)


def assert_reads_as(known: made.Truth, source) -> None:
    study = read_study(source).study
    assert study.grid.is_close(known.grid, tolerance_mm=1e-6)
    assert [p.time_s for p in study.phases] == pytest.approx(known.times_s, abs=1e-4)
    for phase, voxels in zip(study.phases, known.voxels, strict=True):
        np.testing.assert_array_equal(phase.volume.voxels, voxels)


def random_grid(seed: int) -> Grid:
    """An orthogonal oblique grid, non-square, its normal nearest to +L, +P or +S as the reader orders slices."""
    rng = np.random.default_rng(seed)
    directions = Rotation.random(random_state=rng).as_matrix()
    normal = np.cross(directions[:, 2], directions[:, 1])
    directions[:, 0] = normal * np.sign(normal[np.argmax(np.abs(normal))])
    affine = np.eye(4)
    affine[:3, :3] = directions * rng.uniform(0.5, 4, 3)
    affine[:3, 3] = rng.uniform(-200, 200, 3)
    return Grid(tuple(int(n) for n in rng.integers(2, 9, 3)), affine)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**31), one_series=st.booleans())
def test_any_oblique_grid_reads_back_from_shuffled_files(tmp_path, seed, one_series):
    known = made.truth(random_grid(seed))
    folder = tmp_path / "study"
    shutil.rmtree(folder, ignore_errors=True)
    made.save(made.dynamic_series(known, series_per_phase=not one_series), folder, seed=seed)
    assert_reads_as(known, folder)


def test_order_names_and_container_do_not_change_the_digest(tmp_path):
    images = made.dynamic_series(made.truth())
    sources = [made.save(images, tmp_path / "a", seed=1), tmp_path / "a"]
    made.save(images[::-1], tmp_path / "b" / "deep", seed=2)
    sources += [tmp_path / "b", made.save_zip(images, tmp_path / "c.zip")]
    readings = [read_study(source) for source in sources]
    assert len({reading.study.digest for reading in readings}) == 1
    assert len({reading.study.key for reading in readings}) == 1
    assert len({reading.series for reading in readings}) == 1


@pytest.mark.parametrize("change", ["voxel", "time", "origin"])
def test_the_digest_changes_with_the_content(tmp_path, change):
    known = made.truth()
    first = read_study(made.save(made.dynamic_series(known), tmp_path / "a")).study.digest
    if change == "voxel":
        known.voxels[1][2, 3, 4] ^= 1
    if change == "time":
        known = made.Truth(known.grid, known.voxels, (0.0, 90.0, 180.01))
    if change == "origin":
        moved = Grid.axial(known.grid.shape, known.grid.spacing_mm, (-3.001, 5.0, -40.0))
        known = made.Truth(moved, known.voxels, known.times_s)
    assert read_study(made.save(made.dynamic_series(known), tmp_path / "b")).study.digest != first


def test_enhanced_multi_frame_in_shuffled_order_reads_back(tmp_path):
    known = made.truth()
    path = tmp_path / "one"
    path.write_bytes(made.encoded(made.enhanced(known)))
    assert_reads_as(known, path)


def test_orientation_noise_is_no_obliqueness(tmp_path):
    noisy = [1, -2.051034e-10, 0, 2.051034e-10, 1, 0]
    known = made.truth()
    images = made.dynamic_series(known)
    for image in images[::2]:
        image.ImageOrientationPatient = noisy
    assert_reads_as(known, made.save(images, tmp_path))


@pytest.mark.parametrize(
    "tag", ["TemporalPositionIdentifier", "TriggerTime", "AcquisitionTime", "ContentTime", "AcquisitionDateTime"]
)
def test_one_series_of_several_phases_is_split_by_any_sign_of_time(tmp_path, tag):
    known = made.truth()
    images = made.dynamic_series(known, series_per_phase=False, AcquisitionTime=None, TemporalResolution=90_000)
    for n, image in enumerate(images):
        i = n // known.grid.shape[0]
        value = {
            "TemporalPositionIdentifier": i + 1,
            "TriggerTime": known.times_s[i] * 1000,
            "AcquisitionDateTime": "20200102" + made.clock(known.times_s[i]),
        }.get(tag, made.clock(known.times_s[i]))
        setattr(image, tag, value)
    assert_reads_as(known, made.save(images, tmp_path))


def test_slices_with_times_of_their_own_are_split_by_rank(tmp_path):
    known = made.truth()
    images = made.dynamic_series(known, series_per_phase=False)
    for n, image in enumerate(images):
        i, k = divmod(n, known.grid.shape[0])
        image.AcquisitionTime = made.clock(known.times_s[i] + 10 * ((k * 5) % known.grid.shape[0]))
    assert_reads_as(known, made.save(images, tmp_path))


def test_phases_across_midnight_ascend(tmp_path):
    known = made.truth()
    images = made.dynamic_series(known)
    for n, image in enumerate(images):
        i = n // known.grid.shape[0]
        image.AcquisitionDate = "20200102" if i == 0 else "20200103"
        image.AcquisitionTime = ["235930", "000100", "000230"][i]
    assert_reads_as(known, made.save(images, tmp_path))


@pytest.mark.parametrize("kept", [("SeriesDate", "SeriesTime"), ("StudyDate", "StudyTime"), ()])
@pytest.mark.parametrize("series_per_phase", [True, False])
def test_phases_across_midnight_ascend_without_dates_of_their_own(tmp_path, kept, series_per_phase):
    known = made.truth()
    images = made.dynamic_series(known, series_per_phase=series_per_phase, AcquisitionDate=None, StudyDate=None)
    for n, image in enumerate(images):
        image.AcquisitionTime = ["235930", "000100", "000230"][n // known.grid.shape[0]]
        for keyword, value in zip(kept, ("20200102", "235900"), strict=False):
            setattr(image, keyword, value)
    assert_reads_as(known, made.save(images, tmp_path))


@pytest.mark.parametrize(
    ("tags", "keyword"),
    [
        ({"PixelSpacing": ["1e9", "1e9"]}, "PixelSpacing"),
        ({"PixelSpacing": ["1e-9", "1e-9"]}, "PixelSpacing"),
        ({}, "ImagePositionPatient"),
    ],
)
def test_distances_that_no_breast_has_are_refused(tmp_path, tags, keyword):
    images = made.dynamic_series(made.truth(), **tags)
    for image in images if not tags else ():
        image.ImagePositionPatient = ["1e30", *image.ImagePositionPatient[1:]]
    with pytest.raises(ImplausibleGeometry, match=keyword) as caught:
        read_study(made.save(images, tmp_path))
    assert caught.value.value is not None
    assert caught.value.limit is not None


def test_the_intercept_and_slope_are_applied(tmp_path):
    known = made.truth()
    whole = read_study(made.save(made.dynamic_series(known, RescaleIntercept=-100), tmp_path / "a")).study
    np.testing.assert_array_equal(whole.phases[1].volume.voxels, known.voxels[1].astype(int) - 100)
    assert whole.phases[1].volume.voxels.dtype.itemsize == 2
    tags = {"RescaleIntercept": 0, "RescaleSlope": 0.5}
    scaled = read_study(made.save(made.dynamic_series(known, **tags), tmp_path / "b")).study
    np.testing.assert_allclose(scaled.phases[1].volume.voxels, known.voxels[1] * 0.5)
    assert scaled.phases[1].volume.voxels.dtype == np.float32


def test_copies_of_an_image_are_read_once(tmp_path):
    known = made.truth()
    images = made.dynamic_series(known)
    made.save(images, tmp_path / "a")
    made.save(images[:4], tmp_path / "a" / "again")
    assert_reads_as(known, tmp_path / "a")
    assert read_study(tmp_path / "a").findings[0].value == 4


def test_a_male_patient_is_read_and_left_to_the_eligibility_rules(tmp_path):
    reading = read_study(made.save(made.dynamic_series(made.truth(), PatientSex="M"), tmp_path))
    assert reading.study.acquisition.patient_sex == "M"
    assert reading.study.acquisition.patient_age_years == 52


def test_no_identifier_survives_reading_nor_enters_the_log(tmp_path, caplog, capfd):
    images = made.dynamic_series(made.truth(), ProtocolName=made.NAME)
    for image in images:
        image.FrameOfReferenceUID = "1.23.456"
        image.SeriesDescription = f"{image.SeriesDescription} {made.NAME} {made.BIRTH} {made.RECORD}"
        image.add_new(0x00091010, "LO", made.NAME)
    paths = made.save(images, tmp_path / made.NAME)
    for path in paths:
        # What is no valid UID makes the DICOM library quote it.
        path.write_bytes(path.read_bytes().replace(b"1.23.456", made.NAME.lower().encode()))
    reading = read_study(paths)
    text = repr((reading.series, reading.findings, reading.deidentified, asdict(reading.study.acquisition)))
    text += reading.study.key + reading.study.digest + caplog.text + "".join(capfd.readouterr())
    for secret in ("doe", "DOE", "JANE", "19620314", "0048812", "General", "1.2.3"):
        assert secret not in text
    assert [row.description for row in reading.series] == ["ax dyn pre", "ax dyn post 1", "ax dyn post 2"]


def test_progress_is_told_and_can_cancel(tmp_path):
    reports = []
    paths = made.save(made.dynamic_series(made.truth()), tmp_path)
    read_study(paths, progress=reports.append)
    fractions = [r.fraction for r in reports if r.step is Step.READ]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert "3 phases" in reports[-1].found

    def cancel(report):
        raise JobCancelled

    with pytest.raises(JobCancelled):
        read_study(paths, progress=cancel)


def drop_slice(images):
    del images[8]


def drop_end(images):
    del images[6]


def only_first(images):
    del images[6:]


def only_post(images):
    del images[:6]
    for image in images:
        image.ContrastBolusAgent = "agent"


def move_first_phase(images):
    for image in images[:6]:
        image.SeriesDescription = "ax dyn"
        x, y, z = image.ImagePositionPatient
        image.ImagePositionPatient = [x + 30, y, z]


def two_phases_apart(images):
    del images[12:]
    move_first_phase(images)


def other_spacing(images):
    del images[12:]
    for image in images[6:]:
        image.PixelSpacing = [1.6, 1.4]


def tag_all(**tags):
    def change(images):
        for image in images:
            for keyword, value in tags.items():
                setattr(image, keyword, value)

    return change


def tag_one(**tags):
    def change(images):
        tag_all(**tags)(images[7:8])

    return change


def without(keyword):
    def change(images):
        for image in images:
            del image[keyword]

    return change


def truncate(images):
    images[9].PixelData = images[9].PixelData[:-20]


def no_pixels(images):
    del images[9].PixelData


def tilt(images):
    for n, image in enumerate(images):
        x, y, z = image.ImagePositionPatient
        image.ImagePositionPatient = [x, float(y) + 0.3 * (n % 6), z]


def uneven(images):
    for image in images[3::6]:
        x, y, z = image.ImagePositionPatient
        image.ImagePositionPatient = [x, y, float(z) + 0.6]


def repeat(images):
    for image in list(images):
        copy = made.image(made.truth().voxels[0][0], made.truth().grid, 0)
        for keyword in ("ImagePositionPatient", "SeriesInstanceUID", "AcquisitionTime", "AcquisitionDate"):
            setattr(copy, keyword, image[keyword].value)
        images.append(copy)


@pytest.mark.parametrize(
    ("change", "error", "value"),
    [
        (drop_slice, MissingSlice, 1),
        (drop_end, MissingSlice, 1),
        (only_first, MissingPhase, 1),
        (only_post, NoPreContrast, 2),
        (move_first_phase, MixedGeometry, "corners 30.0 mm apart"),
        (two_phases_apart, MixedGeometry, "corners 30.0 mm apart"),
        (other_spacing, MixedGeometry, "2.000 x 0.800 x 0.700 and 2.000 x 1.600 x 1.400 mm spacing (z, y, x)"),
        (tag_all(Modality="CT"), WrongModality, "CT"),
        (tag_all(EchoTime=90, RepetitionTime=4000), NotDynamic, 3),
        (tag_all(ScanningSequence="SE"), NotDynamic, 3),
        (tag_all(BurnedInAnnotation="YES"), NotDynamic, 3),
        (tag_one(PatientID="another"), MixedPatients, 2),
        (tag_one(StudyInstanceUID="1.2.4", SeriesInstanceUID="1.2.4.1"), MixedStudies, 2),
        (without("ImagePositionPatient"), MissingTag, 6),
        (without("PixelSpacing"), MissingTag, 6),
        (truncate, UnreadablePixels, 1),
        (no_pixels, UnreadablePixels, 1),
        (tilt, IrregularSpacing, 1.5),
        (uneven, IrregularSpacing, 0.6),
        (repeat, UnknownOrder, 6),
    ],
    ids=lambda p: getattr(p, "__name__", None),
)
def test_a_bad_study_is_refused_by_name_value_and_in_kind_words(tmp_path, change, error, value):
    images = made.dynamic_series(made.truth())
    change(images)
    made.save(images, tmp_path)
    with pytest.raises(error) as caught:
        read_study(tmp_path)
    assert caught.value.value == value
    assert "DOE" not in str(caught.value)
    rows = list_series(tmp_path)
    assert rows
    assert all(row.reason for row in rows)


def test_a_last_phase_of_other_geometry_is_left_out_with_a_reason(tmp_path):
    images = made.dynamic_series(made.truth())
    for image in images[12:]:
        x, y, z = image.ImagePositionPatient
        image.ImagePositionPatient = [x + 30, y, z]
    reading = read_study(made.save(images, tmp_path))
    assert len(reading.study.phases) == 2
    assert reading.series[2].role == "not used"
    assert "grid differs" in reading.series[2].reason


def test_the_phase_that_lacks_a_slice_is_named_by_its_place_in_time(tmp_path):
    images = made.dynamic_series(made.truth(times_s=(0, 90, 180, 270)))
    del images[14]
    with pytest.raises(MissingSlice, match="post-contrast 2 images lack 1 slice"):
        read_study(made.save(images, tmp_path))


def test_the_table_counts_absent_slices_without_a_phase_that_the_refusal_numbers_otherwise(tmp_path):
    images = made.dynamic_series(made.truth())
    del images[14]
    reasons = [row.reason for row in list_series(made.save(images, tmp_path))]
    assert reasons[2] == "It lacks 1 slice(s): expected one every 2.0 mm."


def test_files_without_dicom_are_refused(tmp_path):
    (tmp_path / "note.txt").write_text("text")
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff" + bytes(500))
    for call in (read_study, list_series):
        with pytest.raises(NoDicomFound) as caught:
            call(tmp_path)
        assert caught.value.value == 2
        assert "DICOM image" in caught.value.limit


@pytest.mark.parametrize("length", [140, 200, 600])
def test_files_cut_short_end_in_a_named_error(tmp_path, length):
    for path in made.save(made.dynamic_series(made.truth()), tmp_path):
        path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(DeepTeppError):
        read_study(tmp_path)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**31), is_enhanced=st.booleans())
def test_changed_bytes_end_in_a_study_or_a_named_error(tmp_path, seed, is_enhanced):
    rng = np.random.default_rng(seed)
    known = made.truth(times_s=(0, 90))
    images = [made.enhanced(known)] if is_enhanced else made.dynamic_series(known)
    contents = [bytearray(made.encoded(image)) for image in images]
    for i in rng.integers(0, len(contents), 2):
        for at in rng.integers(128, min(len(contents[i]), 3000), 4):
            contents[i][at] = rng.integers(0, 256)
    for i, content in enumerate(contents):
        (tmp_path / str(i)).write_bytes(content)
    try:
        reading = read_study([tmp_path / str(i) for i in range(len(contents))])
    except DeepTeppError as error:
        phases, message = 2, str(error)
    else:
        phases, message = len(reading.study.phases), repr(reading.series)
    assert phases == 2
    assert "DOE" not in message


def test_phases_without_any_sign_of_order_are_asked_about_in_the_order_of_their_descriptions(tmp_path):
    known = made.truth()
    images = made.dynamic_series(known, AcquisitionTime=None)
    paths = made.save(images, tmp_path)
    with pytest.raises(UnknownOrder) as caught:
        read_study(paths)
    (way,) = caught.value.proposals
    study = read_study(paths, phase_keys=way.keys).study
    assert not study.has_times
    for phase, voxels in zip(study.phases, known.voxels, strict=True):
        np.testing.assert_array_equal(phase.volume.voxels, voxels)


def test_an_order_without_times_is_enough(tmp_path):
    known = made.truth()
    images = made.dynamic_series(known, series_per_phase=False, AcquisitionTime="080000")
    for n, image in enumerate(images):
        image.TemporalPositionIdentifier = 1 + n // 6
    reading = read_study(made.save(images, tmp_path))
    assert not reading.study.has_times
    assert [finding.rule for finding in reading.findings] == ["dicom.order-without-times"]
    for phase, voxels in zip(reading.study.phases, known.voxels, strict=True):
        np.testing.assert_array_equal(phase.volume.voxels, voxels)


def test_a_reader_who_orders_phases_against_their_times_is_believed(tmp_path):
    known = made.truth()
    reading = read_study(made.save(made.dynamic_series(known), tmp_path), phase_keys=("s3", "s1"))
    np.testing.assert_array_equal(reading.study.phases[0].volume.voxels, known.voxels[2])
    assert not reading.study.has_times
    assert reading.findings[0].rule == "dicom.order-without-times"


def test_a_private_dynamic_begin_time_tells_phases_apart(tmp_path):
    known = made.truth()
    images = made.dynamic_series(known, series_per_phase=False, AcquisitionTime="080000")
    for n, image in enumerate(images):
        block = image.private_block(0x2005, "Philips MR Imaging DD 001", create=True)
        block.add_new(0xA0, "FL", known.times_s[n // 6])
    assert_reads_as(known, made.save(images, tmp_path))


def test_a_file_cut_short_in_its_pixels_is_refused_in_a_zip_too(tmp_path):
    images = [made.encoded(i) for i in made.dynamic_series(made.truth())]
    images[4] = images[4][:-30]
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for i, content in enumerate(images):
            archive.writestr(str(i), content)
    with pytest.raises(UnreadablePixels):
        read_study(tmp_path / "a.zip")


def test_the_user_can_choose_the_phases(tmp_path):
    known = made.truth(times_s=(0, 90, 180, 270))
    paths = made.save(made.dynamic_series(known), tmp_path)
    reading = read_study(paths, phase_keys=("s2", "s4"))
    assert [p.time_s for p in reading.study.phases] == [0, 180]
    np.testing.assert_array_equal(reading.study.phases[1].volume.voxels, known.voxels[3])
    assert [row.role for row in reading.series] == ["not used", "pre-contrast", "not used", "post-contrast 1"]
    for keys, error in ((("s1", "s9"), UnknownSeries), (("s1",), MissingPhase), (("s2", "s2"), MissingPhase)):
        with pytest.raises(error):
            read_study(paths, phase_keys=keys)


def test_a_series_key_stands_for_all_its_phases(tmp_path):
    known = made.truth()
    paths = made.save(made.dynamic_series(known, series_per_phase=False), tmp_path)
    assert [row.key for row in list_series(paths)] == ["s1.1", "s1.2", "s1.3"]
    assert len(read_study(paths, phase_keys=("s1",)).study.phases) == 3


def test_headers_alone_tell_what_reading_would_refuse(tmp_path):
    known = made.truth()
    good = made.save_zip(made.dynamic_series(known), tmp_path / "good.zip")
    assert check_study(good) == len(known.times_s)
    bad = made.save_zip(made.dynamic_series(known, Modality="CT"), tmp_path / "ct.zip")
    for refused in (check_study, read_study):
        with pytest.raises(WrongModality):
            refused(bad)


def test_a_temporal_position_that_stands_in_the_dimensions_alone_is_read(tmp_path):
    known = made.truth()
    image = made.enhanced(known)
    dimensions = [(0x00209056, 0x00209111), (0x00209128, 0x00209111)]
    image.DimensionIndexSequence = [Dataset() for _ in dimensions]
    for item, (pointer, group) in zip(image.DimensionIndexSequence, dimensions, strict=True):
        item.DimensionIndexPointer, item.FunctionalGroupPointer = pointer, group
    for frame in image.PerFrameFunctionalGroupsSequence:
        content = frame.FrameContentSequence[0]
        content.DimensionIndexValues = [1, content.TemporalPositionIndex]
        del content.TemporalPositionIndex
        del content.FrameAcquisitionDateTime
    image.pop("AcquisitionTime", None)
    path = tmp_path / "one"
    path.write_bytes(made.encoded(image))
    study = read_study(path).study
    assert not study.has_times
    for phase, voxels in zip(study.phases, known.voxels, strict=True):
        np.testing.assert_array_equal(phase.volume.voxels, voxels)
