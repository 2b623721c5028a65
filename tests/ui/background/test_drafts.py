"""What was typed is given back to its field, and to no other."""

import pytest

from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.risk import Assessment
from deeptepp.scoring.images import CaseImages
from deeptepp.ui.background import drafts
from deeptepp.ui.background.drafts import (
    cleaned,
    forget_typed,
    typed_index,
    typed_option,
    typed_text,
)
from deeptepp.ui.background.session import Case, Screen, Session
from deeptepp.ui.board import board_drafts
from deeptepp.ui.case import case_reading
from deeptepp.ui.case.leaving import go_back, screen_in_history

OLD, NEW = "0123456789abcdef", "fedcba9876543210"


@pytest.fixture
def session(monkeypatch):
    session = Session()
    monkeypatch.setattr(drafts, "current_session", lambda: session)
    return session


def test_a_field_is_filled_again_though_the_case_has_another_name(session):
    session.drafts = cleaned({f"case-size-{OLD}": "31", f"board-{OLD}-note": "seen", f"case-size-{NEW}": "32"})
    assert typed_text(f"case-size-{NEW}") == "32"
    assert typed_text(f"board-{OLD}-note") == "seen"
    assert typed_text("board-other-note", None) is None


@pytest.mark.parametrize(("said", "place"), [("Positive", 1), ("**Negative**", 2), ("gone", 0), (None, 0)])
def test_a_choice_is_found_by_its_words(session, said, place):
    session.drafts = {} if said is None else {"case-er": said}
    names = {None: "Unknown", True: "Positive", False: "`Negative`"}
    assert typed_index("case-er", list(names), names.__getitem__, 0) == place
    assert typed_option("case-er", list(names), names.__getitem__, None) == list(names)[place]


def test_a_form_that_was_handed_in_begins_empty_and_the_others_do_not(session):
    session.drafts = {f"board-{OLD}-note": "a", f"board-{NEW}-note": "b"}
    forget_typed(f"board-{OLD}")
    forget_typed("map-arm", "map-date")
    assert session.forgotten == ((1, f"board-{OLD}"), (2, "map-arm"), (3, "map-date"))
    assert session.drafts == {f"board-{NEW}-note": "b"}


def test_a_note_on_one_case_of_the_board_is_never_shown_with_another(session):
    session.drafts = cleaned({f"board-before-{OLD}-note": "about the first"})
    assert typed_text(f"board-before-{NEW}-note") == ""


def test_the_demo_begins_with_nothing_that_was_typed_for_a_patient(session, monkeypatch):
    monkeypatch.setattr(case_reading, "begin_reading", lambda *_: None)
    session.drafts = {"case-size": "31", "board-note": "kept"}
    case_reading.open_demo(session)
    assert session.drafts == {"board-note": "kept"}


@pytest.mark.parametrize("value", [None, 3, "text", {"case-a": 3}, {3: "a"}, {"other": "a"}])
def test_what_is_no_field_of_ours_is_not_taken(value):
    assert cleaned(value) == {}


def test_a_browser_cannot_make_the_server_keep_more_than_its_screens_have():
    kept = cleaned({f"case-{i}": "x" * 10_000 for i in range(10_000)})
    assert len(kept) <= 400
    assert max(map(len, kept.values())) <= 4000


def case_of(*, images=True, assessment=True):
    return Case(
        images=object.__new__(CaseImages) if images else None,
        assessment=object.__new__(Assessment) if assessment else None,
        profile=ClinicalProfile(age_years=50.0),
    )


@pytest.mark.parametrize(
    ("screen", "case", "step", "then", "asks"),
    [
        (Screen.RESULT, case_of(), "images", Screen.IMAGES, False),
        (Screen.IMAGES, case_of(), "result", Screen.RESULT, False),
        (Screen.IMAGES, case_of(assessment=False), "result", Screen.IMAGES, False),
        (Screen.IMAGES, case_of(), "start", Screen.IMAGES, True),
        (Screen.RESULT, case_of(), "start", Screen.RESULT, True),
        (Screen.REFUSED, case_of(images=False), "start", Screen.START, False),
        (Screen.START, case_of(images=False, assessment=False), "images", Screen.START, False),
        (Screen.IMAGES, case_of(), "elsewhere", Screen.IMAGES, False),
    ],
)
def test_back_and_forward_go_between_screens_and_drop_nothing_unasked(screen, case, step, then, asks):
    session = Session(screen=screen, case=case)
    go_back(session, step)
    assert (session.screen, session.is_asked_to_leave, session.case) == (then, asks, case)


def test_every_screen_is_a_step_of_the_history():
    assert {screen_in_history(Session(screen=screen)) for screen in Screen} == {"start", "images", "result"}


def test_start_over_leaves_nothing_that_was_typed():
    session = Session(drafts={"case-size": "31"}, tab_note="a note", forgotten=((1, "board-"),))
    before = session.memory
    session.erase()
    assert (session.drafts, session.tab_note, session.forgotten) == ({}, "", ())
    assert session.memory != before


@pytest.mark.parametrize("known", ["N1", None])
def test_a_choice_said_in_words_of_another_language_stays_what_it_was(monkeypatch, known):
    state = {"case-node": "N1 (1 to 3)"}
    monkeypatch.setattr(drafts.st, "session_state", state)
    drafts.keep_choice("case-node", (None, "N0", "N1"), known)
    assert state["case-node"] == known
    drafts.keep_choice("case-other", (None, "N0", "N1"), known)
    assert "case-other" not in state
    state["case-node"] = "N0"
    drafts.keep_choice("case-node", (None, "N0", "N1"), known)
    state["case-node"] = "N0 in other words"
    drafts.keep_choice("case-node", (None, "N0", "N1"), known)
    assert state["case-node"] == "N0"


def test_the_server_knows_a_note_better_than_the_tab_until_the_tab_comes_back(monkeypatch):
    session, widget = Session(), "board-before-0011223344556677-note"
    state = {board_drafts.DRAFTS_KEY: {"board-before-0011223344556677": {"note": "typed twice", "seen": 0}}}
    monkeypatch.setattr(drafts, "current_session", lambda: session)
    monkeypatch.setattr(board_drafts.st, "session_state", state)
    session.drafts = drafts.cleaned({widget: "typed"})
    board_drafts.fill("board-before-0011223344556677", {"note": ""})
    assert state.pop(widget) == "typed twice"
    session.restored = set(session.drafts)
    board_drafts.fill("board-before-0011223344556677", {"note": ""})
    assert state.pop(widget) == "typed"
    board_drafts.fill("board-before-0011223344556677", {"note": ""})
    assert state.pop(widget) == "typed twice"
