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
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

from deeptepp.dicom.files.file_meta import meta_value
from deeptepp.domain.progress import bounds, checkpoint
from deeptepp.errors import ArchiveTooLarge
from deeptepp.safe_files import in_words
from deeptepp.wording.sentence import sentence

MAX_INFLATED_BYTES = 512 * 1024**2
"""Largest inflated size of one file in bytes: an enhanced series of six phases has about 400 MiB."""

_PIECE_BYTES = 1024**2
_TRANSFER_SYNTAX = 0x00020010
_DEFLATED = DeflatedExplicitVRLittleEndian.encode()
_PLAIN = ExplicitVRLittleEndian.encode().ljust(len(_DEFLATED), b"\0")


def inflated(stream: BinaryIO) -> BinaryIO:
    """Give a stream whose dataset is not deflated.

    Gives the stream itself, again at its beginning, unless its dataset is deflated. Raises ArchiveTooLarge where
    the file inflates to more than ``MAX_INFLATED_BYTES``, or half of what images may take, since its pixels are
    then read beside it; InvalidDicomError where the deflated bytes are damaged.
    """
    is_deflated, start = meta_value(stream, _TRANSFER_SYNTAX) == _DEFLATED, stream.tell()
    stream.seek(0)
    if not is_deflated:
        return stream
    content, limit = io.BytesIO(), int(min(MAX_INFLATED_BYTES, bounds().voxel_bytes / 2))
    content.write(stream.read(start).replace(_DEFLATED, _PLAIN, 1))
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    while not inflater.eof and (packed := inflater.unconsumed_tail or stream.read(_PIECE_BYTES)):
        checkpoint()
        try:
            content.write(inflater.decompress(packed, _PIECE_BYTES))
        except zlib.error as error:
            raise InvalidDicomError from error
        if content.tell() > limit:
            raise ArchiveTooLarge(
                value=sentence("more than {limit} in one file", limit=in_words(limit)), limit=in_words(limit)
            )
    if not inflater.eof:
        raise InvalidDicomError  # cut short: what is left reads as a header without its end
    content.seek(0)
    return content
