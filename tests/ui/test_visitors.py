"""What a visitor leaves behind is erased once she has been away for a while, and not before."""

from __future__ import annotations

import pytest

from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.store.frames import default_frames
from deeptepp.ui import visitors as module
from deeptepp.ui.session import Case, Screen, Session
from deeptepp.ui.visitors import Visitors


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
