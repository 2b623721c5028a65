"""Meetings with an agenda, pictures for the projector, entries that name their meeting and what they correct."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add tables and columns; nothing that is there is touched."""
    op.create_table(
        "board_meetings",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("held_on", sa.Date, nullable=False),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("attendees", sa.Text, nullable=False),
        sa.Column("created_utc", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "board_agenda",
        sa.Column(
            "meeting_id", sa.String(32), sa.ForeignKey("board_meetings.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("case_id", sa.String(32), sa.ForeignKey("board_cases.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("place", sa.Integer, nullable=False),
    )
    op.create_table(
        "board_pictures",
        sa.Column("case_id", sa.String(32), sa.ForeignKey("board_cases.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("png", sa.LargeBinary, nullable=False),
    )
    op.add_column("board_entries", sa.Column("corrects", sa.Integer))
    op.add_column("board_entries", sa.Column("meeting_id", sa.String(32)))
