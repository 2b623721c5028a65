"""The tables of the tumour board; none has a column for who the patient is."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

from deeptepp.domain.board import ENTRY_FIELDS, LABEL_CHARACTERS, OPTION_CHARACTERS, ROLE_CHARACTERS
from deeptepp.domain.meeting import TITLE_CHARACTERS

METADATA = MetaData()
"""Every table of the board, as the newest migration leaves them; a test compares the two."""

VERSIONS = Table("board_schema", METADATA, Column("version", Integer, primary_key=True, autoincrement=False))
"""One row: the layout of the others, which versions before migrations read too."""

CASES = Table(
    "board_cases",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("label", String(LABEL_CHARACTERS), nullable=False, unique=True),
    Column("created_utc", DateTime(timezone=True), nullable=False),
    Column("profile", Text, nullable=False),
    Column("assessment", Text, nullable=False),
    Column("bundle_sha256", String(64), nullable=False),
    Column("flags", Text, nullable=False),
    Column("is_simulated", Boolean, nullable=False),
    Column("thumbnail_png", LargeBinary, nullable=False),
)
"""Cases on the board; profile, assessment and flags are JSON."""


def _case_key(*, is_key: bool = False) -> Column[str]:
    """Column that names a case and goes with it."""
    key = ForeignKey("board_cases.id", ondelete="CASCADE")
    return Column("case_id", String(32), key, primary_key=is_key, nullable=False)


ENTRIES = Table(
    "board_entries",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    _case_key(),
    Column("moment", String(16), nullable=False),
    *(
        Column(name, String(OPTION_CHARACTERS)) if known.options else Column(name, Text, nullable=False)
        for name, known in ENTRY_FIELDS.items()
    ),
    Column("role", String(ROLE_CHARACTERS), nullable=False),
    Column("recorded_utc", DateTime(timezone=True), nullable=False),
    Column("corrects", Integer),
    Column("meeting_id", String(32)),
)
"""What was decided and when the score was shown; rows are added, never changed, which a trigger sees to."""

Index("board_entries_by_case", ENTRIES.c.case_id, ENTRIES.c.number)

PICTURES = Table(
    "board_pictures",
    METADATA,
    _case_key(is_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("name", String(40), nullable=False),
    Column("png", LargeBinary, nullable=False),
)
"""Slices through the lesion of a case."""

MEETINGS = Table(
    "board_meetings",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("held_on", Date, nullable=False),
    Column("title", String(TITLE_CHARACTERS), nullable=False),
    Column("attendees", Text, nullable=False),
    Column("created_utc", DateTime(timezone=True), nullable=False),
)
"""Meetings; attendees are a JSON list of roles."""

AGENDA = Table(
    "board_agenda",
    METADATA,
    Column("meeting_id", String(32), ForeignKey("board_meetings.id", ondelete="CASCADE"), primary_key=True),
    _case_key(is_key=True),
    Column("place", Integer, nullable=False),
)
"""Which cases a meeting discusses, in which order."""
