"""A board of an earlier version opens with all it holds; what cannot be brought up to date is left as it is."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from board_databases import left_by, new_case
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from deeptepp.domain.board import Choice, Entry, Moment, Status
from deeptepp.errors import BoardSchemaMismatch
from deeptepp.store import upgrade
from deeptepp.store.cases import Board
from deeptepp.store.database import engine_of, reading
from deeptepp.store.schema import METADATA


@pytest.fixture
def first_version(address):
    """A board as the first version left it."""
    return left_by(1, address)


def contents(address: str) -> dict[str, list[tuple]]:
    """Every row of the tables of the first version, by their columns."""
    engine = engine_of(address)
    with reading(engine) as connection:
        rows = {
            "board_cases": "id, label, profile, assessment, bundle_sha256, flags, is_simulated, created_utc",
            "board_entries": "number, case_id, moment, choice, agreement, note, role, recorded_utc",
        }
        found = {
            table: [tuple(row) for row in connection.execute(text(f"SELECT {names} FROM {table} ORDER BY 1"))]  # noqa: S608
            for table, names in rows.items()
        }
    engine.dispose()
    return found


def test_a_board_of_the_first_version_opens_with_nothing_lost_and_the_tables_of_the_code(first_version):
    before = contents(first_version)
    board = Board(first_version)
    with board._engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": upgrade.REVISION_TABLE})
        assert context.get_current_heads() == (f"{upgrade.SCHEMA_VERSION:04d}",)
        assert compare_metadata(context, METADATA) == []
    assert contents(first_version) == before
    river, open_case, skipped = board.cases()
    assert (river.label, river.status, river.after.choice) == ("Blue river", Status.DECIDED, Choice.OTHER)
    assert [entry.choice for entry in river.decisions] == [Choice.T, Choice.TP, Choice.OTHER]
    assert river.before.note == '讨论：先看病理; it\'s "so"'
    assert (open_case.before.choice, skipped.after.choice) == (Choice.DEFERRED, Choice.NONE)
    assert skipped.was_skipped
    assert river.thumbnail_png == b"\x89PNG\x00\xff"
    # It goes on as a board of this version, and the record is still kept from changes.
    added = board.record(
        open_case.id, Entry(moment=Moment.BEFORE, choice=Choice.T_DM1), expected=open_case.last_number
    )
    assert added.last_number > river.last_number
    with pytest.raises(DBAPIError, match="never changed"), board._engine.begin() as connection:
        connection.execute(text("UPDATE board_entries SET note = ''"))
    assert board.add(new_case()).label == "Case 3"
    board.close()
    Board(first_version).close()


def test_a_board_of_the_second_version_opens_with_its_meetings_pictures_and_corrections(address):
    board = Board(left_by(2, address))
    with board._engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": upgrade.REVISION_TABLE})
        assert context.get_current_heads() == (f"{upgrade.SCHEMA_VERSION:04d}",)
        assert compare_metadata(context, METADATA) == []
    river, other = board.cases()
    (meeting,) = board.meetings.all()
    assert (meeting.title, meeting.attendees, meeting.agenda) == (
        "Monday board",
        ("surgeon", "oncologist"),
        (river.id, other.id),
    )
    assert [each.png for each in board.pictures(river.id)] == [b"\x89PNG\x00\xfe"]
    assert (river.before.choice, river.before.corrects, river.after.choice) == (Choice.TP, 1, Choice.OTHER)
    assert {entry.meeting_id for entry in river.entries} == {meeting.id}
    assert board.kept.rows() == []
    # A file of before is taken away from other users of the machine.
    if "://" not in address:
        assert stat.S_IMODE(Path(address).stat().st_mode) == 0o600
    board.close()


def test_a_step_that_fails_leaves_the_board_as_it_was(first_version, monkeypatch):
    before = contents(first_version)
    # The number is written last; where that fails, every table and column that was added goes again.
    monkeypatch.setattr(upgrade, "insert", lambda _table: (_ for _ in ()).throw(OSError()))
    with pytest.raises(Exception, match="does not answer"):
        Board(first_version)
    monkeypatch.undo()
    assert contents(first_version) == before
    engine = engine_of(first_version)
    assert set(inspect(engine).get_table_names()) == {"board_cases", "board_entries", "board_schema"}
    engine.dispose()
    Board(first_version).close()


@pytest.mark.parametrize("version", [0, upgrade.SCHEMA_VERSION + 1, 99])
def test_a_database_of_an_unknown_version_is_refused_and_left_alone(tmp_path, version):
    address = str(tmp_path / "b.sqlite")
    board = Board(address)
    board.add(new_case())
    with board._engine.begin() as connection:
        connection.execute(text(f"UPDATE board_schema SET version = {version}"))  # noqa: S608
    with pytest.raises(BoardSchemaMismatch, match=f"schema {version}"):
        Board(address)
    assert len(board.cases()) == 1
    board.close()
