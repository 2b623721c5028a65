"""What a PNG says of itself beside its pixels: how many dots make an inch, and what it shows."""

from __future__ import annotations

import struct
import zlib

_SIGNATURE_BYTES, _IHDR_BYTES = 8, 25
"""Lengths of the signature of a PNG and of its first chunk (PNG specification, section 5)."""

_MM_PER_INCH = 25.4


def with_png_facts(png: bytes, *, dpi: int, title: str, alt: str) -> bytes:
    """Write resolution, title and description into a PNG.

    ``png``: pixels as a browser wrote them; ``dpi``: dots per inch at which the picture has its size in print.
    Returns the same pixels, with the chunks pHYs and iTXt behind the header.
    """
    per_metre = round(dpi / _MM_PER_INCH * 1000)
    facts = _chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1))
    facts += b"".join(_text(name, words) for name, words in (("Title", title), ("Description", alt)))
    head = _SIGNATURE_BYTES + _IHDR_BYTES
    return png[:head] + facts + png[head:]


def _text(name: str, words: str) -> bytes:
    """Write words in UTF-8, not compressed, of no stated language."""
    return _chunk(b"iTXt", name.encode() + b"\0\0\0\0\0" + words.encode())


def _chunk(kind: bytes, content: bytes) -> bytes:
    """Frame content as a chunk."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
