"""Words that stand nowhere else, planted in every field of a study and in whatever a person types or is called."""

from __future__ import annotations

import base64
import binascii
import contextlib
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pdf_text import pages
from pydicom.datadict import DicomDictionary, dictionary_keyword, dictionary_VR
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

TEXTS = ("PN", "LO", "SH", "ST", "LT", "UT", "UC", "UR", "AE")
"""Value representations of free text and names."""

OWN_UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID")
"""UIDs that an image has anyway, which are looked for as they are."""

STEERING = (
    *("Manufacturer", "SequenceName", "ContrastBolusAgent", "SeriesDescription", "ProtocolName"),
    *("AcquisitionDate", "ContentDate", "SeriesDate", "AcquisitionDateTime", "FrameAcquisitionDateTime"),
    *("FrameReferenceDateTime", "SOPInstanceUIDOfConcatenationSource", "ConcatenationUID", *OWN_UIDS),
)
"""Elements by which a study is read and its phases put in order; of them the two descriptions take a word."""

ROOT_UID = "1.2.840.99999999"
"""Root of the UIDs that are planted."""

PRIVATE, NESTED = 0x0029_0010, "OtherPatientIDsSequence"
KINDS = {
    "PN": "names (PN)",
    "LO": "numbers, places, descriptions (LO)",
    "SH": "accession, station and study numbers (SH)",
    "ST": "texts (ST, LT, UT, UC, UR, AE)",
    "PV": "private elements",
    "DA": "dates and times (DA, DT, TM)",
    "UI": "UIDs (UI)",
    "FN": "names of files and folders",
    "LB": "label of the case",
    "NT": "note of the board",
    "SW": "search words",
    "DR": "text that was refused or not sent",
    "PE": "name of who is signed in",
    "TK": "tokens and keys",
}
"""Each kind of identifier by the two letters of its words."""

WORD = re.compile(rb"(PN|LO|SH|ST|PV|FN|LB|NT|SW|DR|PE|TK)QZ[0-9]{4}", re.IGNORECASE)
FILE, LABEL, NOTE, SEARCHED, PERSON = "FNQZ0001", "Case LBQZ0001", "NTQZ0001 先看病理", "SWQZ0001", "Dr. PEQZ0001"
REFUSED, UNSENT = "DRQZ0001 MRN 4711-0815", "DRQZ0002"
"""A label that names a patient number, and a note that nobody sends."""
TYPED = (FILE, "FNQZ0002", "FNQZ0003", LABEL, NOTE, SEARCHED, PERSON, REFUSED, UNSENT)
"""What does not stand in the study itself, with the names of folder and files in its archive."""
PASSWORD = "TKQZ0001"  # noqa: S105  it is looked for, and opens nothing
_ENCODED = re.compile(rb"[A-Za-z0-9+/]{40,}={0,2}")


Found = dict[str, set[tuple[str, str]]]
"""By kind: where it was planted (the keyword of an element, or the kind where a person typed it), and the text."""


@dataclass
class Planted:
    """What was planted in a study, and is looked for.

    ``words``: the keyword of each word's element; ``exact``: kind and keyword of each date, UID, token and key.
    """

    words: dict[str, str] = field(default_factory=dict)
    exact: dict[bytes, tuple[str, str]] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """How many identifiers there are: a date counts once, however it is written."""
        dates = {keyword for kind, keyword in self.exact.values() if kind == "DA"}
        others = [kind for kind, _ in self.exact.values() if kind != "DA"]
        return len(self.words) + len(dates) + len(others) + len(TYPED)

    def word(self, kind: str, number: int, keyword: str) -> str:
        """Make a word that stands nowhere else."""
        made = f"{kind}QZ{number:04d}"
        self.words[made] = keyword
        return made

    def found_in(self, contents: Iterable[bytes]) -> Found:
        """Find the identifiers of each kind in contents, also inside of archives, PDF and base64."""
        found: Found = {}
        for content in contents:
            for piece in _unpacked(content):
                for match in WORD.finditer(piece):
                    kind, word = match[1].decode().upper(), match[0].decode().upper()
                    found.setdefault(kind, set()).add((self.words.get(word, kind), word))
                for value, (kind, keyword) in self.exact.items():
                    if value in piece:
                        found.setdefault(kind, set()).add((keyword, repr(value)))
        return found


def plant(images: Iterable[Dataset]) -> Planted:
    """Put a word of its own into every text of the dictionary, dates, times and UIDs, in every image."""
    planted, identity = Planted(), Dataset()
    for kind, keywords in _keywords().items():
        for n, keyword in enumerate(keywords):
            setattr(identity, keyword, _value(planted, kind, n, keyword))
    other = Dataset()
    other.PatientID = planted.word("LO", 9001, NESTED)
    other.PatientName = f"{planted.word('PN', 9001, NESTED)}^ANNA"
    identity.add_new(PRIVATE, "LO", planted.word("PV", 1, "private"))
    identity.add_new(PRIVATE & ~0xFF | 0x1001, "LO", planted.word("PV", 2, "private"))
    setattr(identity, NESTED, Sequence([other]))
    described = f"{planted.word('LO', 9002, 'SeriesDescription')} {planted.word('PN', 9002, 'SeriesDescription')}"
    protocol = planted.word("LO", 9003, "ProtocolName")
    for image in images:
        image.update({element.tag: element for element in identity})
        image.SeriesDescription = f"{image.get('SeriesDescription', '')} {described}"
        image.ProtocolName = protocol
        for keyword in OWN_UIDS:
            if value := str(image.get(keyword, "")):
                planted.exact[value.encode()] = ("UI", keyword)
    return planted


def _keywords() -> dict[str, list[str]]:
    """Elements in which something is planted, by value representation."""
    found: dict[str, list[str]] = {}
    for tag in sorted(DicomDictionary):
        keyword = dictionary_keyword(tag)
        if tag >> 16 > 2 and keyword and keyword not in STEERING and "Class" not in keyword:
            found.setdefault(dictionary_VR(tag), []).append(keyword)
    return {kind: sorted(found[kind]) for kind in (*TEXTS, "DA", "DT", "UI")} | {"TM": ["PatientBirthTime"]}


def _value(planted: Planted, kind: str, n: int, keyword: str) -> str:
    """Make what is planted in one element."""
    if kind in TEXTS:
        return planted.word(kind if kind in KINDS else "ST", 1000 * TEXTS.index(kind) + n, keyword)
    if kind == "UI":
        value = f"{ROOT_UID}.{n + 1}.1"
    else:
        value = {"DA": f"17{n:02d}1017", "DT": f"16{n:02d}1017101112.1718", "TM": "171819.202122"}[kind]
    forms = {value}
    if kind in ("DA", "DT"):
        year = value[:4]
        forms = {value[:8], f"{year}-10-17", f"17.10.{year}", f"17/10/{year}", f"10/17/{year}"}
    planted.exact |= {form.encode(): ("UI" if kind == "UI" else "DA", keyword) for form in forms}
    return value


def packed(images: Iterable[Dataset]) -> bytes:
    """Write images into an archive of one folder, both with a planted name."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for n, image in enumerate(images):
            one = io.BytesIO()
            image.save_as(one, enforce_file_format=True)
            archive.writestr(f"FNQZ0002 Anna/FNQZ0003-{n:04d}.dcm", one.getvalue())
    return stream.getvalue()


def told(found: Found, documented: Iterable[str]) -> tuple[list[str], list[str]]:
    """Write one cell for each kind, and name what should not be there.

    ``documented``: kinds and keywords of elements.
    """
    allowed = set(documented)
    cells, wrong = [], []
    for kind in KINDS:
        names = {name for name, _ in found.get(kind, ())}
        faults = set() if kind in allowed else names - allowed
        n = len(found.get(kind, ()))
        cells.append("" if not n else f"**{n}**" if faults else f"{n}")
        wrong += sorted(faults)
    return cells, wrong


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
    for match in _ENCODED.finditer(content) if depth else ():
        with contextlib.suppress(binascii.Error):
            yield from _unpacked(base64.b64decode(match[0] + b"=" * (-len(match[0]) % 4)), depth - 1)
