"""Meetings of the board: their day, who attends by roles, and the order of their cases."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from deeptepp.domain.board import ROLE_CHARACTERS
from deeptepp.domain.meeting import MOST_ATTENDEES, TITLE_CHARACTERS, Meeting
from deeptepp.errors import EntryTooLong, MeetingChanged, MeetingGone, MeetingHasDecisions
from deeptepp.store.board_rules import plain_label
from deeptepp.store.case_rows import as_json
from deeptepp.store.database import reading, writing
from deeptepp.store.schema import AGENDA, CASES, ENTRIES, MEETINGS


class MeetingBook:
    """The meetings of one board; safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> list[Meeting]:
        """Give every meeting with its agenda, the newest day first."""
        with reading(self._engine) as connection:
            return _read(connection)

    def add(self, meeting: Meeting) -> Meeting:
        """Keep a new meeting.

        Raises EntryTooLong: a text is too long, or there are too many roles; LabelNamesSomebody: a title or role
        holds a long number.
        """
        row = _row(meeting)
        meeting_id = secrets.token_hex(8)
        with writing(self._engine) as connection:
            connection.execute(insert(MEETINGS).values(id=meeting_id, created_utc=datetime.now(UTC), **row))
            _append(connection, meeting_id, meeting.agenda)
            return _one(connection, meeting_id)

    def change(self, meeting: Meeting, *, seen: Meeting) -> Meeting:
        """Change day, title and attendees of a meeting.

        ``meeting``: as it is to be, its agenda is not looked at. Raises MeetingGone: it is not kept;
        MeetingChanged: somebody else changed it meanwhile; EntryTooLong, LabelNamesSomebody: see ``add``.
        """
        row = _row(meeting)
        with writing(self._engine) as connection:
            now = _one(connection, meeting.id)
            if (now.held_on, now.title, now.attendees) != (seen.held_on, seen.title, seen.attendees):
                raise MeetingChanged()
            connection.execute(update(MEETINGS).where(MEETINGS.c.id == meeting.id).values(**row))
            return _one(connection, meeting.id)

    def remove(self, meeting_id: str) -> None:
        """Remove a meeting in which nothing was recorded; its cases stay on the board.

        Raises MeetingGone: it is not kept; MeetingHasDecisions: something was recorded in it.
        """
        recorded = select(func.count()).select_from(ENTRIES).where(ENTRIES.c.meeting_id == meeting_id)
        with writing(self._engine) as connection:
            _lock(connection, meeting_id)
            if n := connection.execute(recorded).scalar_one():
                raise MeetingHasDecisions(value=n)
            connection.execute(delete(AGENDA).where(AGENDA.c.meeting_id == meeting_id))
            connection.execute(delete(MEETINGS).where(MEETINGS.c.id == meeting_id))

    def put_on(self, meeting_id: str, case_ids: Sequence[str]) -> Meeting:
        """Put cases at the end of the agenda; those that are on it, or no longer on the board, are left out.

        Raises MeetingGone: it is not kept.
        """
        with writing(self._engine) as connection:
            _lock(connection, meeting_id)
            _append(connection, meeting_id, case_ids)
            return _read(connection, meeting_id)[0]

    def take_off(self, meeting_id: str, case_id: str) -> None:
        """Take a case off the agenda; it stays on the board with all that was recorded."""
        with writing(self._engine) as connection:
            own = (AGENDA.c.meeting_id == meeting_id) & (AGENDA.c.case_id == case_id)
            connection.execute(delete(AGENDA).where(own))

    def move(self, meeting_id: str, case_id: str, step: int) -> Meeting:
        """Move a case within the agenda.

        ``step``: places towards the end, below 0 towards the beginning. Raises MeetingGone: it is not kept.
        """
        with writing(self._engine) as connection:
            order = list(_one(connection, meeting_id).agenda)
            if case_id in order:
                place = max(0, min(len(order) - 1, order.index(case_id) + step))
                order.remove(case_id)
                order.insert(place, case_id)
            for i, each in enumerate(order):
                own = (AGENDA.c.meeting_id == meeting_id) & (AGENDA.c.case_id == each)
                connection.execute(update(AGENDA).where(own).values(place=i))
            return _read(connection, meeting_id)[0]


def _row(meeting: Meeting) -> dict[str, object]:
    """Columns of a meeting, checked."""
    if len(meeting.attendees) > MOST_ATTENDEES:
        raise EntryTooLong(field="list of attendees", value=len(meeting.attendees), limit=MOST_ATTENDEES)
    roles = [plain_label("role", role, ROLE_CHARACTERS) for role in meeting.attendees]
    return {
        "held_on": meeting.held_on,
        "title": plain_label("title", meeting.title, TITLE_CHARACTERS),
        "attendees": as_json(list(dict.fromkeys(role for role in roles if role))),
    }


def _lock(connection: Connection, meeting_id: str) -> None:
    """Keep others from changing the agenda, and refuse a meeting that is not kept."""
    locked = select(MEETINGS.c.id).where(MEETINGS.c.id == meeting_id).with_for_update()
    if connection.execute(locked).first() is None:
        raise MeetingGone()


def _append(connection: Connection, meeting_id: str, case_ids: Sequence[str]) -> None:
    """Put those cases at the end of an agenda that exist and are not on it."""
    places = select(AGENDA.c.case_id, AGENDA.c.place).where(AGENDA.c.meeting_id == meeting_id)
    there = {row.case_id: row.place for row in connection.execute(places)}
    known = set(connection.execute(select(CASES.c.id).where(CASES.c.id.in_(list(case_ids)))).scalars())
    new = [each for each in dict.fromkeys(case_ids) if each in known and each not in there]
    for place, case_id in enumerate(new, start=max(there.values(), default=-1) + 1):
        connection.execute(insert(AGENDA).values(meeting_id=meeting_id, case_id=case_id, place=place))


def _one(connection: Connection, meeting_id: str) -> Meeting:
    """Read one meeting, locked against other writers."""
    _lock(connection, meeting_id)
    return _read(connection, meeting_id)[0]


def _read(connection: Connection, meeting_id: str | None = None) -> list[Meeting]:
    """Read meetings with their agendas."""
    meetings, agenda = select(MEETINGS), select(AGENDA)
    if meeting_id is not None:
        meetings, agenda = (
            meetings.where(MEETINGS.c.id == meeting_id),
            agenda.where(AGENDA.c.meeting_id == meeting_id),
        )
    order: dict[str, list[str]] = {}
    for row in connection.execute(agenda.order_by(AGENDA.c.place)).mappings():
        order.setdefault(row["meeting_id"], []).append(row["case_id"])
    rows = connection.execute(meetings.order_by(MEETINGS.c.held_on.desc(), MEETINGS.c.created_utc.desc()))
    return [
        Meeting(
            id=row["id"],
            held_on=row["held_on"],
            title=row["title"],
            attendees=tuple(json.loads(row["attendees"])),
            agenda=tuple(order.get(row["id"], ())),
        )
        for row in rows.mappings()
    ]
