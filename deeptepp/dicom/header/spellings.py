"""What ImageType and the words of descriptions say of images, in every spelling that is met."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Purpose:
    """What an image was made for other than to be a phase.

    ``reason``: one sentence for the series table; ``codes``: values of ImageType from the third on; ``words``:
    what its description says, in capitals and single blanks.
    """

    reason: str
    codes: frozenset[str]
    words: re.Pattern[str]


def _words(pattern: str) -> re.Pattern[str]:
    """Match whole words, which a number may follow."""
    return re.compile(rf"(?<![A-Z0-9])(?:{pattern}) ?\d*(?![A-Z0-9])")


PURPOSES = tuple(
    Purpose(one["reason"], frozenset(one["codes"]), _words("|".join(one["words"])))
    for one in tomllib.loads(Path(__file__).with_name("spellings.toml").read_text(encoding="utf-8"))["purposes"]
)
"""Everything else that lies beside the phases, by what betrays it."""


IMAGE_FLAVORS = frozenset({"T1", "PERFUSION"})
"""Third values of ImageType by which enhanced images, PS3.3 C.8.13.3.1.1, say how originals were acquired; in
derived images they name a map."""


NOT_MAGNITUDE = frozenset({"P", "PHASE MAP", "R", "REAL", "I", "IMAGINARY"})


TISSUE_CODES = {
    "fat": frozenset({"F", "FAT", "FAT_ONLY"}),
    "water": frozenset({"W", "WATER", "WAT", "WATER_ONLY"}),
    "in-phase": frozenset({"IP", "IN_PHASE", "INPHASE"}),
    "opposed": frozenset({"OP", "OUT_PHASE", "OPP_PHASE", "OPPHASE", "OUTPHASE", "OPP", "OPPOSED"}),
}
"""Part of a Dixon reconstruction by ImageType."""


TISSUE_WORDS = {
    "fat": re.compile(r"(?<![A-Z])(?<!NON )(?<!NO )FAT(?:ONLY)?(?! ?SAT| ?SUP)(?![A-Z])"),
    "water": re.compile(r"(?<![A-Z])(?:WATER|WAT|WTR)(?! ?SAT| ?SUP| ?EXC)(?![A-Z])"),
    "in-phase": _words(r"IN ?PH(?:ASE)?|IP"),
    "opposed": _words(r"(?:OUT|OPP|OPPOSED|OP)(?: OF)? ?PH(?:ASE)?|OPP|OP|OOP"),
}
"""The same by the words of a description; fat saturation is no fat image."""


TISSUE_LETTER = re.compile(
    r"(?:(?:^|[_:(\[-])(?P<last>[WFwf])|\s(?P<capital>[WF]))[)\]]?\s*$|"
    r"^\s*[(\[]?(?P<first>[WFwf])[)\]]?:|(?i:DIXON)[\s_-]*(?P<dixon>[WFwf])(?![A-Za-z])"
)
"""The letter that ends or begins a description of a Dixon reconstruction, or follows the word; a small w after a
blank means with contrast."""


TISSUE_RANK = {"water": 4, "all": 3, "in-phase": 2, "opposed": 1, "fat": 0}
"""Which part is the T1-weighted image with fat suppressed: that one is scored."""


FAT_SATURATED = re.compile(r"(?<![A-Z])(?:FS|FAT ?SAT|FAT ?SUP\w*|SPAIR|SPIR)(?![A-Z])")


NOT_SATURATED = re.compile(r"(?<![A-Z])(?:NON? ?FS|NFS|NON? ?FAT ?S\w*|W O FS|WO FS|WITHOUT F\w*)(?![A-Z])")
"""Fat saturation by the words of a description."""


MOTION_CORRECTED = _words(r"MOCO|MOTION ?COR\w*|MC|REGISTERED|REG|ALIGNED|ELASTIC")
"""A copy of phases moved onto one another."""


SPEAKS_OF_PRE = re.compile(
    r"(^|[^a-z])(pre|native?|nativ|unenh\w*|without|wo|nc|noncontrast)([^a-z]|$)", re.IGNORECASE
)
"""A description that speaks of a time before contrast."""


SPEAKS_OF_POST = re.compile(
    r"(^|[^a-z])(post|delay(ed)?|late|[1-9]\d?(st|nd|rd|th)\s*(pass|post|ph)|ph(ase)?\s*[1-9])([^a-z]|$)|\+\s*c([^a-z]|$)",
    re.IGNORECASE,
)
"""A description that speaks of a time after contrast."""
