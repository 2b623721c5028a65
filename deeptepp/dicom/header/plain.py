"""Reads the values of a plain DICOM header one by one as they are asked for, as pydicom would give them.

A study has thousands of headers and each is asked for some fifty of its hundred values. What is not the plain form
of a value (a number, an ASCII text) is given by pydicom itself, from the same bytes.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydicom import dcmread
from pydicom.datadict import private_dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement, empty_value_for_VR
from pydicom.dataset import Dataset
from pydicom.values import convert_PN

from deeptepp.dicom.files.member import Member
from deeptepp.dicom.header.elements import Layout, vr_of
from deeptepp.dicom.header.layouts import Layouts
from deeptepp.dicom.header_values import quiet

_HEAD_BYTES = (8 * 1024, 256 * 1024, 4 * 1024**2)
"""Bytes in which a header is sought, one size after the other: most have 3 to 8 KiB, those with private tables of
the scanner up to some 200 KiB."""

_LONGEST_VALUE = 1024
"""Longest value in bytes that is decoded here; positions and names have less than 100."""

_INTEGER = re.compile(rb"[+-]?\d{1,18}")
_DECIMAL = re.compile(rb"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
_UID = re.compile(rb"[0-9.]*")

_NUMBER_FORMS = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d"}
"""``struct`` codes of the binary numbers."""

Values = dict[tuple[str, bytes], Any]
"""Values already decoded, by value representation and bytes."""


@dataclass(frozen=True, slots=True)
class Memo:
    """What the headers of one study share: most of their values, and how their elements lie."""

    values: Values = field(default_factory=dict)
    layouts: Layouts = field(default_factory=Layouts)


class _UnusualError(ValueError):
    """The value has no plain form."""


class PlainHeader:
    """Everything before the pixels of one file.

    ``content``: the first bytes of the file, at least up to its pixels; ``layout``: where the elements lie;
    ``values``: shared by the headers of one study.
    """

    __slots__ = ("_content", "_creators", "_places", "_values", "_whole", "layout")

    def __init__(self, content: bytes, layout: Layout, values: Values) -> None:
        self.layout = layout
        self._places = layout.places
        self._content = content[: layout.pixels_at]
        self._creators: dict[tuple[int, str], list[int]] | None = None
        self._values = values
        self._whole: Dataset | None = None

    def get(self, key: str | tuple[int, int], default: Any = None) -> Any:  # noqa: ANN401  as pydicom's
        """Give the value of a keyword, or the element of a tag.

        ``default``: what to give where there is no such element.
        """
        if not isinstance(key, str):
            return self._element(key) if key[0] << 16 | key[1] in self._places else default
        tag, vr = _tag_of(key)
        place = self._places.get(tag)
        if place is None:
            return default
        found = self._values.get((place[0] or vr or "", self._content[place[1] : place[1] + place[2]]))
        if found is not None:
            return found
        try:
            return self._value(place[0] or vr, place)
        except _UnusualError:
            with quiet():
                return self.dataset().get(key, default)

    def private(self, group: int, creator: str, element: int) -> Any:  # noqa: ANN401  any DICOM value
        """Give the value of a private element.

        Gives the value as pydicom gives it, or None.
        """
        for block in self._blocks().get((group, creator), ()):
            tag = group << 16 | block << 8 | element
            found = self._places.get(tag)
            if found is not None:
                vr = found[0] if found[0] not in (None, "UN") else _private_vr(tag, creator)
                try:
                    return self._value(vr, found)
                except _UnusualError:
                    return self._element((group, tag & 0xFFFF)).value
        return None

    def _blocks(self) -> dict[tuple[int, str], list[int]]:
        """Find the blocks that each private creator reserves in each group."""
        if self._creators is None:
            self._creators = {}
            for tag in self.layout.creators:
                _, start, n = self._places[tag]
                name = self._content[start : start + max(n, 0)].decode("ascii", "replace").strip("\0 ")
                self._creators.setdefault((tag >> 16, name), []).append(tag & 0xFF)
        return self._creators

    def _element(self, tag: tuple[int, int]) -> DataElement:
        """Element as pydicom reads it."""
        with quiet():
            return self.dataset()[tag]

    def dataset(self) -> Dataset:
        """Parse the whole header with pydicom.

        Gives everything before the pixels.
        """
        if self._whole is None:
            with quiet():
                self._whole = dcmread(io.BytesIO(self._content), stop_before_pixels=True, force=True)
        return self._whole

    def _value(self, vr: str | None, place: tuple[str | None, int, int]) -> Any:  # noqa: ANN401
        """Decode the value at a place, or remember it."""
        _, start, n = place
        if n == 0 and vr in _DECODERS:
            return empty_value_for_VR(vr)
        if vr is None or not 0 < n <= _LONGEST_VALUE:
            raise _UnusualError
        key = (vr, self._content[start : start + n])
        found = self._values.get(key)
        if found is None:
            found = self._values[key] = _decoded(*key)
        return found


def read_plain(member: Member, memo: Memo) -> PlainHeader | None:
    """Read the header of one file, where it is plain.

    None where pydicom must read it.
    """
    # As much as the headers before it took comes first.
    for n_bytes in (memo.layouts.reach_bytes or _HEAD_BYTES[0], *_HEAD_BYTES):
        content = member.head(min(n_bytes, member.size_bytes))
        try:
            layout = memo.layouts.find(content, member.size_bytes)
        except EOFError:
            if n_bytes < member.size_bytes:
                continue
            return None
        return None if layout is None else PlainHeader(content, layout, memo.values)
    return None


def _decoded(vr: str, raw: bytes) -> Any:  # noqa: ANN401  any DICOM value
    """Decode a value that is not empty, or refuse what is not its plain form."""
    decode = _DECODERS.get(vr)
    # An escape begins characters of another set; all sets agree on what else is ASCII.
    if decode is None or (vr not in _NUMBER_FORMS and (not raw.isascii() or b"\x1b" in raw)):
        raise _UnusualError
    return decode(vr, raw)


def _one_or_all(values: list[Any]) -> Any:  # noqa: ANN401
    """Value, or the list where there are several."""
    return values[0] if len(values) == 1 else values


def _string(_: str, raw: bytes) -> Any:  # noqa: ANN401
    """Decode a code, date or time: padding ends the whole value."""
    return _one_or_all(raw.rstrip(b" \0").decode("ascii").split("\\"))


def _text(_: str, raw: bytes) -> Any:  # noqa: ANN401
    """Decode a text: padding ends each of several values."""
    return _one_or_all([part.rstrip("\0 ") for part in raw.decode("ascii").split("\\")])


def _whole_text(_: str, raw: bytes) -> str:
    """Decode a text in which a backslash parts nothing."""
    return raw.decode("ascii").rstrip("\0 ")


def _name(_: str, raw: bytes) -> Any:  # noqa: ANN401
    """Decode a name of a person."""
    return convert_PN(raw)


def _uid(_: str, raw: bytes) -> str:
    """Decode a UID."""
    core = raw.rstrip(b"\0 ")
    if _UID.fullmatch(core) is None:
        raise _UnusualError
    return core.decode("ascii")


def _strings_of_numbers(form: re.Pattern[bytes], make: Callable[[bytes], float]) -> Callable[[str, bytes], Any]:
    """Make the decoder of numbers written in digits."""

    def decode(_: str, raw: bytes) -> Any:  # noqa: ANN401
        """Decode one or several numbers."""
        parts = [part.strip(b" ") for part in raw.rstrip(b" \0").split(b"\\")]
        if not all(map(form.fullmatch, parts)):
            raise _UnusualError
        return _one_or_all([make(part) for part in parts])

    return decode


def _binary(vr: str, raw: bytes) -> Any:  # noqa: ANN401
    """Decode one or several binary numbers."""
    form = _NUMBER_FORMS[vr]
    n, rest = divmod(len(raw), struct.calcsize(f"<{form}"))
    if rest:
        raise _UnusualError
    return _one_or_all(list(struct.unpack(f"<{n}{form}", raw)))


_DECODERS: dict[str, Callable[[str, bytes], Any]] = {
    **dict.fromkeys(("AS", "CS", "DA", "DT", "TM"), _string),
    **dict.fromkeys(("LO", "SH"), _text),
    **dict.fromkeys(("LT", "ST"), _whole_text),
    "PN": _name,
    "UI": _uid,
    "DS": _strings_of_numbers(_DECIMAL, float),
    "IS": _strings_of_numbers(_INTEGER, int),
    **dict.fromkeys(_NUMBER_FORMS, _binary),
}
"""How the plain form of each value representation is decoded."""


@cache
def _tag_of(keyword: str) -> tuple[int, str | None]:
    """Look up the tag and value representation of a keyword; -1 where there is none."""
    tag = tag_for_keyword(keyword)
    return (-1, None) if tag is None else (tag, vr_of(tag))


@cache
def _private_vr(tag: int, creator: str) -> str | None:
    """Look up the value representation of a private element; None where the dictionary lacks it."""
    try:
        return private_dictionary_VR(tag, creator)
    except KeyError:
        return None
