"""Every transfer syntax decodes to the same voxels, whatever its byte order or compression."""

import numpy as np
import phantoms_dicom as made
import pytest
from pydicom.pixels.encoders import JPEG2000LosslessEncoder, JPEGLSLosslessEncoder, RLELosslessEncoder
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from deeptepp.dicom.files.archive import open_members
from deeptepp.dicom.first_pass import read_headers
from deeptepp.dicom.pixels import decode, direct
from deeptepp.dicom.pixels.raw_plane import raw_plane_of
from deeptepp.dicom.read_dicom import read_study
from deeptepp.dicom.volumes.sort import stacks_of
from deeptepp.domain.geometry import Grid
from deeptepp.errors import ArchiveTooLarge, JobCancelled, StudyTooLarge, UnreadablePixels

ENCODERS = {
    JPEG2000Lossless: JPEG2000LosslessEncoder,
    JPEGLSLossless: JPEGLSLosslessEncoder,
    RLELossless: RLELosslessEncoder,
}


@pytest.mark.parametrize("syntax", list(ENCODERS), ids=lambda uid: uid.keyword)
def test_compressed_pixels_read_as_plain_ones(tmp_path, syntax):
    known = made.truth(Grid.axial((2, 40, 48), (2.0, 0.8, 0.7)))
    images = made.dynamic_series(known)
    plain = read_study(made.save(images, tmp_path / "plain")).study.digest
    for image in images:
        image.compress(syntax, generate_instance_uid=False)
    assert read_study(made.save(images, tmp_path / "packed")).study.digest == plain


def test_implicit_and_big_endian_read_as_explicit_ones(tmp_path):
    known = made.truth()
    images = made.dynamic_series(known)
    plain = read_study(made.save(images, tmp_path / "plain")).study
    for image in images:
        image.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    implicit = read_study(made.save(images, tmp_path / "implicit")).study
    for image in images:
        pixels = np.frombuffer(image.PixelData, "<u2")
        image.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
        image["PixelData"].VR = "OW"
        image.PixelData = pixels.astype(">u2").tobytes()
    big = read_study(made.save(images, tmp_path / "big")).study
    assert plain.digest == implicit.digest == big.digest
    assert big.phases[0].volume.voxels.dtype.isnative


def test_signed_pixels_keep_their_sign(tmp_path):
    known = made.truth()
    images = made.dynamic_series(known, PixelRepresentation=1)
    for image in images:
        image.PixelData = (np.frombuffer(image.PixelData, "<u2").astype("<i2") - 1000).tobytes()
    voxels = read_study(made.save(images, tmp_path)).study.phases[2].volume.voxels
    np.testing.assert_array_equal(voxels, known.voxels[2].astype(int) - 1000)


def floating(images, scale=1.0):
    for image in images:
        plane = np.frombuffer(image.PixelData, "<u2") * np.float32(scale)
        for keyword in ("PixelData", "BitsStored", "HighBit", "PixelRepresentation"):
            del image[keyword]
        image.BitsAllocated, image.FloatPixelData = 32, plane.astype("<f4").tobytes()
    return images


def test_pixels_that_are_floats_keep_their_fractions(tmp_path):
    known = made.truth()
    images = floating(made.dynamic_series(known), scale=0.25)
    voxels = read_study(made.save(images, tmp_path)).study.phases[1].volume.voxels
    np.testing.assert_array_equal(voxels, known.voxels[1] * np.float32(0.25))


@pytest.mark.parametrize("tags", [{"RescaleSlope": "1e38"}, {}])
def test_intensities_that_are_no_numbers_are_refused(tmp_path, tags):
    images = made.dynamic_series(made.truth(), **tags)
    if not tags:
        floating(images)[4].FloatPixelData = np.full((8, 10), np.nan, "<f4").tobytes()
    with pytest.raises(UnreadablePixels, match="no numbers"):
        read_study(made.save(images, tmp_path))


def test_more_voxels_than_a_study_can_have_are_refused_before_one_is_decoded(tmp_path, monkeypatch):
    images = made.dynamic_series(made.truth())
    n_bytes = sum(len(image.PixelData) for image in images)
    paths = made.save(images, tmp_path)
    monkeypatch.setattr(decode, "MAX_TOTAL_BYTES", n_bytes)
    assert read_study(paths)
    monkeypatch.setattr(decode, "MAX_TOTAL_BYTES", n_bytes - 1)
    with pytest.raises(StudyTooLarge):
        read_study(paths)


def test_a_file_that_claims_more_frames_than_memory_holds_is_refused(tmp_path):
    image = made.enhanced(made.truth())
    image.compress(RLELossless, generate_instance_uid=False)
    image.NumberOfFrames = 10**9
    path = tmp_path / "one"
    path.write_bytes(made.encoded(image))
    with pytest.raises((ArchiveTooLarge, StudyTooLarge), match="GiB"):
        read_study(path)


@pytest.mark.parametrize("n_stored", [16, 12])
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_frames_of_a_long_file_are_those_of_a_file_read_as_a_whole(tmp_path, monkeypatch, n_stored, syntax):
    image = made.enhanced(made.truth())
    image.BitsStored, image.HighBit = n_stored, n_stored - 1
    image.file_meta.TransferSyntaxUID = syntax
    path = tmp_path / "one"
    path.write_bytes(made.encoded(image))
    whole = read_study(path).study
    monkeypatch.setattr(decode, "LONG_BYTES", 0)
    monkeypatch.setattr(decode, "_whole", None)
    assert read_study(path).study.digest == whole.digest


def test_a_long_file_with_an_element_behind_its_pixels_is_read_as_a_whole(tmp_path, monkeypatch):
    image = made.enhanced(made.truth())
    plain, path = made.encoded(image), tmp_path / "one"
    path.write_bytes(plain)
    digest = read_study(path).study.digest
    image.add_new(0xFFFCFFFC, "OB", bytes(20))
    path.write_bytes(made.encoded(image))
    monkeypatch.setattr(decode, "LONG_BYTES", 0)
    assert read_study(path).study.digest == digest


def garbage(image):
    """Fill the unused high bits with anything."""
    image.BitsStored, image.HighBit = 12, 11
    noise = np.random.default_rng(image.Rows).integers(0, 16, image.Rows * image.Columns) << 12
    image.PixelData = (np.frombuffer(image.PixelData, "<u2") % 4096 | noise.astype("<u2")).tobytes()


def each(**tags):
    def change(image):
        for keyword, value in tags.items():
            setattr(image, keyword, value)

    return change


RAW_KINDS = {
    "stored": each(),
    "signed": each(PixelRepresentation=1),
    "garbage": garbage,
    "signed garbage": lambda image: (garbage(image), each(PixelRepresentation=1)(image)),
    "inverted": each(PhotometricInterpretation="MONOCHROME1"),
    "one frame": each(NumberOfFrames=1),
    "no slope": each(RescaleSlope=0, RescaleIntercept=0),
    "slope": each(RescaleSlope=2.5, RescaleIntercept=-7),
    "intercept": each(RescaleSlope=1, RescaleIntercept=-40000),
    "fraction": each(RescaleIntercept=0.5),
}


@pytest.mark.parametrize("kind", RAW_KINDS)
def test_pixels_read_where_they_lie_are_those_of_pydicom(tmp_path, monkeypatch, kind):
    images = made.dynamic_series(made.truth())
    for image in images:
        RAW_KINDS[kind](image)
    paths = made.save(images, tmp_path)
    fast = [phase.volume.voxels for phase in read_study(paths).study.phases]
    assert_is_raw(paths[0])
    monkeypatch.setattr(direct, "raw_plane_of", lambda _: None)
    monkeypatch.setattr(decode, "raw_plane_of", lambda _: None)
    slow = [phase.volume.voxels for phase in read_study(paths).study.phases]
    for mine, theirs in zip(fast, slow, strict=True):
        assert mine.dtype == theirs.dtype
        np.testing.assert_array_equal(mine, theirs)


def assert_is_raw(path):
    with open_members(path) as members:
        assert raw_plane_of(members[0]) is not None


@pytest.mark.parametrize("seed", range(4))
def test_planes_of_several_kinds_make_the_volume_that_pydicom_makes(tmp_path, monkeypatch, seed):
    rng = np.random.default_rng(seed)
    images = made.dynamic_series(made.truth())
    for image in images:
        RAW_KINDS[rng.choice(sorted(RAW_KINDS))](image)
    paths = made.save(images, tmp_path)
    fast = [phase.volume.voxels for phase in read_study(paths).study.phases]
    monkeypatch.setattr(direct, "raw_plane_of", lambda _: None)
    monkeypatch.setattr(decode, "raw_plane_of", lambda _: None)
    for mine, phase in zip(fast, read_study(paths).study.phases, strict=True):
        np.testing.assert_array_equal(mine, phase.volume.voxels, strict=True)


@pytest.mark.parametrize(
    "tags",
    [
        {"NumberOfFrames": 2},
        {"Rows": 7},
        {"BitsAllocated": 8},
        {"SamplesPerPixel": 3},
        {"BitsStored": 17},
        {"PixelRepresentation": 2},
        {"PhotometricInterpretation": "RGB"},
    ],
    ids=str,
)
def test_pixels_that_do_not_fit_their_header_are_never_read_where_they_lie(tmp_path, tags):
    image = made.dynamic_series(made.truth())[0]
    each(**tags)(image)
    (path,) = made.save([image], tmp_path)
    with open_members(path) as members:
        assert raw_plane_of(members[0]) is None


def test_a_file_cut_short_within_its_pixels_is_called_truncated(tmp_path):
    paths = made.save(made.dynamic_series(made.truth()), tmp_path)
    paths[3].write_bytes(paths[3].read_bytes()[:-10])
    with pytest.raises(UnreadablePixels, match="truncated"):
        read_study(paths)


def test_a_factor_multiplies_a_whole_volume_into_floats(tmp_path):
    known = made.truth()
    made.save(made.dynamic_series(known), tmp_path)
    with open_members(tmp_path) as members:
        stacks = stacks_of(read_headers(members, lambda _: None).frames)
        plain, halved, _ = decode.read_volumes(stacks, members, advance=lambda _: None, factors=[None, 0.5, 1.0])
    np.testing.assert_array_equal(plain, known.voxels[0], strict=True)
    np.testing.assert_array_equal(halved, known.voxels[1] * np.float32(0.5), strict=True)


def test_reading_stops_where_it_is_told_to(tmp_path):
    made.save(made.dynamic_series(made.truth(Grid.axial((40, 4, 5), (2.0, 0.8, 0.7)))), tmp_path)
    shares = []

    def advance(share):
        shares.append(share)
        if share > 0.2:
            raise JobCancelled

    with open_members(tmp_path) as members:
        stacks = stacks_of(read_headers(members, lambda _: None).frames)
        with pytest.raises(JobCancelled):
            decode.read_volumes(stacks, members, advance=advance)
    assert 0.2 < shares[-1] < 0.5
