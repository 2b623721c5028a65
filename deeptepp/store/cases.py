"""The tumour board's store: cases put on it, the record of their decisions, meetings, and withdrawal."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from deeptepp.config import load_settings, read_secret
from deeptepp.domain.audit import LedgerKind
from deeptepp.domain.board import (
    ENTRY_FIELDS,
    LABEL_CHARACTERS,
    ROLE_CHARACTERS,
    BoardCase,
    Entry,
    Moment,
    NewCase,
    Picture,
)
from deeptepp.domain.people import LOCAL, Person
from deeptepp.errors import CaseWithdrawn, LabelTaken
from deeptepp.store.api_tokens import TokenBook
from deeptepp.store.board_rules import checked_moment, plain_label, refuse_conflict, refuse_long
from deeptepp.store.case_rows import as_json, one_case, read_cases
from deeptepp.store.database import engine_of, reading, scrub, writing
from deeptepp.store.kept.erasing import erase_unused
from deeptepp.store.kept.image_folder import ImageFolder
from deeptepp.store.kept.kept_cases import CaseBook
from deeptepp.store.ledger import Ledger, append, recorders
from deeptepp.store.meetings import MeetingBook
from deeptepp.store.schema import AGENDA, CASES, ENTRIES, MEETINGS, PICTURES
from deeptepp.store.upgrade import ensure_schema

BOARD_VARIABLE = "DEEPTEPP_BOARD"
"""Environment variable that names the board's database; with ``_FILE`` behind it, of a file that holds it."""

_NUMBERED = re.compile(r"Case (\d{1,5})")


@dataclass(frozen=True, slots=True)
class BoardCounts:
    """How much a board holds: what two looks are compared by."""

    n_cases: int
    n_entries: int
    n_meetings: int


def board_address() -> str:
    """Address of this installation's board."""
    return read_secret(BOARD_VARIABLE) or load_settings().board


def images_folder(address: str) -> Path:
    """Folder of the images of kept cases: beside an SQLite file, or as the settings say."""
    if "://" in address:
        return Path(load_settings().images_folder)
    file = Path(address)
    return file.with_name(f"{file.stem}-images")


class Board:
    """The board of one installation; safe to share between threads.

    ``address``: path of an SQLite file, or an address that begins with ``postgresql://``. Raises BadSetting: the
    address is of no database that is known here; BoardUnreachable: the database does not answer;
    BoardSchemaMismatch: it was made by another version.
    """

    def __init__(self, address: str) -> None:
        self._engine = engine_of(address)
        try:
            with writing(self._engine, alone=True) as connection:
                ensure_schema(connection)
            self.meetings, self.ledger = MeetingBook(self._engine), Ledger(self._engine)
            self.kept = CaseBook(self._engine, ImageFolder(images_folder(address)))
            self.tokens = TokenBook(self._engine)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    def add(self, new: NewCase, *, person: Person = LOCAL) -> BoardCase:
        """Put a case on the board.

        ``new``: its label may be empty. The result is as stored, with its random id and its label. Raises
        LabelTaken: another case has the label; LabelNamesSomebody: the label holds a long number; EntryTooLong:
        the label is too long.
        """
        return self.add_all([new], person=person)[0]

    def add_all(self, new: Iterable[NewCase], *, person: Person = LOCAL) -> list[BoardCase]:
        """Put cases on the board, all of them or none; see ``add``."""
        with writing(self._engine, alone=True) as connection:
            ids = [_insert(connection, each) for each in new]
            found = {case.id: case for case in read_cases(connection, ids)}
            for each in found.values():
                append(connection, LedgerKind.BOARDED, person, about=each.id, receipt=receipt_id(each))
        return [found[case_id] for case_id in ids]

    def cases(self) -> list[BoardCase]:
        """Give every case with its record, in the order in which they were put on the board."""
        with reading(self._engine) as connection:
            return read_cases(connection)

    def case(self, case_id: str) -> BoardCase:
        """One case with its record.

        Raises CaseWithdrawn: it is not on the board.
        """
        with reading(self._engine) as connection:
            return one_case(connection, case_id)

    def pictures(self, case_id: str) -> tuple[Picture, ...]:
        """Slices through the lesion of a case; empty where it has none."""
        rows = select(PICTURES.c.name, PICTURES.c.png).where(PICTURES.c.case_id == case_id)
        with reading(self._engine) as connection:
            found = connection.execute(rows.order_by(PICTURES.c.place))
            return tuple(Picture(row.name, bytes(row.png)) for row in found)

    def counted(self) -> BoardCounts:
        """Count what the board holds, without reading any of it."""
        counts = (
            select(func.count()).select_from(table).scalar_subquery() for table in (CASES, ENTRIES, MEETINGS)
        )
        with reading(self._engine) as connection:
            return BoardCounts(*connection.execute(select(*counts)).one())

    def recorded_by(self, case_id: str) -> dict[int, str]:
        """Who recorded the entries of a case, by their numbers; nobody where there is no sign-in."""
        return recorders(self.ledger.entries(about=case_id, limit=None))

    def record(
        self, case_id: str, entry: Entry, *, expected: int | None = None, person: Person = LOCAL
    ) -> BoardCase:
        """Add an entry to the record of a case.

        ``entry``: a decision, or that the score was shown, shown twice is recorded once. One that corrects another
        names its number, and the other is kept; ``expected``: number of the last entry of this case that was seen,
        0 for none, without it nothing is asked. Raises CaseWithdrawn: the case is not on the board;
        DecisionTooLate: the score was shown already, so this is no decision before it; DecisionTooEarly: the score
        was not shown yet, so this is no decision after it; BoardConflict: somebody else added to the record
        meanwhile; the error carries what is new, and nothing was recorded; NotCorrectable: it corrects what is not
        the last decision of its moment; EntryTooLong, LabelNamesSomebody: a text is too long; the role holds a
        long number.
        """
        for name, known in ENTRY_FIELDS.items():
            refuse_long("free text", getattr(entry, name) or "", known.characters)
        role = plain_label("role", entry.role, ROLE_CHARACTERS)
        with writing(self._engine) as connection:
            # Locked, so that two members of the board cannot show and decide at the same moment.
            locked = select(CASES.c.id).where(CASES.c.id == case_id).with_for_update()
            if connection.execute(locked).first() is None:
                raise CaseWithdrawn()
            case = one_case(connection, case_id)
            refuse_conflict(case, expected)
            moment = checked_moment(case, entry)
            if moment is None:
                return case
            row = {"case_id": case_id, "moment": moment.value, "role": role}
            added = connection.execute(insert(ENTRIES).values(**row, **_row(entry)))
            (number,) = added.inserted_primary_key or (0,)
            append(connection, _kind(moment, entry), person, about=case_id, entry=number, moment=moment.value)
            return one_case(connection, case_id)

    def withdraw(self, case_id: str, *, person: Person = LOCAL) -> None:
        """Remove a case with everything that belongs to it; the audit trail goes on saying that it was.

        Raises CaseWithdrawn: it is not on the board.
        """
        with writing(self._engine) as connection:
            receipt = receipt_id(one_case(connection, case_id))
            for table in (ENTRIES, PICTURES, AGENDA):
                connection.execute(delete(table).where(table.c.case_id == case_id))
            if connection.execute(delete(CASES).where(CASES.c.id == case_id)).rowcount != 1:
                raise CaseWithdrawn()
            is_erased = erase_unused(connection, receipt)
            append(connection, LedgerKind.WITHDRAWAL, person, about=case_id, receipt=receipt, is_erased=is_erased)
        scrub(self._engine)


def receipt_id(case: NewCase) -> str:
    """Id of the receipt of a case's score, empty where it has none."""
    return str((case.assessment.get("receipt") or {}).get("id", ""))


def _kind(moment: Moment, entry: Entry) -> LedgerKind:
    """What the audit trail calls an entry."""
    if moment in (Moment.SHOWN, Moment.SKIPPED):
        return LedgerKind.SCORE_SHOWN
    return LedgerKind.CORRECTION if entry.corrects else LedgerKind.DECISION


def _insert(connection: Connection, new: NewCase) -> str:
    """Write one case and give its id."""
    label = plain_label("label", new.label, LABEL_CHARACTERS)
    # Asked, since every other writer is kept out: PostgreSQL writes what collides into its own log.
    if connection.execute(select(CASES.c.id).where(CASES.c.label == label)).first() is not None:
        raise LabelTaken()
    case_id = secrets.token_hex(8)
    row = {
        "id": case_id,
        "label": label or _next_label(connection),
        "created_utc": datetime.now(UTC),
        "profile": as_json(new.profile.to_mapping()),
        "assessment": as_json(new.assessment),
        "bundle_sha256": new.bundle_sha256,
        "flags": as_json([flag.value for flag in new.flags]),
        "is_simulated": new.is_simulated,
        "thumbnail_png": new.thumbnail_png,
    }
    connection.execute(insert(CASES).values(row))
    for place, picture in enumerate(new.pictures):
        row = {"case_id": case_id, "place": place, "name": picture.name, "png": picture.png}
        connection.execute(insert(PICTURES).values(row))
    return case_id


def _next_label(connection: Connection) -> str:
    """First number behind all that are in use."""
    labels = connection.execute(select(CASES.c.label)).scalars()
    used = [int(match.group(1)) for label in labels if (match := _NUMBERED.fullmatch(label))]
    return f"Case {max(used, default=0) + 1}"


def _row(entry: Entry) -> dict[str, Any]:
    """Columns of an entry, less its case, moment and role."""
    held = {name: getattr(entry.stripped(), name) for name in ENTRY_FIELDS}
    return {
        # A driver may look at the very type: an option goes as plain text.
        **{name: None if value is None else str(value) for name, value in held.items()},
        "recorded_utc": datetime.now(UTC),
        "corrects": entry.corrects or None,
        "meeting_id": entry.meeting_id or None,
    }
