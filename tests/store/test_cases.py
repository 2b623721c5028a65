"""The board keeps what it was told, in order and for good, on both databases, until a case is withdrawn."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from board_databases import new_case
from scored_phantom import RECEIPT
from sqlalchemy import delete, event, insert, select, text
from sqlalchemy.exc import DBAPIError

from deeptepp.domain.board import Agreement, Choice, Entry, Flag, Moment, Picture, Status
from deeptepp.domain.meeting import Meeting
from deeptepp.domain.people import Person, Role
from deeptepp.domain.risk import Tier
from deeptepp.errors import (
    BadSetting,
    BoardConflict,
    BoardRefuses,
    BoardUnreachable,
    CaseWithdrawn,
    DecisionTooEarly,
    DecisionTooLate,
    EntryTooLong,
    LabelNamesSomebody,
    LabelTaken,
    NotCorrectable,
)
from deeptepp.store import database
from deeptepp.store.cases import Board, board_address
from deeptepp.store.ledger_tables import LEDGER
from deeptepp.store.schema import ENTRIES, METADATA

BEFORE = Entry(moment=Moment.BEFORE, choice=Choice.T, note=" 讨论：先看病理 ", role="chair")
AFTER_ALL = Entry(moment=Moment.BEFORE, choice=Choice.TP, role="surgeon")
AFTER = Entry(moment=Moment.AFTER, choice=Choice.TP, agreement=Agreement.DISAGREE)
SHOWN = Entry(moment=Moment.SHOWN)
SLICES = (Picture("post 0", b"\x89PNG1"), Picture("pre 0", b"\x89PNG\x00"))


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
    case_id = board.add(new_case(pictures=SLICES)).id
    kept = board.add(new_case(pictures=SLICES)).id
    meeting = board.meetings.add(Meeting(held_on=date(2026, 3, 2), agenda=(case_id, kept)))
    board.record(case_id, BEFORE)
    board.record(kept, BEFORE)
    board.withdraw(case_id)
    assert [case.id for case in board.cases()] == [kept]
    assert board.meetings.all() == [replace(meeting, agenda=(kept,))]
    with board._engine.begin() as connection:
        for table in METADATA.tables.values():
            rows = connection.execute(table.select())
            assert table is LEDGER or not [row for row in rows if case_id in tuple(row)], table.name
    # That it was and who withdrew it stays provable, by its random id alone.
    told = [(entry.kind, entry.facts) for entry in reversed(board.ledger.entries(about=case_id))]
    assert told == [
        ("put on the board", {"receipt": ""}),
        ("decision", {"entry": 1, "moment": "before"}),
        ("withdrawal", {"receipt": "", "is_erased": False}),
    ]
    for act in (board.case, board.withdraw, lambda gone: board.record(gone, BEFORE)):
        with pytest.raises(CaseWithdrawn):
            act(case_id)


def test_the_receipt_of_a_withdrawn_case_loses_its_content_and_stays_provable(board):
    board.ledger.keep(RECEIPT)
    case_id = board.add(new_case(assessment={"score": 0.3, "receipt": RECEIPT.short})).id
    board.withdraw(case_id)
    check = board.ledger.check()
    assert (check.n_receipts, check.n_erased, check.is_whole) == (0, 1, True)
    last = board.ledger.entries()[0]
    assert (last.kind, last.facts) == ("withdrawal", {"receipt": RECEIPT.id, "is_erased": True})


@pytest.mark.parametrize("is_taken_out", [True, False])
def test_an_entry_taken_out_or_put_in_beside_the_trail_is_named(board, is_taken_out):
    case_id = board.add(new_case()).id
    board.record(case_id, BEFORE)
    board.record(case_id, SHOWN)
    gone = board.add(new_case()).id
    board.record(gone, BEFORE)
    board.withdraw(gone)
    assert board.ledger.check().is_whole
    with board._engine.begin() as connection:
        own = ENTRIES.c.number == 2
        row = dict(connection.execute(select(ENTRIES).where(own)).mappings().one())
        connection.execute(
            delete(ENTRIES).where(own) if is_taken_out else insert(ENTRIES).values(row | {"number": 9})
        )
    assert board.ledger.check().bad_entries == ((2,) if is_taken_out else (9,))
    assert not board.ledger.check().is_whole


def test_the_trail_tells_who_recorded_each_entry_and_nobody_where_there_is_no_sign_in(board):
    case_id = board.add(new_case()).id
    anna = Person("sub-anna", "Anna", frozenset({Role.BOARD}))
    first = board.record(case_id, BEFORE, person=anna).last_number
    board.record(case_id, Entry(moment=Moment.SHOWN))
    second = board.record(case_id, replace(BEFORE, corrects=first), person=replace(anna, name="")).last_number
    assert board.recorded_by(case_id) == {first: "Anna", second: "sub-anna"}
    kinds = [entry.kind for entry in reversed(board.ledger.entries(about=case_id))]
    assert kinds == ["put on the board", "decision", "score shown", "correction"]


def test_two_who_decide_at_once_are_told_of_one_another_and_nothing_is_overwritten(address):
    """Both saw an empty record; whoever comes second gets the first decision, and is recorded when told to."""
    boards = [Board(address) for _ in range(2)]
    case_id = boards[0].add(new_case()).id

    def decide(board: Board) -> BoardConflict | None:
        try:
            board.record(case_id, BEFORE, expected=0)
        except BoardConflict as conflict:
            return conflict
        return None

    with ThreadPoolExecutor(2) as pool:
        told = [each for each in pool.map(decide, boards) if each is not None]
    kept = boards[0].case(case_id).entries
    assert len(told) == len(kept) == 1
    assert told[0].entries == kept
    case = boards[1].record(case_id, AFTER_ALL, expected=kept[0].number)
    assert [entry.role for entry in case.decisions] == ["chair", "surgeon"]
    for board in boards:
        board.close()


@pytest.mark.parametrize("seen", [SHOWN, BEFORE, Entry(moment=Moment.SKIPPED)])
def test_any_entry_of_others_is_a_conflict_and_those_of_other_cases_are_none(board, seen):
    case_id, other = board.add(new_case()).id, board.add(new_case()).id
    board.record(other, BEFORE)
    board.record(case_id, BEFORE, expected=0)
    last = board.record(case_id, seen).last_number
    with pytest.raises(BoardConflict):
        board.record(case_id, AFTER_ALL, expected=0)
    assert board.case(case_id).last_number == last


def test_a_mistake_is_corrected_by_a_new_entry_and_stays_in_the_record(board):
    case_id, other = board.add(new_case()).id, board.add(new_case()).id
    wrong = board.record(case_id, BEFORE).before
    board.record(case_id, SHOWN)
    right = Entry(moment=Moment.BEFORE, choice=Choice.T_DXD, corrects=wrong.number)
    case = board.record(case_id, right)
    assert [entry.choice for entry in case.decisions] == [Choice.T, Choice.T_DXD]
    assert (case.before.choice, case.corrected) == (Choice.T_DXD, {wrong.number})
    assert case.status is Status.SHOWN
    assert not case.was_skipped
    for not_right in (right, replace(right, moment=Moment.AFTER, corrects=case.before.number)):
        with pytest.raises(NotCorrectable):
            board.record(case_id, not_right)
    with pytest.raises(NotCorrectable):
        board.record(other, replace(right, corrects=case.before.number))


def test_pictures_are_kept_beside_the_list_and_read_when_asked_for(board):
    case = board.add(new_case(pictures=SLICES))
    assert case.pictures == ()
    assert board.pictures(case.id) == SLICES


def test_what_others_added_is_counted_without_reading_it(board):
    before = board.counted()
    board.record(board.add(new_case()).id, BEFORE)
    board.meetings.add(Meeting(held_on=date(2026, 3, 2)))
    after = board.counted()
    assert (after.n_cases, after.n_entries, after.n_meetings) == (
        before.n_cases + 1,
        before.n_entries + 1,
        before.n_meetings + 1,
    )


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


def test_no_column_says_who_the_patient_is():
    names = {f"{table.name}.{column.name}" for table in METADATA.tables.values() for column in table.columns}
    telling = {name for name in names if any(word in name for word in ("name", "birth", "patient", "mrn"))}
    own = {"board_pictures.name", "ledger.name", "api_tokens.name"}
    assert telling == own, "which slice a picture shows, who of the staff acted, which program a token is for"


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


def test_what_a_database_refuses_is_named_at_once_and_quotes_nothing(tmp_path, address):
    board = Board(address)
    if "://" in address:
        read_only = "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"
        missing, words = address.replace("/postgres", "/missing"), "does not exist"
    else:
        read_only, missing, words = "PRAGMA query_only=ON", str(tmp_path / "notes.txt"), "not a database"
        Path(missing).write_text("no database " * 99)
    with pytest.raises(BoardRefuses, match=words):
        Board(missing)
    event.listen(board._engine, "begin", lambda connection: connection.exec_driver_sql(read_only))
    for _ in range(2):  # the first may only set it
        with contextlib.suppress(BoardRefuses):
            board.add(new_case())
    with pytest.raises(BoardRefuses, match="read-only") as refused:
        board.add(new_case(label="Green river"))
    assert "river" not in str(refused.value)
    board.close()


def test_a_file_that_is_read_only_is_not_waited_for(tmp_path):
    sqlite3.connect(tmp_path / "b.sqlite").execute("CREATE TABLE x(y)").connection.close()
    connection = sqlite3.connect(f"file:{tmp_path}/b.sqlite?mode=ro", uri=True)
    began = time.monotonic()
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        database._write_ahead(connection)
    assert time.monotonic() - began < database._WAIT_S / 3
    connection.close()


def test_the_address_comes_from_the_environment_or_the_settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DEEPTEPP_BOARD", raising=False)
    assert board_address() == "data/board.sqlite"
    (tmp_path / "deeptepp.toml").write_text('board = "kept/b.sqlite"\n')
    assert board_address() == "kept/b.sqlite"
    monkeypatch.setenv("DEEPTEPP_BOARD", "elsewhere.sqlite")
    assert board_address() == "elsewhere.sqlite"
