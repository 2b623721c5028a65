"""Tokens for programs: shown once, kept as a digest, valid for some days, revoked at once."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, RowMapping, insert, select, update

from deeptepp.domain.audit import LedgerKind
from deeptepp.domain.people import LOCAL, Person, Role
from deeptepp.errors import TokenNameTaken, TokenUnknown
from deeptepp.store.board_rules import plain_label
from deeptepp.store.case_rows import utc
from deeptepp.store.database import reading, writing
from deeptepp.store.ledger import append
from deeptepp.store.token_table import NAME_CHARACTERS, TOKENS

_MARK = "deeptepp_"
"""Beginning of every token, by which scanners of published code find one."""

_ID_CHARACTERS = 16
"""Of its digest, by which a token is listed, and told of in the audit trail."""


@dataclass(frozen=True, slots=True)
class ApiToken:
    """What is known of a token, which is not the token itself; ``revoked_utc`` is None while it is valid."""

    id: str
    name: str
    role: Role
    created_utc: datetime
    expires_utc: datetime
    revoked_utc: datetime | None

    def is_valid(self, now: datetime) -> bool:
        """Whether it lets anybody in."""
        return self.revoked_utc is None and now < self.expires_utc


class TokenBook:
    """The tokens of one installation; safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def make(self, name: str, role: Role, days: int, person: Person = LOCAL) -> str:
        """Make a token and give it, the only time that it can be seen; ``person`` is told of in the audit trail.

        Raises TokenNameTaken: a valid one has this name; EntryTooLong, LabelNamesSomebody: of the name.
        """
        token, now = _MARK + secrets.token_urlsafe(32), datetime.now(UTC)
        plain = plain_label("name", name, NAME_CHARACTERS)
        with writing(self._engine, alone=True) as connection:
            rows = connection.execute(select(TOKENS).where(TOKENS.c.name == plain)).mappings()
            if not plain or any(_token(row).is_valid(now) for row in rows):
                raise TokenNameTaken
            digest = _digest(token)
            row = {"id": digest[:_ID_CHARACTERS], "name": plain, "sha256": digest, "role": role.value}
            times = {"created_utc": now, "expires_utc": now + timedelta(days=days)}
            connection.execute(insert(TOKENS).values(**row, **times))
            append(connection, LedgerKind.TOKEN_MADE, person, about=digest, role=role.value, days=days)
        return token

    def all(self) -> list[ApiToken]:
        """List every token, the newest first."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(TOKENS).order_by(TOKENS.c.created_utc.desc())).mappings()
            return [_token(row) for row in rows]

    def revoke(self, named: str, person: Person = LOCAL) -> int:
        """Revoke the valid tokens of a name or identifier and give their number; see ``make``.

        Raises TokenUnknown: there is none.
        """
        now = datetime.now(UTC)
        is_meant = (TOKENS.c.name == named) | (TOKENS.c.id == named)
        with writing(self._engine) as connection:
            is_valid = is_meant & TOKENS.c.revoked_utc.is_(None)
            digests = connection.execute(select(TOKENS.c.sha256).where(is_valid)).scalars().all()
            connection.execute(update(TOKENS).where(is_valid).values(revoked_utc=now))
            for digest in digests:
                append(connection, LedgerKind.TOKEN_REVOKED, person, about=digest)
        if not digests:
            raise TokenUnknown
        return len(digests)

    def person(self, token: str) -> Person | None:
        """Who a token stands for; None for one that is unknown, too old or revoked."""
        if not token.startswith(_MARK):
            return None
        with reading(self._engine) as connection:
            row = connection.execute(select(TOKENS).where(TOKENS.c.sha256 == _digest(token))).mappings().first()
        known = _token(row) if row is not None else None
        if known is None or not known.is_valid(datetime.now(UTC)):
            return None
        return Person(f"token:{known.id}", known.name, frozenset({known.role}))


def _digest(token: str) -> str:
    """Digest by which a token is recognised; with 256 random bits it needs neither salt nor many rounds."""
    return hashlib.sha256(token.encode()).hexdigest()


def _token(row: RowMapping) -> ApiToken:
    """Read a row."""
    times = {
        name: utc(at) if isinstance(at := row[name], datetime) else None
        for name in ("created_utc", "expires_utc", "revoked_utc")
    }
    return ApiToken(str(row["id"]), str(row["name"]), Role(str(row["role"])), **times)  # type: ignore[arg-type]
