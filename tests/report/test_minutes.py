"""Minutes say what was decided when, hide what was hidden, and are marked on every page."""

import csv
import io
import re

import pytest
from board_cases import NOTE, START, case, meeting
from pdf_text import streams

from deeptepp.domain.board import Agreement, Flag
from deeptepp.report.board_words import HIDDEN, shown_flags, summary_of
from deeptepp.report.minutes import influence_of, minutes_table
from deeptepp.report.minutes_pdf import minutes_pdf
from deeptepp.report.pdf_page import marked_up
from deeptepp.report.tables import table_csv


def rows():
    return list(csv.DictReader(io.StringIO(table_csv(minutes_table(meeting())).lstrip("\ufeff"))))


def test_a_score_that_was_not_shown_is_in_no_file():
    first, second, *_ = rows()
    for row in (first, second):
        assert row["Score"] == row["Tier"] == row["Percentile"] == HIDDEN
        assert "unstable" not in row["Flags"]
    assert "0.123" not in table_csv(minutes_table(meeting()))
    assert "0.123" not in "".join(streams(minutes_pdf(meeting()[:2], written_utc=START)))


def test_decisions_before_and_after_stand_in_their_own_columns():
    changed = rows()[4]
    assert changed["Decision before the score"] == "Trastuzumab"
    assert changed["Decision after the score"] == "Trastuzumab + pertuzumab"
    assert changed["View of the tier"] == "Agrees"
    assert changed["Note after"] == NOTE
    assert changed["Recorded before (UTC)"] == "2026-03-02 14:01"
    assert changed["Score"] == "0.200"
    assert {row["Marks"] for row in rows()} == {"RESEARCH USE ONLY; SIMULATED"}
    assert rows()[3]["Score shown"] == "without a decision before it"


def test_a_note_cannot_become_a_formula():
    assert rows()[1]["Note before"].startswith("'=cmd")


def test_agreement_and_changes_are_counted():
    found = influence_of(meeting())
    assert (found.n, found.n_shown, found.n_skipped, found.n_pairs, found.n_changed) == (6, 4, 1, 2, 1)
    assert found.agreement == {Agreement.AGREE: 1, Agreement.DISAGREE: 2, Agreement.UNDECIDED: 0}


def test_the_pdf_is_marked_on_every_page():
    pdf = minutes_pdf(meeting() * 4, written_utc=START)
    pages = streams(pdf)
    assert len(pages) >= 3
    for page in pages:
        assert "RESEARCH USE ONLY" in page
        assert "SIMULATED COHORT" in page
        assert "Not a medical device" in page
    assert b"STSong-Light" in pdf
    assert pdf == minutes_pdf(meeting() * 4, written_utc=START)


def test_an_empty_board_has_minutes_too():
    assert "There is no case on the board" in "".join(streams(minutes_pdf([], written_utc=START)))


def test_real_cases_are_not_called_simulated():
    real = [case(1, is_simulated=False, flags=())]
    assert "SIMULATED" not in "".join(streams(minutes_pdf(real, written_utc=START)))


@pytest.mark.parametrize("text", ["<script>", "见 & 听", "≥ 5 mm", "−", "a\nb", "😀"])
def test_any_note_can_be_set(text):
    marked_up(text)
    minutes_pdf([case(1, *meeting()[4].entries, label=text)], written_utc=START)


def test_flags_that_tell_of_the_score_wait_until_it_is_shown():
    cases = meeting()
    assert Flag.UNSTABLE not in shown_flags(cases[0])
    assert Flag.UNSTABLE in shown_flags(cases[4])


def test_the_summary_names_what_is_known():
    assert summary_of(meeting()[0].profile) == "26 mm · N1 · ER+ PR− · G3 · Ki-67 35 %"


def test_no_directive_and_no_overclaim():
    text = " ".join((*influence_of(meeting()).sentences(), *minutes_table(meeting()).header)).lower()
    assert not re.search(r"no benefit|should|omit", text)
