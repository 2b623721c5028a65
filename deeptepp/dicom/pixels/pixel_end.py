"""Looks behind the pixels of a file: bytes that belong to nothing there tell that others were put in before.

A transfer as text puts a byte before each line feed; what was inserted moves all voxels that follow, and the file
still reads.
"""

from __future__ import annotations

from typing import BinaryIO

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import FileDataset
from pydicom.tag import Tag

from deeptepp.errors import UnreadablePixels

_PIXEL_DATA = Tag(0x7FE00010)
_UNDEFINED_LENGTH = 0xFFFFFFFF
_ITEM = b"\xfe\xff\x00\xe0"
_DELIMITER_BYTES = 8
"""Tag and length of an item, or of the delimiter that ends a value of undefined length, PS3.5 A.4."""


def check_end(dataset: FileDataset, stream: BinaryIO) -> None:
    """Refuse bytes behind the pixels that belong to no element: others were put in before them.

    ``dataset``: a whole file as it was read, its pixels not yet asked for. Raises UnreadablePixels where there are
    such bytes, or compressed fragments do not fill their element.
    """
    tags = list(dataset.keys())
    pixels = dataset.get_item(_PIXEL_DATA) if _PIXEL_DATA in tags else None
    if not isinstance(pixels, RawDataElement):
        return
    is_whole = pixels.length != _UNDEFINED_LENGTH or _are_whole(pixels.value or b"")
    # Media pad files with zeros, which the library takes for elements of group 0.
    is_last = is_whole and _is_end(pixels, stream)
    is_in_order = all(tag > _PIXEL_DATA for tag in tags[tags.index(_PIXEL_DATA) + 1 :])
    if not is_last and not (is_whole and is_in_order and _is_end(dataset.get_item(tags[-1]), stream)):
        raise UnreadablePixels(value=1, reason="damaged")


def _is_end(element: DataElement | RawDataElement | None, stream: BinaryIO) -> bool:
    """Whether nothing but zeros follows an element; of sequences this is taken for granted."""
    if not isinstance(element, RawDataElement):
        return True
    delimiter = _DELIMITER_BYTES if element.length == _UNDEFINED_LENGTH else 0
    stream.seek(element.value_tell + len(element.value or b"") + delimiter)
    return not stream.read().strip(b"\0")


def _are_whole(fragments: bytes) -> bool:
    """Whether compressed fragments follow one another without a gap up to the end."""
    at = 0
    while at + _DELIMITER_BYTES <= len(fragments) and fragments[at : at + 4] == _ITEM:
        at += _DELIMITER_BYTES + int.from_bytes(fragments[at + 4 : at + 8], "little")
    return at == len(fragments)
