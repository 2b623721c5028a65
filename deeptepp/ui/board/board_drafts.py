"""What a visitor typed for the board and has not recorded yet: kept by case until it is recorded or taken back.

One plain dict under ``DRAFTS_KEY`` of ``st.session_state``, values of JSON only, so that whatever keeps a session
over a reload can keep it too. Widgets are filled from it when they are drawn again, on whatever screen that is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import streamlit as st

from deeptepp.domain.board import ENTRY_FIELDS, BoardCase, Entry, Moment
from deeptepp.ui.background.drafts import forget_typed, is_restored, typed_option, typed_text
from deeptepp.ui.background.visitors import remember_visitor
from deeptepp.ui.words.language import t

DRAFTS_KEY = "deeptepp-board-drafts"
"""Where the drafts of this visitor lie: dict of dict, by case and moment, or by meeting."""

OWN_KEY = "deeptepp-board-own"
"""Numbers of the entries that this visitor recorded: no news to her."""

ROLE_KEY = "deeptepp-board-role"
"""Role that this visitor recorded under last."""

SENT = "sent"
"""In a draft that is recorded and not cleared away yet: a second click ends a run at its next look at the session,
and what was recorded must be known by then."""

_CHOSEN = {name: known for name, known in ENTRY_FIELDS.items() if known.options}
"""Fields whose widgets hold an option, which a draft keeps as plain text."""

_TYPED = (*ENTRY_FIELDS, "title", "attendees", "held_on", "cases")
"""Fields that make a draft worth keeping; a role alone is none."""


def drafts() -> dict[str, dict[str, Any]]:
    """Drafts of this visitor.

    The result is by key, see ``draft_key``, changing it changes them.
    """
    if DRAFTS_KEY not in st.session_state:
        st.session_state[DRAFTS_KEY] = {}
        remember_visitor(st.session_state[DRAFTS_KEY].clear, key=DRAFTS_KEY)
    found: dict[str, dict[str, Any]] = st.session_state[DRAFTS_KEY]
    return found


def own_entries() -> set[int]:
    """Numbers of the entries that this visitor recorded; adding to it keeps one."""
    if OWN_KEY not in st.session_state:
        st.session_state[OWN_KEY] = set()
    own: set[int] = st.session_state[OWN_KEY]
    return own


def newer_of_others(case: BoardCase, draft: Mapping[str, Any]) -> list[Entry]:
    """What others recorded of a case since a draft was begun.

    The result is in the order in which they were recorded.
    """
    own, seen = own_entries(), int(draft.get("seen", 0))
    return [entry for entry in case.entries if entry.number > seen and entry.number not in own]


def draft_key(case_id: str, moment: Moment) -> str:
    """Name the draft of a decision, which is also the beginning of the keys of its widgets."""
    return f"board-{moment}-{case_id}"


def is_typed(draft: Mapping[str, Any] | None) -> bool:
    """Whether a draft holds anything that would be missed."""
    return draft is not None and any(draft.get(name) for name in _TYPED)


def unsaved_of(case_id: str) -> list[dict[str, Any]]:
    """Drafts of a case that hold something."""
    keys = (draft_key(case_id, moment) for moment in (Moment.BEFORE, Moment.AFTER))
    return [drafts()[key] for key in keys if is_typed(drafts().get(key))]


def orphaned(case_ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """Drafts of decisions on cases that others withdrew, by key."""
    starts = tuple(draft_key("", moment) for moment in (Moment.BEFORE, Moment.AFTER))
    return {
        key: draft
        for key, draft in drafts().items()
        if key.startswith(starts) and key.rpartition("-")[2] not in case_ids and is_typed(draft)
    }


def fill(key: str, names: Mapping[str, Any]) -> None:
    """Fill the widgets of a draft that are not on the screen yet.

    ``key``: of the draft, a widget has this key, a hyphen and the name of its field; ``names``: fields, and what
    they hold where nothing was typed.
    """
    draft = drafts().get(key, {})
    for name, empty in names.items():
        widget = f"{key}-{name}"
        if widget not in st.session_state:
            known, value = _CHOSEN.get(name), draft.get(name, empty)
            value = known.read(value) if known else value
            # A field that left the screen is not read by the tab to the end; the server heard of every change.
            if is_restored(widget) or name not in draft:
                if known:
                    words = {option: t(told) for option, told in known.options.items()}
                    value = typed_option(widget, list(words), words.__getitem__, value)
                elif isinstance(value, str):
                    value = typed_text(widget, value)
            st.session_state[widget] = value


def keep(key: str, names: tuple[str, ...], seen: Any) -> None:  # noqa: ANN401  whatever the caller compares later
    """Keep what the widgets of a draft hold; called whenever one of them changes.

    ``names``: fields whose widgets are on the screen; ``seen``: what the visitor had before her eyes when she
    began, kept from then on. Of a draft that was recorded already nothing more is kept.
    """
    draft = drafts().setdefault(key, {"seen": seen})
    if SENT in draft:
        return
    for name in names:
        if f"{key}-{name}" in st.session_state:
            value = st.session_state[f"{key}-{name}"]
            draft[name] = str(value) if name in _CHOSEN and value is not None else value


def was_sent(key: str) -> bool:
    """Clear away a draft that is recorded, where a second click ended the run that recorded it.

    Returns whether it was recorded, so that a click now is a further one.
    """
    is_sent = SENT in drafts().get(key, {})
    if is_sent:
        drop(key)
    return is_sent


def drop(key: str) -> None:
    """Forget a draft, once it is recorded or taken back, and empty its widgets."""
    drafts().pop(key, None)
    forget_typed(f"{key}-")
    for widget in [name for name in st.session_state if str(name).startswith(f"{key}-")]:
        del st.session_state[widget]
