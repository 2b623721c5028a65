"""Reads the frames of a long file one after another, so that it is never held beside the volumes made of it."""

from __future__ import annotations

import sys
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from deeptepp.dicom.files.watched import MAX_HEADER_BYTES, Watched
from deeptepp.dicom.header_values import number
from deeptepp.domain.progress import checkpoint
from deeptepp.errors import UnreadablePixels

LONG_BYTES = 64 * 1024**2
"""Size of a file from which on its frames are read one after another."""

_HEADS = {ImplicitVRLittleEndian: b"\xe0\x7f\x10\x00", ExplicitVRLittleEndian: b"\xe0\x7f\x10\x00OW\0\0"}
"""How the element of the pixels begins, by transfer syntax; its length follows in four bytes."""

_BITS, _BYTES = 16, 2
_PIECE_BYTES = 1024**2


class FrameStream:
    """The uncompressed 16-bit frames of a file, read forwards.

    ``header``: all before the pixels; ``stream``: stands at the first of them.
    """

    __slots__ = ("_next", "_plane", "_stream", "header")

    def __init__(self, header: Dataset, stream: BinaryIO) -> None:
        self.header, self._stream, self._next = header, stream, 0
        sign = "i" if header.PixelRepresentation else "u"
        self._plane: npt.NDArray[np.integer] = np.empty((header.Rows, header.Columns), f"<{sign}{_BYTES}")

    def plane(self, index: int) -> npt.NDArray[np.integer]:
        """Read on to a frame, as it is stored; raises UnreadablePixels where the file ends before."""
        while self._next <= index:
            checkpoint()
            content = self._stream.read(self._plane.nbytes)
            if len(content) < self._plane.nbytes:
                raise UnreadablePixels(value=1, reason="truncated")
            self._plane = np.frombuffer(content, self._plane.dtype).reshape(self._plane.shape)
            self._next += 1
        unused = _BITS - self.header.BitsStored
        # Shifting up and down again fills the unused bits with zeros, or with the sign.
        return (self._plane << unused) >> unused if unused else self._plane

    def read_on(self) -> None:
        """Read to the end, where an archive compares its checksum."""
        while self._stream.read(_PIECE_BYTES):
            checkpoint()


def frame_stream(stream: BinaryIO, size_bytes: int) -> FrameStream | None:
    """Open the frames of a file; None where they are compressed, of another depth, or do not end with it."""
    header = dcmread(Watched(stream, MAX_HEADER_BYTES), stop_before_pixels=True, force=True)
    syntax = header.file_meta.get("TransferSyntaxUID")
    if syntax not in _HEADS or sys.byteorder != "little" or not _is_grey_16_bit(header):
        return None
    begin = stream.read(len(_HEADS[syntax]) + 4)
    n_bytes = _BYTES * header.Rows * header.Columns * int(number(header.get("NumberOfFrames")) or 1)
    is_filled = begin == _HEADS[syntax] + n_bytes.to_bytes(4, "little") and stream.tell() + n_bytes == size_bytes
    return FrameStream(header, stream) if is_filled else None


def _is_grey_16_bit(header: Dataset) -> bool:
    """Whether the frames are grey, of 16 bits a pixel, and as many as have a place and a time."""
    n_frames = int(number(header.get("NumberOfFrames")) or 1)
    return (
        header.get("BitsAllocated") == _BITS
        and 0 < (header.get("BitsStored") or 0) <= _BITS
        and header.get("PixelRepresentation") in (0, 1)
        and header.get("SamplesPerPixel") == 1
        and header.get("PhotometricInterpretation") in ("MONOCHROME1", "MONOCHROME2")
        and 0 < _BYTES * (header.get("Rows") or 0) * (header.get("Columns") or 0) * n_frames < 2**32
        and len(header.get("PerFrameFunctionalGroupsSequence") or [None] * n_frames) == n_frames
    )
