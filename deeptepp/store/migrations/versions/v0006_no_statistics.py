"""PostgreSQL's planner keeps no samples of what was typed: they outlive rows that were withdrawn or deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_TABLES = ("board_cases", "board_entries", "board_meetings", "cases", "case_scores", "receipts")


def upgrade() -> None:
    """Collect no statistics of texts and bytes, and drop those that are there; SQLite has none."""
    bind = op.get_bind()
    if bind.dialect.name != "postgresql":
        return
    found = sa.inspect(bind)
    for table in _TABLES:
        keys = set(found.get_pk_constraint(table)["constrained_columns"])
        keys |= {name for key in found.get_foreign_keys(table) for name in key["constrained_columns"]}
        for column in found.get_columns(table):
            name, kind = column["name"], column["type"]
            if name not in keys and isinstance(kind, sa.String | sa.LargeBinary):
                # The same type once more rewrites nothing, and is what drops the samples.
                same = kind.compile(bind.dialect)
                op.execute(
                    f"ALTER TABLE {table} ALTER COLUMN {name} SET STATISTICS 0, ALTER COLUMN {name} TYPE {same}"
                )
