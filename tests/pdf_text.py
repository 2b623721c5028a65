"""Reads the drawing commands and the words of a PDF back, for tests of what stands on its pages."""

from __future__ import annotations

import re
import zlib
from base64 import a85decode


def streams(pdf: bytes) -> list[str]:
    """The drawing commands of each page."""
    found = re.findall(
        rb"/Filter \[ /ASCII85Decode /FlateDecode \][^>]*>>\s*stream\r?\n(.*?)endstream", pdf, re.DOTALL
    )
    decoded = []
    for body in found:
        raw = zlib.decompress(a85decode(body.strip().removesuffix(b"~>")))
        if b"BT" in raw:
            decoded.append(raw.decode("latin-1"))
    return decoded


def pages(pdf: bytes) -> list[str]:
    """The words of each page in the order in which they were set, with single plain blanks."""
    return [" ".join(" ".join(map(_plain, _STRINGS.findall(page))).split()) for page in streams(pdf)]


def runs(pdf: bytes) -> list[str]:
    """What was set in the Latin fonts in one go, mostly a line."""
    found = [_plain(each) for page in streams(pdf) for each in _STRINGS.findall(page)]
    return [each for each in found if each.isascii()]


_STRINGS = re.compile(r"\(((?:[^()\\]|\\.)*)\) Tj", re.DOTALL)


def _plain(string: str) -> str:
    """Resolve escapes; code page 1252."""
    octal = re.sub(r"\\(\d{3})", lambda match: chr(int(match[1], 8)), string)
    return re.sub(r"\\(.)", r"\1", octal).encode("latin-1").decode("cp1252", "replace").replace("\u00a0", " ")
