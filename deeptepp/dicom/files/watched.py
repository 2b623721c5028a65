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
        """Read bytes, unless the work was stopped."""
        checkpoint()
        self._left -= n_bytes
        if self._left < 0:
            raise InvalidDicomError
        return self._stream.read(n_bytes)

    def seek(self, at: int, whence: int = SEEK_SET) -> int:
        """Go to a place."""
        return self._stream.seek(at, whence)

    def tell(self) -> int:
        """Tell the place."""
        return self._stream.tell()

    def close(self) -> None:
        """Leave the stream to whoever opened it."""
