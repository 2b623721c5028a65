"""Every transfer syntax decodes to the same voxels, whatever its byte order or compression."""

import numpy as np
import phantoms_dicom as made
import pytest
from pydicom.pixels.encoders import JPEG2000LosslessEncoder, JPEGLSLosslessEncoder, RLELosslessEncoder
from pydicom.uid import (
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from deeptepp.dicom import pixels
from deeptepp.dicom.read import read_study
from deeptepp.domain.geometry import Grid
from deeptepp.errors import ArchiveTooLarge, UnreadablePixels

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
    monkeypatch.setattr(pixels, "MAX_TOTAL_BYTES", n_bytes)
    assert read_study(paths)
    monkeypatch.setattr(pixels, "MAX_TOTAL_BYTES", n_bytes - 1)
    with pytest.raises(ArchiveTooLarge):
        read_study(paths)


def test_a_file_that_claims_more_frames_than_memory_holds_is_refused(tmp_path):
    image = made.enhanced(made.truth())
    image.compress(RLELossless, generate_instance_uid=False)
    image.NumberOfFrames = 10**9
    path = tmp_path / "one"
    path.write_bytes(made.encoded(image))
    with pytest.raises(ArchiveTooLarge, match="GiB"):
        read_study(path)
