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

from deeptepp.dicom.read import read_study
from deeptepp.domain.geometry import Grid

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
