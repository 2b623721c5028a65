"""A tumour board's cases and what the board decided, before and after it saw the score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.risk import Tier, TierName

LABEL_CHARACTERS = 60
"""Longest label of a case."""

NOTE_CHARACTERS = 4000
"""Longest free text of an entry."""

ROLE_CHARACTERS = 60
"""Longest role of who records an entry."""


class Moment(StrEnum):
    """When an entry was made, or what it records."""

    BEFORE = "before"
    """A decision made while the score was hidden."""
    SHOWN = "shown"
    """The score was shown after a decision."""
    SKIPPED = "skipped"
    """The score was shown although no decision had been recorded."""
    AFTER = "after"
    """A decision made with the score in sight."""


class Choice(StrEnum):
    """Treatment that the board decided on; the values are stored and never change their meaning."""

    NONE = "none"
    CHEMOTHERAPY = "chemotherapy"
    T = "T"
    TP = "T+P"
    T_DM1 = "T-DM1"
    NERATINIB = "neratinib"
    T_DXD = "T-DXd"
    OTHER = "other"
    DEFERRED = "deferred"


class Agreement(StrEnum):
    """Whether the board's own view of the risk agrees with the tier."""

    AGREE = "agree"
    DISAGREE = "disagree"
    UNDECIDED = "undecided"


class Flag(StrEnum):
    """What must be kept in mind about a case."""

    SIMULATED = "simulated"
    WARNINGS = "warnings"
    OVERRIDE = "override"
    UNSTABLE = "unstable"
    NO_SCORE = "no-score"


class Status(StrEnum):
    """How far the board has come with a case."""

    OPEN = "open"
    """Nothing decided, score hidden."""
    BEFORE = "before"
    """Decided before the score, which is still hidden."""
    SHOWN = "shown"
    """Score shown, no decision after it yet."""
    DECIDED = "decided"
    """Decided with the score in sight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryText:
    """One free text of an entry.

    ``is_long``: it may have several lines; ``is_bare``: the record and the minutes show it without its label.
    """

    label: str
    characters: int
    is_long: bool = False
    is_bare: bool = False


def _text(label: str, **known: Any) -> Any:  # noqa: ANN401  the default of a field
    """Make a field of an entry that holds a free text; see ``EntryText``."""
    return field(default="", metadata={"text": EntryText(label=label, **known)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the record of a case; it is never changed.

    ``choice``: what was decided, None where the entry only records that the score was shown; ``agreement``:
    whether the board agrees with the tier, only after it was shown; ``role``: who recorded it, as a role, such as
    ``chair``, may be empty; ``recorded_utc``: time zone UTC, None until it is stored; ``number``: place in the
    record of the whole board, ascending, 0 until it is stored; ``corrects``: number of the entry that was made by
    mistake and that this one stands for, 0 where there is none; ``meeting_id``: meeting in which it was recorded,
    empty outside of one.
    """

    moment: Moment
    choice: Choice | None = None
    agreement: Agreement | None = None
    note: str = _text("Notes", characters=NOTE_CHARACTERS, is_long=True, is_bare=True)
    role: str = ""
    recorded_utc: datetime | None = None
    number: int = 0
    corrects: int = 0
    meeting_id: str = ""

    @property
    def texts(self) -> tuple[tuple[str, str], ...]:
        """Free texts that hold something, each behind its label; that of a bare one is empty."""
        told = ((known, getattr(self, name)) for name, known in ENTRY_TEXTS.items())
        return tuple(("" if known.is_bare else known.label, text) for known, text in told if text)

    def stripped(self) -> Entry:
        """Give it with texts as they are stored, without blanks around them."""
        return replace(self, **{name: getattr(self, name).strip() for name in ENTRY_TEXTS})


ENTRY_TEXTS: dict[str, EntryText] = {
    each.name: each.metadata["text"] for each in fields(Entry) if "text" in each.metadata
}
"""Free texts of an entry by name, in the order of the form: columns, fields and minutes are made of them."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One slice through a lesion, as a projector shows it.

    ``name``: which slice of which images, such as ``post 0``, see ``imaging.lesion_slices``; ``png``: grey picture
    without metadata.
    """

    name: str
    png: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """What is put on the board: nothing in it names a patient.

    ``profile``: clinical-pathological facts; ``assessment``: the answer as JSON-ready data, see
    ``report.case.document``; ``label``: pseudonym chosen by the user, empty for the next free ``Case 3``;
    ``thumbnail_png``: small picture of the region of interest, empty where there is none; ``pictures``: slices
    through the lesion, a case that was read from the board leaves them there, see ``Board.pictures``; ``flags``:
    what must be kept in mind.
    """

    profile: ClinicalProfile
    assessment: Mapping[str, Any]
    bundle_sha256: str
    label: str = ""
    thumbnail_png: bytes = field(default=b"", repr=False)
    pictures: tuple[Picture, ...] = field(default=(), repr=False)
    flags: tuple[Flag, ...] = ()
    is_simulated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardCase(NewCase):
    """A case on the board with its record.

    ``id``: random, names the case in addresses; ``created_utc``: time zone UTC; ``entries``: in the order in which
    they were recorded.
    """

    id: str
    created_utc: datetime
    entries: tuple[Entry, ...] = ()

    @property
    def is_shown(self) -> bool:
        """Whether the board has seen the score."""
        return any(entry.moment in (Moment.SHOWN, Moment.SKIPPED) for entry in self.entries)

    @property
    def was_skipped(self) -> bool:
        """Whether the score was shown without a decision before it."""
        return any(entry.moment is Moment.SKIPPED for entry in self.entries)

    @property
    def before(self) -> Entry | None:
        """Last decision before the score was shown."""
        return self._last(Moment.BEFORE)

    @property
    def after(self) -> Entry | None:
        """Last decision after the score was shown."""
        return self._last(Moment.AFTER)

    @property
    def status(self) -> Status:
        """How far the board has come."""
        if self.after is not None:
            return Status.DECIDED
        if self.is_shown:
            return Status.SHOWN
        return Status.BEFORE if self.before is not None else Status.OPEN

    @property
    def score(self) -> float | None:
        """Risk score in [0, 1]; None where the case was not scored."""
        value = self.assessment.get("score")
        return None if value is None else float(value)

    @property
    def tier(self) -> Tier | None:
        """Risk tier; None where the case was not scored."""
        value = self.assessment.get("tier")
        return None if value is None else Tier(value)

    @property
    def tier_name(self) -> TierName:
        """What the tier is called; where the board keeps no stability, that is said."""
        stored = self.assessment.get("stability")
        if self.tier is None or not stored:
            return TierName.of(self.tier, None)
        return TierName(tuple(Tier(name) for name in stored["tiers"]), bool(stored["is_stable"]))

    @property
    def tier_text(self) -> str:
        """The tier in words, see ``TierName.text``; empty where the case was not scored."""
        return self.tier_name.text

    @property
    def percentile(self) -> float | None:
        """Place of the score in the reference cohort, percent."""
        value = self.assessment.get("percentile")
        return None if value is None else float(value)

    @property
    def last_number(self) -> int:
        """Number of the last entry; 0 where nothing was recorded."""
        return max((entry.number for entry in self.entries), default=0)

    @property
    def decisions(self) -> tuple[Entry, ...]:
        """Every decision that was recorded, also those that were corrected or made anew later."""
        return tuple(entry for entry in self.entries if entry.choice is not None)

    def earlier(self, moment: Moment) -> tuple[Entry, ...]:
        """Decisions of one moment that a later one stands for, oldest first."""
        return tuple(entry for entry in self.decisions if entry.moment is moment)[:-1]

    def is_late(self, entry: Entry) -> bool:
        """Whether an entry about the time before the score was recorded after the score was shown."""
        if entry.moment is not Moment.BEFORE:
            return False
        moments = [each.moment for each in self.entries[: self.entries.index(entry)]]
        return Moment.SHOWN in moments or Moment.SKIPPED in moments

    @property
    def corrected(self) -> frozenset[int]:
        """Numbers of the entries that a later one corrects."""
        return frozenset(entry.corrects for entry in self.entries if entry.corrects)

    def _last(self, moment: Moment) -> Entry | None:
        """Last entry of one moment."""
        return next((entry for entry in reversed(self.entries) if entry.moment is moment), None)
