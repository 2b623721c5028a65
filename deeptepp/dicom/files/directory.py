"""The DICOMDIR of a CD: which files its image records name, found even where the medium changed their case.

PS3.10 8 and PS3.3 F: a DICOMDIR names files by up to eight components of up to eight capitals. What reaches a disk
is often in small letters, or has the version of ISO 9660 (``;1``) or a dot at its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from pydicom import dcmread
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.uid import MediaStorageDirectoryStorage

from deeptepp.dicom.files.file_meta import meta_value
from deeptepp.dicom.header_values import UNREADABLE, quiet
from deeptepp.errors import NotAnArchive, UnsafeArchivePath
from deeptepp.safe_files import refuse_outside

_IMAGE = "IMAGE"
"""DirectoryRecordType of images; results, reports and waveforms have others."""

_INACTIVE = 0
"""RecordInUseFlag of a record that was deleted."""

_RECORDS = "DirectoryRecordSequence"
_UNDEFINED = 0xFFFFFFFF
"""Length of a sequence that ends by a mark."""

_SOP_CLASS = 0x00020002
"""MediaStorageSOPClassUID."""


def is_directory_file(stream: BinaryIO) -> bool:
    """Tell by its SOP class whether a file is a DICOMDIR, whatever its name."""
    try:
        with quiet():
            return meta_value(stream, _SOP_CLASS) == MediaStorageDirectoryStorage.encode()
    except UNREADABLE:
        return False


def referenced_files(dicomdir: Path) -> tuple[Path, ...]:
    """Find the files that the image records of a DICOMDIR name.

    ``dicomdir``: the file itself; the files lie in its folder and below. Gives those that exist, once each, in the
    order of the records; of any patient, which reading judges. Raises NotAnArchive where the file is no DICOMDIR
    or cannot be read; UnsafeArchivePath where a record, or a link, points outside of the folder.
    """
    root = dicomdir.resolve().parent
    names = list(_file_ids(_records(dicomdir)))
    unsafe = sum(not _is_inside(components) for components in names)
    if unsafe:
        raise UnsafeArchivePath(value=unsafe)
    listings: dict[Path, Mapping[str, Path]] = {}
    found = [path for components in names if (path := _resolved(root, components, listings)) is not None]
    refuse_outside(found, root)
    return tuple(dict.fromkeys(found))


def _records(dicomdir: Path) -> list[Dataset]:
    """Read the records of all levels; they lie in one flat sequence."""
    try:
        with quiet(), dicomdir.open("rb") as stream:
            dataset = dcmread(stream)
            is_directory = dataset.file_meta.get("MediaStorageSOPClassUID") == MediaStorageDirectoryStorage
            is_whole = _is_whole(dataset)
            records = list(dataset.get(_RECORDS) or ())
    except UNREADABLE:
        raise NotAnArchive(value="a DICOMDIR that cannot be read") from None
    if not is_whole:
        raise NotAnArchive(value="a DICOMDIR that is cut short")
    if not is_directory:
        raise NotAnArchive(value="no DICOMDIR")
    return records


def _is_whole(dataset: Dataset) -> bool:
    """Whether the records are as long as they say; pydicom passes over an early end in silence."""
    stored = dataset.get_item(_RECORDS) if _RECORDS in dataset else None
    if not isinstance(stored, RawDataElement) or stored.value is None:
        return stored is not None
    return stored.length == _UNDEFINED or len(stored.value) == stored.length


def _file_ids(records: list[Dataset]) -> Iterator[tuple[str, ...]]:
    """Components of each file that an image record in use names."""
    for record in records:
        if record.get("DirectoryRecordType") != _IMAGE or record.get("RecordInUseFlag") == _INACTIVE:
            continue
        value = record.get("ReferencedFileID")
        if value:
            yield tuple(str(part) for part in value) if isinstance(value, MultiValue) else (str(value),)


def _is_inside(components: tuple[str, ...]) -> bool:
    """Whether a file ID stays in its folder: no separators, no way up, no empty component."""
    return all(_plain(part) not in ("", ".", "..") and not set(part) & set("/\\:\0") for part in components)


def _resolved(root: Path, components: tuple[str, ...], listings: dict[Path, Mapping[str, Path]]) -> Path | None:
    """Walk down by names as they are compared on a CD; each folder is listed once."""
    path = root
    for component in components:
        if path not in listings:
            listings[path] = {_plain(p.name): p for p in sorted(path.iterdir())} if path.is_dir() else {}
        below = listings[path].get(_plain(component))
        if below is None:
            return None
        path = below
    return path if path.is_file() else None


def _plain(name: str) -> str:
    """Name as CDs compare it: without case, version, or dot at its end."""
    stem, mark, version = name.strip().rpartition(";")
    return (stem if mark and version.isdigit() else name.strip()).removesuffix(".").casefold()
