"""Files that belong together: written beside their place, listed with their digests, and put there as a whole.

The list, ``SHA256SUMS``, is written last. Its first lines say what the files are of, as remarks that
``sha256sum --check`` passes over; then each file has a line. Such a folder is replaced at one blow, so that a kill
leaves the old files or the new ones, never some of each; a folder that holds anything else is not touched.

References
----------
renameat2(2) of Linux, RENAME_EXCHANGE: two folders change places at one blow.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from deeptepp.errors import DiskFull, FilesIncomplete, FilesMixed, FolderInUse
from deeptepp.wording.sentence import sentence

SUMS = "SHA256SUMS"
"""Name of the list of a set, in the format of ``sha256sum``."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""No room, no quota, and the largest file that this process may write."""

_AT_CWD, _EXCHANGE = -100, 2
"""AT_FDCWD and RENAME_EXCHANGE of renameat2(2)."""

_PART = ".part"

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class FileSet:
    """One whole set of files, as its list says.

    ``about``: what the files are of; ``digests``: SHA-256 of each file, in hexadecimal, by its path in the folder.
    """

    folder: Path
    about: Mapping[str, str]
    digests: Mapping[str, str]

    def read(self, name: str) -> bytes:
        """Read a file, and compare the very bytes with the list; FilesMixed where they differ."""
        content = (self.folder / name).read_bytes()
        if hashlib.sha256(content).hexdigest() != self.digests[name]:
            raise FilesMixed(value=1)
        return content


@contextmanager
def writing_set(folder: Path, about: Mapping[str, str]) -> Iterator[Path]:
    """Give an empty folder to write into, which takes the place of a folder when the block ends well.

    ``about``: what the files are of, for the list, one line each. Whatever goes wrong leaves the folder as it was,
    and nothing beside it. Raises FolderInUse: the folder holds anything but one whole set; DiskFull: there is no
    room.
    """
    check_free(folder)
    folder = folder.resolve()
    with naming_full_disks():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _part_of(folder) as part:
            yield part
            _seal(part, about)
            _put(part, folder)


def check_free(folder: Path) -> None:
    """Refuse a folder that a set cannot replace as a whole: FolderInUse."""
    folder = folder.resolve()
    if not folder.exists():
        return
    if not folder.is_dir() or os.path.ismount(folder) or folder == Path.cwd():
        raise FolderInUse(
            reason=sentence("it is no folder, the one you are in, or a place where a disk is mounted")
        )
    if not any(folder.iterdir()):
        return
    try:
        read_set(folder)
    except (FilesIncomplete, FilesMixed):
        raise FolderInUse(reason=sentence("it holds other files, or some that were changed")) from None


def read_set(folder: Path) -> FileSet:
    """Read the list of a set and compare every file with it.

    Raises FilesIncomplete: the list, or a file of it, is absent, or a file is not in the list; FilesMixed: a file
    is of another set, or was changed.
    """
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise FilesIncomplete(reason=sentence("it has no list of its files")) from None
    remarks = [line.removeprefix("# ").partition(": ") for line in lines if line.startswith("#")]
    listed = [line.partition("  ") for line in lines if line.strip() and not line.startswith("#")]
    digests = {name: digest for digest, _, name in listed}
    found = {name for name in _names_in(folder) if name != SUMS}
    if n_absent := len(digests.keys() - found):
        raise FilesIncomplete(reason=sentence("{n} of {m} files are absent", n=n_absent, m=len(digests)))
    if n_more := len(found - digests.keys()):
        raise FilesIncomplete(reason=sentence("{n} of {m} files are not in its list", n=n_more, m=len(found)))
    if n_other := sum(digest_of(folder / name) != digest for name, digest in digests.items()):
        raise FilesMixed(value=n_other)
    return FileSet(folder, {name: value for name, _, value in remarks}, digests)


@contextmanager
def naming_full_disks() -> Iterator[None]:
    """Give a full disk, a used-up quota or a file at its largest size a name of their own: DiskFull."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull from None
        raise


def digest_of(path: Path) -> str:
    """SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_of_stream(opener: Callable[[], AbstractContextManager[BinaryIO]]) -> str:
    """SHA-256 in hexadecimal of what ``opener`` opens, a file or a member of an archive, read in pieces."""
    digest = hashlib.sha256()
    with opener() as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _names_in(folder: Path) -> list[str]:
    """Paths of all that is in a folder but folders, in order."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


@contextmanager
def _part_of(folder: Path) -> Iterator[Path]:
    """Make a hidden folder beside a folder; it goes with the block, and those of killed writers before it."""
    with _locked(folder.parent):
        _remove_orphans(folder)
        part = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}{_PART}")
        part.mkdir()
        if folder.exists():
            shutil.copymode(folder, part)
        held = os.open(part, os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_EX)
    try:
        yield part
    finally:
        # Where the two have changed places, this is the old set.
        shutil.rmtree(part, ignore_errors=True)
        os.close(held)


def _remove_orphans(folder: Path) -> None:
    """Remove what killed writers of a folder left beside it: no process locks it any more."""
    for path in folder.parent.iterdir():
        if path.name.startswith(f".{folder.name}.") and path.name.endswith(_PART) and path.is_dir():
            try:
                with _locked(path, fcntl.LOCK_NB):
                    shutil.rmtree(path, ignore_errors=True)
            except OSError:
                continue


@contextmanager
def _locked(folder: Path, more: int = 0) -> Iterator[None]:
    """Hold the lock of a folder, which ends with the process at the latest."""
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | more)
        yield
    finally:
        os.close(held)


def _seal(part: Path, about: Mapping[str, str]) -> None:
    """Bring all files to the disk, then the list, then the folders that name them."""
    lines = [f"# {name}: {' '.join(str(value).split())}" for name, value in about.items()]
    for name in _names_in(part):
        _sync(part / name)
        lines.append(f"{digest_of(part / name)}  {name}")
    (part / SUMS).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    _sync(part / SUMS)
    for folder in (*(path for path in part.rglob("*") if path.is_dir()), part):
        _sync(folder)


def _put(part: Path, folder: Path) -> None:
    """Put a set in its place at one blow."""
    try:
        part.rename(folder)  # onto nothing, or onto an empty folder
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        _change_places(part, folder)
    _sync(folder.parent)


def _change_places(part: Path, folder: Path) -> None:
    """Let two folders change places; FolderInUse where the system or the disk cannot."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None or rename(_AT_CWD, os.fsencode(part), _AT_CWD, os.fsencode(folder), _EXCHANGE) != 0:
        raise FolderInUse(reason=sentence("this disk cannot replace it at one blow"))


def _sync(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk."""
    held = os.open(path, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)
