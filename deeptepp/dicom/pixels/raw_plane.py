"""Describes pixels that lie in their file as they are wanted in memory, and reads them into a volume."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.dicom.files.member import Member
from deeptepp.dicom.header.elements import Layout
from deeptepp.dicom.header.headers import Frame
from deeptepp.dicom.header.plain import Memo, PlainHeader, read_plain
from deeptepp.dicom.header_values import number
from deeptepp.errors import UnreadablePixels

_PIXEL_DATA = 0x7FE00010
_BITS = 16
"""Bits of a pixel that is read as it lies; nearly every MR image has as many."""

_BYTES = 2
_GREY = ("MONOCHROME1", "MONOCHROME2")
_NOTES_KEY = "raw plane"


@dataclass(frozen=True, slots=True)
class RawPlane:
    """The uncompressed 16-bit pixels of a file of one image.

    ``offset``: first byte in the file; ``rows``, ``columns``: size; ``is_signed``: whether the pixels are signed;
    ``n_unused_bits``: high bits that may hold anything; ``slope``, ``intercept``: RescaleSlope and
    RescaleIntercept.
    """

    offset: int
    rows: int
    columns: int
    is_signed: bool
    n_unused_bits: int
    slope: float | None
    intercept: float | None

    @property
    def dtype(self) -> np.dtype[np.uint16] | np.dtype[np.int16]:
        """Type of the stored pixels."""
        return np.dtype(np.int16) if self.is_signed else np.dtype(np.uint16)

    @property
    def is_as_shown(self) -> bool:
        """Whether the stored values are those shown, without rescaling."""
        return self.slope in (None, 0.0, 1.0) and self.intercept in (None, 0.0)

    def shows(self, frame: Frame) -> bool:
        """Tell whether these are the pixels of a frame.

        False for another size, or another frame than the first.
        """
        return (frame.index, frame.rows, frame.columns) == (0, self.rows, self.columns)

    def read_into(self, member: Member, plane: npt.NDArray[Any]) -> None:
        """Read the stored values.

        ``plane``, (y, x) array: of ``dtype``, contiguous; is filled. Raises UnreadablePixels where the file ends
        before its pixels do; DamagedArchive where the archive's bytes do not match its checksums.
        """
        if not member.read_into(plane.data.cast("B"), self.offset):
            raise UnreadablePixels(value=1, reason="truncated")
        if self.n_unused_bits:
            # Shifting up and down again fills the unused bits with zeros, or with the sign.
            np.left_shift(plane, self.n_unused_bits, out=plane)
            np.right_shift(plane, self.n_unused_bits, out=plane)


def note_raw_plane(member: Member, header: PlainHeader) -> None:
    """Remember with a file where its pixels lie, if they are raw."""
    member.notes[_NOTES_KEY] = _raw_plane_of(header, member.size_bytes)


def raw_plane_of(member: Member) -> RawPlane | None:
    """Tell where the pixels of a file lie.

    None where they are compressed, of another depth, or of several frames.
    """
    if _NOTES_KEY not in member.notes:
        header = read_plain(member, Memo())
        member.notes[_NOTES_KEY] = None if header is None else _raw_plane_of(header, member.size_bytes)
    found = member.notes[_NOTES_KEY]
    return found if isinstance(found, RawPlane) else None


def _raw_plane_of(header: PlainHeader, size_bytes: int) -> RawPlane | None:
    """Describe the pixels of a plain header; None where they are of another kind."""
    rows, columns = header.get("Rows"), header.get("Columns")
    stored, sign = header.get("BitsStored"), header.get("PixelRepresentation")
    if not _is_grey_16_bit(header) or not all(isinstance(v, int) for v in (rows, columns, stored, sign)):
        return None
    if not (0 < stored <= _BITS and sign in (0, 1) and _fits(header.layout, rows * columns, size_bytes)):
        return None
    slope, intercept = number(header.get("RescaleSlope")), number(header.get("RescaleIntercept"))
    return RawPlane(header.layout.pixels_at, rows, columns, sign == 1, _BITS - stored, slope, intercept)


def _is_grey_16_bit(header: PlainHeader) -> bool:
    """Whether the file holds one greyscale image of 16 bits a pixel."""
    return (
        header.get("BitsAllocated") == _BITS
        and header.get("SamplesPerPixel") == 1
        and header.get("PhotometricInterpretation") in _GREY
        and header.get("NumberOfFrames") in (None, 1)
        and sys.byteorder == "little"
    )


def _fits(layout: Layout, n_pixels: int, size_bytes: int) -> bool:
    """Whether the pixels fill their element exactly, and the file ends with it."""
    return (
        layout.pixel_tag == _PIXEL_DATA
        and layout.pixel_vr in (None, "OW")
        and 0 < layout.n_pixel_bytes == _BYTES * n_pixels
        and layout.pixels_at + layout.n_pixel_bytes == size_bytes
    )
