"""Opens a zip, a folder, a DICOMDIR or a list of files as a row of byte sources, without ever unpacking to disk.

Names inside an archive are looked at to refuse unsafe ones and are then forgotten: nothing downstream sees them,
so neither order nor wording of file names can sway a result, and no identifier in a name can leak.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from deeptepp.dicom.files.directory import is_directory_file, referenced_files
from deeptepp.dicom.files.member import Member
from deeptepp.dicom.files.short_cut import EntryBytes, FileBytes, PackedFile
from deeptepp.errors import ArchiveTooLarge, DamagedArchive, NotAnArchive
from deeptepp.safe_files import check_total, is_junk, looks_like_dicom, open_zip, refuse_outside
from deeptepp.wording.sentence import sentence

MAX_RATIO = 200.0
"""Largest unpacked over packed size of a whole archive; MR deflates 2 to 5 times, a bomb 1000 times."""

RATIO_FROM_BYTES = 64 * 1024**2
"""Unpacked size in bytes below which the ratio is not looked at: few empty images cannot harm."""

_CHUNK_BYTES = 64 * 1024
"""Bytes read ahead while a header is parsed."""

_LOCAL_HEADER = b"PK\x03\x04"
"""First bytes of a zip archive."""

_DIRECTORY_NAME = "DICOMDIR"
"""Name of the directory of a CD; one that is damaged is known by it."""


@contextmanager
def open_members(source: Path | Sequence[Path]) -> Iterator[tuple[Member, ...]]:
    """Open a zip, a folder (recursively), one file, the DICOMDIR of a CD, or a list of these.

    ``source``: where the study is. Archives inside archives or folders are not opened; a DICOMDIR stands for its
    images where nothing else is named. Yields the files, valid inside the ``with`` block. Raises NotAnArchive
    where a file is neither a zip nor DICOM, or does not exist; EncryptedArchive, ArchiveTooLarge,
    UnsafeArchivePath, DamagedArchive where the archive cannot be opened safely.
    """
    paths = [source] if isinstance(source, Path) else list(source)
    if not paths:
        raise NotAnArchive(value="no file")
    alone = len(paths) == 1
    with ExitStack() as stack:
        members: list[Member] = []
        if all(_is_directory(path) for path in paths):
            members.extend(member for path in paths for member in _cd_members(path))
        else:
            for path in paths:
                members.extend(_members_of(path, stack, must_be_study=alone))
        check_total(len(members), sum(m.size_bytes for m in members))
        yield tuple(members)


def _is_directory(path: Path) -> bool:
    """Whether a file is a DICOMDIR, or was one before it was damaged."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        if is_directory_file(stream):
            return True
    name = path.name.partition(";")[0].removesuffix(".")
    return name.upper() == _DIRECTORY_NAME and not zipfile.is_zipfile(path)


def _cd_members(dicomdir: Path) -> list[Member]:
    """Images that a DICOMDIR names; all files of its folder where it names none or cannot be read."""
    try:
        found = referenced_files(dicomdir)
    except NotAnArchive:
        found = ()
    if not found:
        return _folder_members(dicomdir.resolve().parent)
    return [_file_member(str(path), path.stat().st_size) for path in found]


def _members_of(path: Path, stack: ExitStack, *, must_be_study: bool) -> list[Member]:
    """Members behind one path; a lone path must be a folder, a zip or DICOM."""
    if path.is_dir():
        return _folder_members(path)
    if not path.is_file():
        raise NotAnArchive(value="nothing, or no file")
    with path.open("rb") as stream:
        head = stream.read(132)
    if zipfile.is_zipfile(path) and head[128:] != b"DICM":
        return _zip_members(path, stack)
    if head.startswith(_LOCAL_HEADER):
        raise DamagedArchive(value="its directory is absent")
    if must_be_study and not looks_like_dicom(head):
        raise NotAnArchive(value=sentence("{n} bytes in another format", n=path.stat().st_size))
    return [_file_member(str(path), path.stat().st_size)]


def _folder_members(folder: Path) -> list[Member]:
    """List a folder recursively; a link that leads outside is refused."""
    found = [entry for entry in _files_in(folder) if entry.is_file()]
    # Only a link can lead outside.
    refuse_outside((Path(entry) for entry in found if entry.is_symlink()), folder)
    return [_file_member(entry.path, entry.stat().st_size) for entry in found]


def _files_in(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    """What is no folder, in order of the names; links to folders are not followed."""
    try:
        with os.scandir(folder) as entries:
            ordered = sorted(entries, key=lambda entry: entry.name)
    except PermissionError:
        return
    for entry in ordered:
        if is_junk((entry.name,)):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _files_in(entry.path)
        else:
            yield entry


def _file_member(path: str, size_bytes: int) -> Member:
    """Make a member of a plain file."""
    return Member(size_bytes, lambda: Path(path).open("rb"), FileBytes(path))


def _zip_members(path: Path, stack: ExitStack) -> list[Member]:
    """List a zip archive after all checks that its directory allows."""
    archive, files = open_zip(path, stack)
    infos = archive.infolist()
    total_bytes, packed_bytes = sum(i.file_size for i in infos), sum(i.compress_size for i in infos)
    check_total(len(infos), total_bytes)
    if total_bytes > max(RATIO_FROM_BYTES, MAX_RATIO * packed_bytes):
        ratio = total_bytes / max(packed_bytes, 1)
        raise ArchiveTooLarge(
            value=sentence("{n:.0f} times its size", n=ratio), limit=sentence("{n:.0f} times", n=MAX_RATIO)
        )
    packed = stack.enter_context(PackedFile(path))
    return [_zip_member(archive, info, packed) for info in files]


def _zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, packed: PackedFile) -> Member:
    """Make a member of a zip entry; the reader stops at the declared size and checks the CRC."""

    def opener() -> BinaryIO:
        """Open the entry with read-ahead."""
        entry = cast(io.RawIOBase, archive.open(info))
        return cast(BinaryIO, io.BufferedReader(entry, _CHUNK_BYTES))

    return Member(info.file_size, opener, EntryBytes(packed, info))
