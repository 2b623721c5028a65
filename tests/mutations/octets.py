"""Bytes damaged: flipped, overwritten, cut, inserted or moved, in a file or in an archive."""

from __future__ import annotations

import random
from collections.abc import Callable

from mutations.change import Change
from mutations.studies import Study

FIRST = 132
"""Where the meta information begins."""


def flipped(content: bytearray, start: int, stop: int, chance: random.Random) -> None:
    """Flip one to four bits."""
    for _ in range(chance.randint(1, 4)):
        content[chance.randrange(start, stop)] ^= 1 << chance.randrange(8)


def overwritten(content: bytearray, start: int, stop: int, chance: random.Random) -> None:
    """Overwrite a run."""
    at = chance.randrange(start, stop)
    n = min(chance.choice([1, 2, 4, 16, 200]), stop - at)
    content[at : at + n] = chance.choice([b"\0" * n, b"\xff" * n, chance.randbytes(n)])


def cut(content: bytearray, start: int, stop: int, chance: random.Random) -> None:
    """Take bytes out, or all that follow."""
    at = chance.randrange(start, stop)
    n = chance.choice([1, 2, 8, 100, len(content)])
    del content[at : at + n]


def inserted(content: bytearray, start: int, stop: int, chance: random.Random) -> None:
    """Put bytes in between."""
    at = chance.randrange(start, stop)
    content[at:at] = chance.randbytes(chance.choice([1, 2, 8, 100]))


def moved(content: bytearray, start: int, stop: int, chance: random.Random) -> None:
    """Swap two blocks."""
    n = max(1, min(chance.choice([2, 8, 64]), (stop - start) // 2))
    a, b = (chance.randrange(start, max(start + 1, stop - n)) for _ in range(2))
    content[a : a + n], content[b : b + n] = content[b : b + n], content[a : a + n]


WAYS: dict[str, Callable[[bytearray, int, int, random.Random], None]] = {
    "flipped": flipped,
    "overwritten": overwritten,
    "cut": cut,
    "inserted": inserted,
    "moved": moved,
}


def file_change(study: Study, chance: random.Random) -> Change:
    """Damage the bytes of one to three files, or cut the same bytes of all."""
    numbers = chance.sample(range(len(study.files)), min(chance.choice([1, 1, 1, 2, 3]), len(study.files)))
    way, in_pixels = chance.choice(list(WAYS)), chance.random() < 0.4
    files = {}
    for n in numbers:
        made = bytearray(study.files[n])
        start, stop = pixels_of(study.files[n]) if in_pixels else (FIRST, pixels_of(study.files[n])[0])
        WAYS[way](made, start, stop, chance)
        files[n] = bytes(made)
    where = "pixels" if in_pixels else "header"
    is_deflated = study.kind == "deflated"
    is_in_place = is_deflated or (in_pixels and way not in ("cut", "inserted"))
    what = f"bytes of the {where} {way}"
    return Change(f"{what} in {numbers}", what, files, None, is_in_place)


def pixels_of(content: bytes) -> tuple[int, int]:
    """Find where the pixels lie; in a deflated file, where the dataset does."""
    for tag, n in ((b"\xe0\x7f\x10\x00O", 12), (b"\x7f\xe0\x00\x10O", 12), (b"\xe0\x7f\x10\x00", 8)):
        at = content.rfind(tag)
        if at > FIRST:
            return at + n, len(content)
    return len(content) // 3, len(content)


def archive_change(archive: bytes, chance: random.Random) -> Change:
    """Damage the bytes of an archive: its directory, its local headers or what it holds."""
    directory = archive.find(b"PK\x01\x02")
    where = chance.choice(["directory", "directory", "end", "local header", "anywhere"])
    start, stop = {
        "directory": (directory, len(archive)),
        "end": (len(archive) - 22, len(archive)),
        "anywhere": (0, len(archive)),
        "local header": local_header(archive, chance),
    }[where]
    way = chance.choice(list(WAYS))
    made = bytearray(archive)
    WAYS[way](made, start, stop, chance)
    return Change(f"bytes of the archive's {where} {way}", f"bytes of the archive {way}", {}, bytes(made))


def local_header(archive: bytes, chance: random.Random) -> tuple[int, int]:
    """Choose a local header."""
    starts, at = [], archive.find(b"PK\x03\x04")
    while at >= 0:
        starts.append(at)
        at = archive.find(b"PK\x03\x04", at + 1)
    at = chance.choice(starts)
    return at, at + 30
