"""Short cuts to the bytes of a file or of a zip entry, for what is usual; whatever is not goes the long way.

A short cut never fails: it gives the right bytes, or says that it cannot, and the standard library's own reader
then reads them or names what is wrong. Entries of a zip are inflated by ISA-L, at twice the speed of zlib, and
their checksum is compared before one byte of them is used as a pixel.

References
----------
PKWARE APPNOTE.TXT 4.3.7 (local file header), 4.4.4 (flags).
"""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Protocol, Self

from isal import igzip_lib, isal_zlib

_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
"""Signature, version, flags, method, time, date, CRC, two sizes, lengths of name and of extra field."""

_SIGNATURE = b"PK\x03\x04"
_UTF8 = 0x800
"""Flag: the name is UTF-8, else code page 437."""

_HARMLESS_FLAGS = 0x2 | 0x4 | 0x8 | _UTF8
"""Level of compression, sizes that follow the data, UTF-8; all others go the long way."""

_WINDOW_BITS = 15
"""Deflate without a header looks back over 32 KiB."""

_SPARE_BYTES = 1024
"""Packed bytes read beyond the number wanted: what cannot be packed is stored with 5 bytes more each 64 KiB."""


class ShortCut(Protocol):
    """Gives bytes fast, or None or False where it cannot."""

    def head(self, n_bytes: int) -> bytes | None:
        """First bytes, not compared with a checksum."""
        ...

    def fill(self, buffer: memoryview, offset: int) -> bool:
        """Fill a buffer with the bytes from an offset on."""
        ...

    def whole(self) -> bytes | None:
        """Everything."""
        ...


class FileBytes:
    """The bytes of a file.

    ``path``: where it is.
    """

    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = path

    def head(self, n_bytes: int) -> bytes | None:
        """Give the first bytes.

        ``n_bytes``: how many; fewer come from a shorter file. None where the file cannot be read.
        """
        try:
            with io.FileIO(self._path) as file:
                return file.read(n_bytes)
        except OSError:
            return None

    def fill(self, buffer: memoryview, offset: int) -> bool:
        """Fill a buffer.

        False where the file cannot be read or ends too early.
        """
        try:
            with io.FileIO(self._path) as file:
                file.seek(offset)
                return file.readinto(buffer) == len(buffer)
        except OSError:
            return False

    def whole(self) -> bytes | None:
        """Leave the whole to the ordinary way, which is as fast."""
        return None


class PackedFile:
    """A zip archive of which several entries may be read at once.

    ``path``: where it is.
    """

    __slots__ = ("_file", "_lock", "_size_bytes")

    def __init__(self, path: Path) -> None:
        self._file = io.FileIO(path)
        self._size_bytes = path.stat().st_size
        self._lock = Lock()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._file.close()

    def read(self, at: int, n_bytes: int) -> bytes:
        """Read bytes.

        Fewer where the archive ends.
        """
        # Memory is set aside for what is asked, so never for more than there is.
        n_bytes = min(n_bytes, self._size_bytes - at)
        if at < 0 or n_bytes <= 0:
            return b""
        with self._lock:
            self._file.seek(at)
            return self._file.read(n_bytes) or b""


class EntryBytes:
    """The bytes of one entry of a zip archive.

    ``packed``: the archive; ``info``: what its directory says of the entry.
    """

    __slots__ = ("_info", "_packed")

    def __init__(self, packed: PackedFile, info: zipfile.ZipInfo) -> None:
        self._packed = packed
        self._info = info

    def head(self, n_bytes: int) -> bytes | None:
        """Give the first bytes.

        ``n_bytes``: how many; fewer come from a shorter entry. None where the entry is unusual or damaged.
        """
        packed = self._packed_bytes(n_bytes + _SPARE_BYTES)
        content = None if packed is None else self._inflated(packed, n_bytes)
        # Long headers of extra fields of bytes that hardly shrink end here; the ordinary reader goes on.
        n_wanted = min(n_bytes, self._info.file_size)
        return content if content is not None and len(content) == n_wanted else None

    def fill(self, buffer: memoryview, offset: int) -> bool:
        """Fill a buffer from the entry, inflated as a whole and compared with its checksum.

        False where the entry is unusual, damaged, or ends too early.
        """
        content = self.whole()
        if content is None or offset + len(buffer) > len(content):
            return False
        buffer[:] = memoryview(content)[offset : offset + len(buffer)]
        return True

    def whole(self) -> bytes | None:
        """Give everything, compared with its checksum.

        None where the entry is unusual or damaged.
        """
        packed = self._packed_bytes(self._info.compress_size)
        if packed is None or len(packed) != self._info.compress_size:
            return None
        # One byte more than declared shows an entry that is longer.
        content = self._inflated(packed, self._info.file_size + 1)
        if content is None or len(content) != self._info.file_size:
            return None
        return content if isal_zlib.crc32(content) == self._info.CRC else None

    def _inflated(self, packed: bytes, n_bytes: int) -> bytes | None:
        """Inflate at most so many bytes."""
        if self._info.compress_type == zipfile.ZIP_STORED or n_bytes == 0:
            return packed[:n_bytes]
        try:
            # Not the object that is like zlib's, which takes a third longer.
            unpacker = igzip_lib.IgzipDecompressor(igzip_lib.DECOMP_DEFLATE, _WINDOW_BITS)
            return unpacker.decompress(packed, n_bytes)
        except igzip_lib.error:  # type: ignore[misc]
            return None

    def _packed_bytes(self, n_bytes: int) -> bytes | None:
        """Read the first packed bytes of the entry; None where it is of another kind than its directory says."""
        info = self._info
        if (
            info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
            or info.flag_bits & ~_HARMLESS_FLAGS
        ):
            return None
        head = self._packed.read(info.header_offset, _LOCAL_HEADER.size)
        if len(head) < _LOCAL_HEADER.size:
            return None
        signature, _, flags, method, *_, n_name, n_extra = _LOCAL_HEADER.unpack(head)
        name = self._packed.read(info.header_offset + len(head), n_name)
        if (signature, flags, method, _text(name, flags)) != (
            _SIGNATURE,
            info.flag_bits,
            info.compress_type,
            info.orig_filename,
        ):
            return None
        return self._packed.read(
            info.header_offset + len(head) + n_name + n_extra, min(n_bytes, info.compress_size)
        )


def _text(name: bytes, flags: int) -> str | None:
    """Decode the name of an entry as the directory does."""
    try:
        return name.decode("utf-8" if flags & _UTF8 else "cp437")
    except UnicodeDecodeError:
        return None
