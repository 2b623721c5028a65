"""Cases that are kept, and every score that they were given."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add tables; nothing that is there is touched."""
    op.create_table(
        "cases",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("label", sa.String(60), nullable=False),
        sa.Column("is_label_given", sa.Boolean, nullable=False),
        sa.Column("owner", sa.String(255), nullable=False),
        sa.Column("owner_title", sa.String(120), nullable=False),
        sa.Column("created_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("profile", sa.Text, nullable=False),
        sa.Column("choices", sa.LargeBinary, nullable=False),
        sa.Column("bundle_sha256", sa.String(64), nullable=False),
        sa.Column("study_digest", sa.String(64), nullable=False),
        sa.Column("flags", sa.Text, nullable=False),
        sa.Column("is_simulated", sa.Boolean, nullable=False),
        sa.Column("is_demo", sa.Boolean, nullable=False),
        sa.Column("tier", sa.String(16)),
        sa.Column("tiers", sa.String(40), nullable=False),
        sa.Column("is_stable", sa.Boolean),
        sa.Column("score", sa.Float),
        sa.Column("picture_png", sa.LargeBinary, nullable=False),
        sa.Column("images_id", sa.String(32)),
        sa.Column("images_utc", sa.DateTime(timezone=True)),
        sa.Column("images_bytes", sa.BigInteger),
        sa.Column("reference", sa.LargeBinary),
    )
    op.create_table(
        "case_scores",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("case_id", sa.String(32), sa.ForeignKey("cases.id", ondelete="CASCADE"), nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("made_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(255), nullable=False),
        sa.Column("by_title", sa.String(120), nullable=False),
    )
    op.create_index("case_scores_by_case", "case_scores", ["case_id", "number"])
