"""The way to the board's database: an SQLite file by default, PostgreSQL by its address."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from deeptepp.errors import BadSetting, BoardRefuses, BoardUnreachable

_WAIT_S = 15
"""Seconds that a writer waits for another one."""

_RETRY_S = 0.02
"""Seconds between two tries to turn to write-ahead mode."""

_LOCK = 7_120_331
"""Number of the PostgreSQL lock under which tables are made."""

_REFUSALS = {
    sqlite3.SQLITE_READONLY: "it is read-only",
    "25006": "it is read-only",
    sqlite3.SQLITE_PERM: "permission is missing",
    sqlite3.SQLITE_AUTH: "permission is missing",
    "42501": "permission is missing",
    sqlite3.SQLITE_FULL: "its disk is full",
    "53100": "its disk is full",
    sqlite3.SQLITE_CORRUPT: "it is damaged",
    "XX001": "it is damaged",
    sqlite3.SQLITE_NOTADB: "the file is not a database",
    "3D000": "it does not exist",
    "28000": "the user is not known to it",
    "28P01": "the password is wrong",
}
"""What a database that answers refuses, by SQLite's result code or PostgreSQL's SQLSTATE."""


def engine_of(address: str) -> Engine:
    """Make the engine of one database.

    ``address``: path of an SQLite file, whose folder is made, or an address that begins with ``postgresql://``.
    Raises BadSetting: the address is of another database or cannot be read. The message does not quote it: it may
    hold a password; BoardUnreachable: the folder of the file cannot be made.
    """
    if "://" not in address:
        return _sqlite(Path(address))
    try:
        url = make_url(address)
    except (ArgumentError, ValueError) as error:
        raise _unknown("an address that cannot be read") from error
    if url.get_backend_name() != "postgresql":
        raise _unknown(url.get_backend_name())
    connect = {"timeout": _WAIT_S, "application_name": "deeptepp"}
    return create_engine(
        url.set(drivername="postgresql+pg8000"), pool_pre_ping=True, hide_parameters=True, connect_args=connect
    )


def _unknown(found: str) -> BadSetting:
    """Refuse an address without quoting it."""
    return BadSetting(key="board", value=found, limit="a path of a file, or postgresql://user:password@host/name")


def _sqlite(file: Path) -> Engine:
    """Make the engine of a file, in write-ahead mode, so that readers never wait."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BoardUnreachable(kind="SQLite", reason=type(error).__name__) from error
    url = URL.create("sqlite", database=str(file.resolve()))
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": _WAIT_S})

    def on_connect(connection: Any, _record: object) -> None:  # noqa: ANN401  a DBAPI connection has no type
        connection.isolation_level = None  # transactions are begun below, not by the driver
        _write_ahead(connection)
        for pragma in ("foreign_keys=ON", "synchronous=FULL", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    def on_begin(connection: Connection) -> None:
        # A transaction that read first and wants to write later would be refused without waiting.
        is_writing = connection.get_execution_options().get("is_writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    return engine


def _write_ahead(connection: Any) -> None:  # noqa: ANN401  a DBAPI connection has no type
    """Turn to write-ahead mode; of several who do so at once, SQLite refuses some without waiting."""
    give_up = time.monotonic() + _WAIT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            # A file that is read-only stays so, however long one waits.
            is_busy = _code_of(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
            if not is_busy or time.monotonic() > give_up:
                raise
            time.sleep(_RETRY_S)
        else:
            return


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that only reads.

    Raises BoardUnreachable: the database does not answer.
    """
    with _named(engine), engine.begin() as connection:
        yield connection


@contextmanager
def writing(engine: Engine, *, alone: bool = False) -> Iterator[Connection]:
    """Open a transaction that writes; kept as a whole or not at all.

    ``alone``: keep every other such writer out, also where the tables do not exist yet. Raises BoardUnreachable:
    the database does not answer.
    """
    with _named(engine), engine.execution_options(is_writing=True).begin() as connection:
        if alone and engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        yield connection


@contextmanager
def _named(engine: Engine) -> Iterator[None]:
    """Turn every error of the database into a refusal, whose text quotes neither address nor data."""
    kind = "PostgreSQL" if engine.dialect.name == "postgresql" else "SQLite"
    try:
        yield
    except DBAPIError as error:
        if refusal := _REFUSALS.get(_code_of(error.orig)):
            raise BoardRefuses(kind=kind, reason=refusal) from error
        reason = "the connection was lost" if error.connection_invalidated else type(error.orig).__name__
        raise BoardUnreachable(kind=kind, reason=reason) from error
    except OSError as error:
        raise BoardUnreachable(kind=kind, reason=type(error).__name__) from error


def _code_of(error: BaseException | None) -> int | str:
    """Result code of SQLite or the SQLSTATE of PostgreSQL; empty where there is none."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        return int(code) & 0xFF  # the higher bits only say more of the same
    said = error.args[0] if error is not None and error.args else None
    return str(said.get("C", "")) if isinstance(said, dict) else ""
