"""The case page: one screen at a time, chosen by where the case stands."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from deeptepp.errors import BundleError
from deeptepp.ui.background.loaded import loaded_bundle
from deeptepp.ui.background.session import Screen, Session, current_session
from deeptepp.ui.case.case_images import images_screen
from deeptepp.ui.case.case_progress import progress_screen
from deeptepp.ui.case.case_question import question_screen
from deeptepp.ui.case.case_refused import refused_screen
from deeptepp.ui.case.case_result import result_screen
from deeptepp.ui.case.case_start import start_screen
from deeptepp.ui.case.case_steps import advance
from deeptepp.ui.case.kept_link import follow_link
from deeptepp.ui.case.leaving import ask_before_leaving
from deeptepp.ui.parts.cards import bundle_card
from deeptepp.ui.parts.page_focus import focus_heading

SCREENS: dict[Screen, Callable[[Session], None]] = {
    Screen.START: start_screen,
    Screen.READING: progress_screen,
    Screen.QUESTION: question_screen,
    Screen.IMAGES: images_screen,
    Screen.SCORING: progress_screen,
    Screen.RESULT: result_screen,
    Screen.REFUSED: refused_screen,
    Screen.BROKEN: refused_screen,
}
"""What draws each screen."""


def case_page() -> None:
    """Draw the screen of this visitor's case, or say that there is no model to score it with."""
    try:
        loaded_bundle()
    except BundleError as error:
        bundle_card(error)
        return
    session = current_session()
    if advance(session) or follow_link(session):
        # From the top, since what stands above the screen is told which one it is.
        st.rerun()
    ask_before_leaving(session)
    focus_heading(session.screen)
    SCREENS[session.screen](session)
