"""The minutes of a meeting: what they will say, and the two files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from deeptepp.domain.board import BoardCase
from deeptepp.report.minutes import influence_of, minutes_table
from deeptepp.report.minutes_pdf import minutes_pdf
from deeptepp.report.tables import table_csv
from deeptepp.ui.language import say, t

_SHOWN_COLUMNS = (0, 2, 4, 8, 9, 11, 12)
"""Columns of the table that the page shows; the file has all of them."""


def minutes_view(cases: Sequence[BoardCase]) -> None:
    """Show the minutes and offer them as files.

    Parameters
    ----------
    cases : sequence of BoardCase
        The meeting.
    """
    table, now = minutes_table(cases), datetime.now(UTC)
    for sentence in influence_of(cases).sentences():
        st.markdown(say(sentence))
    st.table(
        [{say(table.header[i]): say(row[i]) or "–" for i in _SHOWN_COLUMNS} for row in table.rows],
        hide_index=True,
        border="horizontal",
    )
    with st.container(horizontal=True):
        st.download_button(
            t("Minutes as PDF"),
            lambda: minutes_pdf(cases, written_utc=now),
            file_name=f"deeptepp-minutes-{now:%Y-%m-%d}.pdf",
            mime="application/pdf",
            on_click="ignore",
            key="board-pdf",
            type="primary",
        )
        st.download_button(
            t("Minutes as CSV"),
            table_csv(table).encode(),
            file_name=f"deeptepp-minutes-{now:%Y-%m-%d}.csv",
            mime="text/csv",
            on_click="ignore",
            key="board-csv",
        )
    st.caption(t("Both are marked on every page or row. Scores that the board has not seen are left out."))
