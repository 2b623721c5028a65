"""The table of tokens for programs; it holds no token, only what one is recognised by."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, String, Table

from deeptepp.store.schema import METADATA

NAME_CHARACTERS = 60
"""Longest name of a token."""

TOKENS = Table(
    "api_tokens",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("name", String(NAME_CHARACTERS), nullable=False),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("created_utc", DateTime(timezone=True), nullable=False),
    Column("expires_utc", DateTime(timezone=True), nullable=False),
    Column("revoked_utc", DateTime(timezone=True)),
)
"""Tokens that were ever made; one that was revoked stays listed."""
