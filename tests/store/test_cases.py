"""The board keeps what it was told, in order and for good, on both databases, until a case is withdrawn."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import postgres_server
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from deeptepp.domain.board import Agreement, Choice, Entry, Flag, Moment, NewCase, Status
from deeptepp.domain.clinical import ClinicalProfile, NodeStage
from deeptepp.domain.risk import Tier
from deeptepp.errors import (
    BadSetting,
    BoardSchemaMismatch,
    BoardUnreachable,
    CaseWithdrawn,
    DecisionTooEarly,
    DecisionTooLate,
    EntryTooLong,
    LabelNamesSomebody,
    LabelTaken,
)
from deeptepp.store.cases import Board, board_address
from deeptepp.store.schema import CASES, ENTRIES

BEFORE = Entry(moment=Moment.BEFORE, choice=Choice.T, note=" 讨论：先看病理 ", role="chair")
AFTER = Entry(moment=Moment.AFTER, choice=Choice.TP, agreement=Agreement.DISAGREE)
SHOWN = Entry(moment=Moment.SHOWN)


def new_case(**changes) -> NewCase:
    facts = {
        "profile": ClinicalProfile(tumour_size_mm=26.0, node_stage=NodeStage.N1, er_positive=True),
        "assessment": {"score": 0.31, "tier": "High", "percentile": 88.0, "findings": []},
        "bundle_sha256": "a" * 64,
        "thumbnail_png": b"\x89PNG\x00\xff",
        "flags": (Flag.SIMULATED,),
    }
    return NewCase(**facts | changes)


@pytest.fixture(scope="module")
def postgres():
    if postgres_server.binaries() is None:
        pytest.skip("No PostgreSQL server is installed (apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="board-"))  # pytest's own folders are closed to other users
    with postgres_server.running(folder) as address:
        yield address
    shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request, tmp_path):
    if request.param == "sqlite":
        return str(tmp_path / "made" / "board.sqlite")
    found = request.getfixturevalue("postgres")
    board = Board(found)
    with board._engine.begin() as connection:
        connection.execute(text("DELETE FROM board_entries"))
        connection.execute(text("DELETE FROM board_cases"))
    board.close()
    return found


@pytest.fixture
def board(address):
    board = Board(address)
    yield board
    board.close()


def test_a_case_comes_back_as_it_was_put_on(board):
    added = board.add(new_case(label="  Blue   river "))
    case = board.case(added.id)
    assert case == added
    assert (case.label, case.profile, case.flags) == ("Blue river", new_case().profile, (Flag.SIMULATED,))
    assert (case.score, case.tier, case.percentile) == (0.31, Tier.HIGH, 88.0)
    assert case.thumbnail_png == new_case().thumbnail_png
    assert case.status is Status.OPEN
    assert timedelta(0) <= datetime.now(UTC) - case.created_utc < timedelta(minutes=1)


def test_cases_without_a_label_are_numbered_on(board):
    assert [board.add(new_case(label=label)).label for label in ("", "", "Case 7", "")] == [
        "Case 1",
        "Case 2",
        "Case 7",
        "Case 8",
    ]
    assert [case.label for case in board.cases()] == ["Case 1", "Case 2", "Case 7", "Case 8"]


def test_a_label_that_is_taken_is_refused_and_nothing_of_its_group_is_kept(board):
    board.add(new_case(label="A"))
    with pytest.raises(LabelTaken):
        board.add_all([new_case(label="B"), new_case(label="A")])
    assert [case.label for case in board.cases()] == ["A"]


@pytest.mark.parametrize("label", ["03.05.1971", "MRN 00123456", "1971-05-03"])
def test_a_label_that_may_identify_is_refused_without_quoting_it(tmp_path, label):
    board = Board(str(tmp_path / "b.sqlite"))
    with pytest.raises(LabelNamesSomebody) as refused:
        board.add(new_case(label=label))
    assert label not in str(refused.value)
    with pytest.raises(EntryTooLong):
        board.add(new_case(label="x" * 61))
    board.close()


def test_the_record_goes_from_before_to_shown_to_after(board):
    case_id = board.add(new_case()).id
    assert board.record(case_id, BEFORE).status is Status.BEFORE
    assert board.record(case_id, SHOWN).status is Status.SHOWN
    case = board.record(case_id, AFTER)
    assert case.status is Status.DECIDED
    assert [entry.moment for entry in case.entries] == [Moment.BEFORE, Moment.SHOWN, Moment.AFTER]
    assert case.before.note == "讨论：先看病理"
    assert (case.after.choice, case.after.agreement) == (Choice.TP, Agreement.DISAGREE)
    assert all(entry.recorded_utc.tzinfo is UTC for entry in case.entries)
    assert not case.was_skipped


def test_a_decision_on_the_wrong_side_of_the_score_is_refused(board):
    case_id = board.add(new_case()).id
    with pytest.raises(DecisionTooEarly):
        board.record(case_id, AFTER)
    assert board.record(case_id, SHOWN).was_skipped
    with pytest.raises(DecisionTooLate):
        board.record(case_id, BEFORE)
    assert [entry.moment for entry in board.case(case_id).entries] == [Moment.SKIPPED]


def test_showing_twice_is_recorded_once_and_no_decision_is_called_skipped_that_was_made(board):
    case_id = board.add(new_case()).id
    board.record(case_id, BEFORE)
    board.record(case_id, Entry(moment=Moment.SKIPPED))
    assert [entry.moment for entry in board.record(case_id, SHOWN).entries] == [Moment.BEFORE, Moment.SHOWN]


def test_an_entry_cannot_be_changed_even_by_sql(board):
    board.record(board.add(new_case()).id, BEFORE)
    with pytest.raises(DBAPIError, match="never changed"), board._engine.begin() as connection:
        connection.execute(text("UPDATE board_entries SET choice = 'T+P'"))


def test_a_withdrawn_case_leaves_nothing(board):
    case_id, kept = board.add(new_case()).id, board.add(new_case()).id
    board.record(case_id, BEFORE)
    board.record(kept, BEFORE)
    board.withdraw(case_id)
    assert [case.id for case in board.cases()] == [kept]
    with board._engine.begin() as connection:
        for table, column in ((CASES, "id"), (ENTRIES, "case_id")):
            left = connection.execute(text(f"SELECT {column} FROM {table.name}")).scalars()  # noqa: S608
            assert set(left) == {kept}
    for act in (board.case, board.withdraw, lambda gone: board.record(gone, BEFORE)):
        with pytest.raises(CaseWithdrawn):
            act(case_id)


def test_many_writers_at_once_lose_nothing(address):
    boards = [Board(address) for _ in range(3)]
    case_id = boards[0].add(new_case()).id

    def work(i: int) -> str:
        boards[i % 3].record(case_id, BEFORE)
        boards[i % 3].cases()
        return boards[i % 3].add(new_case()).label

    with ThreadPoolExecutor(8) as pool:
        labels = list(pool.map(work, range(24)))
    assert sorted(labels) == sorted(f"Case {i}" for i in range(2, 26))
    assert len(boards[1].case(case_id).entries) == 24
    for board in boards:
        board.close()


def test_one_score_is_shown_once_however_many_ask(board):
    case_id = board.add(new_case()).id
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: board.record(case_id, SHOWN), range(6)))
    assert len(board.case(case_id).entries) == 1


def test_many_may_make_the_database_at_once(tmp_path):
    file = tmp_path / "new" / "board.sqlite"
    with ThreadPoolExecutor(6) as pool:
        boards = list(pool.map(lambda _: Board(str(file)), range(6)))
    boards[0].add(new_case())
    assert {len(board.cases()) for board in boards} == {1}
    connection = sqlite3.connect(file)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
    for board in boards:
        board.close()


def test_a_database_of_another_version_is_refused_and_left_alone(address):
    board = Board(address)
    with board._engine.begin() as connection:
        connection.execute(text("UPDATE board_schema SET version = 99"))
    try:
        with pytest.raises(BoardSchemaMismatch, match="99"):
            Board(address)
    finally:
        with board._engine.begin() as connection:
            connection.execute(text("UPDATE board_schema SET version = 1"))
        board.close()


def test_no_column_says_who_the_patient_is():
    names = {column.name for table in (CASES, ENTRIES) for column in table.columns}
    assert not {name for name in names if any(word in name for word in ("name", "birth", "patient", "mrn"))}


@pytest.mark.parametrize("bad", ["mysql://user:secret@host/x", "postgresql://user:secret@host:port/x"])
def test_another_database_is_refused_without_quoting_the_password(bad):
    with pytest.raises(BadSetting) as refused:
        Board(bad)
    assert "secret" not in str(refused.value)


def test_a_database_that_does_not_answer_is_a_refusal(tmp_path):
    with pytest.raises(BoardUnreachable, match="PostgreSQL") as refused:
        Board("postgresql://user:secret@127.0.0.1:1/x")
    assert "secret" not in str(refused.value)
    (tmp_path / "file").write_text("")
    with pytest.raises(BoardUnreachable):
        Board(str(tmp_path / "file" / "board.sqlite"))


def test_the_address_comes_from_the_environment_or_the_settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DEEPTEPP_BOARD", raising=False)
    assert board_address() == "data/board.sqlite"
    (tmp_path / "deeptepp.toml").write_text('board = "kept/b.sqlite"\n')
    assert board_address() == "kept/b.sqlite"
    monkeypatch.setenv("DEEPTEPP_BOARD", "elsewhere.sqlite")
    assert board_address() == "elsewhere.sqlite"
