"""The tables of the audit trail and of receipts; rows of the first are never changed or taken out."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table, Text

from deeptepp.store.schema import METADATA

LEDGER = Table(
    "ledger",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("recorded_utc", String(32), nullable=False),
    Column("who", String(255), nullable=False),
    Column("name", String(120), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("about", String(64), nullable=False),
    Column("content", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
)
"""Entries of the audit trail, see ``domain.audit.LedgerEntry``; times are text: a hash is of one spelling."""

Index("ledger_by_about", LEDGER.c.about)

RECEIPTS = Table(
    "receipts",
    METADATA,
    Column("sha256", String(64), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("content", Text, nullable=False),
)
"""Receipts as canonical JSON under their hash, which the ledger holds too; a row goes with its case."""
