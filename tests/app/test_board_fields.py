"""A field of the board is asked for, stored, and stands in all minutes: a forgotten place is seen here."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime

import pytest
from board_cases import case as stored_case
from pdf_text import pages
from screens import words_on
from streamlit.testing.v1 import AppTest

from deeptepp.domain.board import ENTRY_FIELDS, OPTION_CHARACTERS, Entry, Moment
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
    """A value of a field: the last of its options, or words."""
    options = ENTRY_FIELDS[name].options if name in ENTRY_FIELDS else ()
    return list(options)[-1] if options else f"words of {name}"


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


def _missing(*texts: str) -> list[str]:
    """What was typed and does not stand in some text, options in their words."""
    typed = {name: _typed(name) for name in TYPED}
    words = [ENTRY_FIELDS[name].told(value) if name in ENTRY_FIELDS else value for name, value in typed.items()]
    return [word for word in words for text in texts if word.lower() not in text.lower()]


def test_every_field_stands_in_the_minutes(recorded):
    pdf = " ".join(pages(minutes_pdf([recorded], written_utc=NOW)))
    assert _missing(table_csv(minutes_table([recorded])), minutes_page([recorded], written_utc=NOW), pdf) == []


def test_every_option_has_its_words_and_fits_its_column():
    chosen = [known.options for known in ENTRY_FIELDS.values() if known.options]
    assert [set(options) for options in chosen] == [set(type(next(iter(options)))) for options in chosen]
    assert [each for options in chosen for each in options if len(each.value) > OPTION_CHARACTERS] == []


def test_every_field_is_asked_for_and_shown_as_recorded(open_page, recorded):
    at: AppTest = open_page("board")
    at.query_params["case"] = recorded.id
    at.run()
    assert not at.exception
    kinds = (at.radio, at.selectbox, at.text_area, at.text_input, at.number_input, at.checkbox)
    asked = {
        each.key.rpartition("-")[2] for kind in kinds for each in kind if each.key and recorded.id in each.key
    }
    assert set(TYPED) <= asked
    assert _missing("\n".join((words_on(at), *(each.value for each in at.text)))) == []
