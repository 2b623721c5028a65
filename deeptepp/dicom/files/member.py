"""One file of a study: a row of bytes that is opened on demand, from a folder or from an archive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO

from deeptepp.dicom.files.short_cut import ShortCut
from deeptepp.errors import ArchiveTooLarge
from deeptepp.safe_files import DAMAGE, damaged, in_words


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a study, opened on demand.

    ``size_bytes``: declared size; reading never yields more; ``opener``: gives a fresh seekable binary stream;
    ``short_cut``: gives the same bytes faster, where it can; ``notes``: what one pass over the files found, so
    that the next one need not.
    """

    size_bytes: int
    opener: Callable[[], BinaryIO]
    short_cut: ShortCut | None = None
    notes: dict[str, object] = field(default_factory=dict, repr=False, compare=False)

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open the stream, buffered, for the length of a ``with`` block.

        Raises DamagedArchive where the archive's bytes do not match its checksums or end early.
        """
        try:
            with self.opener() as stream:
                yield stream
        except DAMAGE as error:
            raise damaged(error) from None

    def head(self, n_bytes: int) -> bytes:
        """Read the first bytes.

        ``n_bytes``: how many; fewer come from a shorter file. Raises DamagedArchive where the archive's bytes end
        early or cannot be inflated.
        """
        found = self.short_cut.head(n_bytes) if self.short_cut else None
        if found is not None:
            return found
        with self.open() as stream:
            return stream.read(n_bytes)

    def read_into(self, buffer: memoryview, offset: int) -> bool:
        """Fill a buffer.

        False where the file ends too early. Raises DamagedArchive where the archive's bytes do not match its
        checksums or end early.
        """
        if self.short_cut and self.short_cut.fill(buffer, offset):
            return True
        content = memoryview(self.read())[offset : offset + len(buffer)]
        if len(content) == len(buffer):
            buffer[:] = content
        return len(content) == len(buffer)

    def read(self) -> bytes:
        """Read everything into memory.

        Raises ArchiveTooLarge where the stream yields more than it declared.
        """
        found = self.short_cut.whole() if self.short_cut else None
        if found is not None:
            return found
        with self.open() as stream:
            content = stream.read(self.size_bytes + 1)
        if len(content) > self.size_bytes:
            raise ArchiveTooLarge(value=in_words(len(content)), limit=in_words(self.size_bytes))
        return content
