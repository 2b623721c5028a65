"""Encrypted files: AES-256-GCM in chunks, so that no study is in memory twice, and none can be cut or mixed.

Magic, identifier of the key (8 bytes), salt (16); then chunks: length (4), ciphertext with its tag. Each file has
a key of its own, made of the key of the installation and the salt. A chunk is bound to the name of the file, its
number and whether it is the last one.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from isal import isal_zlib

from deeptepp.errors import SealDamaged, WrongKey
from deeptepp.store.kept.case_key import CaseKey
from deeptepp.store.private_files import written_aside

_MAGIC = b"DTSEAL1\n"
_SALT_BYTES, _LENGTH_BYTES, _NONCE_BYTES, _TAG_BYTES = 16, 4, 12, 16
_CHUNK_BYTES = 4 * 1024 * 1024
"""Bytes that are encrypted at once."""
_LEVEL = 1
"""Of ISA-L: MR volumes shrink by a third or more; zlib itself takes several times longer for a few percent."""


def write_sealed(file: Path, name: str, pieces: Iterable[bytes | memoryview], key: CaseKey) -> int:
    """Write an encrypted file, complete or not at all; gives its size in bytes.

    ``name``: what the content is bound to, so that files cannot be exchanged.
    """
    with written_aside(file) as stream:
        return seal(stream, name, pieces, key)


def seal(stream: BinaryIO, name: str, pieces: Iterable[bytes | memoryview], key: CaseKey) -> int:
    """Encrypt into a stream; gives the bytes written."""
    salt = secrets.token_bytes(_SALT_BYTES)
    stream.write(_MAGIC + bytes.fromhex(key.id) + salt)
    cipher, chunk, number = _cipher(key, salt), bytearray(), 0
    for piece in _compressed(pieces):
        chunk += piece
        while len(chunk) > _CHUNK_BYTES:
            _write_chunk(stream, cipher, bytes(chunk[:_CHUNK_BYTES]), name, number, is_last=False)
            del chunk[:_CHUNK_BYTES]
            number += 1
    _write_chunk(stream, cipher, bytes(chunk), name, number, is_last=True)
    return stream.tell()


class SealedReader:
    """Reads an encrypted file from its beginning to its end.

    ``name``: what it was bound to. Raises WrongKey: it was encrypted with another key; SealDamaged: it is none of
    these files, or was changed.
    """

    def __init__(self, stream: BinaryIO, name: str, key: CaseKey) -> None:
        self._stream, self._name = stream, name
        if stream.read(len(_MAGIC)) != _MAGIC:
            raise SealDamaged()
        key_id = stream.read(len(key.id) // 2).hex()
        if key_id != key.id:
            raise WrongKey(value=key_id, limit=key.id)
        self._cipher = _cipher(key, stream.read(_SALT_BYTES))
        self._inflate = isal_zlib.decompressobj()
        self._number, self._length = 0, stream.read(_LENGTH_BYTES)
        self._plain = bytearray()

    def read(self, n: int) -> bytes:
        """Give the next bytes, fewer only at the end."""
        while len(self._plain) < n and self._length:
            self._plain += self._next()
        piece = bytes(self._plain[:n])
        del self._plain[:n]
        return piece

    def _next(self) -> bytes:
        """Decrypt the next chunk."""
        sealed = self._stream.read(min(int.from_bytes(self._length, "big"), _CHUNK_BYTES + _TAG_BYTES))
        self._length = self._stream.read(_LENGTH_BYTES)
        try:
            nonce = self._number.to_bytes(_NONCE_BYTES, "big")
            chunk = self._cipher.decrypt(nonce, sealed, _bound(self._name, self._number, is_last=not self._length))
            self._number += 1
            return self._inflate.decompress(chunk)
        except (InvalidTag, ValueError, isal_zlib.error):  # type: ignore[misc]
            raise SealDamaged() from None


def _compressed(pieces: Iterable[bytes | memoryview]) -> Iterable[bytes]:
    """Compress while it arrives."""
    deflate = isal_zlib.compressobj(_LEVEL)
    for piece in pieces:
        yield deflate.compress(piece)
    yield deflate.flush()


def _write_chunk(stream: BinaryIO, cipher: AESGCM, chunk: bytes, name: str, number: int, *, is_last: bool) -> None:
    """Encrypt one chunk; its number is a nonce that no other chunk under this key has."""
    sealed = cipher.encrypt(number.to_bytes(_NONCE_BYTES, "big"), chunk, _bound(name, number, is_last=is_last))
    stream.write(len(sealed).to_bytes(_LENGTH_BYTES, "big") + sealed)


def _bound(name: str, number: int, *, is_last: bool) -> bytes:
    """What a chunk is bound to."""
    return f"{name} {number} {'last' if is_last else 'more'}".encode()


def _cipher(key: CaseKey, salt: bytes) -> AESGCM:
    """Cipher of one file."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=salt, info=b"deeptepp case images").derive(key.secret)
    return AESGCM(derived)
