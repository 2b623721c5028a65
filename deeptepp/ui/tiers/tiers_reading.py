"""Work on a visitor's table, in the queue of all work: a page waits a moment, then shows how long it takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_hex
from typing import TypeVar

import streamlit as st

from deeptepp.config import load_settings
from deeptepp.domain.progress import Progress
from deeptepp.errors import DeepTeppError, JobCancelled
from deeptepp.ui.background.extra_work import ExtraWork
from deeptepp.ui.background.jobs import JobState, bare, default_runner
from deeptepp.ui.background.visitors import own_of_visitor
from deeptepp.ui.parts.fragments import fragment
from deeptepp.ui.words.language import say, t
from deeptepp.wording.sentence import sentence

QUICK_S = 1.5
"""Seconds that a page waits before it says that a table is being read: most are read by then."""

_POLL_S, _LOOK_S = 0.7, 0.02
"""Seconds between two looks of the screen, and of a page that waits."""

_N_ANSWERS = 4
"""Answers kept for one visitor, whole tables each: one for every answer to a question of units."""

_KEY = "deeptepp-tiers-reading"

AnswerT = TypeVar("AnswerT")


class NotYet(Exception):
    """A table is still being read, was stopped, or could not be read; the screen says so."""


@dataclass(slots=True)
class Reading:
    """Tables of one visitor that are read or were.

    ``owner``: random, owns the jobs.
    """

    owner: str = field(default_factory=lambda: token_hex(8))
    work: ExtraWork = field(default_factory=ExtraWork)

    def erase(self) -> None:
        """Stop all reading and forget the answers."""
        default_runner().forget(self.owner)
        self.work = ExtraWork()

    def stop(self, key: str) -> None:
        """Stop reading a table."""
        self.work.cancel(self.owner, key)
        self.work.notes[key] = sentence("Stopped. The table was not read.")

    def again(self, key: str) -> None:
        """Forget why a table was not read, so that it is read once more."""
        del self.work.notes[key]


def in_turn(key: str, read: Callable[[], AnswerT]) -> AnswerT:
    """Do work on a table when its turn comes, once for each key, and give its answer.

    ``key``: names the table and how it is read; ``read``: is called in a worker thread. Raises what ``read``
    refuses; NotYet where there is no answer yet, which the screen tells.
    """
    reading = _reading()
    work, owner = reading.work, reading.owner
    work.settle(owner, lambda _key, _answer: None)
    if key not in work.answers and key not in work.jobs and key not in work.notes:
        while len(work.answers) >= _N_ANSWERS:
            work.answers.popitem(last=False)
        work.start(owner, key, lambda progress: _answer(read, progress), most_s=load_settings().reading_max_s)
        _wait(reading, key)
    if key not in work.answers:
        _tell(reading, key)
        raise NotYet
    answer: AnswerT | DeepTeppError = work.answers[key]
    if isinstance(answer, DeepTeppError):
        raise answer
    return answer


def _answer(read: Callable[[], AnswerT], _progress: Progress) -> AnswerT | DeepTeppError:
    """Read; a refusal is an answer, which is kept whole to be said in the language of the visitor."""
    try:
        return read()
    except JobCancelled:
        raise
    except DeepTeppError as error:
        return bare(error)


def _wait(reading: Reading, key: str) -> None:
    """Wait a moment for an answer."""
    until = time.monotonic() + QUICK_S
    while key in reading.work.jobs and time.monotonic() < until:
        time.sleep(_LOOK_S)
        reading.work.settle(reading.owner, lambda _key, _answer: None, only=key)


def _tell(reading: Reading, key: str) -> None:
    """Say how long a table is being read, or why it was not, with a way to stop it or to try again."""
    if key in reading.work.notes:
        st.warning(say(reading.work.notes[key]))
        st.button(t("Try again"), key=f"{key}-again", on_click=reading.again, args=(key,))
        return
    _poll(key)
    st.button(t("Stop"), key=f"{key}-stop", on_click=reading.stop, args=(key,))


@fragment(run_every=_POLL_S)
def _poll(key: str) -> None:
    """Look at the work, and draw the page again when it has ended."""
    reading = _reading()
    view = reading.work.look(reading.owner, key)
    if view is None or view.is_over:
        st.rerun()
    elif view.state is JobState.WAITING:
        st.info(t("Your table waits for its turn; work ahead of it: {n}", n=view.n_ahead))
    else:
        st.info(t("Reading the table: {n} s", n=round(view.elapsed_s)))


def _reading() -> Reading:
    """Tables of this visitor, erased when she has left."""
    return own_of_visitor(_KEY, Reading)
