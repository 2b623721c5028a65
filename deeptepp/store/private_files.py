"""Files and folders that nobody but the user of the server may read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

_FILE, _FOLDER = 0o600, 0o700
"""Permissions: the owner alone."""


def private_folder(folder: Path) -> Path:
    """Make a folder that only its owner may enter; one that is there keeps its permissions, it may be shared."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True, mode=_FOLDER)
        folder.chmod(_FOLDER)
    return folder


def private_file(file: Path) -> Path:
    """Make an empty file that only its owner may read, or take one that is there away from the others."""
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE))
    mode = file.stat().st_mode
    if mode & ~_FOLDER & 0o777:
        # Of another owner it stays as it is: whoever set it up so decides.
        with suppress(PermissionError):
            file.chmod(mode & _FOLDER)
    return file


@contextmanager
def written_aside(file: Path) -> Iterator[BinaryIO]:
    """Write a private file that appears when it is complete and on the disk; a failure leaves nothing."""
    part = file.with_name(f"{file.name}.part")
    handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, _FILE)
    try:
        with os.fdopen(handle, "w+b") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.rename(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
