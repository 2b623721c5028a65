"""What the board records of a case: its decision before the score, that it was shown, the decision after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from deeptepp.domain.board import ENTRY_FIELDS, ROLE_CHARACTERS, BoardCase, Entry, EntryField, Moment
from deeptepp.domain.meeting import may_name_somebody
from deeptepp.domain.people import Action
from deeptepp.errors import AccessError, BoardConflict, BoardError, BoardStoreError, DeepTeppError
from deeptepp.ui.board.board_drafts import (
    ROLE_KEY,
    SENT,
    draft_key,
    drafts,
    drop,
    fill,
    is_typed,
    keep,
    newer_of_others,
    own_entries,
    unsaved_of,
    was_sent,
)
from deeptepp.ui.board.board_record import conflict_question
from deeptepp.ui.board.board_rows import open_case
from deeptepp.ui.board.board_store import board_for
from deeptepp.ui.guard import current_person, may, offers
from deeptepp.ui.parts.cards import said
from deeptepp.ui.words.language import t

_FIELDS = (*ENTRY_FIELDS, "role", "kind")
_REPEATED_S = 20
"""Seconds in which the same decision counts as sent twice; a server under load takes as long to answer a click."""

_CORRECTION, _ANEW = "correction", "anew"
"""Why a second decision of one moment is recorded."""


def decision_form(case: BoardCase, moment: Moment, meeting_id: str) -> None:
    """Ask for the board's own decision; what is typed is kept as a draft until it is recorded or taken back.

    No fragment and no form: a form sends nothing before its button. From a fragment, what was typed and the click
    on ``Next`` that ended typing are sent together, as a run of the fragment alone, and the click is lost.
    ``meeting_id``: meeting in which the case is discussed, empty outside of one.
    """
    if not offers(Action.DECIDE):
        return
    key = draft_key(case.id, moment)
    is_again = was_sent(key)
    draft = drafts().get(key, {})
    is_conflict = has_conflict(case, moment)
    if is_conflict:
        conflict_question(case, draft)
    _fields(case, moment, key)
    # Two buttons and not one with two names: who pressed the first had not read the question yet.
    with st.container(horizontal=True):
        if is_conflict:
            is_sent = st.button(t("Record yours too"), type="primary", key=f"{key}-too")
            is_sent = is_sent and draft.get("told") == case.last_number
            draft["told"] = case.last_number
        else:
            is_sent = st.button(t("Record the decision"), type="primary", key=f"{key}-send")
        if is_typed(draft) and st.button(
            t("Take yours back") if is_conflict else t("Discard what was typed"), key=f"{key}-drop"
        ):
            drop(key)
            st.rerun()
    if is_sent and not is_again:
        _send(case, moment, meeting_id)


def has_conflict(case: BoardCase, moment: Moment) -> bool:
    """Whether others recorded something of a case since this visitor began to type."""
    draft = drafts().get(draft_key(case.id, moment))
    return is_typed(draft) and draft is not None and bool(newer_of_others(case, draft))


def _fields(case: BoardCase, moment: Moment, key: str) -> None:
    """Show the fields, filled with the draft."""
    last = case.before if moment is Moment.BEFORE else case.after
    empty = {
        **{name: known.empty for name, known in ENTRY_FIELDS.items()},
        "role": st.session_state.get(ROLE_KEY, ""),
    }
    fill(key, empty | ({"kind": _CORRECTION if _must_correct(case, moment) else _ANEW} if last else {}))
    kept: dict[str, Any] = {"on_change": keep, "args": (key, _FIELDS, case.last_number)}
    if last is not None and not _must_correct(case, moment):
        st.radio(
            t("Why it is recorded again"),
            [_ANEW, _CORRECTION],
            format_func={
                _ANEW: t("The board decided anew"),
                _CORRECTION: t("The entry above was made by mistake"),
            }.__getitem__,
            horizontal=True,
            key=f"{key}-kind",
            **kept,
        )
    for name, known in _asked_at(moment).items():
        _ask(known, key=f"{key}-{name}", **kept)
    st.text_input(
        t("Recorded by (role, not name)"),
        key=f"{key}-role",
        max_chars=ROLE_CHARACTERS,
        placeholder=t("Optional"),
        **kept,
    )
    if may_name_somebody(st.session_state[f"{key}-role"]):
        st.warning(t("This looks like the name of a person. Is it a role?"))
        st.checkbox(t("It is a role"), key=f"{key}-sure")


def _asked_at(moment: Moment) -> dict[str, EntryField]:
    """Fields of a decision at one moment."""
    return {k: known for k, known in ENTRY_FIELDS.items() if moment is Moment.AFTER or not known.is_in_sight}


def _ask(known: EntryField, **widget: Any) -> None:  # noqa: ANN401  of the widget
    """Show one field."""
    if known.options:
        options, is_row = list(known.options), known.is_in_a_row
        named = {each: t(words) for each, words in known.options.items()}.__getitem__
        st.radio(t(known.label), options, index=None, format_func=named, horizontal=is_row, **widget)
    elif known.is_long:
        st.text_area(t(known.label), height=90, max_chars=known.characters, **widget)
    else:
        st.text_input(t(known.label), max_chars=known.characters, **widget)


def _must_correct(case: BoardCase, moment: Moment) -> bool:
    """Whether nothing but a correction may be recorded, since the score is in sight."""
    return moment is Moment.BEFORE and case.is_shown


def _send(case: BoardCase, moment: Moment, meeting_id: str) -> None:
    """Record what the fields hold; whatever refuses, they keep it."""
    key = draft_key(case.id, moment)
    keep(key, _FIELDS, case.last_number)
    draft = drafts()[key]
    missing = [known.demand for name, known in _asked_at(moment).items() if known.demand and not draft.get(name)]
    if missing:
        st.warning(t(missing[0]))
        return
    if may_name_somebody(draft.get("role") or "") and not st.session_state.get(f"{key}-sure"):
        st.warning(t("Say first that it is a role: what is recorded stays."))
        return
    st.session_state[ROLE_KEY] = draft.get("role", "")
    mine, own, entry = drafts(), own_entries(), _entry(case, moment, draft, meeting_id)
    try:
        if not _is_repeated(case, entry):
            board = board_for(Action.DECIDE)
            kept = board.record(case.id, entry, expected=case.last_number, person=current_person())
            number = kept.last_number
            own.add(number)
            mine[key] = {"seen": number, SENT: True}
    except BoardConflict:
        # Drawn again, the page shows what is new, and asks.
        st.rerun()
    except (AccessError, BoardError, BoardStoreError) as error:
        st.error(f"{t('Not recorded.')} {said(error)} {t('What you typed is kept here.')}")
        return
    drop(key)
    st.rerun()


def _is_repeated(case: BoardCase, entry: Entry) -> bool:
    """Whether the record ends with this very decision, made a moment ago: a further click sent it again."""
    last = case.entries[-1] if case.entries else None
    if last is None or last.recorded_utc is None:
        return False
    age_s = (datetime.now(UTC) - last.recorded_utc).total_seconds()
    is_same = replace(last, recorded_utc=None, number=0, corrects=0) == replace(entry.stripped(), corrects=0)
    return is_same and age_s < _REPEATED_S


def _entry(case: BoardCase, moment: Moment, draft: dict[str, Any], meeting_id: str) -> Entry:
    """Make an entry of a draft."""
    last = case.before if moment is Moment.BEFORE else case.after
    is_correction = last is not None and (_must_correct(case, moment) or draft.get("kind") == _CORRECTION)
    asked: dict[str, Any] = {name: known.read(draft.get(name)) for name, known in ENTRY_FIELDS.items()}
    return Entry(
        moment=moment,
        role=draft.get("role") or "",
        corrects=last.number if last is not None and is_correction else 0,
        meeting_id=meeting_id,
        **asked,
    )


def carry_over(case: BoardCase) -> None:
    """Keep a decision that was typed while the score was hidden, where somebody else showed it meanwhile."""
    key, later = draft_key(case.id, Moment.BEFORE), draft_key(case.id, Moment.AFTER)
    draft = drafts().get(key)
    if draft is None or draft.get("kind") == _CORRECTION or is_typed(drafts().get(later)):
        return
    if int(draft["seen"]) >= _number_shown(case):
        return
    drop(key)
    drop(later)
    if is_typed(draft):
        drafts()[later] = draft | {"is_moved": True, "kind": _ANEW}


def _number_shown(case: BoardCase) -> int:
    """Number of the entry that showed the score."""
    seen = (each.number for each in case.entries if each.moment in (Moment.SHOWN, Moment.SKIPPED))
    return next(seen, 0)


def show_score_buttons(case: BoardCase, meeting_id: str) -> None:
    """Offer to show the score: after a decision, or explicitly without one.

    ``meeting_id``: meeting in which the case is discussed, empty outside of one.
    """
    if not may(Action.DECIDE):
        return
    if unsaved_of(case.id):
        st.caption(t("Not recorded yet: what is typed above would count as decided with the score in sight."))
    if case.before is not None:
        st.button(
            t("Show the score"),
            key=f"board-show-{case.id}",
            type="primary",
            on_click=_show,
            args=(case, Entry(moment=Moment.SHOWN, meeting_id=meeting_id)),
        )
        return
    with st.popover(t("Skip: show the score now"), key=f"board-skip-{case.id}"):
        st.write(t("The minutes will say that the score was shown without a decision before it."))
        st.button(
            t("Show it without a decision"),
            key=f"board-skip-go-{case.id}",
            on_click=_show,
            args=(case, Entry(moment=Moment.SKIPPED, meeting_id=meeting_id)),
        )


def withdraw_button(case: BoardCase) -> None:
    """Offer to take the case off the board for good."""
    if not may(Action.PUT_ON_BOARD):
        return
    with st.popover(t("Withdraw"), key=f"board-withdraw-{case.id}"):
        st.write(
            t("Removes the case, its pictures and everything that was recorded of it. This cannot be undone.")
        )
        st.button(t("Withdraw this case"), key=f"board-withdraw-go-{case.id}", on_click=_withdraw, args=(case.id,))


def _show(case: BoardCase, entry: Entry) -> None:
    """Record that the score is shown; a refusal is said once on the next run."""
    try:
        board_for(Action.DECIDE).record(case.id, entry, person=current_person())
    except (AccessError, BoardError, BoardStoreError) as error:
        _toast(error)


def _withdraw(case_id: str) -> None:
    """Take a case off and go back to the list."""
    try:
        board_for(Action.PUT_ON_BOARD).withdraw(case_id, person=current_person())
    except (AccessError, BoardError, BoardStoreError) as error:
        _toast(error)
        return
    for moment in (Moment.BEFORE, Moment.AFTER):
        drop(draft_key(case_id, moment))
    open_case("")


def _toast(error: DeepTeppError) -> None:
    """Say a refusal that no form is there for."""
    st.toast(said(error), icon=":material/warning:")
