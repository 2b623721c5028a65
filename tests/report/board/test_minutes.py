"""Minutes say what was decided when, hide what was hidden, and are marked on every page."""

import csv
import io
import re

import pytest
from board_cases import NOTE, START, case, entry, meeting
from pdf_text import pages, streams

from deeptepp.domain.board import Agreement, Choice, Flag, Moment
from deeptepp.domain.meeting import Meeting
from deeptepp.report.board.board_counts import agreement_table, change_table, status_table, tier_table
from deeptepp.report.board.board_words import HIDDEN, shown_flags, summary_of
from deeptepp.report.board.minutes import influence_of, minuted_cases, minutes_table
from deeptepp.report.board.minutes_html import minutes_page
from deeptepp.report.board.minutes_pdf import minutes_pdf
from deeptepp.report.pdf.pdf_page import marked_up
from deeptepp.report.text_table import table_csv


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


def corrected():
    """Decided in one meeting, corrected in another after the score was shown, decided anew after that meeting."""
    wrong = entry(Moment.BEFORE, 1, choice=Choice.T_DM1, role="chair", number=1, meeting_id="first")
    shown = entry(Moment.SHOWN, 2, number=2, meeting_id="second")
    right = entry(Moment.BEFORE, 3, choice=Choice.NERATINIB, number=3, corrects=1, meeting_id="second")
    after = entry(Moment.AFTER, 4, choice=Choice.T_DXD, agreement=Agreement.AGREE, number=4)
    return case(1, wrong, shown, right, after)


def of(name, **facts):
    facts = {"attendees": ("Chair", "Pathologist"), "agenda": (corrected().id,)} | facts
    return Meeting(id=name, held_on=START.date(), title="Monday", **facts)


def surfaces(cases, which=None):
    """The minutes in every file."""
    pdf = "".join(streams(minutes_pdf(cases, which, written_utc=START)))
    return [table_csv(minutes_table(cases, which)), minutes_page(cases, which, written_utc=START), pdf]


def test_a_correction_stands_beside_what_it_corrects_in_every_file():
    for said in surfaces([corrected()]):
        for part in (
            "(T-DM1)",
            "Neratinib",
            "corrected",
            "after the score was shown",
            "14:01",
            "14:03",
            "(T-DXd)",
        ):
            # A PDF escapes the brackets of its strings.
            assert part in said.replace("\\(", "(").replace("\\)", ")"), part
    assert (influence_of([corrected()]).n_corrected, influence_of([corrected()]).n_late) == (1, 1)
    assert "corrected" not in " ".join(influence_of(meeting()).sentences())


def test_minutes_of_one_meeting_end_with_it_and_say_what_was_recorded_outside_of_it():
    (first,) = minuted_cases([corrected(), case(2)], of("first"))
    assert (first.decisions[-1].choice, first.is_shown, first.after) == (Choice.T_DM1, False, None)
    (second,) = minuted_cases([corrected(), case(2)], of("second"))
    assert (second.before.choice, second.is_shown, second.after) == (Choice.NERATINIB, True, None)
    for said in surfaces([first], of("first")):
        assert "2026-03-02 Monday" in said
        assert "Chair, Pathologist" in said
        assert "0.31" not in said
    # Off the agenda, but something was recorded of it: it stays in the minutes.
    assert minuted_cases([corrected()], of("second", agenda=())) == [second]
    outside = of("third")
    table = minutes_table([corrected()], outside)
    row = dict(zip(table.header, table.rows[0], strict=True))
    assert row["Decision after the score"].endswith("(recorded outside this meeting)")
    assert (row["Order"], row["Meeting"]) == ("1", "2026-03-02 Monday")


def test_notes_longer_than_a_page_go_on_over_the_next_ones():
    long = "word " * 799
    first = entry(Moment.BEFORE, 1, choice=Choice.T, note=f"{long}last")
    pdf = minutes_pdf([case(1, first, first)], None, written_utc=START)
    assert "last" in " ".join(pages(pdf)[-1:])
    assert len(pages(pdf)) > 1


@pytest.mark.parametrize(
    ("stability", "said"),
    [
        ({"tiers": ["Moderate", "High"], "is_stable": False}, "Moderate/High, unstable"),
        ({"tiers": ["High"], "is_stable": True}, "High"),
        (None, "High, stability not measured"),
    ],
)
def test_every_file_says_the_tier_as_the_assessment_says_it(stability, said):
    shown = case(1, *meeting()[4].entries)
    told = {**shown.assessment, "tier": "High", "stability": stability}
    one = case(1, *shown.entries)
    object.__setattr__(one, "assessment", told)
    for text in surfaces([one]):
        assert said in text
    assert [row[0] for row in tier_table([one]).rows] == ["Low", "Moderate", said]


def test_the_board_is_counted_with_n_and_nothing_of_a_hidden_score():
    cases = meeting()
    assert status_table(cases).rows[0] == ("To discuss, score hidden", "1 (16.7\u00a0%)")
    tiers = tier_table(cases)
    assert (tiers.title, tiers.note) == ("Tiers of shown scores, n = 4", "Score hidden: 2.")
    assert [row[1] for row in tiers.rows] == ["1 (25.0\u00a0%)", "1 (25.0\u00a0%)", "2 (50.0\u00a0%)"]
    assert change_table(cases).title == "Decided before and after, n = 2; changed in 1"
    assert ("Trastuzumab", "Trastuzumab + pertuzumab", "yes", "1 (50.0\u00a0%)") in change_table(cases).rows
    assert agreement_table(cases).rows[1] == ("Disagrees", "2 (66.7\u00a0%)")
    assert tier_table([]).title.endswith("n = 0")
