"""A change made to a study: which files hold other bytes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """What was changed.

    ``words`` says it in full, ``what`` in general; ``files`` holds the new bytes by number. ``archive`` holds
    the bytes of a damaged archive instead. ``hits_pixels`` tells that bytes of pixels were changed in place.
    """

    words: str
    what: str
    files: dict[int, bytes]
    archive: bytes | None = None
    hits_pixels: bool = False
