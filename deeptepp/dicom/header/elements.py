"""Finds where each element of a plain DICOM header lies, without reading one of them.

Plain is what nearly every MR image is: a preamble, meta information of its own length, and a dataset of ascending
tags in implicit or explicit VR little endian, up to pixels of a known length. Whatever else there is, is left to
pydicom.

References
----------
DICOM PS3.5 7.1 (data elements), 7.5 (sequences); PS3.10 7.1 (file meta information).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache

from pydicom.charset import python_encoding
from pydicom.datadict import dictionary_VR
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

Places = dict[int, tuple[str | None, int, int]]
"""By tag: value representation (None where it is implicit), first byte and length; -1 for an undefined length."""

FIRST_BYTE = 128
"""The preamble before it may hold anything."""

_PREAMBLE_BYTES = 132
_META_TAG = b"\x02\x00\x00\x00UL\x04\x00"
_META_BYTES = 12
_SYNTAX_TAG = b"\x02\x00\x10\x00UI"
_PIXEL_TAGS = (0x7FE00008, 0x7FE00009, 0x7FE00010)
_FIRST_TAG = 0x00080000
"""Commands and whatever else comes before group 0008 are not plain."""

_FUNCTIONAL_GROUPS = (0x52009229, 0x52009230)
"""Shared and per-frame functional groups: a file of many frames."""

_CHARACTER_SET = 0x00080005
_UNDEFINED = 0xFFFFFFFF
_ITEM = 0xFFFEE000
_ITEM_END = 0xFFFEE00D
_SEQUENCE_END = 0xFFFEE0DD
_DEEPEST = 20
"""Levels of sequences within sequences that are followed."""

_SHORT_CODES = "AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US"
_SHORT = {vr.encode(): vr for vr in _SHORT_CODES.split()}
"""Value representations with a length of two bytes, PS3.5 table 7.1-2."""

_LONG = {vr.encode(): vr for vr in ["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"]}
"""Value representations with a length of four bytes, PS3.5 table 7.1-1."""

_IMPLICIT = struct.Struct("<HHI").unpack_from
_EXPLICIT = struct.Struct("<HH2sH").unpack_from
_LENGTH = struct.Struct("<I").unpack_from


_Walked = tuple[Places, int, str | None, int, int]
"""Places, tag and value representation of the pixels, where they begin, and their length."""


class _NotPlainError(ValueError):
    """The header has something that pydicom must judge."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the elements of a header lie.

    ``is_implicit``: whether the value representations are implicit; ``places``: place of each element of the
    outermost level; ``pixel_tag``, ``pixel_vr``: of the pixel data; 0 where there are none; ``pixels_at``: first
    byte of the pixel data; the end of the file where there are none; ``n_pixel_bytes``: their length;
    ``meta_values``: where the values of the meta information lie that say nothing of the encoding; ``creators``:
    tags of the private creators, PS3.5 7.8.1.
    """

    is_implicit: bool
    places: Places
    pixel_tag: int
    pixel_vr: str | None
    pixels_at: int
    n_pixel_bytes: int
    meta_values: tuple[tuple[int, int], ...]
    creators: tuple[int, ...]

    def is_free(self, tag: int) -> bool:
        """Tell whether another value in the place of this one would leave the layout as it is.

        False for the character set and sequences of undefined length.
        """
        return tag != _CHARACTER_SET and self.places[tag][2] >= 0


def layout_of(content: bytes, size_bytes: int) -> Layout | None:
    """Find the elements of a plain header.

    None where the header is not plain. Raises EOFError where the header is longer than these bytes.
    """
    try:
        start, is_implicit, meta_values = _dataset_start(content)
        found = _walk(content, start, size_bytes, is_implicit=is_implicit)
        creators = tuple(tag for tag in found[0] if tag >> 16 & 1 and 0x10 <= tag & 0xFFFF <= 0xFF)
        return Layout(is_implicit, *found, meta_values, creators)
    except _NotPlainError:
        return None
    except struct.error:
        raise EOFError from None


def _dataset_start(content: bytes) -> tuple[int, bool, tuple[tuple[int, int], ...]]:
    """Find where the dataset begins, whether it is implicit, and the values before it that do not matter."""
    if content[128:132] != b"DICM" or content[132:140] != _META_TAG:
        raise _NotPlainError
    stop = _PREAMBLE_BYTES + _META_BYTES + _LENGTH(content, 140)[0]
    at, last, syntax = _PREAMBLE_BYTES + _META_BYTES, 0x00020000, b""
    values = []
    while at < stop:
        tag, _, start, n = _explicit_element(content, at)
        if not last < tag < 0x00030000:
            raise _NotPlainError
        if content[at : at + 6] == _SYNTAX_TAG:
            syntax = content[start : start + n].rstrip(b"\0 ")
        else:
            values.append((start, start + n))
        at, last = start + n, tag
    if at != stop or syntax not in (ImplicitVRLittleEndian.encode(), ExplicitVRLittleEndian.encode()):
        raise _NotPlainError
    is_implicit = syntax == ImplicitVRLittleEndian.encode()
    # pydicom believes the first element more than the declared syntax: two capitals are a value representation.
    first = content[at + 4 : at + 6]
    if is_implicit and len(first) == 2 and all(0x40 < byte < 0x5B for byte in first):
        raise _NotPlainError
    return at, is_implicit, tuple(values)


def _explicit_element(content: bytes, at: int) -> tuple[int, str, int, int]:
    """Read tag, value representation, first byte and length of an element."""
    group, element, code, n = _EXPLICIT(content, at)
    vr = _SHORT.get(code)
    if vr is not None:
        return group << 16 | element, vr, at + 8, n
    vr = _LONG.get(code)
    if vr is None:
        raise _NotPlainError
    return group << 16 | element, vr, at + 12, _LENGTH(content, at + 8)[0]


def _implicit_element(content: bytes, at: int) -> tuple[int, None, int, int]:
    """Read tag, first byte and length of an element."""
    group, element, n = _IMPLICIT(content, at)
    return group << 16 | element, None, at + 8, n


def _walk(content: bytes, at: int, size_bytes: int, *, is_implicit: bool) -> _Walked:
    """Step from element to element up to the pixels, or to the end of a file that has none."""
    places: Places = {}
    last = _FIRST_TAG - 1
    vr: str | None = None
    while at != size_bytes:
        # As ``_implicit_element``: a call for each element would take as long as all the rest.
        if is_implicit:
            group, element, n = _IMPLICIT(content, at)
            tag, start = group << 16 | element, at + 8
        else:
            tag, vr, start, n = _explicit_element(content, at)
        if tag <= last or tag in _FUNCTIONAL_GROUPS:
            raise _NotPlainError
        if tag >= _PIXEL_TAGS[0]:
            return _with_pixels(places, tag, vr, start, n)
        if tag == _CHARACTER_SET:
            _check_character_set(content[start : start + n])
        if n == _UNDEFINED:
            places[tag] = (vr, start, -1)
            at = _sequence_stop(content, start, (tag, vr), is_implicit=is_implicit)
        else:
            places[tag] = (vr, start, n)
            at = start + n
        last = tag
    if size_bytes > len(content):
        raise EOFError
    return places, 0, None, size_bytes, 0


def _with_pixels(places: Places, tag: int, vr: str | None, start: int, n: int) -> _Walked:
    """End the header where pixels of known length follow."""
    if tag not in _PIXEL_TAGS or n == _UNDEFINED:
        raise _NotPlainError
    return places, tag, vr, start, n


def _sequence_stop(
    content: bytes, at: int, element: tuple[int, str | None], *, is_implicit: bool, depth: int = 0
) -> int:
    """Find the end of a sequence of undefined length."""
    tag, vr = element
    if depth > _DEEPEST or (vr or vr_of(tag) or "SQ") != "SQ":
        raise _NotPlainError
    while True:
        item, _, start, n = _implicit_element(content, at)
        if item == _SEQUENCE_END:
            return start
        if item != _ITEM:
            raise _NotPlainError
        at = _item_stop(content, start, n, is_implicit=is_implicit, depth=depth)


def _item_stop(content: bytes, at: int, n_bytes: int, *, is_implicit: bool, depth: int) -> int:
    """Find the end of an item, whose elements must fill it where its length is known."""
    read = _implicit_element if is_implicit else _explicit_element
    stop = at + n_bytes
    while at != stop if n_bytes != _UNDEFINED else _implicit_element(content, at)[0] != _ITEM_END:
        tag, vr, start, n = read(content, at)
        if n == _UNDEFINED:
            at = _sequence_stop(content, start, (tag, vr), is_implicit=is_implicit, depth=depth + 1)
        else:
            at = start + n
        if tag == _CHARACTER_SET:
            _check_character_set(content[start:at])
        if tag >= _ITEM or (n_bytes != _UNDEFINED and at > stop):
            raise _NotPlainError
    return at + 8 if n_bytes == _UNDEFINED else at


def _check_character_set(value: bytes) -> None:
    """Leave a character set that pydicom must guess, or fails on, to it."""
    names = value.rstrip(b" \0").decode("latin-1").split("\\")
    if not all(name in python_encoding for name in names):
        raise _NotPlainError


@cache
def vr_of(tag: int) -> str | None:
    """Look up the value representation of a tag.

    None where the dictionary does not know the tag.
    """
    try:
        return dictionary_VR(tag)
    except KeyError:
        return None
