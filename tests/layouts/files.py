"""Images as files, quickly: what slices share is encoded once."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from functools import lru_cache
from pathlib import Path

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_data_element

from layouts.kept import Kept

PIXELS = 0x7FE00010
LONG = frozenset({"OB", "OW", "UN", "SQ", "UT"})
"""Kinds of value whose length is written in four bytes."""


def zipped(images: list[Dataset], path: Path, seed: int) -> Path:
    """Write images in a random order under random names into one archive, which is quicker than files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, made in shuffled(images, seed):
            archive.writestr(zipfile.ZipInfo(name), encoded(made))
    return path


def written(images: list[Dataset], folder: Path, seed: int) -> Path:
    """Write images in a random order under random names into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, made in shuffled(images, seed):
        (folder / name).write_bytes(encoded(made))
    return folder


def shuffled(images: list[Dataset], seed: int) -> list[tuple[str, Dataset]]:
    """Give names and images that say nothing by their order."""
    chance = random.Random(seed)
    return [(f"{chance.getrandbits(40):010x}", made) for made in chance.sample(images, len(images))]


def encoded(made: Dataset) -> bytes:
    """Give the bytes of a DICOM file (PS3.10, explicit VR, little endian)."""
    if any(element.VR == "SQ" or " or " in element.VR for element in made if element.tag != PIXELS):
        whole = io.BytesIO()
        made.save_as(whole, enforce_file_format=True)
        return whole.getvalue()
    meta = raw(0x00020001, "OB", b"\x00\x01") + b"".join(map(bytes_of, made.file_meta))
    length = raw(0x00020000, "UL", struct.pack("<I", len(meta)))
    return b"\0" * 128 + b"DICM" + length + meta + b"".join(map(bytes_of, made))


def bytes_of(element: DataElement) -> bytes:
    """Give the bytes of one element; those that many images share come from a cache."""
    if element.tag == PIXELS:
        return raw(element.tag, "OW", element.value)
    if element.VR == "UI" and isinstance(element.value, str):
        text = element.value.encode()
        return raw(element.tag, "UI", text + b"\0" * (len(text) % 2))
    return remembered(int(element.tag), element.VR, repr(element.value), Kept(element))


@lru_cache(maxsize=4096)
def remembered(tag: int, vr: str, text: str, kept: Kept) -> bytes:
    """Encode an element."""
    del tag, vr, text
    stream = DicomBytesIO()
    stream.is_little_endian, stream.is_implicit_VR = True, False
    write_data_element(stream, kept.value)
    return stream.getvalue()


def raw(tag: int, vr: str, value: bytes) -> bytes:
    """Encode an element whose value is bytes already."""
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr.encode()
    size = struct.pack("<xxI" if vr in LONG else "<H", len(value))
    return head + size + value
