"""The meeting: demo cases, scores hidden until the board has decided, filters by address, minutes, withdrawal."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import coarse_study
import pytest
from board_cases import case as stored_case
from screens import run_until, session_of, words_on

from deeptepp.domain.board import Agreement, Choice, Entry, Flag, Moment
from deeptepp.domain.cohort import Arm
from deeptepp.domain.meeting import Meeting
from deeptepp.errors import BoardUnreachable
from deeptepp.model.bundle import load_bundle
from deeptepp.store.cases import Board, board_address
from deeptepp.ui.background.session import Screen
from deeptepp.ui.board import board_demo, board_forms, board_news
from deeptepp.ui.case import case_reading


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    """The pictures have a test of their own."""
    monkeypatch.setattr(board_demo, "demo_pictures", lambda *_: (b"", ()))


@pytest.fixture
def board(installation):
    board = Board(board_address())
    yield board
    board.close()


@pytest.fixture
def demo(open_page):
    at = open_page("board").run()
    at.button(key="board-demo").click().run()
    assert not at.exception
    return at


def _open(at, case_id: str):
    at.button(key=f"board-open-{case_id}").click().run()
    assert not at.exception
    return at


def _decide(at, case_id: str, moment: Moment, choice: Choice, agreement: Agreement | None = None):
    key = f"board-{moment}-{case_id}"
    at.radio(key=f"{key}-choice").set_value(choice)
    if agreement:
        at.radio(key=f"{key}-agreement").set_value(agreement)
    at.button(key=f"{key}-send").click().run()
    assert not at.exception
    return at


def test_an_empty_board_offers_eight_simulated_cases(demo, board):
    cases = board.cases()
    assert [case.label for case in cases] == [f"Case {i}" for i in range(1, 9)]
    assert all(case.is_simulated and Flag.SIMULATED in case.flags for case in cases)
    assert len({case.tier for case in cases}) == 3
    bundle = load_bundle()
    arms = dict(zip(bundle.reference["score"], bundle.reference["arm"], strict=True))
    assert {arms[case.score] for case in cases} == {arm.value for arm in Arm}
    assert all(case.label in words_on(demo) for case in cases)
    assert "No picture" in words_on(demo)


def test_no_score_is_seen_before_the_board_has_decided(demo, board):
    case = board.cases()[2]
    assert f"{case.score:.3f}" not in words_on(demo)
    assert words_on(demo).count("Score hidden") == 8
    at = _open(demo, case.id)
    assert f"{case.score:.3f}" not in words_on(at)
    at = _decide(at, case.id, Moment.BEFORE, Choice.T)
    assert f"{case.score:.3f}" not in words_on(at)
    at.button(key=f"board-show-{case.id}").click().run()
    assert f"{case.score:.3f}" in words_on(at)
    assert "SIMULATED COHORT" in words_on(at)
    assert "views of the tumour" not in words_on(at), "this score came without its views"
    assert "Fewer than 10 events, so in grey and not tested: " in words_on(at), "every arm of this cohort has few"
    at = _decide(at, case.id, Moment.AFTER, Choice.TP, Agreement.AGREE)
    kept = board.case(case.id)
    assert [entry.moment for entry in kept.entries] == [Moment.BEFORE, Moment.SHOWN, Moment.AFTER]
    assert (kept.before.choice, kept.after.choice) == (Choice.T, Choice.TP)
    assert "no benefit" not in words_on(at).lower()


def test_showing_without_a_decision_is_recorded_as_such(demo, board):
    case_id = board.cases()[0].id
    at = _open(demo, case_id)
    at.button(key=f"board-skip-go-{case_id}").click().run()
    assert board.case(case_id).was_skipped
    assert "without a decision before it" in words_on(at)


def test_a_decision_must_be_chosen(demo, board):
    case_id = board.cases()[0].id
    at = _open(demo, case_id)
    at.button(key=f"board-{Moment.BEFORE}-{case_id}-send").click().run()
    assert "Choose a decision" in at.warning[0].value
    assert board.case(case_id).entries == ()


def test_filters_are_kept_in_the_address_and_never_tell_a_hidden_tier(open_page, demo, board):
    cases = board.cases()
    at = open_page("board")
    at.query_params["tier"] = "High"
    at.run()
    assert "8 cases have hidden scores; the tier filter applies to shown scores only." in at.info[0].value
    high = next(case for case in cases if case.tier == "High")
    board.record(high.id, stored_case(1, *high.entries).entries[0] if high.entries else _skipped())
    at.run()
    assert high.label in words_on(at)
    assert words_on(at).count('class="dt-board-row"') == 1
    at.multiselect(key="board-tier").set_value([]).run()
    assert "tier" not in at.query_params


def test_a_link_brings_a_search_but_what_is_typed_goes_into_no_address(open_page, demo):
    at = open_page("board")
    at.query_params["find"] = "case 8"
    at.run()
    assert words_on(at).count('class="dt-board-row"') == 1
    assert at.query_params["find"] in ("case 8", ["case 8"])
    at.text_input(key="board-find").set_value("case 7").run()
    assert words_on(at).count('class="dt-board-row"') == 1
    assert "find" not in at.query_params


def _skipped():
    return Entry(moment=Moment.SKIPPED)


BEFORE = Entry(moment=Moment.BEFORE, choice=Choice.T_DXD, note="of another", role="surgeon")
AFTER = Entry(moment=Moment.AFTER, choice=Choice.T, agreement=Agreement.AGREE, note="of another", role="surgeon")


def _type(
    at, case_id: str, moment: Moment, *, note: str, choice: Choice = Choice.TP, agreement: Agreement | None = None
):
    key = f"board-{moment}-{case_id}"
    at.radio(key=f"{key}-choice").set_value(choice)
    at.text_area(key=f"{key}-note").set_value(note)
    if agreement:
        at.radio(key=f"{key}-agreement").set_value(agreement)
    return at.run()


def _read(at) -> str:
    """What the page says, and what it shows as it was written."""
    return "\n".join([words_on(at), *(str(each.value) for each in at.text)])


def _holds(at, case_id: str, moment: Moment, note: str) -> bool:
    key = f"board-{moment}-{case_id}"
    return at.text_area(key=f"{key}-note").value == note and at.radio(key=f"{key}-choice").value == Choice.TP


@pytest.mark.parametrize("moment", [Moment.BEFORE, Moment.AFTER])
def test_what_another_records_meanwhile_is_shown_and_nothing_typed_vanishes(demo, board, moment):
    """Both see the same record and type; the other is first. Nothing is recorded before a question is answered."""
    case_id = board.cases()[0].id
    if moment is Moment.AFTER:
        board.record(case_id, _skipped())
    at = _type(
        _open(demo, case_id),
        case_id,
        moment,
        note="mine",
        agreement=Agreement.DISAGREE if moment is Moment.AFTER else None,
    )
    other = board.record(case_id, BEFORE if moment is Moment.BEFORE else AFTER).entries[-1]
    key = f"board-{moment}-{case_id}"
    at.button(key=f"{key}-send").click().run()
    assert board.case(case_id).entries[-1] == other, "recorded without asking"
    assert "Others recorded something" in words_on(at)
    assert "of another" in _read(at)
    assert _holds(at, case_id, moment, "mine")
    # A third entry between the question and its answer asks once more.
    third = board.record(case_id, BEFORE if moment is Moment.BEFORE else AFTER).entries[-1]
    at.button(key=f"{key}-too").click().run()
    assert board.case(case_id).entries[-1] == third
    assert _holds(at, case_id, moment, "mine")
    at.button(key=f"{key}-too").click().run()
    mine = board.case(case_id).decisions
    assert [entry.note for entry in mine] == ["of another", "of another", "mine"]
    assert "Others recorded something" not in words_on(at)
    assert not at.session_state["deeptepp-board-drafts"]


def test_a_decision_typed_while_another_shows_the_score_is_kept_as_one_with_the_score_in_sight(demo, board):
    case_id = board.cases()[0].id
    at = _type(_open(demo, case_id), case_id, Moment.BEFORE, note="mine")
    board.record(case_id, _skipped())
    at.button(key=f"board-{Moment.BEFORE}-{case_id}-send").click().run()
    assert board.case(case_id).decisions == ()
    assert "cannot be recorded as one made before it" in words_on(at)
    assert _holds(at, case_id, Moment.AFTER, "mine")
    at.button(key=f"board-{Moment.AFTER}-{case_id}-drop").click().run()
    assert at.text_area(key=f"board-{Moment.AFTER}-{case_id}-note").value == ""


def test_a_draft_outlives_next_the_list_and_another_view(demo, board):
    first, second, *_ = (case.id for case in board.cases())
    at = _type(_open(demo, first), first, Moment.BEFORE, note="mine")
    at.button(key="board-step-1").click().run()
    assert at.text_area(key=f"board-{Moment.BEFORE}-{second}-note").value == ""
    at.button(key="board-back").click().run()
    assert words_on(at).count("unsaved draft") == 1
    at.segmented_control(key="board-view").set_value("minutes").run()
    at.segmented_control(key="board-view").set_value("meeting").run()
    at = _open(at, first)
    assert _holds(at, first, Moment.BEFORE, "mine")
    at.button(key=f"board-{Moment.BEFORE}-{first}-send").click().run()
    assert (board.case(first).before.choice, board.case(first).before.note) == (Choice.TP, "mine")
    assert "unsaved draft" not in words_on(at)


@pytest.mark.parametrize("where", ["record", "page"])
def test_a_board_that_does_not_answer_keeps_what_is_typed(demo, board, monkeypatch, where):
    case_id = board.cases()[0].id
    at = _type(_open(demo, case_id), case_id, Moment.BEFORE, note="mine")

    def down(*_args, **_facts):
        raise BoardUnreachable(kind="SQLite", reason="OperationalError")

    with monkeypatch.context() as patch:
        patch.setattr(Board, "record" if where == "record" else "counted", down)
        at.button(key=f"board-{Moment.BEFORE}-{case_id}-send").click().run()
        assert not at.exception
        assert "does not answer" in words_on(at)
        assert "mine" in _read(at) if where == "page" else _holds(at, case_id, Moment.BEFORE, "mine")
    at.run()
    assert _holds(at, case_id, Moment.BEFORE, "mine")
    assert board.case(case_id).entries == ()


def test_what_was_typed_for_a_case_that_another_withdrew_is_given_back(demo, board):
    case_id = board.cases()[0].id
    at = _type(_open(demo, case_id), case_id, Moment.BEFORE, note="mine")
    board.withdraw(case_id)
    at.button(key=f"board-{Moment.BEFORE}-{case_id}-send").click().run()
    assert "not on the board" in at.info[0].value
    assert "Trastuzumab + pertuzumab · mine" in _read(at)
    at.run()
    at.button(key=f"board-{Moment.BEFORE}-{case_id}-discard").click().run()
    assert "mine" not in _read(at)


def test_a_mistake_is_corrected_and_both_entries_are_shown(demo, board):
    case_id = board.cases()[0].id
    wrong = board.record(case_id, BEFORE).before
    board.record(case_id, Entry(moment=Moment.SHOWN))
    at = _decide(_open(demo, case_id), case_id, Moment.BEFORE, Choice.T)
    case = board.case(case_id)
    assert (case.before.choice, case.before.corrects) == (Choice.T, wrong.number)
    assert "Correction, made after the score was shown." in words_on(at)
    assert "**corrected**" in words_on(at)
    at = _decide(at, case_id, Moment.AFTER, Choice.T, Agreement.AGREE)
    at.radio(key=f"board-{Moment.AFTER}-{case_id}-kind").set_value("correction")
    at = _decide(at, case_id, Moment.AFTER, Choice.TP, Agreement.AGREE)
    case = board.case(case_id)
    assert [entry.choice for entry in case.decisions] == [Choice.T_DXD, Choice.T, Choice.T, Choice.TP]
    assert case.after.corrects == case.decisions[2].number


def test_a_meeting_is_made_ordered_gone_through_and_minuted(demo, board):
    ids = [case.id for case in board.cases()]
    at, key = demo, "board-meeting-draft"
    at.text_input(key=f"{key}-title").set_value("03.05.1971 Anna").run()
    at.button(key=f"{key}-go").click().run()
    assert "holds a date" in words_on(at)
    assert at.text_input(key=f"{key}-title").value == "03.05.1971 Anna"
    at.text_input(key=f"{key}-title").set_value("Monday")
    at.multiselect(key=f"{key}-attendees").set_value(["Chair", "Pathologist", "Anna Schmidt"]).run()
    assert at.button(key=f"{key}-go").disabled
    board.meetings.add(
        Meeting(held_on=datetime.now(UTC).date(), title="Monday", attendees=("Chair", "Pathologist"))
    )
    at.multiselect(key=f"{key}-attendees").set_value(["Chair", "Pathologist"]).run()
    at.button(key=f"{key}-go").click().run()
    (meeting,) = board.meetings.all()
    assert (meeting.title, meeting.attendees) == ("Monday", ("Chair", "Pathologist"))
    agenda = f"board-agenda-{meeting.id}"
    at.multiselect(key=f"{agenda}-cases").set_value([ids[4], ids[1]]).run()
    at.button(key=f"{agenda}-go").click().run()
    at.button(key=f"board-move--1-{ids[1]}").click().run()
    assert board.meetings.all()[0].agenda == (ids[1], ids[4])
    at = _decide(_open(at, ids[1]), ids[1], Moment.BEFORE, Choice.T)
    assert board.case(ids[1]).before.meeting_id == meeting.id
    at.button(key="board-step-1").click().run()
    assert at.query_params["case"] in (ids[4], [ids[4]])
    assert at.button(key="board-step-1").disabled
    at.button(key="board-back").click().run()
    at.segmented_control(key="board-view").set_value("minutes").run()
    assert "Monday" in words_on(at)
    assert "2 cases" in words_on(at)
    at.segmented_control(key="board-view").set_value("cohort").run()
    assert "Where the cases stand, n = 2" in words_on(at)
    # Another changes the meeting while this visitor edits it: she is asked, and her title is kept.
    edit = f"board-meeting-{meeting.id}"
    at.text_input(key=f"{edit}-title").set_value("Mine").run()
    meeting = board.meetings.all()[0]
    board.meetings.change(replace(meeting, attendees=("Chair",)), seen=meeting)
    at.button(key=f"{edit}-go").click().run()
    assert board.meetings.all()[0].title == "Monday", "written over without asking"
    assert "Somebody else changed this meeting" in words_on(at)
    assert at.text_input(key=f"{edit}-title").value == "Mine"
    at.button(key=f"{edit}-too").click().run()
    assert board.meetings.all()[0].title == "Mine"


def test_a_tier_is_said_as_the_assessment_says_it_wherever_the_board_says_it(open_page, board):
    stored = stored_case(1)
    unstable = {**stored.assessment, "stability": {"tiers": ["Moderate", "High"], "is_stable": False}}
    added = board.add(replace(_new(), assessment=unstable))
    board.record(added.id, _skipped())
    at = open_page("board").run()
    said = "Moderate/High, unstable"
    assert said in words_on(at)
    for address in (
        {"case": added.id},
        {"case": added.id, "show": "large"},
        {"view": "minutes"},
        {"view": "cohort"},
    ):
        at = open_page("board")
        for name, value in address.items():
            at.query_params[name] = value
        at.run()
        assert not at.exception
        tables = " ".join(str(cell) for table in at.table for cell in table.value.to_numpy().ravel())
        assert said in f"{words_on(at)} {tables}", address


def test_news_of_others_are_said_without_touching_what_is_typed(demo, board):
    first, second, *_ = board.cases()
    at = _type(_open(demo, first.id), first.id, Moment.BEFORE, note="mine")
    assert "new entr" not in words_on(at)
    board_news._news(board.counted(), board.counted())
    seen = board.counted()
    board.record(second.id, BEFORE)
    board.record(second.id, BEFORE)
    assert board_news._news(board.counted(), seen) == "2 new entries"
    board.withdraw(second.id)
    assert board_news._news(board.counted(), seen) == "Others changed the board"


def test_the_next_case_is_one_step_away_and_a_withdrawn_one_is_gone(demo, board):
    first, second, *_ = board.cases()
    at = _open(demo, first.id)
    at.button(key="board-step-1").click().run()
    assert at.query_params["case"] in (second.id, [second.id])
    at.button(key=f"board-withdraw-go-{second.id}").click().run()
    assert second.id not in {case.id for case in board.cases()}
    assert "case" not in at.query_params
    at.query_params["case"] = second.id
    at.run()
    assert "not on the board" in at.info[0].value


def test_minutes_and_cohort_have_addresses_of_their_own(open_page, demo, board):
    at = open_page("board")
    at.query_params["view"] = "minutes"
    at.run()
    assert not at.exception
    assert "8 cases" in words_on(at)
    assert at.get_by_key("board-pdf") is not None
    at = open_page("board")
    at.query_params["view"] = "cohort"
    at.run()
    assert not at.exception
    assert "60 simulated patients" in words_on(at)


def test_a_case_of_another_model_shows_no_curves(open_page, board):
    case = stored_case(1)
    added = board.add(case)
    board.record(added.id, _skipped())
    at = open_page("board")
    at.query_params["case"] = added.id
    at.run()
    assert "another model" in words_on(at)
    assert "0.310" in words_on(at)
    assert not at.table


SIGN = "![x](//a/b.png) <img src=x>"


def test_what_is_written_on_the_board_is_shown_as_text_everywhere(open_page, board):
    """A picture of another server would tell it who looks at the board."""
    added = board.add(replace(_new(), label=SIGN))
    meeting = board.meetings.add(Meeting(held_on=date(2026, 3, 2), title=SIGN, attendees=(SIGN,)))
    board.meetings.put_on(meeting.id, [added.id])
    for _ in range(2):
        board.record(added.id, Entry(moment=Moment.BEFORE, choice=Choice.T, note=SIGN, role=SIGN))
    for address in ({}, {"case": added.id}, {"case": added.id, "show": "large"}, {"view": "minutes"}):
        at = open_page("board")
        at.query_params["meeting"] = meeting.id
        for name, value in address.items():
            at.query_params[name] = value
        at.run()
        read = [str(each.value) for each in (*at.markdown, *at.header, *at.caption, *at.warning)]
        read += [str(words) for each in at.button for words in (each.label, each.help)]
        read += [str(cell) for table in at.table for cell in table.value.to_numpy().ravel()]
        said = "\n".join(read)
        assert r"\!\[x\]" in said, address
        assert "![x" not in said, address
        assert "<img src=x" not in words_on(at).replace(r"\<img", ""), address


def test_a_decision_that_is_sent_twice_is_recorded_once(demo, board, monkeypatch):
    """A further click ends a run wherever it looks at the session: here, before the draft is cleared away."""
    case_id = board.cases()[0].id
    at = _open(demo, case_id)
    with monkeypatch.context() as patch:
        patch.setattr(board_forms, "drop", lambda _key: None)
        at = _decide(at, case_id, Moment.BEFORE, Choice.TP)
    assert "Others recorded something" not in words_on(at), "her own entry is no news to her"
    at = _decide(at, case_id, Moment.BEFORE, Choice.TP)
    assert [entry.choice for entry in board.case(case_id).entries] == [Choice.TP]
    at = _decide(at, case_id, Moment.BEFORE, Choice.T)
    assert [entry.choice for entry in board.case(case_id).entries] == [Choice.TP, Choice.T]
    # A role that may be a person is asked about, since what is recorded stays.
    at.text_input(key=f"board-{Moment.BEFORE}-{case_id}-role").set_value("Anna Schmidt")
    at = _decide(at, case_id, Moment.BEFORE, Choice.T_DXD)
    assert len(board.case(case_id).entries) == 2
    at.checkbox(key=f"board-{Moment.BEFORE}-{case_id}-sure").check()
    at.button(key=f"board-{Moment.BEFORE}-{case_id}-send").click().run()
    assert board.case(case_id).before.role == "Anna Schmidt"


def _new():
    from deeptepp.domain.board import NewCase

    case = stored_case(1)
    return NewCase(profile=case.profile, assessment=case.assessment, bundle_sha256=case.bundle_sha256)


def test_a_board_that_cannot_be_opened_is_a_calm_card(open_page, monkeypatch):
    monkeypatch.setenv("DEEPTEPP_BOARD", "mysql://user:secret@host/x")
    at = open_page("board").run()
    assert not at.exception
    assert "cannot be opened" in at.header[0].value
    assert "secret" not in words_on(at)


def test_a_scored_case_goes_to_the_board(open_page, board, monkeypatch):
    monkeypatch.setattr(case_reading, "demo_study", coarse_study.coarse_study)
    monkeypatch.setattr(case_reading, "open_case", lambda *_args, **_kwargs: coarse_study.opened())
    at = open_page("case").run()
    at.button(key="case-demo").click().run()
    run_until(at, Screen.IMAGES)
    at.button(key=f"case-submit-{session_of(at).case.id}").click().run()
    at = run_until(at, Screen.RESULT)
    at.text_input(key="board-add-label").set_value("03.05.1971")
    at.button(key="board-add-go").click().run()
    assert "holds a date" in at.warning[-1].value
    at.text_input(key="board-add-label").set_value("")
    at.button(key="board-add-go").click().run()
    assert "On the board as Case 1" in at.success[0].value
    (case,) = board.cases()
    assert case.thumbnail_png.startswith(b"\x89PNG")
    assert len(board.pictures(case.id)) == 9
    assert case.score == session_of(at).case.assessment.score.probability
    assert case.bundle_sha256 == load_bundle().sha256
