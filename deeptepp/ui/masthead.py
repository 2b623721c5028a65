"""What stands on every page: the look, and the sentence that this is research on (simulated) patients."""

from __future__ import annotations

from html import escape

import streamlit as st

from deeptepp.config import load_settings
from deeptepp.domain.people import Person
from deeptepp.domain.risk import NOT_A_DEVICE, RESEARCH_USE, SIMULATED_COHORT
from deeptepp.errors import BundleError
from deeptepp.ui.background.loaded import loaded_bundle
from deeptepp.ui.background.session import current_session
from deeptepp.ui.page_manners import page_look
from deeptepp.ui.tab_memory import remember_tab
from deeptepp.ui.words.language import language_switch, read_language, t
from deeptepp.ui.words.page_list import Page

SIMULATED = "The model and its reference patients are simulated."
"""Said beside the mark while the model is a simulated one."""

SIMULATED_MODEL = "SIMULATED MODEL"
"""In place of the mark of a simulated cohort where a visitor's own patients, who are real, are looked at."""

OWN_PATIENTS = "The model and its reference patients are simulated, those of your table are not."
"""Said beside that mark."""


def masthead(person: Person, page: Page, *, has_real_patients: bool) -> None:
    """Show the slim banner that stays in sight while the page scrolls, and what became of the case before.

    ``person``: who is at the page; ``has_real_patients``: a table of real patients is looked at, the mark then
    speaks of the model alone, since each figure carries the mark of its own patients.
    """
    read_language()
    marks, sentences = [RESEARCH_USE], [NOT_A_DEVICE]
    if _is_simulated():
        marks.append(SIMULATED_MODEL if has_real_patients else SIMULATED_COHORT)
        sentences.append(OWN_PATIENTS if has_real_patients else SIMULATED)
    page_look([t(mark) for mark in marks], page.style)
    remember_tab(screens=page.has_screens)
    text = "".join(f"<b>{escape(t(mark))}</b>" for mark in marks)
    said = escape(" ".join(t(sentence) for sentence in sentences))
    with st.container(key="masthead", horizontal=True, vertical_alignment="center", gap="small"):
        marks_html = f'<div class="marks">{text}</div><span>{said}</span>'
        st.html(f'<div class="dt-masthead" role="note">{marks_html}</div>', width="stretch")
        language_switch()
        if load_settings().needs_sign_in:
            _who(person)
    _tab_note()


def _who(person: Person) -> None:
    """Who is signed in, and the way out."""
    name = f"<span>{escape(person.name)}</span> " if person.name else ""
    way = f'<a href="/sign-out" target="_self">{escape(t("Sign out"))}</a>'
    st.html(f'<div class="dt-who">{name}{way}</div>', width="content")


def _tab_note() -> None:
    """What became of the case over a reload, a cut line or a new server, until the reader has read it."""
    session = current_session()
    if not session.tab_note:
        return
    with st.container(key="tab-note", horizontal=True, vertical_alignment="center"):
        st.info(session.tab_note, icon=":material/info:")
        if st.button(t("Close"), key="tab-note-close"):
            session.tab_note = ""
            st.rerun()
        if (
            session.drafts
            and not session.has_work
            and st.button(t("Erase what was entered"), key="tab-note-erase")
        ):
            session.erase()
            st.rerun()


def _is_simulated() -> bool:
    """Whether the model at hand, if any, comes from simulated patients."""
    try:
        return loaded_bundle().is_simulated
    except BundleError:
        return False
