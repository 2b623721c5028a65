"""What the board records of a case: its decision before the score, that it was shown, the decision after it."""

from __future__ import annotations

import streamlit as st

from deeptepp.domain.board import NOTE_CHARACTERS, ROLE_CHARACTERS, Agreement, BoardCase, Choice, Entry, Moment
from deeptepp.errors import BoardError, BoardStoreError
from deeptepp.report.minutes import time_of
from deeptepp.ui.board_rows import open_case
from deeptepp.ui.board_store import open_board
from deeptepp.ui.language import t
from deeptepp.ui.words import label


def decision_form(case: BoardCase, moment: Moment) -> None:
    """Ask for the board's own decision.

    Parameters
    ----------
    case : BoardCase
        The case.
    moment : Moment
        Before or after the score was shown.
    """
    key = f"board-{moment}-{case.id}"
    with st.form(key, border=False):
        choice = st.radio(
            t("Decision of the board"), list(Choice), index=None, format_func=_named, key=f"{key}-choice"
        )
        agreement = None
        if moment is Moment.AFTER:
            agreement = st.radio(
                t("The board's own view of the risk and this tier"),
                list(Agreement),
                index=None,
                format_func=_named,
                horizontal=True,
                key=f"{key}-agreement",
            )
        note = st.text_area(t("Notes"), key=f"{key}-note", max_chars=NOTE_CHARACTERS, height=90)
        role = st.text_input(
            t("Recorded by (role, not name)"),
            key=f"{key}-role",
            max_chars=ROLE_CHARACTERS,
            placeholder=t("Optional"),
        )
        is_sent = st.form_submit_button(t("Record the decision"), type="primary", key=f"{key}-send")
    if not is_sent:
        return
    if choice is None or (moment is Moment.AFTER and agreement is None):
        st.warning(
            t("Choose a decision first.") if choice is None else t("Say first how the board sees the tier.")
        )
        return
    _record(case, Entry(moment=moment, choice=choice, agreement=agreement, note=note, role=role))


def show_score_buttons(case: BoardCase) -> None:
    """Offer to show the score: after a decision, or explicitly without one.

    Parameters
    ----------
    case : BoardCase
        Its score is hidden.
    """
    if case.before is not None:
        st.button(
            t("Show the score"),
            key=f"board-show-{case.id}",
            type="primary",
            on_click=_record,
            args=(case, Entry(moment=Moment.SHOWN)),
        )
        return
    with st.popover(t("Skip: show the score now"), key=f"board-skip-{case.id}"):
        st.write(t("The minutes will say that the score was shown without a decision before it."))
        st.button(
            t("Show it without a decision"),
            key=f"board-skip-go-{case.id}",
            on_click=_record,
            args=(case, Entry(moment=Moment.SKIPPED)),
        )


def entry_card(entry: Entry) -> None:
    """Show one recorded decision.

    Parameters
    ----------
    entry : Entry
        A decision.
    """
    parts = [f"**{t(label(entry.choice))}**"]
    if entry.agreement:
        parts.append(t("the board's view of the tier: {view}", view=t(label(entry.agreement))))
    st.markdown(" · ".join(parts))
    if entry.note:
        st.text(entry.note)
    st.caption(" · ".join(part for part in (f"{time_of(entry)} UTC", entry.role.replace("*", "")) if part))


def withdraw_button(case: BoardCase) -> None:
    """Offer to take the case off the board for good.

    Parameters
    ----------
    case : BoardCase
        The case.
    """
    with st.popover(t("Withdraw"), key=f"board-withdraw-{case.id}"):
        st.write(t("Removes the case, its picture and everything that was recorded of it. This cannot be undone."))
        st.button(t("Withdraw this case"), key=f"board-withdraw-go-{case.id}", on_click=_withdraw, args=(case.id,))


def _named(value: Choice | Agreement) -> str:
    """Name a choice in the language of the visitor."""
    return t(label(value))


def _record(case: BoardCase, entry: Entry) -> None:
    """Add an entry, and show the case again; a refusal is said once on the next run."""
    try:
        open_board().record(case.id, entry)
    except (BoardError, BoardStoreError) as error:
        st.toast(str(error), icon=":material/warning:")
        return
    if entry.choice is not None:
        st.rerun()


def _withdraw(case_id: str) -> None:
    """Take a case off and go back to the list."""
    try:
        open_board().withdraw(case_id)
    except (BoardError, BoardStoreError) as error:
        st.toast(str(error), icon=":material/warning:")
    open_case("")
