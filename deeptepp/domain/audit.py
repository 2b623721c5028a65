"""The audit trail as values: what an entry holds, and where a chain of entries is broken."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from deeptepp.wording.sentence import Words

GENESIS = "0" * 64
"""What the first entry of a chain follows."""

_HEAD = re.compile(r"(?:(\d+):)?\b([0-9a-f]{64})\b")

_KEY = re.compile(r"[a-z][a-z0-9_]{0,30}")
_TEXT = re.compile(r"[0-9a-f]{16}|[0-9a-f]{32}|[0-9a-f]{64}|[a-z][a-z -]{0,40}|")
"""Texts that a fact may be: a random id, a digest, or words of this program in small letters."""


class LedgerKind(StrEnum):
    """What an entry tells."""

    SIGNED_IN = "signed in"
    SIGNED_OUT = "signed out"
    REFUSED = "refused"
    CASE_SCORED = "case scored"
    CASE_OPENED = "case opened"
    CASE_DELETED = "case deleted"
    BOARDED = "put on the board"
    SENT = "sent"
    PULLED = "pulled"
    SCORE_SHOWN = "score shown"
    DECISION = "decision"
    CORRECTION = "correction"
    WITHDRAWAL = "withdrawal"
    SETTINGS_CHANGED = "settings changed"
    BACKUP = "backup"
    RESTORE = "restore"
    RETENTION = "retention"
    TOKEN_MADE = "token made"  # noqa: S105  no token
    TOKEN_REVOKED = "token revoked"  # noqa: S105  no token


KIND_WORDS: dict[LedgerKind, Words] = {
    LedgerKind.SIGNED_IN: "Signed in",
    LedgerKind.SIGNED_OUT: "Signed out",
    LedgerKind.REFUSED: "Access refused",
    LedgerKind.CASE_SCORED: "Case scored",
    LedgerKind.CASE_OPENED: "Case opened",
    LedgerKind.CASE_DELETED: "Case deleted",
    LedgerKind.BOARDED: "Case put on the board",
    LedgerKind.SENT: "Result sent",
    LedgerKind.PULLED: "Study fetched",
    LedgerKind.SCORE_SHOWN: "Score shown to the board",
    LedgerKind.DECISION: "Decision recorded",
    LedgerKind.CORRECTION: "Decision corrected",
    LedgerKind.WITHDRAWAL: "Case withdrawn",
    LedgerKind.SETTINGS_CHANGED: "Settings changed",
    LedgerKind.BACKUP: "Backup made",
    LedgerKind.RESTORE: "Backup restored",
    LedgerKind.RETENTION: "Erased by age",
    LedgerKind.TOKEN_MADE: "Token made",
    LedgerKind.TOKEN_REVOKED: "Token revoked",
}
"""What each kind is called on screens."""


FACT_WORDS: dict[str, Words] = {
    "receipt": "receipt",
    "receipts": "receipts",
    "bundle": "model",
    "outcome": "outcome",
    "entry": "entry of the board",
    "moment": "moment",
    "objects": "objects",
    "files": "files",
    "role": "role",
    "days": "days",
    "viewer": "viewer",
    "clinician": "clinician",
    "board": "tumour board",
    "admin": "administrator",
    "metrics": "metrics",
    "is_erased": "receipt erased",
    "scored": "scored",
    "scored-with-warnings": "scored with warnings",
    "refused": "refused",
    "before": "before the score",
    "shown": "score shown",
    "skipped": "score shown without a decision before it",
    "after": "with the score in sight",
    "segmentation": "segmentation",
    "measurements": "measurements",
    "report": "report",
    "card": "card",
}
"""What facts of an entry and their words are called on screens."""


class BreakKind(StrEnum):
    """How a chain is broken."""

    CHANGED = "changed"
    REMOVED = "removed"
    REORDERED = "reordered"
    TRUNCATED = "truncated"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One row of the audit trail.

    ``number``: from 1, without gaps; ``recorded_utc``: ISO 8601 to the microsecond; ``who``: subject of a
    ``Person``; ``name``: what she was called then, may be empty; ``kind``: a ``LedgerKind``, or a word of a newer
    version; ``about``: random id or digest of what it tells of, may be empty; ``content``: facts as canonical
    JSON; ``previous``: hash of the entry before; ``sha256``: hash of this one.
    """

    number: int
    recorded_utc: str
    who: str
    name: str
    kind: str
    about: str
    content: str
    previous: str
    sha256: str = ""

    @property
    def facts(self) -> dict[str, Any]:
        """Facts as plain values."""
        found: dict[str, Any] = json.loads(self.content)
        return found

    @property
    def digest(self) -> str:
        """SHA-256 over the hash of the entry before and everything that this one holds."""
        row = (
            self.previous,
            self.number,
            self.recorded_utc,
            self.who,
            self.name,
            self.kind,
            self.about,
            self.content,
        )
        return hashlib.sha256(canonical_json(row).encode()).hexdigest()

    def sealed(self) -> LedgerEntry:
        """Give the entry with its hash."""
        return replace(self, sha256=self.digest)


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The last entry of a chain as somebody noted it elsewhere; ``number`` is 0 where only the hash is known."""

    number: int
    sha256: str

    @classmethod
    def read(cls, text: str) -> ChainHead | None:
        """Find a head in a text, as ``str`` of one writes it, or a hash alone; None where there is none."""
        found = _HEAD.search(text)
        return cls(int(found[1] or 0), found[2]) if found else None

    def __str__(self) -> str:
        return f"{self.number}:{self.sha256}"


@dataclass(frozen=True, slots=True)
class ChainBreak:
    """The first row of a chain that is not what it was: its number, and what was done."""

    number: int
    kind: BreakKind


def canonical_json(value: object) -> str:
    """Write plain data in the one way that digests are made of: ASCII, sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def checked_facts(facts: Mapping[str, object]) -> str:
    """Write facts as canonical JSON; only numbers, truth, random ids, digests and words of this program pass.

    Raises ValueError: a fact is anything else, and so might name a patient; the message does not quote it.
    """
    for key, value in facts.items():
        several = value if isinstance(value, tuple | list) else (value,)
        if not _KEY.fullmatch(key) or not all(_is_plain(each) for each in several):
            msg = "A fact of the audit trail is no number, id, digest or word of this program"
            raise ValueError(msg)
    return canonical_json(facts)


def _is_plain(value: object) -> bool:
    """Whether a value cannot name anybody."""
    if value is None or isinstance(value, bool | int | float):
        return True
    return isinstance(value, str) and bool(_TEXT.fullmatch(value))


def first_break(entries: Sequence[LedgerEntry], head: ChainHead | None = None) -> ChainBreak | None:
    """Walk a chain and give the first row that is not what it was.

    ``entries``: all rows by number; ``head``: as it was noted elsewhere, the only thing that shows an end that was
    cut off, or a chain that was written anew from some row on.
    """
    previous = GENESIS
    for place, entry in enumerate(entries, 1):
        # Numbers run without a gap; a higher one says that rows before it are gone.
        if entry.number != place:
            return ChainBreak(place, BreakKind.REMOVED)
        if entry.digest != entry.sha256:
            return ChainBreak(place, _how_changed(entry, len(entries)))
        # A row that is whole and follows another hash: the row before it was written anew.
        if entry.previous != previous:
            return ChainBreak(place - 1 or 1, BreakKind.CHANGED)
        previous = entry.sha256
    return None if head is None else _end_break(entries, head)


def _how_changed(entry: LedgerEntry, n: int) -> BreakKind:
    """Tell a row that was moved, whose hash fits another number, from one that was changed."""
    others = (replace(entry, number=k).digest for k in range(1, n + 1) if k != entry.number)
    return BreakKind.REORDERED if entry.sha256 in others else BreakKind.CHANGED


def _end_break(entries: Sequence[LedgerEntry], head: ChainHead) -> ChainBreak | None:
    """Compare a whole chain with a head that was noted."""
    if any(entry.sha256 == head.sha256 for entry in entries):
        return None
    if 0 < head.number <= len(entries):
        return ChainBreak(head.number, BreakKind.CHANGED)
    return ChainBreak(len(entries) + 1, BreakKind.TRUNCATED)
