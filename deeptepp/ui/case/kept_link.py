"""The address of a kept case opens it; the tab writes there which one is open, see ``tab_history.js``."""

from __future__ import annotations

import streamlit as st

from deeptepp.errors import BadSetting, BoardStoreError, CaseGone, KeptCaseError
from deeptepp.ui.background.session import Session
from deeptepp.ui.board.board_rows import CASE_PARAMETER
from deeptepp.ui.case.keep_case import open_kept
from deeptepp.ui.parts.cards import said
from deeptepp.ui.words.language import t


def follow_link(session: Session) -> bool:
    """Open the case that the address names.

    Returns True where another case was opened. Work that is kept nowhere is never replaced without a question.
    """
    asked, row = st.query_params.get(CASE_PARAMETER, ""), session.case.kept.row
    if asked and asked == session.lost_link:
        if row is None and not session.has_work:
            st.warning(said(CaseGone()), icon=":material/link_off:")
            return False
        st.query_params.pop(CASE_PARAMETER, None)
        asked = ""
    if asked and (row is None or row.id != asked):
        if row is None and session.has_work:
            return _ask(session, asked)
        return _open(session, asked)
    return False


def _open(session: Session, case_id: str) -> bool:
    """Open a case, or say why it cannot be and stay."""
    try:
        open_kept(session, case_id)
    except (KeptCaseError, BoardStoreError, BadSetting) as error:
        st.warning(said(error), icon=":material/link_off:")
        if isinstance(error, CaseGone):
            session.lost_link = case_id
        return False
    return True


def _ask(session: Session, case_id: str) -> bool:
    """Ask which case to go on with."""
    with st.container(border=True, key="kept-which", width=860):
        st.write(
            t("The link leads to another case. The one in this tab was not scored yet, so it is kept nowhere.")
        )
        with st.container(horizontal=True):
            if st.button(t("Stay with this case"), type="primary", key="kept-stay"):
                st.query_params.pop(CASE_PARAMETER, None)
                st.rerun()
            if st.button(t("Erase it and follow the link"), key="kept-follow"):
                session.erase()
                return _open(session, case_id)
    return False
