"""One file of a study: a row of bytes that is opened on demand, from a folder or from an archive."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO

from deeptepp.dicom.files.short_cut import ShortCut
from deeptepp.errors import ArchiveTooLarge, DamagedArchive

DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    NotImplementedError,
    UnicodeDecodeError,
)
"""What the zip reader raises on a broken or exotic archive; OSError for places that lie before its beginning,
UnicodeDecodeError for names that are not in the encoding they claim."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a study, opened on demand.

    Parameters
    ----------
    size_bytes : int
        Declared size; reading never yields more.
    opener : callable
        Gives a fresh seekable binary stream.
    short_cut : ShortCut, optional
        Gives the same bytes faster, where it can.
    notes : dict
        What one pass over the files found, so that the next one need not.
    """

    size_bytes: int
    opener: Callable[[], BinaryIO]
    short_cut: ShortCut | None = None
    notes: dict[str, object] = field(default_factory=dict, repr=False, compare=False)

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open the stream, buffered, for the length of a ``with`` block.

        Yields
        ------
        BinaryIO
            Seekable stream at its beginning.

        Raises
        ------
        DamagedArchive
            The archive's bytes do not match its checksums or end early.
        """
        try:
            with self.opener() as stream:
                yield stream
        except DAMAGE as error:
            raise damaged(error) from None

    def head(self, n_bytes: int) -> bytes:
        """Read the first bytes.

        Parameters
        ----------
        n_bytes : int
            How many; fewer come from a shorter file.

        Returns
        -------
        bytes
            Not yet compared with a checksum.

        Raises
        ------
        DamagedArchive
            The archive's bytes end early or cannot be inflated.
        """
        found = self.short_cut.head(n_bytes) if self.short_cut else None
        if found is not None:
            return found
        with self.open() as stream:
            return stream.read(n_bytes)

    def read_into(self, buffer: memoryview, offset: int) -> bool:
        """Fill a buffer.

        Parameters
        ----------
        buffer : memoryview
            Of bytes, contiguous.
        offset : int
            Where in the file its content begins.

        Returns
        -------
        bool
            False where the file ends too early.

        Raises
        ------
        DamagedArchive
            The archive's bytes do not match its checksums or end early.
        """
        if self.short_cut and self.short_cut.fill(buffer, offset):
            return True
        content = memoryview(self.read())[offset : offset + len(buffer)]
        if len(content) == len(buffer):
            buffer[:] = content
        return len(content) == len(buffer)

    def read(self) -> bytes:
        """Read everything into memory.

        Returns
        -------
        bytes
            The content.

        Raises
        ------
        ArchiveTooLarge
            The stream yields more than it declared.
        """
        found = self.short_cut.whole() if self.short_cut else None
        if found is not None:
            return found
        with self.open() as stream:
            content = stream.read(self.size_bytes + 1)
        if len(content) > self.size_bytes:
            raise ArchiveTooLarge(value=in_words(len(content)), limit=in_words(self.size_bytes))
        return content


def damaged(error: Exception) -> DamagedArchive:
    """Say in words what the zip reader could not do.

    Parameters
    ----------
    error : Exception
        One of ``DAMAGE``.

    Returns
    -------
    DamagedArchive
        With the reason.
    """
    if isinstance(error, NotImplementedError):
        return DamagedArchive(value="it is packed by a method other than Deflate")
    if isinstance(error, PermissionError | FileNotFoundError):
        return DamagedArchive(value="a file cannot be opened")
    return DamagedArchive(value="its bytes do not match its checksums or directory")


def in_words(n_bytes: int) -> str:
    """Write a number of bytes for people.

    Parameters
    ----------
    n_bytes : int
        Any size.

    Returns
    -------
    str
        In MiB, or in GiB from one GiB.
    """
    return f"{n_bytes / 1024**3:.1f} GiB" if n_bytes >= 1024**3 else f"{n_bytes / 1024**2:.0f} MiB"
