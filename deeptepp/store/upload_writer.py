"""The body of an upload, written to disk while it arrives.

Memory does not grow with the study. Names that the browser knows are never sent, stored or logged: files are
numbered in the order of arrival.
"""

from __future__ import annotations

import shutil
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from deeptepp.errors import UploadIncomplete, UploadTooLarge
from deeptepp.file_sets import naming_full_disks
from deeptepp.wording.sentence import sentence

FRAMED_TYPE = "application/vnd.deeptepp.files"
"""Content type of a body that holds many files: ``DTF1``, a uint32 count, then per file a uint64 length and its
bytes, all big-endian. Any other content type is one file, as it is."""

_MAGIC = b"DTF1"
PART = ".part"
"""Suffix of the folder of an upload that has not ended."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What arrived.

    ``upload_id``: names the upload, cannot be guessed.
    """

    upload_id: str
    n_files: int
    n_bytes: int


def is_unfinished(folder: Path) -> bool:
    """Whether a writer is at work on a folder, or was ended by force."""
    return part_of(folder).is_dir()


def part_of(folder: Path) -> Path:
    """Where the files of a folder stand until it is complete."""
    return folder.with_name(folder.name + PART)


class UploadWriter:
    """Writes one body to disk as it arrives; leaves nothing behind unless it is finished.

    ``folder``: folder that appears when the upload is complete; ``is_framed``: the body holds many files, see
    ``FRAMED_TYPE``.
    """

    def __init__(self, folder: Path, *, is_framed: bool, max_bytes: int, max_files: int) -> None:
        self._folder = folder
        self._part = part_of(folder)
        self._part.mkdir(mode=0o700)
        self._max_bytes, self._max_files = max_bytes, max_files
        self._n_bytes = self._n_files = 0
        self._n_expected: int | None = None if is_framed else 1
        self._left: int | None = None
        self._head = b""
        self._file: BinaryIO | None = None
        if not is_framed:
            self._open_next(None)

    def __enter__(self) -> UploadWriter:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.abort()

    def feed(self, chunk: bytes) -> None:
        """Write the next bytes of the body.

        Raises UploadTooLarge: more bytes or files than allowed; UploadIncomplete: the body is not framed as it
        says; DiskFull: there is no room.
        """
        view = memoryview(chunk)
        with naming_full_disks():
            while view:
                view = self._write(view) if self._file else self._read_head(view)

    def finish(self) -> Upload:
        """End the body and let the folder appear.

        Raises UploadIncomplete: the body ended in the middle of a file, or holds nothing.
        """
        if self._file and self._left is None:
            with naming_full_disks():
                self._close()
        if self._file or self._n_files != self._n_expected or self._n_bytes == 0:
            raise UploadIncomplete(
                value=sentence("{mb:.1f} MB in {n} file(s)", mb=self._n_bytes / 1e6, n=self._n_files)
            )
        self._part.rename(self._folder)
        return Upload(self._folder.name, self._n_files, self._n_bytes)

    def abort(self) -> None:
        """Remove what was written, unless the upload was finished."""
        if self._file:
            self._file.close()
            self._file = None
        shutil.rmtree(self._part, ignore_errors=True)

    def _read_head(self, view: memoryview) -> memoryview:
        """Collect the bytes before the next file; give what is left."""
        layout = ">4sI" if self._n_expected is None else ">Q"
        missing = struct.calcsize(layout) - len(self._head)
        self._head += bytes(view[:missing])
        if len(self._head) == struct.calcsize(layout):
            fields, self._head = struct.unpack(layout, self._head), b""
            if self._n_expected is None:
                self._expect(*fields)
            else:
                self._open_next(fields[0])
        return view[missing:]

    def _expect(self, magic: bytes, n_files: int) -> None:
        """Check the start of a framed body."""
        if magic != _MAGIC or n_files == 0:
            raise UploadIncomplete(value="no file list")
        if n_files > self._max_files:
            raise UploadTooLarge(
                value=sentence("{n} files", n=n_files), limit=sentence("{n} files", n=self._max_files)
            )
        self._n_expected = n_files

    def _open_next(self, size: int | None) -> None:
        """Open the next numbered file; ``size`` is None when the body is this one file."""
        if self._n_files == self._n_expected:
            raise UploadIncomplete(value="more files than announced")
        self._left = size
        self._file = (self._part / f"{self._n_files:06d}").open("wb")
        if size == 0:
            self._close()

    def _write(self, view: memoryview) -> memoryview:
        """Write to the open file; give what belongs to the next one."""
        piece = view if self._left is None else view[: self._left]
        self._n_bytes += len(piece)
        if self._n_bytes > self._max_bytes:
            raise UploadTooLarge(value="more data", limit=f"{self._max_bytes / 1e9:.3g} GB")
        if self._file:
            self._file.write(piece)
        if self._left is not None:
            self._left -= len(piece)
            if self._left == 0:
                self._close()
        return view[len(piece) :]

    def _close(self) -> None:
        """Close the open file and count it."""
        if self._file:
            self._file.close()
        self._file, self._left = None, None
        self._n_files += 1
