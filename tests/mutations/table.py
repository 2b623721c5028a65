"""What trials come to: which endings are faults, and the table of all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from mutations.trial import Trial


class Row(NamedTuple):
    """One trial in short."""

    seed: int
    kind: str
    container: str
    words: str
    what: str
    end: str
    detail: str
    rule: str
    hits_pixels: bool


def row_of(made: Trial) -> Row:
    """Shorten a trial."""
    change, outcome = made.change, made.outcome
    ending = (outcome.end, outcome.detail, outcome.rule)
    return Row(made.seed, made.kind, made.container, change.words, change.what, *ending, change.hits_pixels)


GOOD = ("as it is", "refused", "fewer phases, announced")
SILENT = ("other, in silence", "other, announced")

NO_CHECKSUM = "pixels changed in place, without a checksum"
EXCHANGED = "an image in the place of another, alike"
AS_SAID = "as every header says"
BEHIND = "bytes put in before zeros that end the pixels"
FEWER_SLICES = "fewer slices or phases, announced"

MOVES = ("swapped", "PixelData", "item")
"""What puts an image in the place of another: where both look alike, nothing tells."""

SAYS = (
    "RescaleSlope of all",
    "RescaleIntercept of",
    "PixelSpacing of all",
    "ImagePositionPatient of all",
    "ImageOrientationPatient of all",
)
"""What may say another place or scale: every header does, or an offset of one image too small to be seen."""

EXCUSES: tuple[tuple[str, Callable[[Row], bool]], ...] = (
    (NO_CHECKSUM, lambda row: row.hits_pixels and row.detail == "voxels"),
    (
        EXCHANGED,
        lambda row: any(word in row.what for word in ("swapped", "PixelData", "item")) and "voxel" in row.detail,
    ),
    (AS_SAID, lambda row: row.what.startswith(SAYS)),
    (BEHIND, lambda row: row.what in ("bytes of the pixels inserted", "bytes of the pixels cut")),
    (FEWER_SLICES, lambda row: row.end == "other, announced" and row.detail == "grid"),
)
"""Differences that no check can see, or that headers legitimately say; any other one is a fault."""


def ending_of(row: Row) -> str:
    """Name the ending of a trial, or the excuse of a difference."""
    if row.end not in SILENT:
        return row.end
    return next((name for name, fits in EXCUSES if fits(row)), row.end)


def faults(rows: Sequence[Row]) -> list[Row]:
    """List the trials that ended as none may."""
    fine = {*GOOD, *(name for name, _ in EXCUSES)}
    return [row for row in rows if ending_of(row) not in fine]


HEAD = """# Damaged studies

`make mutations` damages {n} small dynamic studies by their seeds, {first} to {last}, and reads each; a seed always
damages the same bytes. A study has three phases of eight slices (32 x 32 voxels, a body with a tumour and a
vessel) in one of {kinds} forms: classic (a series for each phase, one for all, by TriggerTime, with scale slopes),
enhanced, implicit, big endian, deflated, RLE, JPEG-LS, JPEG 2000 and lossless JPEG; in a folder, a stored or a
deflated zip. Damaged are bytes (flipped, overwritten, cut, inserted, moved; in headers, pixels, the archive and its
directory), attributes (removed, emptied, of another type, huge, negative, not a number, long, of several values, of
another file, a patient's name; in one file, one phase or all) and functional groups (removed, doubled, swapped).

What may happen: the study is read as it is, it is refused by a rule, or phases are left out and a finding or the
table says so. What may not: any other exception, a process that ends or takes more than ten seconds, an identifier
in a message, the log or a result, or other voxels or times where a check could see it. RESEARCH USE ONLY.

"""


def table(rows: Sequence[Row], seed: int) -> str:
    """Write the table."""
    kinds = len({row.kind for row in rows if row.kind})
    text = HEAD.format(n=f"{len(rows):,}", first=seed, last=seed + len(rows) - 1, kinds=kinds)
    endings = [(ending_of(row), row) for row in rows]
    columns = ("bytes", "attributes", "archive")
    text += "| ending | bytes | attributes | archive | in all |\n| --- | ---: | ---: | ---: | ---: |\n"
    order = [*GOOD, *(name for name, _ in EXCUSES)]
    order += sorted({ending for ending, _ in endings} - {*order})
    for ending in order:
        of = Counter(part_of(row) for found, row in endings if found == ending)
        numbers = " | ".join(str(of[column]) for column in columns)
        text += f"| {ending} | {numbers} | {of.total()} |\n"
    text += f"\nFaults: {len(faults(rows))}.\n\n| refused by | trials |\n| --- | ---: |\n"
    refused = Counter(row.rule for row in rows if row.end == "refused")
    return text + "".join(f"| `{rule}` | {n} |\n" for rule, n in refused.most_common())


def part_of(row: Row) -> str:
    """Say what was damaged."""
    if "archive" in row.what:
        return "archive"
    return "bytes" if row.what.startswith("bytes") else "attributes"
