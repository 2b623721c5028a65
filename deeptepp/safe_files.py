"""What folders and zip archives of images are refused for, or have passed over, before anything is read."""

from __future__ import annotations

import lzma
import stat
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

from deeptepp.domain.progress import bounds, checkpoint
from deeptepp.errors import ArchiveTooLarge, DamagedArchive, EncryptedArchive, UnsafeArchivePath
from deeptepp.wording.sentence import sentence

MAX_TOTAL_BYTES = 6 * 1024**3
"""Largest total unpacked size in bytes; a large breast MR study with every series has about 2 GiB."""

MAX_FILES = 50_000
"""Largest number of files; a large breast MR study has about 10,000."""

MAX_DIRECTORY_BYTES = 24 * 1024**2
"""Largest directory of a zip archive; one of 50,000 files with long names has 15 MiB."""

_N_ENTRIES, _DIRECTORY_BYTES = 4, 5
"""Places in what the end of a zip archive says, as zipfile gives it."""

DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    NotImplementedError,
    UnicodeDecodeError,
)
"""What reading packed bytes raises where they are broken or exotic; OSError for places before the beginning of an
archive and for gzip, UnicodeDecodeError for names that are not in the encoding they claim."""

_AES = 99
"""Compression method that stands for AES encryption, APPNOTE.TXT appendix E; the true one follows it."""

_JUNK_PARTS = frozenset({"__MACOSX", ".DS_Store", "Thumbs.db"})
"""Names of what operating systems add beside the images."""


def looks_like_dicom(head: bytes) -> bool:
    """Tell by its first 132 bytes whether a file may be DICOM: the ``DICM`` mark, or a tag of group 2 or 8."""
    return head[128:132] == b"DICM" or head[:2] in (b"\x02\x00", b"\x08\x00")


def check_directory(path: Path) -> None:
    """Refuse a zip archive whose directory lists too much, before a line of it is read."""
    with path.open("rb") as stream:
        end = zipfile._EndRecData(stream)  # type: ignore[attr-defined]
    if end is not None:
        check_total(end[_N_ENTRIES], 0)
        if end[_DIRECTORY_BYTES] > MAX_DIRECTORY_BYTES:
            raise ArchiveTooLarge(
                value=sentence("a directory of {size}", size=in_words(end[_DIRECTORY_BYTES])),
                limit=in_words(MAX_DIRECTORY_BYTES),
            )


def open_zip(path: Path, stack: ExitStack) -> tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]:
    """Open a zip archive with its files that are no junk; unsafe names, links, encryption, damage are refused."""
    try:
        check_directory(path)
        archive = stack.enter_context(zipfile.ZipFile(path))
    except DAMAGE as error:
        raise damaged(error) from None
    if n_unsafe := sum(_is_unsafe(info) for info in archive.infolist()):
        raise UnsafeArchivePath(value=n_unsafe)
    files = [i for i in archive.infolist() if not i.is_dir() and not is_junk(i.filename.split("/"))]
    if n_encrypted := sum(bool(info.flag_bits & 0x1) or info.compress_type == _AES for info in files):
        raise EncryptedArchive(value=n_encrypted)
    return archive, files


def _is_unsafe(info: zipfile.ZipInfo) -> bool:
    """Whether an entry is a link or its name would leave the archive's own folder."""
    checkpoint()
    # ``orig_filename`` still holds what follows a NUL byte; both separators count on every platform.
    name = info.orig_filename.replace("\\", "/")
    is_absolute = name.startswith("/") or name[1:2] == ":"
    is_link = stat.S_ISLNK(info.external_attr >> 16)
    return is_absolute or ".." in name.split("/") or "\0" in name or is_link


def refuse_outside(paths: Iterable[Path], folder: Path) -> None:
    """Refuse paths that a link leads out of a folder."""
    root = folder.resolve()
    if n_outside := sum(not path.resolve().is_relative_to(root) for path in paths):
        raise UnsafeArchivePath(value=n_outside)


def is_junk(parts: Sequence[str]) -> bool:
    """Whether a path belongs to what operating systems and media exports add."""
    checkpoint()
    return any(part in _JUNK_PARTS or part.startswith("._") for part in parts)


def check_total(n_files: int, n_bytes: int) -> None:
    """Refuse more files, or more unpacked bytes, than a study has."""
    limit = int(min(MAX_FILES, bounds().n_files))
    if n_files > limit:
        raise ArchiveTooLarge(value=sentence("{n} files", n=n_files), limit=sentence("{n} files", n=limit))
    if n_bytes > MAX_TOTAL_BYTES:
        raise ArchiveTooLarge(value=in_words(n_bytes), limit=in_words(MAX_TOTAL_BYTES))


def damaged(error: Exception) -> DamagedArchive:
    """Say in words what the zip reader could not do."""
    if isinstance(error, NotImplementedError):
        return DamagedArchive(value="it is packed by a method other than Deflate")
    if isinstance(error, PermissionError | FileNotFoundError):
        return DamagedArchive(value="a file cannot be opened")
    return DamagedArchive(value="its bytes do not match its checksums or directory")


def in_words(n_bytes: int) -> str:
    """Write a number of bytes for people, in MiB, or in GiB from one GiB on."""
    return f"{n_bytes / 1024**3:.1f} GiB" if n_bytes >= 1024**3 else f"{n_bytes / 1024**2:.0f} MiB"
