"""Compressed images say their size themselves, and one that is not the header's never reaches a decoder."""

import numpy as np
import phantoms_dicom as made
import pytest
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import JPEG2000Lossless, JPEGLosslessSV1, JPEGLSLossless

from deeptepp.dicom.pixels.codestream import CodedImage, coded_image
from deeptepp.dicom.read_dicom import read_study
from deeptepp.domain.geometry import Grid
from deeptepp.errors import UnreadablePixels

GRID = Grid.axial((2, 64, 96), (2.0, 0.8, 0.7))
JPEG = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xff\xc3\x00\x0b\x0c\x00\x40\x00\x60\x01\x00\x11\x00"
"""A lossless JPEG of 64 x 96 pixels of 12 bits, up to its frame header."""


def frame(plane, syntax, **tags):
    image = made.image(plane, GRID, 0, **tags)
    image.compress(syntax, generate_instance_uid=False)
    return next(generate_frames(image.PixelData, number_of_frames=1))


@pytest.mark.parametrize("syntax", [JPEGLSLossless, JPEG2000Lossless], ids=lambda uid: uid.keyword)
def test_a_compressed_image_tells_its_size(syntax):
    plane = np.zeros((64, 96), np.uint16)
    assert coded_image(frame(plane, syntax)) == CodedImage(rows=64, columns=96, n_samples=1, bits=16)


def test_fill_bytes_and_other_segments_before_the_frame_header_are_passed_over():
    assert coded_image(JPEG) == CodedImage(rows=64, columns=96, n_samples=1, bits=12)


@pytest.mark.parametrize("content", [b"", b"\xff\xd8", JPEG[:12], b"\xff\x4f\xff\x51\x00", b"text" * 300])
def test_what_is_no_image_has_no_size(content):
    assert coded_image(content) is None


@pytest.mark.parametrize("syntax", [JPEGLSLossless, JPEG2000Lossless], ids=lambda uid: uid.keyword)
@pytest.mark.parametrize("shape", [(32, 96), (128, 96), (64, 48)])
def test_an_image_of_another_size_than_its_header_is_refused(tmp_path, syntax, shape):
    images = made.dynamic_series(made.truth(GRID))
    for image in images:
        image.compress(syntax, generate_instance_uid=False)
    images[3].PixelData = encapsulate([frame(np.zeros(shape, np.uint16), syntax)])
    with pytest.raises(UnreadablePixels, match="size differs from the header"):
        read_study(made.save(images, tmp_path))


def test_a_lossless_jpeg_of_another_depth_than_its_header_never_reaches_the_decoder_that_ends_the_process(
    tmp_path,
):
    images = made.dynamic_series(made.truth(GRID))
    images[3].PixelData = encapsulate([JPEG])
    images[3]["PixelData"].VR = "OB"
    images[3].file_meta.TransferSyntaxUID = JPEGLosslessSV1
    images[3].BitsAllocated = images[3].BitsStored = 32
    with pytest.raises(UnreadablePixels, match="size differs from the header"):
        read_study(made.save(images, tmp_path))
