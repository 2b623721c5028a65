"""Reads the size of a compressed image from its own bytes, before a decoder is let at them.

A decoder trusts what the header says of size and depth: where the two differ, one ends the whole process, one
gives a wrong image, and one sets memory aside for whatever size the bytes claim.

References
----------
ISO/IEC 10918-1 B.2.2 (frame header), 14495-1 C.2.2 (the same of JPEG-LS), 15444-1 A.5.1 (image and tile size).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_NOT_FRAMES = frozenset({0xC4, 0xC8, 0xCC})
"""Markers among 0xC0 to 0xCF that begin no frame: tables and a reserved one."""

_FRAMES = frozenset(range(0xC0, 0xD0)) - _NOT_FRAMES | {0xF7}
"""Markers of a frame header; the last is that of JPEG-LS."""

_J2K_START = b"\xff\x4f\xff\x51"
_J2K_SEARCHED_BYTES = 1024
"""Bytes in which a JPEG 2000 codestream must begin; a file format wrapped around it takes some 85."""


@dataclass(frozen=True, slots=True)
class CodedImage:
    """What a compressed image says of itself."""

    rows: int
    columns: int
    n_samples: int
    """Samples per pixel."""
    bits: int
    """Bits of each sample."""


def coded_image(content: bytes) -> CodedImage | None:
    """Read the size of a JPEG, JPEG-LS or JPEG 2000 image.

    None where the bytes are none of these.
    """
    try:
        return _jpeg(content) if content.startswith(b"\xff\xd8") else _jpeg2000(content)
    except (struct.error, IndexError):
        return None


def _jpeg(content: bytes) -> CodedImage | None:
    """Walk over the segments to the frame header."""
    at = 2
    while content[at] == 0xFF:
        marker = content[at + 1]
        if marker in _FRAMES:
            bits, rows, columns, n_samples = struct.unpack_from(">BHHB", content, at + 4)
            return CodedImage(rows, columns, n_samples, bits)
        # A marker may be preceded by any number of fill bytes.
        at += 1 if marker == 0xFF else 2 + struct.unpack_from(">H", content, at + 2)[0]
    return None


def _jpeg2000(content: bytes) -> CodedImage | None:
    """Read the segment of image and tile size."""
    start = content.find(_J2K_START, 0, _J2K_SEARCHED_BYTES)
    if start < 0:
        return None
    right, bottom, left, top = struct.unpack_from(">4I", content, start + 8)
    n_samples, depth = struct.unpack_from(">HB", content, start + 40)
    return CodedImage(bottom - top, right - left, n_samples, (depth & 0x7F) + 1)
