"""Reads the file meta information alone: the library inflates a deflated dataset behind it, however large."""

from __future__ import annotations

from typing import BinaryIO

from pydicom.filereader import data_element_generator

_META_GROUP = 0x0002
_PREAMBLE_BYTES = 132


def meta_value(stream: BinaryIO, tag: int) -> bytes | None:
    """Read one value, without padding, and leave the stream where the dataset begins.

    None where there is no meta information, or none or several such values.
    """
    if stream.read(_PREAMBLE_BYTES)[-4:] != b"DICM":
        return None
    meta = data_element_generator(stream, False, True, stop_when=lambda at, _vr, _n: at.group != _META_GROUP)
    values = [bytes(element.value or b"").rstrip(b"\0 ") for element in meta if element.tag == tag]
    return values[0] if len(values) == 1 else None
