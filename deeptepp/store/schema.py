"""The tables of the tumour board; none has a column for who the patient is."""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    Boolean,
    Column,
    Connection,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    event,
    insert,
    inspect,
    select,
)

from deeptepp.domain.board import LABEL_CHARACTERS, ROLE_CHARACTERS
from deeptepp.errors import BoardSchemaMismatch

SCHEMA_VERSION = 1
"""Layout of the tables that this version writes and reads."""

METADATA = MetaData()
"""Every table of the board."""

VERSIONS = Table("board_schema", METADATA, Column("version", Integer, primary_key=True, autoincrement=False))
"""One row: the layout of the others."""

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

ENTRIES = Table(
    "board_entries",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("case_id", String(32), ForeignKey("board_cases.id", ondelete="CASCADE"), nullable=False),
    Column("moment", String(16), nullable=False),
    Column("choice", String(16)),
    Column("agreement", String(16)),
    Column("note", Text, nullable=False),
    Column("role", String(ROLE_CHARACTERS), nullable=False),
    Column("recorded_utc", DateTime(timezone=True), nullable=False),
)
"""What was decided and when the score was shown; rows are added, never changed."""

Index("board_entries_by_case", ENTRIES.c.case_id, ENTRIES.c.number)

_KEPT = "a recorded entry of the board is never changed"

_GUARDS = (
    (
        "sqlite",
        "CREATE TRIGGER board_entries_kept BEFORE UPDATE ON board_entries "
        f"BEGIN SELECT RAISE(ABORT, '{_KEPT}'); END",
    ),
    (
        "postgresql",
        "CREATE OR REPLACE FUNCTION board_entries_kept() RETURNS trigger AS $$ "
        f"BEGIN RAISE EXCEPTION '{_KEPT}'; END $$ LANGUAGE plpgsql",
    ),
    (
        "postgresql",
        "CREATE TRIGGER board_entries_kept BEFORE UPDATE ON board_entries "
        "FOR EACH ROW EXECUTE FUNCTION board_entries_kept()",
    ),
)
"""By database: what keeps the record unchanged, whatever code may come to write to it."""

for _dialect, _statement in _GUARDS:
    _guard = DDL(_statement).execute_if(dialect=_dialect)  # type: ignore[no-untyped-call]
    event.listen(ENTRIES, "after_create", _guard)


def ensure_schema(connection: Connection) -> None:
    """Make the tables where there are none, and refuse those of another version.

    Parameters
    ----------
    connection : Connection
        In a transaction that no other writer shares.

    Raises
    ------
    BoardSchemaMismatch
        The tables were made by another version; they are left as they are.
    """
    if inspect(connection).has_table(VERSIONS.name):
        found = connection.execute(select(VERSIONS.c.version)).scalars().all()
        if list(found) != [SCHEMA_VERSION]:
            raise BoardSchemaMismatch(value=", ".join(map(str, found)) or "none", limit=SCHEMA_VERSION)
        return
    METADATA.create_all(connection)
    connection.execute(insert(VERSIONS).values(version=SCHEMA_VERSION))
