"""The tables of cases that are kept; none has a column for who the patient is."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from deeptepp.domain.labels import CHARACTERS
from deeptepp.store.schema import METADATA

PERSON_CHARACTERS = 120
"""Of what screens call a person."""

KEPT = Table(
    "cases",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("label", String(CHARACTERS), nullable=False),
    Column("is_label_given", Boolean, nullable=False),
    Column("owner", String(255), nullable=False),
    Column("owner_title", String(PERSON_CHARACTERS), nullable=False),
    Column("created_utc", DateTime(timezone=True), nullable=False),
    Column("changed_utc", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    Column("profile", Text, nullable=False),
    Column("choices", LargeBinary, nullable=False),
    Column("bundle_sha256", String(64), nullable=False),
    Column("study_digest", String(64), nullable=False),
    Column("flags", Text, nullable=False),
    Column("is_simulated", Boolean, nullable=False),
    Column("is_demo", Boolean, nullable=False),
    Column("tier", String(16)),
    Column("tiers", String(40), nullable=False),
    Column("is_stable", Boolean),
    Column("score", Float),
    Column("picture_png", LargeBinary, nullable=False),
    Column("images_id", String(32)),
    Column("images_utc", DateTime(timezone=True)),
    Column("images_bytes", BigInteger),
    Column("reference", LargeBinary),
)
"""Cases; profile and flags are JSON, choices are ``kept_values``, the reference to the source is encrypted."""

SCORES = Table(
    "case_scores",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("case_id", String(32), ForeignKey("cases.id", ondelete="CASCADE"), nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("document", Text, nullable=False),
    Column("made_utc", DateTime(timezone=True), nullable=False),
    Column("made_by", String(255), nullable=False),
    Column("by_title", String(PERSON_CHARACTERS), nullable=False),
)
"""Every score that a case was given; the one with the highest number counts."""

Index("case_scores_by_case", SCORES.c.case_id, SCORES.c.number)
