"""A database that is away, full or shut: each state is named, nothing that was written stays where it must not."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sqlite3
import stat
import tempfile
import threading
import time
import traceback
from datetime import UTC, date, datetime
from pathlib import Path

import pg8000.native
import postgres_server
import pytest
from board_databases import new_case
from sqlalchemy import insert, text
from sqlalchemy.exc import OperationalError

from deeptepp.config import Settings
from deeptepp.domain.board import Choice, Entry, Moment
from deeptepp.errors import BoardBusy, BoardRefuses, BoardStoreError, BoardUnreachable, LabelTaken
from deeptepp.store import database, upkeep
from deeptepp.store.cases import Board
from deeptepp.store.database import check_place, engine_of, reading, writing
from deeptepp.store.kept.kept_cases import CaseBook
from deeptepp.store.schema import MEETINGS
from deeptepp.store.upgrade import ensure_schema

NOTE = "zzq-violet-meadow-note"


@pytest.fixture
def server():
    """A PostgreSQL of its own, with few connections, that a test may stop."""
    if postgres_server.binaries() is None:
        pytest.skip("No PostgreSQL server is installed (apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="board-"))
    few = "-c max_connections=12 -c superuser_reserved_connections=0"
    with postgres_server.served(folder, few) as running:
        yield running
    shutil.rmtree(folder)


def noted(board, **changes):
    return board.record(case_of(board).id, Entry(moment=Moment.BEFORE, choice=Choice.T, note=NOTE, **changes))


def case_of(board):
    return board.cases()[0]


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_every_state_of_a_real_server_is_named_and_what_follows_works_again(server):
    board = Board(server.address)
    board.add(new_case())
    held = [pg8000.native.Connection("board", host="127.0.0.1", port=server.port, database="postgres")]
    # Too many connections.
    with contextlib.suppress(pg8000.exceptions.DatabaseError):
        while True:
            held.append(pg8000.native.Connection("board", host="127.0.0.1", port=server.port, database="postgres"))
    with pytest.raises(BoardBusy, match="too many connections are open"):
        Board(server.address)
    for connection in held[1:]:
        connection.close()
    # Shutting down: one connection holds it, others are told.
    server.stop("smart", "-W")
    with pytest.raises(BoardBusy, match="starting up or shutting down"):
        until_refused(server.address)
    held[0].close()
    # Away.
    with contextlib.suppress(AssertionError):
        server.stop("immediate")
    with pytest.raises(BoardStoreError) as refused:
        noted(board)
    assert NOTE not in str(refused.value)
    with pytest.raises(BoardUnreachable, match="no connection"):
        until_refused(server.address)
    server.start()
    assert noted(board).before.note == NOTE
    # A wrong password.
    with writing(board._engine) as connection:
        connection.execute(text("ALTER ROLE board PASSWORD 'right'"))
    (server.data / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
    with writing(board._engine) as connection:
        connection.execute(text("SELECT pg_reload_conf()"))
    wrong = server.address.replace("board@", "board:wr0ng@")
    with pytest.raises(BoardRefuses, match="the password is wrong") as refused:
        until_refused(wrong)
    assert "wr0ng" not in str(refused.value)
    Board(server.address.replace("board@", "board:right@")).close()
    board.close()


def test_the_log_of_a_server_as_it_is_set_up_quotes_nothing_that_was_typed(server):
    board = Board(server.address)
    board.add(new_case(label="zzq label"))
    with pytest.raises(LabelTaken):
        board.add(new_case(label="zzq label"))
    noted(board)
    with pytest.raises(BoardRefuses, match="does not take this text"):
        board.record(case_of(board).id, Entry(moment=Moment.BEFORE, choice=Choice.T, note=f"{NOTE}\x00"))
    with pytest.raises(BoardStoreError), writing(board._engine) as connection:
        connection.execute(text("UPDATE board_entries SET note = :note"), {"note": NOTE})
    board.close()
    written = (server.folder / "log").read_text()
    assert "ERROR" in written  # what was refused is told
    assert "zzq" not in written


def test_a_server_that_has_looked_at_its_tables_keeps_no_sample_of_what_was_withdrawn(server):
    # As a version before left it, with samples that the server took of its rows.
    engine = engine_of(server.address)
    with writing(engine, alone=True) as connection:
        ensure_schema(connection, 5)
        row = {"held_on": date(2026, 1, 5), "attendees": "[]", "created_utc": datetime.now(UTC)}
        for n in range(3):
            connection.execute(insert(MEETINGS).values(id=f"{n:032d}", title=f"zzq title {n}", **row))
        connection.execute(text("ANALYZE"))
        assert "zzq" in samples(connection)
    engine.dispose()
    board = Board(server.address)
    for n in range(3):
        board.add(new_case(label=f"zzq label {n}"))
        noted(board)
    with writing(board._engine) as connection:
        connection.execute(text("ANALYZE"))
        assert "zzq" not in samples(connection)
        # Nor of a column that a later version adds.
        sampled = (
            "SELECT relname, attname FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid "
            "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped "
            "AND atttypid IN ('text'::regtype, 'varchar'::regtype, 'bytea'::regtype) "
            "AND attstattarget IS DISTINCT FROM 0"
        )
        found = {tuple(row) for row in connection.execute(text(sampled))}
    assert {column for table, column in found if table not in NAMELESS} <= {
        "id",
        "case_id",
        "meeting_id",
        "sha256",
    }
    board.close()


NAMELESS = {"board_revision", "board_agenda", "board_pictures", "ledger", "api_tokens"}
"""Tables that hold no text of a case."""


def samples(connection):
    """What PostgreSQL keeps of the columns that it has looked at."""
    told = "SELECT string_agg(concat(most_common_vals::text, histogram_bounds::text), '') FROM pg_stats"
    return connection.execute(text(f"{told} WHERE schemaname = 'public'")).scalar() or ""


def until_refused(address):
    """Open boards until the server refuses: a state takes a moment to begin."""
    for _ in range(100):
        Board(address).close()
        time.sleep(0.05)


# The driver leaves the socket of a connection that was refused to the garbage collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_server_that_is_restarted_under_eight_writers_loses_no_accepted_entry(server):
    board = Board(server.address)
    case = board.add(new_case())
    accepted, refused, stop = [], [], threading.Event()

    def write(n):
        k = 0
        while not stop.is_set():
            k += 1
            note = f"{n}-{k}"
            try:
                board.record(case.id, Entry(moment=Moment.BEFORE, choice=Choice.T, note=note))
                accepted.append(note)
            except BoardStoreError as error:
                refused.append(str(error))
                time.sleep(0.05)

    writers = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for writer in writers:
        writer.start()
    for mode in ("fast", "immediate"):
        time.sleep(1.0)
        server.stop(mode)
        time.sleep(0.3)
        server.start()
    time.sleep(1.0)
    stop.set()
    for writer in writers:
        writer.join()
    kept = [entry.note for entry in board.case(case.id).entries]
    assert set(accepted) <= set(kept)
    assert len(kept) == len(set(kept))
    assert refused
    board.close()


STATES = {
    "57P01": "shutting down",
    "57P02": "after a fault",
    "57P03": "starting up",
    "53300": "too many connections",
    "53200": "out of memory",
    "53100": "disk is full",
    "28P01": "password is wrong",
}


@pytest.mark.parametrize("code", STATES)
def test_what_a_server_says_is_named_and_nothing_of_the_statement_is(code):
    said = pg8000.native.DatabaseError({"C": code, "M": "no", "D": f"Failing row contains ({NOTE})"})
    error = OperationalError("INSERT INTO board_entries", {"note": NOTE}, said)
    named = str(database._refusal("PostgreSQL", error))
    assert STATES[code] in named
    assert NOTE not in named


def test_a_row_that_the_database_refuses_is_quoted_in_no_error_traceback_or_log(address, caplog):
    board = Board(address)
    board.add(new_case())
    with board._engine.begin() as connection:
        if board._engine.dialect.name == "postgresql":  # which quotes the whole row
            connection.execute(text("ALTER TABLE board_entries ADD CONSTRAINT few CHECK (length(note) < 3)"))
        else:
            connection.execute(
                text(
                    "CREATE TRIGGER few BEFORE INSERT ON board_entries WHEN length(NEW.note) > 3 "
                    "BEGIN SELECT RAISE(ABORT, 'too long'); END"
                )
            )
    with caplog.at_level(logging.DEBUG), pytest.raises(BoardStoreError) as refused:
        noted(board)
    logging.getLogger("x").error("as a careless caller would", exc_info=refused.value)
    told = "".join(traceback.format_exception(refused.value)) + caplog.text
    assert "careless" in told
    assert NOTE not in told
    board.close()


@pytest.mark.parametrize("note", ["half a pair \ud83d of signs", "a \x00 sign"])
def test_a_note_that_no_database_can_take_is_a_refusal_that_does_not_quote_it(address, note):
    board = Board(address)
    case = board.add(new_case())
    entry = Entry(moment=Moment.BEFORE, choice=Choice.T, note=note)
    with contextlib.suppress(BoardRefuses):  # SQLite takes a zero
        board.record(case.id, entry)
        assert board.case(case.id).before.note == note
    board.close()


def test_a_withdrawn_note_is_in_no_file_of_the_database(tmp_path):
    address = str(tmp_path / "b.sqlite")
    board = Board(address)
    case = board.add(new_case())
    noted(board)

    def held():
        return b"".join(file.read_bytes() for file in tmp_path.glob("b.sqlite*"))

    assert NOTE.encode() in held()
    board.withdraw(case.id)
    assert {file.name for file in tmp_path.glob("b.sqlite*")} >= {"b.sqlite", "b.sqlite-wal"}, "the board is open"
    assert NOTE.encode() not in held()
    # A reader that looks at the moment before keeps it until the next sweep.
    case = board.add(new_case())
    noted(board)
    with reading(board._engine) as connection:
        connection.execute(text("SELECT * FROM board_entries")).all()
        board.withdraw(case.id)
    board.kept.sweep(365, 30)
    assert NOTE.encode() not in held()
    board.close()


def test_everything_that_is_written_is_for_the_owner_alone(tmp_path):
    old = os.umask(0)
    try:
        board = Board(str(tmp_path / "made" / "b.sqlite"))
        board.add(new_case())
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "made").iterdir()}
        assert modes == dict.fromkeys(("b.sqlite", "b.sqlite-wal", "b.sqlite-shm"), 0o600)
        assert stat.S_IMODE((tmp_path / "made").stat().st_mode) == 0o700
        board.close()
        # A file of before the upgrade, and one that was made read-only on purpose.
        before = tmp_path / "before.sqlite"
        sqlite3.connect(before).close()
        before.chmod(0o644)
        engine_of(str(before)).dispose()
        assert stat.S_IMODE(before.stat().st_mode) == 0o600
        before.chmod(0o440)
        engine_of(str(before)).dispose()
        assert stat.S_IMODE(before.stat().st_mode) == 0o400
    finally:
        os.umask(old)


def test_a_place_that_cannot_be_written_is_refused_before_anybody_is_served(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setenv("DEEPTEPP_BOARD", str(tmp_path / "data" / "b.sqlite"))
    old = os.umask(0o022)
    try:
        with pytest.raises(BoardRefuses, match="its folder cannot be written") as refused:
            upkeep.prepare_places()
        assert str(tmp_path) not in str(refused.value)
        monkeypatch.undo()
        check_place(str(tmp_path / "data" / "b.sqlite"))
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("DEEPTEPP_BOARD", "postgresql://nobody@127.0.0.1:1/x")
        upkeep.prepare_places()
        assert (tmp_path / "data").is_dir()
    finally:
        os.umask(old)


def test_retention_is_looked_after_and_a_fault_of_it_ends_nothing(tmp_path, monkeypatch, caplog):
    calls = []
    monkeypatch.setattr(upkeep, "_swept_at_s", -1e9)
    monkeypatch.setattr(CaseBook, "sweep", lambda _self, *days: calls.append(days) or (0, 0))
    monkeypatch.setenv("DEEPTEPP_BOARD", str(tmp_path / "b.sqlite"))
    for _ in range(2):  # once an hour
        upkeep.sweep_kept(Settings(case_kept_days=9, images_kept_days=3))
    assert calls == [(9, 3)]
    monkeypatch.setattr(upkeep, "_swept_at_s", -1e9)
    monkeypatch.setenv("DEEPTEPP_BOARD", "postgresql://user:secret@127.0.0.1:1/x")
    upkeep.sweep_kept(Settings())
    assert "BoardUnreachable" in caplog.text
    assert "secret" not in caplog.text
