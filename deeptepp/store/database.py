"""The way to the board's database: an SQLite file by default, PostgreSQL by its address."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, StatementError

from deeptepp.errors import BadSetting, BoardBusy, BoardRefuses, BoardStoreError, BoardUnreachable
from deeptepp.store.private_files import private_file, private_folder
from deeptepp.wording.sentence import Words

_WAIT_S = 15
"""Seconds that a writer waits for another one."""

_RETRY_S = 0.02
"""Seconds between two tries to turn to write-ahead mode."""

_LOCK = 7_120_331
"""Number of the PostgreSQL lock under which tables are made."""

_REFUSALS: dict[int | str, Words] = {
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
    "22021": "it does not take this text",
}
"""What a database that answers refuses, by SQLite's result code or PostgreSQL's SQLSTATE."""

_UNWRITABLE: Words = "its folder cannot be written"
_NO_CONNECTION: Words = "no connection"

_BUSY: dict[int | str, Words] = {
    sqlite3.SQLITE_BUSY: "others are writing to it",
    sqlite3.SQLITE_LOCKED: "others are writing to it",
    "57P03": "it is starting up or shutting down",
    "57P01": "it is shutting down",
    "57P02": "it is starting again after a fault",
    "53200": "it is out of memory",
    "53300": "too many connections are open",
    "53400": "a limit of its settings is reached",
    "55P03": "others are writing to it",
    "40P01": "others are writing to it",
}
"""What passes by itself, by the same codes: trying again is worth it."""


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
    # What is bound to a statement, such as a note, stands in no message of an error.
    return create_engine(
        url.set(drivername="postgresql+pg8000"),
        pool_pre_ping=True,
        connect_args=connect,
        hide_parameters=True,
    )


def _unknown(found: str) -> BadSetting:
    """Refuse an address without quoting it."""
    return BadSetting(key="board", value=found, limit="a path of a file, or postgresql://user:password@host/name")


def _sqlite(file: Path) -> Engine:
    """Make the engine of a file, in write-ahead mode, so that readers never wait."""
    try:
        private_folder(file.parent)
        # SQLite gives its log and index files the permissions of the database.
        private_file(file)
    except OSError as error:
        raise _unmade(error) from None
    url = URL.create("sqlite", database=str(file.resolve()))
    engine = create_engine(url, connect_args={"timeout": _WAIT_S}, hide_parameters=True)

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


def check_place(address: str) -> None:
    """Make the folder of an SQLite file and see that it can be written; an address of a server asks for nothing.

    Raises BoardRefuses, BoardUnreachable: it cannot.
    """
    if "://" in address:
        return
    file = Path(address)
    try:
        private_folder(file.parent)
        for place in (file, file.parent) if file.exists() else (file.parent,):
            if not os.access(place, os.W_OK):
                raise PermissionError
    except OSError as error:
        raise _unmade(error) from None


def _unmade(error: OSError) -> BoardStoreError:
    """Say why the file cannot be made, without its path."""
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return BoardRefuses(kind="SQLite", reason=_UNWRITABLE)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return BoardRefuses(kind="SQLite", reason=_REFUSALS[sqlite3.SQLITE_FULL])
    return BoardUnreachable(kind="SQLite", reason=type(error).__name__)


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
    except (StatementError, OSError, UnicodeError) as error:
        raise _refusal(kind, error) from None


def _refusal(kind: str, error: StatementError | OSError | UnicodeError) -> BoardStoreError:
    """Name what went wrong; the driver's own message is left out, since it can quote a row."""
    if isinstance(error, OSError):
        return BoardUnreachable(kind=kind, reason=type(error).__name__)
    if isinstance(error, UnicodeError) or not isinstance(error, DBAPIError):
        return BoardRefuses(kind=kind, reason=_REFUSALS["22021"])
    code = _code_of(error.orig)
    if reason := _REFUSALS.get(code):
        return BoardRefuses(kind=kind, reason=reason)
    if reason := _BUSY.get(code):
        return BoardBusy(kind=kind, reason=reason)
    is_cut = error.connection_invalidated or type(error.orig).__name__ == "InterfaceError"
    return BoardUnreachable(kind=kind, reason=_NO_CONNECTION if is_cut else type(error.orig).__name__)


def scrub(engine: Engine) -> bool:
    """Take what was deleted off the disk: SQLite keeps it in its log file until that is emptied.

    Returns False where a reader was in the way; the next sweep tries again. PostgreSQL does this by itself.
    """
    if engine.dialect.name != "sqlite":
        return True
    with _named(engine), contextlib.closing(engine.raw_connection()) as connection:
        is_busy, *_ = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not is_busy


def _code_of(error: BaseException | None) -> int | str:
    """Result code of SQLite or the SQLSTATE of PostgreSQL; empty where there is none."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        return int(code) & 0xFF  # the higher bits only say more of the same
    said = error.args[0] if error is not None and error.args else None
    return str(said.get("C", "")) if isinstance(said, dict) else ""
