"""The audit page finds entries, walks the chain, and says which entry was touched; screens tell the trail."""

from __future__ import annotations

import sqlite3

import pytest
from board_cases import case as stored_case
from screens import words_on

from deeptepp.domain.audit import LedgerKind
from deeptepp.domain.board import Choice, Entry, Moment
from deeptepp.domain.people import Person, Role
from deeptepp.store.cases import Board, board_address
from deeptepp.store.ledger import ledger_of
from deeptepp.store.own_ledger import own_ledger
from deeptepp.ui.board import board_forms

ANNA = Person("sub-anna", "Anna", frozenset({Role.BOARD}))


@pytest.fixture
def ledger(installation):
    ledger_of.cache_clear()
    ledger = own_ledger()
    ledger.append(LedgerKind.SIGNED_IN, ANNA)
    ledger.append(LedgerKind.CASE_OPENED, ANNA, about="a" * 64)
    ledger.append(LedgerKind.BACKUP)
    yield ledger
    ledger._engine.dispose()


def shown(at):
    """Rows of the table, by their numbers."""
    return [row["Number"] for row in at.table[0].value.to_dict("records")] if at.table else []


def test_entries_are_shown_newest_first_and_found_by_kind_and_person(open_page, ledger):
    at = open_page("audit").run()
    assert not at.exception
    assert shown(at) == ["3", "2", "1"]
    assert at.table[0].value["Person"].tolist() == ["Without sign-in", "Anna", "Anna"]
    at.multiselect(key="audit-kinds").set_value([LedgerKind.BACKUP, LedgerKind.SIGNED_IN]).run()
    assert shown(at) == ["3", "1"]
    at.selectbox(key="audit-who").set_value("sub-anna").run()
    assert shown(at) == ["1"]
    at.multiselect(key="audit-kinds").set_value([LedgerKind.SENT]).run()
    assert "No entry was found" in words_on(at)


def test_a_whole_trail_is_said_so_with_its_head_and_a_touched_one_names_the_entry(open_page, ledger):
    at = open_page("audit").run()
    at.button(key="audit-verify").click().run()
    assert at.success[0].value == "All 3 entries follow one another."
    head = at.code[0].value
    assert head == str(ledger.head())
    with sqlite3.connect(board_address()) as connection:
        for each in ("kept", "whole"):
            connection.execute(f"DROP TRIGGER ledger_{each}")
        connection.execute("DELETE FROM ledger WHERE number = 3")
    connection.close()
    at.text_input(key="audit-head").set_value(head)
    at.button(key="audit-verify").click().run()
    assert "entry 3 and what followed are missing" in words_on(at)
    at.text_input(key="audit-head").set_value("nothing")
    at.button(key="audit-verify").click().run()
    assert "This is no head" in words_on(at)


def test_a_store_that_cannot_be_read_is_a_named_refusal(open_page, installation, monkeypatch):
    monkeypatch.setenv("DEEPTEPP_BOARD", "mysql://host/name")
    assert "The audit trail cannot be read" in words_on(open_page("audit").run())


def test_who_records_a_decision_stands_beside_it(open_page, ledger, monkeypatch):
    board = Board(board_address())
    case_id = board.add(stored_case(1)).id
    monkeypatch.setattr(board_forms, "current_person", lambda: ANNA)
    at = open_page("board").run()
    at.button(key=f"board-open-{case_id}").click().run()
    key = f"board-{Moment.BEFORE}-{case_id}"
    at.radio(key=f"{key}-choice").set_value(Choice.T)
    at.button(key=f"{key}-send").click().run()
    assert not at.exception
    assert "· Anna" in words_on(at)
    board.record(case_id, Entry(moment=Moment.SHOWN))
    kinds = [entry.kind for entry in reversed(board.ledger.entries(about=case_id))]
    assert kinds == ["put on the board", "case opened", "decision", "score shown"]
    board.close()
