"""Leaving a case: steps of the browser's history between its screens, and the question before it is erased."""

from __future__ import annotations

import streamlit as st

from deeptepp.ui.background.session import Screen, Session
from deeptepp.ui.case.case_steps import cancel, start_over
from deeptepp.ui.words.language import t

_IN_HISTORY: dict[Screen, str] = {
    Screen.START: "start",
    Screen.READING: "start",
    Screen.QUESTION: "images",
    Screen.IMAGES: "images",
    Screen.SCORING: "images",
    Screen.RESULT: "result",
    Screen.REFUSED: "start",
    Screen.BROKEN: "start",
}
"""Steps of the browser's history; what passes by itself is no step of its own."""


def screen_in_history(session: Session) -> str:
    """Name the step of the browser's history that the screen at hand is."""
    return _IN_HISTORY[session.screen]


def go_back(session: Session, step: str) -> None:
    """Follow Back or Forward of the browser; where that would erase something, ask first.

    ``step``: start, images or result, anything else changes nothing.
    """
    case = session.case
    if step == "start":
        session.is_asked_to_leave = session.has_work
        session.screen = session.screen if session.has_work else Screen.START
    elif step == "images" and case.images is not None:
        if session.screen is Screen.SCORING:
            cancel(session)
        session.screen = Screen.IMAGES if session.screen is Screen.RESULT else session.screen
    elif step == "result" and case.assessment is not None and not session.job_id:
        session.screen = Screen.RESULT


def start_over_button(session: Session, *, key: str) -> None:
    """Offer to begin anew, with a question before anything is erased."""
    is_kept = session.case.kept.row is not None
    told = t("The case stays in My cases.") if is_kept else t("Erases the images and everything entered.")
    if st.button(t("Start over"), key=key, help=told):
        session.is_asked_to_leave = True
        st.rerun()


def ask_before_leaving(session: Session) -> None:
    """Ask whether the case is to be erased, where that was asked for."""
    if not session.is_asked_to_leave:
        return
    is_kept = session.case.kept.row is not None
    with st.container(border=True, key="leave-case", width=860):
        st.markdown("## " + (t("Leave this case?") if is_kept else t("Erase this case?")))
        st.write(
            t("It stays in My cases with its last score. What was entered after that is erased.")
            if is_kept
            else t("The images, everything entered and the result are erased, here and on the server.")
        )
        with st.container(horizontal=True):
            if st.button(t("Keep the case"), type="primary", key="leave-keep"):
                session.is_asked_to_leave = False
                st.rerun()
            words = t("Leave it and start over") if is_kept else t("Erase and start over")
            if st.button(words, key="leave-erase"):
                start_over(session)
                st.rerun()
