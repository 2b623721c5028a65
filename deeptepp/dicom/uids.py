"""UIDs made from content: the same content and name always give the same UID.

References
----------
DICOM PS3.5 B.2 (UIDs from UUIDs).
"""

from __future__ import annotations

import hashlib

from pydicom.uid import UID


class UidSource:
    """Makes UIDs from a digest of content and a name.

    ``digest``: of the content; ``key``: of the patient or the result, so that one content under two keys gives two
    families of UIDs.
    """

    def __init__(self, digest: str, key: str) -> None:
        self._root = f"{digest}|{key}"

    def __call__(self, name: str) -> UID:
        """UID of this name."""
        hashed = hashlib.sha256(f"{self._root}|{name}".encode()).digest()[:16]
        return UID(f"2.25.{int.from_bytes(hashed, 'big')}")
