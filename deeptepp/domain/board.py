"""A tumour board's cases and what the board decided, before and after it saw the score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, get_type_hints

from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.risk import Tier, TierName
from deeptepp.wording.sentence import Verbatim, Words

LABEL_CHARACTERS = 60
"""Longest label of a case."""

NOTE_CHARACTERS = 4000
"""Longest free text of an entry."""

ROLE_CHARACTERS = 60
"""Longest role of who records an entry."""

OPTION_CHARACTERS = 16
"""Longest value of an option, as its column is wide."""


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


CHOICES: Mapping[Choice, Words] = {
    Choice.NONE: "No anti-HER2 treatment",
    Choice.CHEMOTHERAPY: "Chemotherapy alone",
    Choice.T: "Trastuzumab",
    Choice.TP: "Trastuzumab + pertuzumab",
    Choice.T_DM1: "Trastuzumab emtansine (T-DM1)",
    Choice.NERATINIB: "Neratinib (extended adjuvant)",
    Choice.T_DXD: "Trastuzumab deruxtecan (T-DXd)",
    Choice.OTHER: "Another plan",
    Choice.DEFERRED: "Deferred",
}
"""Decisions as the form and the minutes name them."""

AGREEMENTS: Mapping[Agreement, Words] = {
    Agreement.AGREE: "Agrees",
    Agreement.DISAGREE: "Disagrees",
    Agreement.UNDECIDED: "Undecided",
}
"""Agreement as the form and the minutes name it."""


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
class EntryField:
    """One thing that the board is asked for: one of some options, or a free text where there are none.

    ``options``: what can be chosen, with its words; ``demand``: said where nothing was chosen, empty where that is
    allowed; ``is_in_sight``: it is asked only with the score in sight; ``is_in_a_row``: options stand side by
    side; ``characters``: longest text; ``is_long``: it may have several lines; ``is_bare``: the record and the
    minutes show it without its label; ``has_own_place``: they show it in a place of its own, not among the notes.
    """

    label: Words
    options: Mapping[Any, Words] = field(default_factory=dict)
    demand: Words = ""
    is_in_sight: bool = False
    is_in_a_row: bool = False
    characters: int = NOTE_CHARACTERS
    is_long: bool = False
    is_bare: bool = False
    has_own_place: bool = False

    @property
    def empty(self) -> str | None:
        """What an entry holds where nothing was typed."""
        return None if self.options else ""

    def read(self, kept: str | None) -> Any:  # noqa: ANN401  an option of any kind, or a text
        """Turn what a table or a draft keeps into what an entry holds."""
        if not kept or not self.options:
            return kept or self.empty
        return type(next(iter(self.options)))(kept)

    def told(self, value: Any) -> str:  # noqa: ANN401  an option of any kind, or a text
        """Say what an entry holds; a text stays as it was written."""
        return self.options[value] if self.options else Verbatim(value)


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
    choice: Annotated[
        Choice | None,
        EntryField(
            label="Decision of the board", options=CHOICES, demand="Choose a decision first.", has_own_place=True
        ),
    ] = None
    agreement: Annotated[
        Agreement | None,
        EntryField(
            label="The board's own view of the risk and this tier",
            options=AGREEMENTS,
            demand="Please also record whether the board agrees with the tier.",
            is_in_sight=True,
            is_in_a_row=True,
            has_own_place=True,
        ),
    ] = None
    note: Annotated[str, EntryField(label="Notes", is_long=True, is_bare=True)] = ""
    role: str = ""
    recorded_utc: datetime | None = None
    number: int = 0
    corrects: int = 0
    meeting_id: str = ""

    @property
    def notes(self) -> tuple[tuple[str, str], ...]:
        """What has no place of its own and holds something, in words behind its label; empty for a bare one."""
        held = ((known, getattr(self, name)) for name, known in ENTRY_FIELDS.items() if not known.has_own_place)
        return tuple(("" if known.is_bare else known.label, known.told(value)) for known, value in held if value)

    def stripped(self) -> Entry:
        """Give it with texts as they are stored, without blanks around them."""
        texts = {name: getattr(self, name) for name, known in ENTRY_FIELDS.items() if not known.options}
        return replace(self, **{name: text.strip() for name, text in texts.items()})


ENTRY_FIELDS: dict[str, EntryField] = {
    name: asked
    for name, kind in get_type_hints(Entry, include_extras=True).items()
    for asked in getattr(kind, "__metadata__", ())
}
"""What the board is asked for by name, in the order of the form: columns, form and minutes are made of it."""


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
