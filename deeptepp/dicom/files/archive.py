"""Opens a zip, a folder, a DICOMDIR or a list of files as a row of byte sources, without ever unpacking to disk.

Names inside an archive are looked at to refuse unsafe ones and are then forgotten: nothing downstream sees them,
so neither order nor wording of file names can sway a result, and no identifier in a name can leak.
"""

from __future__ import annotations

import io
import os
import stat
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from deeptepp.dicom.files.directory import is_directory_file, referenced_files
from deeptepp.dicom.files.member import DAMAGE, Member, damaged, in_words
from deeptepp.dicom.files.short_cut import EntryBytes, FileBytes, PackedFile
from deeptepp.errors import ArchiveTooLarge, DamagedArchive, EncryptedArchive, NotAnArchive, UnsafeArchivePath

MAX_TOTAL_BYTES = 6 * 1024**3
"""Largest total unpacked size in bytes; a large breast MR study with every series has about 2 GiB."""

MAX_MEMBERS = 50_000
"""Largest number of files; a large breast MR study has about 10,000."""

MAX_RATIO = 200.0
"""Largest unpacked over packed size of a whole archive; MR deflates 2 to 5 times, a bomb 1000 times."""

RATIO_FROM_BYTES = 64 * 1024**2
"""Unpacked size in bytes below which the ratio is not looked at: few empty images cannot harm."""

_CHUNK_BYTES = 64 * 1024
"""Bytes read ahead while a header is parsed."""

_LOCAL_HEADER = b"PK\x03\x04"
"""First bytes of a zip archive."""

_AES = 99
"""Compression method that stands for AES encryption, APPNOTE.TXT appendix E; the true one follows it."""

_JUNK_PARTS = frozenset({"__MACOSX", ".DS_Store", "Thumbs.db"})
"""Names of what operating systems add beside the images."""

_DIRECTORY_NAME = "DICOMDIR"
"""Name of the directory of a CD; one that is damaged is known by it."""


@contextmanager
def open_members(source: Path | Sequence[Path]) -> Iterator[tuple[Member, ...]]:
    """Open a zip, a folder (recursively), one file, the DICOMDIR of a CD, or a list of these.

    Parameters
    ----------
    source : Path or sequence of Path
        Where the study is. Archives inside archives or folders are not opened; a DICOMDIR stands for its images
        where nothing else is named.

    Yields
    ------
    tuple of Member
        The files, valid inside the ``with`` block.

    Raises
    ------
    NotAnArchive
        A file is neither a zip nor DICOM, or does not exist.
    EncryptedArchive, ArchiveTooLarge, UnsafeArchivePath, DamagedArchive
        The archive cannot be opened safely.
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
        _check_size(len(members), sum(m.size_bytes for m in members), packed_bytes=None)
        yield tuple(members)


def _is_directory(path: Path) -> bool:
    """Tell whether a file is a DICOMDIR, or was one before it was damaged."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        if is_directory_file(stream):
            return True
    name = path.name.partition(";")[0].removesuffix(".")
    return name.upper() == _DIRECTORY_NAME and not zipfile.is_zipfile(path)


def _cd_members(dicomdir: Path) -> list[Member]:
    """Give the images that a DICOMDIR names; all files of its folder where it names none or cannot be read."""
    try:
        found = referenced_files(dicomdir)
    except NotAnArchive:
        found = ()
    if not found:
        return _folder_members(dicomdir.resolve().parent)
    return [_file_member(str(path), path.stat().st_size) for path in found]


def _members_of(path: Path, stack: ExitStack, *, must_be_study: bool) -> list[Member]:
    """Give the members behind one path; a lone path must be a folder, a zip or DICOM."""
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
        raise NotAnArchive(value=f"{path.stat().st_size} bytes in another format")
    return [_file_member(str(path), path.stat().st_size)]


def looks_like_dicom(head: bytes) -> bool:
    """Tell from the first 132 bytes whether a file may be DICOM, with or without a preamble.

    Parameters
    ----------
    head : bytes
        The first bytes of the file.

    Returns
    -------
    bool
        True where the ``DICM`` mark stands, or the first tag is of group 0002 or 0008.
    """
    return head[128:132] == b"DICM" or head[:2] in (b"\x02\x00", b"\x08\x00")


def _folder_members(folder: Path) -> list[Member]:
    """List a folder recursively; a link that leads outside is refused."""
    root = folder.resolve()
    found = [entry for entry in _files_in(folder) if entry.is_file()]
    # Only a link can lead outside.
    outside = sum(entry.is_symlink() and not Path(entry).resolve().is_relative_to(root) for entry in found)
    if outside:
        raise UnsafeArchivePath(value=outside)
    return [_file_member(entry.path, entry.stat().st_size) for entry in found]


def _files_in(folder: Path | str) -> Iterator[os.DirEntry[str]]:
    """Give what is no folder, in order of the names; links to folders are not followed."""
    try:
        with os.scandir(folder) as entries:
            ordered = sorted(entries, key=lambda entry: entry.name)
    except PermissionError:
        return
    for entry in ordered:
        if _is_junk((entry.name,)):
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
    try:
        archive = stack.enter_context(zipfile.ZipFile(path))
    except DAMAGE as error:
        raise damaged(error) from None
    infos = archive.infolist()
    unsafe = sum(_is_unsafe(info) for info in infos)
    if unsafe:
        raise UnsafeArchivePath(value=unsafe)
    files = [i for i in infos if not i.is_dir() and not _is_junk(PurePosixPath(i.filename).parts)]
    n_encrypted = sum(bool(info.flag_bits & 0x1) or info.compress_type == _AES for info in files)
    if n_encrypted:
        raise EncryptedArchive(value=n_encrypted)
    _check_size(len(infos), sum(i.file_size for i in infos), sum(i.compress_size for i in infos))
    packed = stack.enter_context(PackedFile(path))
    return [_zip_member(archive, info, packed) for info in files]


def _zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, packed: PackedFile) -> Member:
    """Make a member of a zip entry; the reader stops at the declared size and checks the CRC."""

    def opener() -> BinaryIO:
        """Open the entry with read-ahead."""
        entry = cast(io.RawIOBase, archive.open(info))
        return cast(BinaryIO, io.BufferedReader(entry, _CHUNK_BYTES))

    return Member(info.file_size, opener, EntryBytes(packed, info))


def _check_size(n_members: int, total_bytes: int, packed_bytes: int | None) -> None:
    """Refuse what a study cannot be: too many files, too many bytes, or too well packed."""
    if n_members > MAX_MEMBERS:
        raise ArchiveTooLarge(value=f"{n_members} files", limit=f"{MAX_MEMBERS} files")
    if total_bytes > MAX_TOTAL_BYTES:
        raise ArchiveTooLarge(value=in_words(total_bytes), limit=in_words(MAX_TOTAL_BYTES))
    if packed_bytes is not None and total_bytes > max(RATIO_FROM_BYTES, MAX_RATIO * packed_bytes):
        ratio = total_bytes / max(packed_bytes, 1)
        raise ArchiveTooLarge(value=f"{ratio:.0f} times its size", limit=f"{MAX_RATIO:.0f} times")


def _is_unsafe(info: zipfile.ZipInfo) -> bool:
    """Tell whether an entry is a link or its name would leave the archive's own folder."""
    # ``orig_filename`` still holds what follows a NUL byte; both separators count on every platform.
    name = info.orig_filename.replace("\\", "/")
    parts = PurePosixPath(name).parts
    is_absolute = name.startswith("/") or (len(name) > 1 and name[1] == ":")
    return is_absolute or ".." in parts or "\0" in name or stat.S_ISLNK(info.external_attr >> 16)


def _is_junk(parts: Sequence[str]) -> bool:
    """Tell whether a path belongs to what operating systems and media exports add."""
    return any(part in _JUNK_PARTS or part.startswith("._") for part in parts)
