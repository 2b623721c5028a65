"""What a role does not include is neither offered on a screen nor done by the function behind it."""

from __future__ import annotations

import pytest
from screens import words_on
from streamlit.proto.BackMsg_pb2 import BackMsg

from deeptepp.domain.people import ACTION_WORDS, PERMISSIONS, Action, Role
from deeptepp.errors import NotAllowed, NotSignedIn
from deeptepp.service.sign_in_sessions import default_sign_ins
from deeptepp.ui.background.session import Session
from deeptepp.ui.background.tending import is_act
from deeptepp.ui.board.board_store import board_for
from deeptepp.ui.case.case_reading import open_demo
from deeptepp.ui.case.case_steps import score


@pytest.fixture(autouse=True)
def _own_board(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPTEPP_BOARD", str(tmp_path / "board.sqlite"))


def _buttons(at):
    return {button.label for button in at.button}


def test_every_action_has_words_and_somebody_who_may():
    assert set(ACTION_WORDS) == set(PERMISSIONS) == set(Action)
    assert all(PERMISSIONS.values())


@pytest.mark.parametrize("role", [Role.VIEWER, Role.BOARD, Role.CLINICIAN])
def test_a_study_is_taken_from_those_who_may_score_and_the_others_are_told(open_page, sign_in, role):
    sign_in(role)
    at = open_page("case").run()
    is_offered = role is Role.CLINICIAN
    assert ("Open the demo study" in _buttons(at)) is is_offered
    assert ("Not offered to your role: score a case." in words_on(at)) is not is_offered


def test_who_is_signed_in_stands_on_every_page_beside_the_way_out(open_page, sign_in):
    sign_in(Role.VIEWER)
    text = words_on(open_page("evidence").run())
    assert "Dr. Example" in text
    assert 'href="/sign-out"' in text or "Sign out" in text


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CLINICIAN, Role.BOARD])
def test_decisions_are_asked_of_the_board_alone(open_page, sign_in, role):
    sign_in(Role.BOARD)
    at = open_page("board").run()
    at.button(key="board-demo").click().run()
    sign_in(role)
    at = open_page("board").run()
    at.button(next(button.key for button in at.button if button.key.startswith("board-open-"))).click().run()
    is_offered = role is Role.BOARD
    assert ("Record the decision" in _buttons(at)) is is_offered
    assert ("Not offered to your role: record decisions of the tumour board." in words_on(at)) is not is_offered
    assert ("Withdraw this case" in _buttons(at)) is (role is not Role.VIEWER)


@pytest.mark.parametrize(
    "act", [lambda: board_for(Action.DECIDE), lambda: score(Session()), lambda: open_demo(Session())]
)
def test_the_function_behind_refuses_as_well(sign_in, act):
    with pytest.raises(NotSignedIn):
        act()
    sign_in(Role.VIEWER)
    with pytest.raises(NotAllowed):
        act()
    digest = sign_in(Role.CLINICIAN, Role.BOARD)
    default_sign_ins().end(digest)
    with pytest.raises(NotSignedIn):
        act()


def test_nothing_of_one_person_is_left_for_the_next_on_the_same_page(open_page, sign_in):
    sign_in(Role.CLINICIAN)
    at = open_page("case").run()
    hers = at.session_state["deeptepp"]
    hers.case.label = "Case 7"
    sign_in(Role.CLINICIAN)
    assert at.run().session_state["deeptepp"] is hers  # the same person, another sign-in
    sign_in(Role.CLINICIAN, subject="s-2")
    assert at.run().session_state["deeptepp"] is not hers
    assert hers.case.label == ""


def test_a_page_that_asks_for_news_by_itself_is_no_act():
    asked, clicked, stopped = BackMsg(), BackMsg(), BackMsg()
    asked.rerun_script.is_auto_rerun = True
    clicked.rerun_script.query_string = ""
    stopped.app_heartbeat = True
    assert [is_act(each.SerializeToString()) for each in (asked, clicked, stopped)] == [False, True, False]
    assert not is_act(b"\xff\xff")
