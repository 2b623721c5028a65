"""Figures saved from the screen: drawn beside it by a browser of the server, then handed over as one archive."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from secrets import token_hex

import streamlit as st

from deeptepp.domain.progress import Progress, Step, StepReport
from deeptepp.errors import NoBrowser, TooManyJobs
from deeptepp.report.figures.figure_files import FORMATS, NamedFigure, drawn_figures, find_browser, zipped
from deeptepp.ui.background.jobs import JobRunner, JobState, Work
from deeptepp.ui.background.visitors import own_of_visitor
from deeptepp.ui.parts.fragments import fragment
from deeptepp.ui.parts.save_button import save_button
from deeptepp.ui.words.figure_words import in_language_of_visitor
from deeptepp.ui.words.language import current_language, say, t

_KEY = "deeptepp-figures"
_POLL_S = 0.5
_N_WAITING, _N_ARCHIVES = 8, 3
"""Drawings that may wait on the server, and archives kept for one visitor, some megabytes each."""

NOT_DRAWN = "The figures could not be drawn. Please start it again."
"""Said where the work broke or was interrupted."""


@cache
def figure_runner() -> JobRunner:
    """Runner that draws: one of its own, so that no case waits for figures."""
    return JobRunner(n_workers=1, n_waiting=_N_WAITING)


@dataclass(slots=True)
class Drawing:
    """Figures of one visitor that are drawn or were.

    ``owner``: random, owns the jobs; ``notes``: why there is no archive, in one sentence.
    """

    owner: str = field(default_factory=lambda: token_hex(8))
    jobs: dict[str, str] = field(default_factory=dict)
    archives: OrderedDict[str, bytes] = field(default_factory=OrderedDict)
    notes: dict[str, str] = field(default_factory=dict)

    def start(self, name: str, work: Work) -> None:
        """Queue the drawing of something, or note that the queue is full."""
        self.notes.pop(name, None)
        try:
            self.jobs[name] = figure_runner().submit(self.owner, work)
        except TooManyJobs as error:
            self.notes[name] = str(error)

    def settle(self) -> None:
        """Take over what has been drawn, and why something was not."""
        for name, job_id in list(self.jobs.items()):
            if figure_runner().look(job_id, self.owner) is None:
                del self.jobs[name]
                self.notes[name] = NOT_DRAWN
                continue
            view = figure_runner().take(job_id, self.owner)
            if view is None:
                continue
            del self.jobs[name]
            if view.state is JobState.DONE:
                self.archives[name] = view.result
                while len(self.archives) > _N_ARCHIVES:
                    self.archives.popitem(last=False)
            elif view.state is not JobState.CANCELLED:
                self.notes[name] = str(view.refusal) if view.refusal else NOT_DRAWN

    def cancel(self, name: str) -> None:
        """Stop drawing something, and forget it."""
        job_id = self.jobs.pop(name, None)
        if job_id is not None:
            figure_runner().cancel(job_id, self.owner)

    def erase(self) -> None:
        """Stop all drawing and forget the archives."""
        figure_runner().forget(self.owner)
        self.jobs.clear()
        self.archives.clear()


def save_figures(make: Callable[[], Sequence[NamedFigure]], *, key: str, digest: str, label: str) -> None:
    """Show a button that draws figures, how far they are, and then the archive to save.

    ``make``: gives the figures, called when the button is pressed.
    """
    drawing = _drawing()
    name = f"{key}-{digest}-{current_language().value}"
    drawing.settle()
    if name in drawing.archives:
        words = t("Save the zip: {formats}", formats=", ".join(FORMATS).upper())
        save_button(words, drawing.archives[name], "deeptepp-figures.zip", key=f"{key}-zip", kind="primary")
        return
    if name in drawing.jobs:
        _poll(name)
        st.button(t("Stop"), key=f"{key}-stop", on_click=drawing.cancel, args=(name,))
        return
    if name in drawing.notes:
        st.warning(say(drawing.notes[name]))
    if st.button(label, key=f"{key}-draw", help=t("Vector SVG and PDF, and PNG of 300 dpi, each 180 mm wide.")):
        _start(drawing, name, make)
        st.rerun()


def _drawing() -> Drawing:
    """Drawing of this visitor, erased when she has left."""
    return own_of_visitor(_KEY, Drawing)


def _start(drawing: Drawing, name: str, make: Callable[[], Sequence[NamedFigure]]) -> None:
    """Queue the drawing of figures that speak the language of the visitor."""
    try:
        find_browser()
    except NoBrowser as error:
        drawing.notes[name] = str(error)
        return
    with st.spinner(t("Making the figures")):
        figures = [replace(each, figure=in_language_of_visitor(each.figure)) for each in make()]

    def work(progress: Progress) -> bytes:
        # The runner knows the steps of a case; drawing is its step of views.
        return zipped(drawn_figures(figures, FORMATS, lambda share: progress(StepReport(Step.VIEWS, share))))

    drawing.start(name, work)


@fragment(run_every=_POLL_S)
def _poll(name: str) -> None:
    """Show how far the drawing is, and draw the page again when it has ended."""
    drawing = _drawing()
    view = figure_runner().look(drawing.jobs.get(name, ""), drawing.owner)
    if view is None or view.is_over:
        st.rerun()
    share = max((report.fraction for report in view.steps), default=0.0)
    st.progress(share, text=t("Drawing the figures: {n} %", n=round(100 * share)))
