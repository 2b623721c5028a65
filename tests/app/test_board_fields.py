"""A field of the board is asked for, stored, and stands in all minutes: a forgotten place is seen here."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from enum import Enum
from typing import get_args, get_type_hints

import pytest
from board_cases import case as stored_case
from pdf_text import pages
from streamlit.testing.v1 import AppTest

from deeptepp.domain.board import Entry, Moment
from deeptepp.report.board.minutes import minutes_table
from deeptepp.report.board.minutes_html import minutes_page
from deeptepp.report.board.minutes_pdf import minutes_pdf
from deeptepp.report.text_table import table_csv
from deeptepp.store.cases import Board, board_address

BOOKKEEPING = {"moment", "recorded_utc", "number", "corrects", "meeting_id"}
"""Fields that nobody types."""

TYPED = [each.name for each in fields(Entry) if each.name not in BOOKKEEPING]
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def _typed(name: str) -> object:
    """A value of a field: the last of its choices, or words."""
    kind = next(kind for kind in (*get_args(get_type_hints(Entry)[name]), str) if kind is not type(None))
    return list(kind)[-1] if issubclass(kind, Enum) else f"words of {name}"


@pytest.fixture
def recorded(installation):
    """A case whose every field was typed, as it is read back."""
    board = Board(board_address())
    added = board.add(stored_case(1))
    board.record(added.id, Entry(moment=Moment.SKIPPED))
    entry = Entry(moment=Moment.AFTER, **{name: _typed(name) for name in TYPED})
    yield board.record(added.id, entry)
    board.close()


def test_every_field_comes_back_as_it_was_typed(recorded):
    assert {name: getattr(recorded.after, name) for name in TYPED} == {name: _typed(name) for name in TYPED}


def test_every_field_stands_in_the_minutes(recorded):
    # Choices stand there in words; that each has some, tests of the minutes see.
    words = [value for name in TYPED if not isinstance(value := _typed(name), Enum)]
    pdf = " ".join(pages(minutes_pdf([recorded], written_utc=NOW)))
    files = (table_csv(minutes_table([recorded])), minutes_page([recorded], written_utc=NOW), pdf)
    assert [word for word in words for text in files if word not in text] == []


def test_every_field_is_asked_for(open_page, recorded):
    at: AppTest = open_page("board")
    at.query_params["case"] = recorded.id
    at.run()
    assert not at.exception
    kinds = (at.radio, at.selectbox, at.text_area, at.text_input, at.number_input, at.checkbox)
    asked = {
        each.key.rpartition("-")[2] for kind in kinds for each in kind if each.key and recorded.id in each.key
    }
    assert set(TYPED) <= asked
