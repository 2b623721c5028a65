"""The tumour board's store: cases put on it, the record of their decisions, and their withdrawal."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import IntegrityError

from deeptepp.config import load_settings
from deeptepp.domain.board import (
    LABEL_CHARACTERS,
    NOTE_CHARACTERS,
    ROLE_CHARACTERS,
    BoardCase,
    Entry,
    Moment,
    NewCase,
)
from deeptepp.errors import (
    CaseWithdrawn,
    DecisionTooEarly,
    DecisionTooLate,
    EntryTooLong,
    LabelNamesSomebody,
    LabelTaken,
)
from deeptepp.store.case_rows import as_json, one_case, read_cases
from deeptepp.store.database import engine_of, reading, writing
from deeptepp.store.schema import CASES, ENTRIES, ensure_schema

BOARD_VARIABLE = "DEEPTEPP_BOARD"
"""Environment variable that names the board's database."""

_NUMBERED = re.compile(r"Case (\d{1,5})")
_LONG_NUMBER = re.compile(r"\d(?:[\s./-]?\d){5,}")
"""Six digits or more, also with separators: a date of birth, a patient number."""


def board_address() -> str:
    """Give the address of this installation's board.

    Returns
    -------
    str
        From the environment or the settings.
    """
    return os.environ.get(BOARD_VARIABLE) or load_settings().board


class Board:
    """The board of one installation; safe to share between threads.

    Parameters
    ----------
    address : str
        Path of an SQLite file, or an address that begins with ``postgresql://``.

    Raises
    ------
    BadSetting
        The address is of no database that is known here.
    BoardUnreachable
        The database does not answer.
    BoardSchemaMismatch
        It was made by another version.
    """

    def __init__(self, address: str) -> None:
        self._engine = engine_of(address)
        try:
            with writing(self._engine, alone=True) as connection:
                ensure_schema(connection)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    def add(self, new: NewCase) -> BoardCase:
        """Put a case on the board.

        Parameters
        ----------
        new : NewCase
            Its label may be empty.

        Returns
        -------
        BoardCase
            As stored, with its random id and its label.

        Raises
        ------
        LabelTaken
            Another case has the label.
        LabelNamesSomebody
            The label holds a long number.
        EntryTooLong
            The label is too long.
        """
        return self.add_all([new])[0]

    def add_all(self, new: Iterable[NewCase]) -> list[BoardCase]:
        """Put cases on the board, all of them or none; see ``add``."""
        with writing(self._engine, alone=True) as connection:
            ids = [_insert(connection, each) for each in new]
            found = {case.id: case for case in read_cases(connection, ids)}
        return [found[case_id] for case_id in ids]

    def cases(self) -> list[BoardCase]:
        """Give every case with its record, in the order in which they were put on the board."""
        with reading(self._engine) as connection:
            return read_cases(connection)

    def case(self, case_id: str) -> BoardCase:
        """Give one case with its record.

        Parameters
        ----------
        case_id : str
            Its random id.

        Returns
        -------
        BoardCase
            The case.

        Raises
        ------
        CaseWithdrawn
            It is not on the board.
        """
        with reading(self._engine) as connection:
            return one_case(connection, case_id)

    def record(self, case_id: str, entry: Entry) -> BoardCase:
        """Add an entry to the record of a case.

        Parameters
        ----------
        case_id : str
            Its random id.
        entry : Entry
            A decision, or that the score was shown; shown twice is recorded once.

        Returns
        -------
        BoardCase
            With the entry.

        Raises
        ------
        CaseWithdrawn
            The case is not on the board.
        DecisionTooLate
            The score was shown already, so this is no decision before it.
        DecisionTooEarly
            The score was not shown yet, so this is no decision after it.
        EntryTooLong
            A text is too long.
        """
        _refuse_long("free text", entry.note, NOTE_CHARACTERS)
        _refuse_long("role", entry.role, ROLE_CHARACTERS)
        with writing(self._engine) as connection:
            # Locked, so that two members of the board cannot show and decide at the same moment.
            locked = select(CASES.c.id).where(CASES.c.id == case_id).with_for_update()
            if connection.execute(locked).first() is None:
                raise CaseWithdrawn()
            case = one_case(connection, case_id)
            moment = _checked_moment(case, entry.moment)
            if moment is None:
                return case
            connection.execute(insert(ENTRIES).values(case_id=case_id, moment=moment.value, **_row(entry)))
            return one_case(connection, case_id)

    def withdraw(self, case_id: str) -> None:
        """Remove a case with everything that belongs to it.

        Parameters
        ----------
        case_id : str
            Its random id.

        Raises
        ------
        CaseWithdrawn
            It is not on the board.
        """
        with writing(self._engine) as connection:
            connection.execute(delete(ENTRIES).where(ENTRIES.c.case_id == case_id))
            if connection.execute(delete(CASES).where(CASES.c.id == case_id)).rowcount != 1:
                raise CaseWithdrawn()


def _insert(connection: Connection, new: NewCase) -> str:
    """Write one case and give its id."""
    label = " ".join(new.label.split())
    _refuse_long("label", label, LABEL_CHARACTERS)
    if number := _LONG_NUMBER.search(label):
        raise LabelNamesSomebody(value=sum(character.isdigit() for character in number.group()))
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
    try:
        connection.execute(insert(CASES).values(row))
    except IntegrityError as error:
        raise LabelTaken() from error
    return case_id


def _next_label(connection: Connection) -> str:
    """Give the first number behind all that are in use."""
    labels = connection.execute(select(CASES.c.label)).scalars()
    used = [int(match.group(1)) for label in labels if (match := _NUMBERED.fullmatch(label))]
    return f"Case {max(used, default=0) + 1}"


def _checked_moment(case: BoardCase, moment: Moment) -> Moment | None:
    """Refuse a decision on the wrong side of the score; None where there is nothing to add."""
    if moment is Moment.BEFORE and case.is_shown:
        raise DecisionTooLate()
    if moment is Moment.AFTER and not case.is_shown:
        raise DecisionTooEarly()
    if moment in (Moment.SHOWN, Moment.SKIPPED):
        if case.is_shown:
            return None
        # What the record says, not what the screen last knew.
        return Moment.SKIPPED if case.before is None else Moment.SHOWN
    return moment


def _row(entry: Entry) -> dict[str, Any]:
    """Give the columns of an entry, less its case and moment."""
    return {
        "choice": entry.choice.value if entry.choice else None,
        "agreement": entry.agreement.value if entry.agreement else None,
        "note": entry.note.strip(),
        "role": " ".join(entry.role.split()),
        "recorded_utc": datetime.now(UTC),
    }


def _refuse_long(field: str, text: str, limit: int) -> None:
    """Refuse a text that is too long."""
    if len(text) > limit:
        raise EntryTooLong(field=field, value=len(text), limit=limit)
