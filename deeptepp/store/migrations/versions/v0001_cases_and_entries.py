"""Cases and the record of their decisions, which is never changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_KEPT = "a recorded entry of the board is never changed"

_GUARDS = {
    "sqlite": (
        "CREATE TRIGGER board_entries_kept BEFORE UPDATE ON board_entries "
        f"BEGIN SELECT RAISE(ABORT, '{_KEPT}'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION board_entries_kept() RETURNS trigger AS $$ "
        f"BEGIN RAISE EXCEPTION '{_KEPT}'; END $$ LANGUAGE plpgsql",
        "CREATE TRIGGER board_entries_kept BEFORE UPDATE ON board_entries "
        "FOR EACH ROW EXECUTE FUNCTION board_entries_kept()",
    ),
}
"""By database: what keeps the record unchanged, whatever code may come to write to it."""


def upgrade() -> None:
    """Make the tables of the first version."""
    op.create_table("board_schema", sa.Column("version", sa.Integer, primary_key=True, autoincrement=False))
    op.create_table(
        "board_cases",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("label", sa.String(60), nullable=False, unique=True),
        sa.Column("created_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("profile", sa.Text, nullable=False),
        sa.Column("assessment", sa.Text, nullable=False),
        sa.Column("bundle_sha256", sa.String(64), nullable=False),
        sa.Column("flags", sa.Text, nullable=False),
        sa.Column("is_simulated", sa.Boolean, nullable=False),
        sa.Column("thumbnail_png", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "board_entries",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("case_id", sa.String(32), sa.ForeignKey("board_cases.id", ondelete="CASCADE"), nullable=False),
        sa.Column("moment", sa.String(16), nullable=False),
        sa.Column("choice", sa.String(16)),
        sa.Column("agreement", sa.String(16)),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("role", sa.String(60), nullable=False),
        sa.Column("recorded_utc", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("board_entries_by_case", "board_entries", ["case_id", "number"])
    for statement in _GUARDS.get(op.get_bind().dialect.name, ()):
        op.execute(statement)
