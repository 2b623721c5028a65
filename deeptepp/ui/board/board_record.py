"""What was recorded of a case, with its history, and what others recorded while somebody typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from deeptepp.domain.board import BoardCase, Entry, Moment
from deeptepp.report.board.board_words import time_of
from deeptepp.ui.board.board_drafts import newer_of_others
from deeptepp.ui.board.board_store import open_board
from deeptepp.ui.parts.verbatim import verbatim
from deeptepp.ui.words.language import say, t
from deeptepp.ui.words.screen_words import label


def record_cards(case: BoardCase, moment: Moment) -> None:
    """Show the decision of one moment, and below it those that it stands for.

    ``moment``: before or after the score was shown.
    """
    entry = case.before if moment is Moment.BEFORE else case.after
    if entry is None:
        return
    people = open_board().recorded_by(case.id)
    _card(entry, people)
    if entry.corrects:
        st.caption(t("Correction, made after the score was shown.") if case.is_late(entry) else t("Correction."))
    earlier = case.earlier(moment)
    if not earlier:
        return
    st.caption(t("Recorded earlier, and kept:"))
    for each in earlier:
        is_corrected = each.number in case.corrected
        mark = t("corrected") if is_corrected else t("followed by another decision")
        st.markdown(f"- {_decided(each)} ({_by(each, people)}): **{mark}**")
        _texts(each)


def conflict_question(case: BoardCase, draft: dict[str, Any]) -> None:
    """Show what others recorded since a draft was begun, and ask what is to become of it."""
    newer, people = newer_of_others(case, draft), open_board().recorded_by(case.id)
    with st.container(border=True, key=f"board-conflict-{case.id}"):
        st.markdown(f"**{t('Others recorded something while you were typing:')}**")
        for entry in newer:
            said = _decided(entry) if entry.choice else t(label(entry.moment))
            st.markdown(f"- {said} ({_by(entry, people)})")
            _texts(entry)
        if draft.get("is_moved"):
            st.write(
                t(
                    "The score is in sight now, so your decision cannot be recorded as one made before it. It is "
                    "kept below, as one made with the score in sight."
                )
            )
        st.write(t("Yours is kept below and not recorded yet. Record it too, or take it back?"))


def _card(entry: Entry, people: Mapping[int, str]) -> None:
    """Show one decision."""
    st.markdown(f"**{_decided(entry)}**")
    _texts(entry)
    st.caption(_by(entry, people))


def _texts(entry: Entry) -> None:
    """Show what was written or chosen besides."""
    for name, note in entry.notes:
        st.text(f"{t(name)}: {say(note)}" if name else say(note))


def _decided(entry: Entry) -> str:
    """Name a decision and the view of the tier."""
    parts = [t(label(entry.choice))]
    if entry.agreement:
        parts.append(t("the board's view of the tier: {view}", view=t(label(entry.agreement))))
    return " · ".join(parts)


def _by(entry: Entry, people: Mapping[int, str]) -> str:
    """When, by which role and, where people sign in, by whom an entry was recorded."""
    role = verbatim(entry.role) or t("no role given")
    person = people.get(entry.number, "")
    return " · ".join([f"{time_of(entry)} UTC", role, *([verbatim(person)] if person else [])])
