"""What a visitor leaves behind is erased once she has been away for a while, and not before."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest
from screens import ROOT

from deeptepp.config import Settings
from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.store.frames import default_frames
from deeptepp.ui.background import visitors as module
from deeptepp.ui.background.session import Case, Screen, Session
from deeptepp.ui.background.visitors import Claim, Tab, Visitors

TOKEN = "0f" * 16


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 100.0

    monkeypatch.setattr(module.time, "monotonic", lambda: Clock.now)
    return Clock


def test_nothing_is_erased_while_the_page_is_open_or_closed_only_just_now(clock):
    visitors, erased = Visitors(), []
    visitors.remember("a", lambda: erased.append("a"))
    assert visitors.sweep({"a"}.__contains__, 60) == ()
    clock.now += 1000
    assert visitors.sweep({"a"}.__contains__, 60) == ()
    assert visitors.sweep(lambda _: False, 60) == ()
    clock.now += 59
    assert visitors.sweep(lambda _: False, 60) == ()
    assert erased == []


def test_one_who_is_away_too_long_is_erased_once_and_the_others_stay(clock):
    visitors, erased = Visitors(), []
    for name in ("a", "b"):
        visitors.remember(name, lambda name=name: erased.append(name))
        visitors.remember(name, lambda name=name: erased.append(f"{name} again"))
    visitors.sweep({"b"}.__contains__, 60)
    clock.now += 60
    assert visitors.sweep({"b"}.__contains__, 60) == ("a",)
    assert visitors.sweep({"b"}.__contains__, 60) == ()
    assert erased == ["a", "a again"]
    assert len(visitors) == 1


def test_one_who_comes_back_in_time_begins_anew(clock):
    visitors, erased = Visitors(), []
    visitors.remember("a", lambda: erased.append("a"))
    visitors.sweep(lambda _: False, 60)
    clock.now += 50
    visitors.sweep(lambda _: True, 60)
    clock.now += 50
    visitors.sweep(lambda _: False, 60)
    clock.now += 50
    visitors.sweep(lambda _: False, 60)
    assert erased == []


def test_an_erased_session_holds_nothing_of_the_case(monkeypatch):
    dropped = []
    monkeypatch.setattr(default_frames(), "drop", dropped.append)
    case = Case(profile=ClinicalProfile(age_years=44.0))
    session = Session(screen=Screen.RESULT, case=case, note="a note")
    session.erase()
    assert dropped == [case.id]
    assert session.case.profile == ClinicalProfile()
    assert (session.screen, session.note, session.case.images) == (Screen.START, "", None)


def test_what_a_widget_still_holds_of_an_erased_case_is_empty():
    case = Case(profile=ClinicalProfile(age_years=44.0), images=object(), lesions=(object(),))
    case.extra.answers["why"] = object()
    session = Session(case=case)
    session.erase()
    assert session.case is not case
    assert (case.images, case.lesions, case.profile) == (None, (), ClinicalProfile())
    assert not case.extra.answers


@pytest.fixture
def held():
    """A visitor on a first line whose tab has spoken, with a session of hers."""
    visitors, session = Visitors(), Session(screen=Screen.RESULT)
    visitors.claim("first", Tab(TOKEN, page="p1"), lambda _: True)
    visitors.hold("first", "deeptepp", session.erase)
    return visitors, session


@pytest.mark.parametrize(
    ("tab", "is_open"),
    [
        pytest.param(Tab(TOKEN, page="p2", left="p1"), True, id="reload before the server noticed"),
        pytest.param(Tab(TOKEN, page="p2"), False, id="another page after the line was closed"),
        pytest.param(Tab(TOKEN, page="p1"), True, id="the same page on a new line"),
    ],
)
def test_a_tab_takes_over_what_it_held_and_nothing_stays_behind(held, clock, tab, is_open):
    visitors, session = held
    claim, taken = visitors.claim("second", tab, lambda _: is_open)
    assert (claim, taken["deeptepp"]) == (Claim.TAKEN_OVER, session)
    assert visitors.greet("first")
    assert not visitors.greet("first")
    assert not visitors.greet("second")
    # The line before is forgotten; what it held lives on with the new one.
    clock.now += 1000
    visitors.sweep({"second"}.__contains__, 60)
    clock.now += 1000
    assert "first" in visitors.sweep({"second"}.__contains__, 60)
    assert session.screen is Screen.RESULT


@pytest.mark.parametrize(
    "tab",
    [
        pytest.param(Tab(TOKEN, page="p2"), id="a duplicated tab"),
        pytest.param(Tab(TOKEN, page="p2", left="p0"), id="a duplicate of a reloaded tab"),
        pytest.param(Tab(TOKEN, page="p2", left="p1", user="other"), id="somebody else signed in"),
    ],
)
def test_two_open_pages_never_share_a_case(held, tab):
    visitors, session = held
    assert visitors.claim("second", tab, lambda _: True) == (Claim.REFUSED, {})
    assert visitors.claim("second", replace(tab, token="ab" * 16), lambda _: True) == (Claim.NEW, {})
    assert not visitors.greet("first")
    assert session.screen is Screen.RESULT


def test_a_token_that_nobody_holds_gives_nothing(held):
    visitors, _ = held
    assert visitors.claim("second", Tab("cd" * 16, page="p1", left="p1"), lambda _: False) == (Claim.NEW, {})


def test_the_empty_session_of_a_page_that_takes_over_is_erased(held):
    visitors, _ = held
    mine = Session(screen=Screen.QUESTION)
    visitors.hold("second", "deeptepp", mine.erase)
    visitors.claim("second", Tab(TOKEN, page="p2", left="p1"), lambda _: True)
    assert mine.screen is Screen.START


def test_a_token_is_in_no_text_of_a_tab():
    assert TOKEN not in repr(Tab(TOKEN, page="p1", user="u"))


def test_streamlit_keeps_a_closed_page_longer_than_the_server_waits_for_its_visitor():
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    settings = Settings()
    assert config["server"]["disconnectedSessionTTL"] > settings.visitor_max_away_s + settings.sweep_every_s


def test_every_message_to_a_page_is_sent_whole():
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["global"]["minCachedMessageSize"] > 2**32  # more than a line of the web takes
