"""The screen of a study that could not be opened: calm, with the rule, and with the next step."""

from __future__ import annotations

import streamlit as st

from deeptepp.errors import ArchiveError, PacsError, StudyError, UploadError
from deeptepp.ui.background.session import Screen, Session
from deeptepp.ui.case.case_reading import open_demo
from deeptepp.ui.case.case_steps import start_over
from deeptepp.ui.case.series_pictures import row_pictures
from deeptepp.ui.case.series_table import choose_series, series_table
from deeptepp.ui.parts.broken import broken_card
from deeptepp.ui.parts.cards import refusal_card
from deeptepp.ui.words.language import t


def refused_screen(session: Session) -> None:
    """Show why the study was not opened, and what to do."""
    error, is_broken = session.refusal, session.screen is Screen.BROKEN
    st.title(t("Not scored"))
    with st.container(width=860):
        if is_broken:
            broken_card(session.incident)
        elif error is not None:
            step = _next_step(error, has_series=bool(session.case.series))
            refusal_card(error, title=t("The study could not be opened"), next_step=step)
        with st.container(horizontal=True):
            if st.button(t("Try another study"), type="primary", key="case-try-again"):
                start_over(session)
                st.rerun()
            if st.button(t("Open the demo study"), key="case-refused-demo"):
                open_demo(session)
                st.rerun()
    if session.case.series:
        with st.expander(t("Series that were found"), expanded=isinstance(error, StudyError)):
            choose_series(session)
            series_table(session.case.series, row_pictures(session.case.previews))


def _next_step(error: Exception, *, has_series: bool) -> str:
    """What became of the files and where to look."""
    if isinstance(error, ArchiveError | UploadError) or (isinstance(error, StudyError) and not has_series):
        return t("The files you handed in are deleted. Once it is mended, drop the study again.")
    if isinstance(error, StudyError):
        return t(
            "Choose below which series are the phases; nothing has to be handed in again. Or export the dynamic "
            "series from the PACS once more."
        )
    if isinstance(error, PacsError):
        return t("Nothing of the study was kept. Go back to the worklist to fetch it again, or hand it in here.")
    return t("The files you handed in are deleted. Try again in a moment.")
