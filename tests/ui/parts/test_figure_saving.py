"""Figures are drawn beside the screen by a runner of their own; what was drawn or why not is taken over once."""

import threading
import time

import pytest

from deeptepp.errors import NoBrowser
from deeptepp.ui.background.jobs import default_runner
from deeptepp.ui.parts.figure_saving import NOT_DRAWN, Drawing, figure_runner


def settled(drawing, name):
    for _ in range(200):
        drawing.settle()
        if name not in drawing.jobs:
            return drawing
        time.sleep(0.01)
    pytest.fail("the work did not end")


def refuse(_progress):
    raise NoBrowser


def break_down(_progress):
    raise ZeroDivisionError


def test_an_archive_is_kept_by_name_and_the_oldest_go():
    drawing = Drawing()
    for name in "abcd":
        drawing.start(name, lambda _progress, name=name: name.encode())
        settled(drawing, name)
    assert dict(drawing.archives) == {"b": b"b", "c": b"c", "d": b"d"}
    drawing.erase()
    assert not drawing.archives


@pytest.mark.parametrize(("work", "words"), [(refuse, "Chromium"), (break_down, NOT_DRAWN)])
def test_why_there_is_no_archive_is_said(work, words):
    drawing = settled_note(work)
    assert words in drawing.notes["x"]
    assert "x" not in drawing.archives


def settled_note(work):
    drawing = Drawing()
    drawing.start("x", work)
    return settled(drawing, "x")


def test_a_drawing_of_a_visitor_who_was_erased_is_not_waited_for():
    drawing, gate = Drawing(), threading.Event()
    drawing.start("x", lambda _progress: gate.wait(5))
    drawing.jobs["x"] = "another"
    assert settled(drawing, "x").notes["x"] == NOT_DRAWN
    gate.set()


def test_no_case_waits_for_figures():
    assert figure_runner() is not default_runner()
