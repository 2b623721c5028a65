"""A file that is parsed piece by piece, between which the work can be stopped."""

from __future__ import annotations

from io import SEEK_SET
from math import inf
from typing import BinaryIO

from pydicom.errors import InvalidDicomError

from deeptepp.domain.progress import checkpoint

MAX_HEADER_BYTES = 128 * 1024**2
"""Largest header that is read; that of an enhanced image of 20,000 frames has about 40 MiB."""


class Watched:
    """What pydicom needs of a binary stream, with a checkpoint at every read.

    ``stream``: is read from where it stands; ``most_bytes``: bytes that may be read, InvalidDicomError beyond.
    """

    __slots__ = ("_left", "_stream")

    def __init__(self, stream: BinaryIO, most_bytes: float = inf) -> None:
        self._stream, self._left = stream, most_bytes

    def read(self, n_bytes: int = -1) -> bytes:
        """Read bytes, all that are left below 0, unless the work was stopped."""
        checkpoint()
        if n_bytes >= 0 or self._left == inf:
            self._count(max(n_bytes, 0))
            return self._stream.read(n_bytes)
        # One byte more than may be read tells whether there are more.
        rest = self._stream.read(int(self._left) + 1)
        self._count(len(rest))
        return rest

    def _count(self, n_bytes: int) -> None:
        """Take bytes off what may be read, or raise InvalidDicomError."""
        self._left -= n_bytes
        if self._left < 0:
            raise InvalidDicomError

    def seek(self, at: int, whence: int = SEEK_SET) -> int:
        """Go to a place."""
        return self._stream.seek(at, whence)

    def tell(self) -> int:
        """Tell the place."""
        return self._stream.tell()

    def close(self) -> None:
        """Leave the stream to whoever opened it."""
