"""Values that an attribute may hold by damage: each as bytes of its value representation."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable

from mutations.studies import IDENTIFIERS

BINARY = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d", "AT": "H"}
"""``struct`` codes of binary numbers."""

NUMERIC_TEXT = frozenset({"DS", "IS"})
MOMENTS = frozenset({"TM", "DT"})
SAID = " ".join(IDENTIFIERS[:3])
TEXTS = (
    b"",
    b"X",
    b"0",
    b"-1",
    b"1e30",
    b"-1e308",
    b"1e999",
    b"NaN",
    b"inf",
    b"A" * 5000,
    b"1\\2\\3",
    b"1\\2",
    b"\\",
    b"\\\\1",
    b"1\\x\\3\\4\\5\\6",
    b"99999999",
    b"20201332",
    b"256199.5",
    b"\x1b$B!!",
    b"\xff\xfe\xfd\xfc",
    b"\0\0\0\0",
    b"1,5",
    SAID.encode(),
)
"""What may stand in any text."""


def damaged(vr: str, value: bytes, chance: random.Random, *, is_little: bool) -> tuple[str, bytes]:
    """Give another value, and what it is in words."""
    if vr in BINARY and chance.random() < 0.85:
        return binary(vr, value, chance, is_little=is_little)
    if chance.random() < 0.45:
        found = nearby(vr, value, chance)
        if found is not None:
            return "another plausible value", found
    text = chance.choice(TEXTS)
    words = "an identifier" if text == SAID.encode() else f"{text[:12]!r}"
    return words, text + b" " * (len(text) % 2)


def binary(vr: str, value: bytes, chance: random.Random, *, is_little: bool) -> tuple[str, bytes]:
    """Give another binary number, or what is none."""
    form = ("<" if is_little else ">") + BINARY[vr]
    size = struct.calcsize(form)
    number = struct.unpack(form, value[:size])[0] if len(value) >= size else 0
    if BINARY[vr] in "fd":
        chosen = chance.choice([0.0, -1.0, float("nan"), float("inf"), 1e30, number * 2, number + 60, -number])
    else:
        limit = 256**size - 1
        chosen = chance.choice([0, 1, limit, limit // 2 + 1, number + 1, number - 1, number // 2, number * 2, 8])
        chosen = chosen % (limit + 1)
        form = form.upper() if form[-1] in "hi" else form
    ways: list[Callable[[], tuple[str, bytes]]] = [
        lambda: (f"{chosen}", struct.pack(form, chosen)),
        lambda: (f"{chosen}", struct.pack(form, chosen)),
        lambda: (f"{chosen}", struct.pack(form, chosen)),
        lambda: ("bytes swapped", value[::-1]),
        lambda: ("several values", value * 3),
        lambda: ("too few bytes", value[: size - 1]),
        lambda: ("too many bytes", value + b"\1"),
    ]
    return chance.choice(ways)()


def nearby(vr: str, value: bytes, chance: random.Random) -> bytes | None:
    """Give a value of the same form that could be true."""
    text = value.decode("latin-1").rstrip(" \0")
    if vr in NUMERIC_TEXT:
        parts = text.split("\\")
        at = chance.randrange(len(parts))
        try:
            number = float(parts[at])
        except ValueError:
            return None
        parts[at] = (
            f"{chance.choice([number * 2, number * 1.01, number + 1, -number, number - 3, number / 2]):.10g}"
        )
        if vr == "IS":
            parts[at] = str(int(float(parts[at])))
        return padded("\\".join(parts))
    if vr in MOMENTS and text[-9:-7].isdigit():
        hours = (int(text[-13:-11] or 0) + chance.choice([1, 2, 12])) % 24
        return padded(f"{text[:-13]}{hours:02d}{text[-11:]}")
    if vr == "DA":
        return padded(chance.choice(["20200103", "20200101", "19000101", "20210102"]))
    if vr == "UI":
        return padded(text[:-1] + "999", "\0")
    return padded(text[::-1]) if text else None


def padded(text: str, fill: str = " ") -> bytes:
    """Encode a text with an even number of bytes."""
    return (text + fill * (len(text) % 2)).encode("latin-1")
