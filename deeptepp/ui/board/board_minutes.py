"""The minutes of one meeting or of everything: what they will say, and the three files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from deeptepp.domain.board import BoardCase
from deeptepp.domain.meeting import Meeting
from deeptepp.report.board.minutes import earlier_entries, influence_of, minuted_cases, minutes_table
from deeptepp.report.board.minutes_html import minutes_page
from deeptepp.report.board.minutes_pdf import minutes_pdf
from deeptepp.report.text_table import table_csv
from deeptepp.ui.parts.verbatim import verbatim
from deeptepp.ui.words.language import current_language, say, t

_EARLIER = "Earlier entries, kept"

_SHOWN_COLUMNS = (
    "Case",
    "Clinical facts",
    "Decision before the score",
    "Score",
    "Tier",
    "Decision after the score",
    "View of the tier",
    _EARLIER,
)
"""Columns of the table that the page shows; the file has all of them."""


def minutes_view(board: Sequence[BoardCase], meeting: Meeting | None) -> None:
    """Show the minutes and offer them as files.

    ``meeting``: whose minutes, None for all that was ever recorded.
    """
    cases = minuted_cases(board, meeting)
    table = minutes_table(cases, meeting)
    if meeting is not None:
        roles = verbatim(", ".join(t(role) for role in meeting.attendees)) or t("not recorded")
        st.markdown(f"**{verbatim(meeting.name)}** · {t('Attendees (roles)')}: {roles}")
    for sentence in influence_of(cases).sentences():
        st.markdown(say(sentence))
    st.table(
        [
            _shown(case, dict(zip(table.header, row, strict=True)))
            for case, row in zip(cases, table.rows, strict=True)
        ],
        hide_index=True,
        border="horizontal",
    )
    _files(cases, meeting)
    st.caption(t("All are marked on every page or row. Scores that the board has not seen are left out."))
    if meeting is not None:
        st.caption(t("The record up to the end of this meeting. Choose “All cases of the board” for everything."))
        n_left = sum(len(each.entries) for each in meeting.discussed(board)) - sum(len(c.entries) for c in cases)
        if n_left:
            st.warning(
                t("Entries on these cases that were recorded outside this meeting or later: {n}.", n=n_left)
            )


def _shown(case: BoardCase, row: dict[str, str]) -> dict[str, str]:
    """One row in the language of the visitor, as it was written."""
    cells = {name: say(row[name]) for name in _SHOWN_COLUMNS}
    cells[_EARLIER] = "; ".join(say(each) for each in earlier_entries(case))
    return {say(name): verbatim(cell) or "–" for name, cell in cells.items()}


def _files(cases: Sequence[BoardCase], meeting: Meeting | None) -> None:
    """Offer the three files."""
    now, language = datetime.now(UTC), current_language()
    name = f"deeptepp-minutes-{meeting.held_on if meeting else now.date()}"
    with st.container(horizontal=True):
        for words, end, mime, make in (
            (
                t("Minutes as PDF"),
                "pdf",
                "application/pdf",
                lambda: minutes_pdf(cases, meeting, written_utc=now, language=language),
            ),
            (t("Minutes as CSV"), "csv", "text/csv", lambda: table_csv(minutes_table(cases, meeting)).encode()),
            (
                t("Minutes as a page (HTML)"),
                "html",
                "text/html",
                lambda: minutes_page(cases, meeting, written_utc=now, language=language).encode(),
            ),
        ):
            st.download_button(
                words,
                make,
                file_name=f"{name}.{end}",
                mime=mime,
                on_click="ignore",
                key=f"board-{end}",
                type="primary" if end == "pdf" else "secondary",
            )
