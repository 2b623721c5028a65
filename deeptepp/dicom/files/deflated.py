"""Inflates a file whose dataset is deflated as a whole, and never more of it than a study can hold.

The library inflates such a file without a limit, so that a megabyte becomes gigabytes of memory.

References
----------
DICOM PS3.5 A.5 (Deflated Explicit VR Little Endian).
"""

from __future__ import annotations

import io
import zlib
from typing import BinaryIO

from pydicom.errors import InvalidDicomError
from pydicom.filereader import data_element_generator
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

from deeptepp.errors import ArchiveTooLarge
from deeptepp.wording.sentence import sentence

MAX_INFLATED_BYTES = 512 * 1024**2
"""Largest inflated size of one file in bytes: an enhanced series of six phases has about 400 MiB."""

_TRANSFER_SYNTAX = 0x00020010
_META_GROUP = 0x0002
_PREAMBLE_BYTES = 132
_DEFLATED = DeflatedExplicitVRLittleEndian.encode()
_PLAIN = ExplicitVRLittleEndian.encode().ljust(len(_DEFLATED), b"\0")


def inflated(stream: BinaryIO) -> BinaryIO:
    """Give a stream whose dataset is not deflated.

    Gives the stream itself, again at its beginning, unless its dataset is deflated. Raises ArchiveTooLarge where
    the dataset inflates to more than ``MAX_INFLATED_BYTES``; InvalidDicomError where the deflated bytes are
    damaged.
    """
    start = _dataset_start(stream)
    stream.seek(0)
    if start is None:
        return stream
    meta = stream.read(start).replace(_DEFLATED, _PLAIN, 1)
    packed = stream.read()
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        content = inflater.decompress(packed, MAX_INFLATED_BYTES + 1)
    except zlib.error as error:
        raise InvalidDicomError from error
    if len(content) > MAX_INFLATED_BYTES:
        limit = f"{MAX_INFLATED_BYTES // 1024**2} MiB"
        raise ArchiveTooLarge(value=sentence("more than {limit} in one file", limit=limit), limit=limit)
    if not inflater.eof:
        raise InvalidDicomError  # cut short: what is left reads as a header without its end
    return io.BytesIO(meta + content)


def _dataset_start(stream: BinaryIO) -> int | None:
    """Find where the deflated dataset begins; None where it is not deflated."""
    if stream.read(_PREAMBLE_BYTES)[-4:] != b"DICM":
        return None
    meta = data_element_generator(stream, False, True, stop_when=lambda tag, _vr, _n: tag.group != _META_GROUP)
    syntaxes = [element.value for element in meta if element.tag == _TRANSFER_SYNTAX]
    if [bytes(value or b"").rstrip(b"\0 ") for value in syntaxes] != [_DEFLATED]:
        return None
    return stream.tell()
