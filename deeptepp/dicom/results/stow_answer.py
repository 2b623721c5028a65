"""What a PACS answered to objects that were sent to it: which it took, which it did not, and why, in words.

Only codes are read of an answer. Free text beside them may quote the patient of another study.

References
----------
DICOM PS3.18 section 10.5.3 and Annex I.2 (Store Instances Response Module); PS3.4 table GG.4-1; PS3.7 Annex C.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydicom.dataset import Dataset

from deeptepp.wording.sentence import Words, glued

_KINDS: dict[int, Words] = {
    0xA700: "it has no room left",
    0xA900: "it finds the object not to be of its class",
    0xB000: "it changed some elements",
    0xB006: "it discarded some elements",
    0xB007: "it finds the object not to be of its class",
    0xC000: "it cannot read the object",
    0x0105: "it does not know an attribute",
    0x0106: "it finds an attribute invalid",
    0x0110: "its processing failed",
    0x0111: "it has an object of this UID already",
    0x0112: "it does not know the object",
    0x0117: "it finds the UID of the object invalid",
    0x0119: "class and UID of the object do not fit",
    0x0122: "it does not store this class of objects",
    0x0124: "it does not allow this sender to store",
    0x0211: "it does not know the operation",
    0xC122: "it does not take this transfer syntax",
}
"""Reasons by code; those of a whole family stand under its first one."""

_UNKNOWN: Words = "it gives a code that the standard does not know"
_SILENT: Words = "its answer does not name them"


@dataclass(frozen=True, slots=True)
class Remark:
    """What is said of one object: ``name``; ``code``, empty where there is none; ``words``: the reason."""

    name: str
    code: str
    words: str

    @property
    def said(self) -> str:
        """Reason, with its code where there is one."""
        return glued("{} ({})", self.words, self.code) if self.code else self.words


@dataclass(frozen=True, slots=True)
class StowAnswer:
    """Objects by what became of them; ``warned`` are among those ``taken``."""

    taken: tuple[str, ...]
    failed: tuple[Remark, ...]
    warned: tuple[Remark, ...]


def read_answer(answer: Dataset, names: dict[str, str]) -> StowAnswer:
    """Read the answer; ``names``: of the objects that were sent, by SOPInstanceUID."""
    taken, warned = [], []
    for item in answer.get("ReferencedSOPSequence") or []:
        name = names.get(str(item.get("ReferencedSOPInstanceUID")))
        if name is None:
            continue
        taken.append(name)
        if item.get("WarningReason"):
            warned.append(_remark(name, int(item.WarningReason)))
    failed = [
        _remark(names[str(item.get("ReferencedSOPInstanceUID"))], int(item.get("FailureReason") or 0))
        for item in answer.get("FailedSOPSequence") or []
        if str(item.get("ReferencedSOPInstanceUID")) in names
    ]
    known = {*taken, *(each.name for each in failed)}
    failed += [Remark(name, "", _SILENT) for name in names.values() if name not in known]
    return StowAnswer(tuple(taken), tuple(failed), tuple(warned))


def reasons(remarks: Sequence[Remark]) -> str:
    """Reasons of several objects, each once."""
    found = [each.said for each in {each.code: each for each in remarks}.values()]
    return glued("; ".join(["{}"] * len(found)), *found)


def _remark(name: str, code: int) -> Remark:
    """Say a code in words."""
    family = code & 0xFF00 if code >> 12 in (0xA, 0xB) else code & 0xF000 if code >> 12 == 0xC else code
    words = _KINDS.get(code) or _KINDS.get(family) or _UNKNOWN
    return Remark(name, f"0x{code:04X}", words)
