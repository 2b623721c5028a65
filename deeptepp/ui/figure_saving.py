"""Figures saved from the screen: drawn beside it by a browser of the server, then handed over as one archive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from secrets import token_hex

import streamlit as st

from deeptepp.domain.progress import Progress, Step, StepReport
from deeptepp.errors import NoBrowser
from deeptepp.report.figure_files import FORMATS, NamedFigure, drawn_figures, find_browser, zipped
from deeptepp.ui.extra_work import ExtraWork
from deeptepp.ui.figure_words import in_language_of_visitor
from deeptepp.ui.language import current_language, t
from deeptepp.ui.visitors import remember_visitor

_KEY = "deeptepp-figures"
_POLL_S = 0.5


@dataclass(slots=True)
class Drawing:
    """Figures of one visitor that are drawn or were.

    Parameters
    ----------
    owner : str
        Random; owns the jobs.
    work : ExtraWork
        The jobs and the archives that they gave.
    """

    owner: str = field(default_factory=lambda: token_hex(8))
    work: ExtraWork = field(default_factory=ExtraWork)

    def erase(self) -> None:
        """Stop all drawing and forget the archives."""
        self.work.cancel_all(self.owner)
        self.work.answers.clear()


def save_figures(make: Callable[[], Sequence[NamedFigure]], *, key: str, digest: str, label: str) -> None:
    """Show a button that draws figures, how far they are, and then the archive to save.

    Parameters
    ----------
    make : callable
        Gives the figures; called when the button is pressed.
    key : str
        Begins the keys of its elements.
    digest : str
        Names what the figures show: an archive of anything else is not offered.
    label : str
        Of the button, in the language of the visitor.
    """
    drawing = _drawing()
    name = f"{key}-{digest}-{current_language().value}"
    drawing.work.settle(drawing.owner, lambda _name, _archive: None)
    if name in drawing.work.answers:
        st.download_button(
            t("Save the zip: {formats}", formats=", ".join(FORMATS).upper()),
            drawing.work.answers[name],
            file_name="deeptepp-figures.zip",
            mime="application/zip",
            on_click="ignore",
            key=f"{key}-zip",
            type="primary",
        )
        return
    if name in drawing.work.jobs:
        _poll(name)
        st.button(t("Stop"), key=f"{key}-stop", on_click=drawing.work.cancel, args=(drawing.owner, name))
        return
    if name in drawing.work.notes:
        st.warning(t(drawing.work.notes[name]))
    if st.button(label, key=f"{key}-draw", help=t("Vector SVG and PDF, and PNG of 300 dpi, each 180 mm wide.")):
        _start(drawing, name, make)
        st.rerun()


def _drawing() -> Drawing:
    """Give the drawing of this visitor, erased when she has left."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = Drawing()
        remember_visitor(st.session_state[_KEY].erase)
    drawing: Drawing = st.session_state[_KEY]
    return drawing


def _start(drawing: Drawing, name: str, make: Callable[[], Sequence[NamedFigure]]) -> None:
    """Queue the drawing of figures that speak the language of the visitor."""
    try:
        find_browser()
    except NoBrowser as error:
        drawing.work.notes[name] = str(error)
        return
    with st.spinner(t("Making the figures")):
        figures = [replace(each, figure=in_language_of_visitor(each.figure)) for each in make()]

    def work(progress: Progress) -> bytes:
        # The runner knows the steps of a case; drawing is its step of views.
        return zipped(drawn_figures(figures, FORMATS, lambda share: progress(StepReport(Step.VIEWS, share))))

    drawing.work.start(drawing.owner, name, work)


@st.fragment(run_every=_POLL_S)
def _poll(name: str) -> None:
    """Show how far the drawing is, and draw the page again when it has ended."""
    drawing = _drawing()
    view = drawing.work.look(drawing.owner, name)
    if view is None or view.is_over:
        st.rerun()
    share = max((report.fraction for report in view.steps), default=0.0)
    st.progress(share, text=t("Drawing the figures: {n} %", n=round(100 * share)))
