"""Images of kept cases: one encrypted file each, under a random name, for a limited time."""

from __future__ import annotations

import io
import os
import secrets
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from deeptepp.dicom.source import SourceReference
from deeptepp.errors import ImagesGone, ImagesNotKept, KeptUnreadable
from deeptepp.scoring.search import CaseImages
from deeptepp.store.kept.case_key import CaseKey, installation_key
from deeptepp.store.kept.kept_values import packed, unpacked
from deeptepp.store.kept.sealed_file import SealedReader, seal, write_sealed
from deeptepp.store.private_files import private_folder

SEALED = ".sealed"
"""End of the names of the files."""

_PART_AGE_S = 86400.0
"""Age at which a file that was not written to its end is removed, s."""


class ImageFolder:
    """The encrypted files of one installation.

    ``folder``: made on first use; the key that is made lies beside it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, images: CaseImages) -> tuple[str, int]:
        """Encrypt the images of a case; gives the name of the file and its size in bytes.

        Raises ImagesNotKept: the disk is full or cannot be written, nothing is left; KeyMissing, BadKey: there is
        no usable key.
        """
        name, key = secrets.token_hex(16), self._key()
        try:
            private_folder(self.folder)
            return name, write_sealed(self.path_of(name), name, packed(images), key)
        except OSError as error:
            raise ImagesNotKept(reason=os.strerror(error.errno or 0)) from None

    def read(self, name: str) -> CaseImages:
        """Decrypt the images of a case.

        Raises ImagesGone: the file is not there; WrongKey, KeyMissing, BadKey: its key is not; SealDamaged: it was
        changed; KeptUnreadable: another version wrote it.
        """
        try:
            with self.path_of(name).open("rb") as stream:
                images = unpacked(SealedReader(stream, name, self._key()).read)
        except FileNotFoundError:
            raise ImagesGone() from None
        if not isinstance(images, CaseImages):
            raise KeptUnreadable(value=type(images).__name__)
        return images

    def seal_reference(self, reference: SourceReference, case_id: str) -> bytes:
        """Encrypt where images came from: their UIDs, which identify."""
        stream = io.BytesIO()
        seal(stream, case_id, packed(reference), self._key())
        return stream.getvalue()

    def open_reference(self, sealed: bytes, case_id: str) -> SourceReference:
        """Decrypt where images came from.

        Raises WrongKey, KeyMissing, BadKey, SealDamaged, KeptUnreadable: see ``read``.
        """
        found = unpacked(SealedReader(io.BytesIO(sealed), case_id, self._key()).read)
        if not isinstance(found, SourceReference):
            raise KeptUnreadable(value=type(found).__name__)
        return found

    def path_of(self, name: str) -> Path:
        """Where a file lies."""
        return self.folder / f"{name}{SEALED}"

    def has(self, name: str | None) -> bool:
        """Whether a file is there."""
        return bool(name) and self.path_of(name or "").is_file()

    def remove(self, name: str | None) -> None:
        """Take a file off the disk; one that is not there is no fault."""
        if name:
            self.path_of(name).unlink(missing_ok=True)

    def sweep(self, before: datetime) -> int:
        """Remove files that are older than any may be, whatever the tables say of them; give their number."""
        n = 0
        for file in self.folder.glob(f"*{SEALED}*"):
            limit = time.time() - _PART_AGE_S if file.suffix == ".part" else before.timestamp()
            with suppress(FileNotFoundError):
                if file.stat().st_mtime < limit:
                    file.unlink()
                    n += 1
        return n

    def _key(self) -> CaseKey:
        """Key of the installation."""
        return installation_key(self.folder.parent, has_sealed=any(self.folder.glob(f"*{SEALED}")))
