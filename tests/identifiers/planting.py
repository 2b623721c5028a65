"""Words that stand nowhere else, planted in every field of a study and in whatever a person types or is called."""

from __future__ import annotations

import base64
import binascii
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pdf_text import pages
from pydicom.datadict import DicomDictionary, dictionary_keyword, dictionary_VR
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

TEXTS = ("PN", "LO", "SH", "ST", "LT", "UT", "UC", "UR", "AE")
"""Value representations of free text and names."""

STEERING = ("Manufacturer", "SequenceName", "ContrastBolusAgent", "SeriesDescription", "ProtocolName")
"""Texts by which a study is read, which take a planted word at their end."""

PRIVATE, NESTED = 0x0029_0010, "OtherPatientIDsSequence"
KINDS = {
    "PN": "names (PN)",
    "LO": "numbers, places, descriptions (LO)",
    "SH": "accession, station and study numbers (SH)",
    "ST": "texts (ST, LT, UT, UC, UR, AE)",
    "PV": "private elements",
    "DA": "dates (DA, DT)",
    "UI": "UIDs (UI)",
    "FN": "names of files and folders",
    "LB": "label of the case",
    "NT": "note of the board",
    "SW": "search words",
    "PE": "name of who is signed in",
    "TK": "tokens and keys",
}
"""Each kind of identifier by the two letters of its words."""

WORD = re.compile(rb"(PN|LO|SH|ST|PV|FN|LB|NT|SW|PE|TK)QZ[0-9]{4}", re.IGNORECASE)
FILE, LABEL, NOTE, SEARCHED, PERSON = "FNQZ0001", "Case LBQZ0001", "NTQZ0001 先看病理", "SWQZ0001", "Dr. PEQZ0001"
PASSWORD = "TKQZ0001"  # noqa: S105  it is looked for, and opens nothing
_ENCODED = re.compile(rb"[A-Za-z0-9+/]{40,}={0,2}")


@dataclass
class Planted:
    """What was planted in a study, and is looked for; ``exact``: tokens and keys."""

    words: set[str] = field(default_factory=set)
    dates: set[bytes] = field(default_factory=set)
    uids: set[bytes] = field(default_factory=set)
    exact: set[bytes] = field(default_factory=set)

    def kinds_in(self, contents: Iterable[bytes]) -> dict[str, int]:
        """Count the different identifiers of each kind in contents, also inside of archives, PDF and base64."""
        found: dict[str, set[bytes]] = {}
        for content in contents:
            for piece in _unpacked(content):
                for match in WORD.finditer(piece):
                    found.setdefault(match[1].decode().upper(), set()).add(match[0].upper())
                for kind, words in (("DA", self.dates), ("UI", self.uids), ("TK", self.exact)):
                    found.setdefault(kind, set()).update(each for each in words if each in piece)
        return {kind: len(words) for kind, words in found.items() if words}


def plant(images: Iterable[Dataset]) -> Planted:
    """Put a word of its own into every text of the dictionary, dates and UIDs into theirs, in every image."""
    planted, identity = Planted(), Dataset()
    texts = [_keyword(tag) for tag in sorted(DicomDictionary) if tag >> 16 > 2 and _keyword(tag)]
    by_kind: dict[str, list[str]] = {}
    for keyword in texts:
        by_kind.setdefault(dictionary_VR(keyword), []).append(keyword)
    for kind in TEXTS:
        for n, keyword in enumerate(sorted(set(by_kind[kind]) - set(STEERING))):
            word = f"{kind if kind in KINDS else 'ST'}QZ{TEXTS.index(kind)}{n:03d}"
            setattr(identity, keyword, word)
            planted.words.add(word)
    for n, keyword in enumerate(sorted({*by_kind["DA"], "PatientBirthDate"})):
        day = f"17{31 + n:02d}1017"
        setattr(identity, keyword, day)
        planted.dates |= {day.encode(), f"{day[:4]}-10-17".encode(), f"17.10.{day[:4]}".encode()}
    other = Dataset()
    other.PatientID, other.PatientName = "LOQZ9001", "PNQZ9001^ANNA"
    identity.add_new(PRIVATE, "LO", "PVQZ0001")
    identity.add_new(PRIVATE & ~0xFF | 0x1001, "LO", "PVQZ0002")
    setattr(identity, NESTED, Sequence([other]))
    for image in images:
        for keyword in ("AcquisitionDate", "ContentDate", "SeriesDate", "StudyDate"):
            identity.pop(keyword, None)  # by which phases are put in order
        image.update({element.tag: element for element in identity})
        image.SeriesDescription = f"{image.get('SeriesDescription', '')} LOQZ9002 PNQZ9002"
        image.ProtocolName = "LOQZ9003"
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID"):
            planted.uids.add(str(image.get(keyword, "1.2.840.99999999.1")).encode())
    return planted


def packed(images: Iterable[Dataset]) -> bytes:
    """Write images into an archive of one folder, both with a planted name."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for n, image in enumerate(images):
            one = io.BytesIO()
            image.save_as(one, enforce_file_format=True)
            archive.writestr(f"FNQZ0002 Anna/FNQZ0003-{n:04d}.dcm", one.getvalue())
    return stream.getvalue()


def told(found: Mapping[str, int], documented: Iterable[str]) -> tuple[list[str], list[str]]:
    """Write one cell for each kind, and give the kinds that should not be there."""
    allowed = set(documented)
    cells = [
        "" if kind not in found else f"{found[kind]}" if kind in allowed else f"**{found[kind]}**"
        for kind in KINDS
    ]
    return cells, [kind for kind in found if kind not in allowed]


def _keyword(tag: int) -> str:
    """Keyword of a single element that can be planted."""
    return dictionary_keyword(tag) if dictionary_VR(tag) in (*TEXTS, "DA") else ""


def _unpacked(content: bytes, depth: int = 3) -> Iterator[bytes]:
    """Give a content and what is packed in it."""
    yield content
    if depth and content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield from _unpacked(archive.read(name), depth - 1)
    if depth and (at := content.find(b"%PDF-")) >= 0:
        yield "\n".join(pages(content[at:])).encode()
    for match in _ENCODED.finditer(content):
        try:
            yield base64.b64decode(match[0] + b"=" * (-len(match[0]) % 4))
        except (binascii.Error, zlib.error):
            continue
