"""A file that is parsed piece by piece, between which the work can be stopped."""

from __future__ import annotations

from io import SEEK_SET
from typing import BinaryIO

from deeptepp.domain.progress import checkpoint


class Watched:
    """What pydicom needs of a binary stream, with a checkpoint at every read.

    ``stream``: is read from where it stands.
    """

    __slots__ = ("_stream",)

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def read(self, n_bytes: int = -1) -> bytes:
        """Read bytes, unless the work was stopped."""
        checkpoint()
        return self._stream.read(n_bytes)

    def seek(self, at: int, whence: int = SEEK_SET) -> int:
        """Go to a place."""
        return self._stream.seek(at, whence)

    def tell(self) -> int:
        """Tell the place."""
        return self._stream.tell()

    def close(self) -> None:
        """Leave the stream to whoever opened it."""
