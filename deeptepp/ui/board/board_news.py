"""What others did on the board since this page was drawn: said in a line, never by drawing the page anew."""

from __future__ import annotations

import streamlit as st

from deeptepp.errors import BadSetting, BoardStoreError
from deeptepp.store.cases import BoardCounts
from deeptepp.ui.board.board_store import open_board
from deeptepp.ui.parts.fragments import fragment
from deeptepp.ui.words.language import t

_POLL_S = 5
"""Seconds between two looks; each counts three tables."""


@fragment(run_every=_POLL_S)
def board_news(seen: BoardCounts) -> None:
    """How much is new, and offer to show it; what is being typed stays as it is.

    ``seen``: what the board held when the page was drawn.
    """
    try:
        now = open_board().counted()
    except (BadSetting, BoardStoreError):
        st.warning(t("The board does not answer at the moment. What you type is kept here."))
        return
    if now == seen:
        return
    with st.container(key="board-news", horizontal=True, vertical_alignment="center", border=True):
        st.markdown(f":material/sync: {_news(now, seen)}", width="stretch")
        if st.button(t("Show"), key="board-news-show"):
            st.rerun()


def _news(now: BoardCounts, seen: BoardCounts) -> str:
    """What is new in words."""
    n_entries, n_cases = now.n_entries - seen.n_entries, now.n_cases - seen.n_cases
    parts = []
    if n_entries > 0:
        parts.append(t("1 new entry") if n_entries == 1 else t("{n} new entries", n=n_entries))
    if n_cases > 0:
        parts.append(t("1 new case") if n_cases == 1 else t("{n} new cases", n=n_cases))
    return " · ".join(parts) or t("Others changed the board")
