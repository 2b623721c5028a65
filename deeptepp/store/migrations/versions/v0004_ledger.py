"""The audit trail, a chain that the database only lets grow, and the receipts of scores."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_KEPT = "the audit trail is never changed"
_LAST = "SELECT COALESCE(MAX(number), 0) + 1 FROM ledger"
_HASH = f"SELECT COALESCE((SELECT sha256 FROM ledger ORDER BY number DESC LIMIT 1), '{'0' * 64}')"  # noqa: S608

_GUARDS = {
    # The check of a new row is what refuses INSERT OR REPLACE, which fires no trigger of a removal.
    "sqlite": (
        f"CREATE TRIGGER ledger_kept BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, '{_KEPT}'); END",
        f"CREATE TRIGGER ledger_whole BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, '{_KEPT}'); END",
        f"CREATE TRIGGER ledger_grows BEFORE INSERT ON ledger "
        f"WHEN NEW.number <> ({_LAST}) OR NEW.previous <> ({_HASH}) BEGIN SELECT RAISE(ABORT, '{_KEPT}'); END",
        f"CREATE TRIGGER receipts_kept BEFORE UPDATE ON receipts BEGIN SELECT RAISE(ABORT, '{_KEPT}'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION ledger_kept() RETURNS trigger AS $$ "
        f"BEGIN RAISE EXCEPTION '{_KEPT}'; END $$ LANGUAGE plpgsql",
        "CREATE OR REPLACE FUNCTION ledger_grows() RETURNS trigger AS $$ "
        f"BEGIN IF NEW.number <> ({_LAST}) OR NEW.previous <> ({_HASH}) THEN RAISE EXCEPTION '{_KEPT}'; END IF; "
        "RETURN NEW; END $$ LANGUAGE plpgsql",
        "CREATE TRIGGER ledger_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_kept()",
        "CREATE TRIGGER ledger_grows BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION ledger_grows()",
        "CREATE TRIGGER receipts_kept BEFORE UPDATE ON receipts FOR EACH STATEMENT EXECUTE FUNCTION ledger_kept()",
    ),
}
"""By database: what lets the trail grow at its end alone, whatever code may come to write to it."""


def upgrade() -> None:
    """Add the tables; nothing that is there is touched."""
    op.create_table(
        "ledger",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("recorded_utc", sa.String(32), nullable=False),
        sa.Column("who", sa.String(255), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("about", sa.String(64), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
    )
    op.create_index("ledger_by_about", "ledger", ["about"])
    op.create_table(
        "receipts",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )
    for statement in _GUARDS.get(op.get_bind().dialect.name, ()):
        op.execute(statement)
