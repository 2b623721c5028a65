"""The key that images of cases are encrypted with: from the environment, or a file that nobody else may read."""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from deeptepp.config import read_secret
from deeptepp.errors import BadKey, BadSetting, KeyMissing
from deeptepp.store.private_files import private_folder
from deeptepp.wording.sentence import sentence

KEY_VARIABLE = "DEEPTEPP_KEY"
"""The key itself; with ``_FILE`` behind it, the path of a file with it, such as a container's secret."""

KEY_FILE = "case_images.key"
"""Name of the file that is made beside the images where neither is set."""

_KEY_BYTES = 32
"""AES-256."""
_ID_DIGITS = 16
_HEX = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class CaseKey:
    """A key; ``id`` names it and tells nothing of it."""

    secret: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """First digits of its digest."""
        return sha256(b"deeptepp key id" + self.secret).hexdigest()[:_ID_DIGITS]


def installation_key(folder: Path, *, has_sealed: bool) -> CaseKey:
    """Key of this installation, made on first use where none is given.

    ``folder``: beside the database, holds the key that is made; ``has_sealed``: whether files are encrypted
    already, so that a key must be there. Raises KeyMissing: it is not; BadKey: what is given is no key.
    """
    try:
        if text := read_secret(KEY_VARIABLE):
            return _parsed(text)
        file = folder / KEY_FILE
        if not file.exists():
            if has_sealed:
                raise KeyMissing()
            _make(file)
        return _parsed(file.read_text(encoding="ascii"))
    except (OSError, UnicodeError, BadSetting) as error:
        raise BadKey(reason=type(error).__name__) from None


def _parsed(text: str) -> CaseKey:
    """Read a key; no message quotes it."""
    plain = text.strip()
    try:
        secret = bytes.fromhex(plain) if _HEX.fullmatch(plain) else base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError):
        raise BadKey(reason=sentence("it is no base64")) from None
    if len(secret) != _KEY_BYTES:
        raise BadKey(reason=sentence("it has another length"))
    return CaseKey(secret)


def _make(file: Path) -> None:
    """Write a new key; of several processes that do so at once, the first one's stays."""
    private_folder(file.parent)
    part = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(base64.b64encode(secrets.token_bytes(_KEY_BYTES)) + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        with suppress(FileExistsError):
            file.hardlink_to(part)
    finally:
        part.unlink()
