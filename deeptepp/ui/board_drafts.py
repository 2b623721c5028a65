"""What a visitor typed for the board and has not recorded yet: kept by case until it is recorded or taken back.

One plain dict under ``DRAFTS_KEY`` of ``st.session_state``, values of JSON only, so that whatever keeps a session
over a reload can keep it too. Widgets are filled from it when they are drawn again, on whatever screen that is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any

import streamlit as st

from deeptepp.domain.board import Agreement, Choice, Moment
from deeptepp.ui.drafts import forget_typed, typed_option, typed_text
from deeptepp.ui.language import t
from deeptepp.ui.visitors import remember_visitor
from deeptepp.ui.words import label

DRAFTS_KEY = "deeptepp-board-drafts"
"""Where the drafts of this visitor lie: dict of dict, by case and moment, or by meeting."""

ROLE_KEY = "deeptepp-board-role"
"""Role that this visitor recorded under last."""

_ENUMS: Mapping[str, type[StrEnum]] = {"choice": Choice, "agreement": Agreement}
"""Fields whose widgets hold a member, which a draft keeps as plain text."""

_TYPED = ("choice", "agreement", "note", "title", "attendees", "held_on", "cases")
"""Fields that make a draft worth keeping; a role alone is none."""


def drafts() -> dict[str, dict[str, Any]]:
    """Give the drafts of this visitor.

    Returns
    -------
    dict of str to dict
        By key, see ``draft_key``; changing it changes them.
    """
    if DRAFTS_KEY not in st.session_state:
        st.session_state[DRAFTS_KEY] = {}
        remember_visitor(st.session_state[DRAFTS_KEY].clear, key=DRAFTS_KEY)
    found: dict[str, dict[str, Any]] = st.session_state[DRAFTS_KEY]
    return found


def draft_key(case_id: str, moment: Moment) -> str:
    """Name the draft of a decision, which is also the beginning of the keys of its widgets."""
    return f"board-{moment}-{case_id}"


def is_typed(draft: Mapping[str, Any] | None) -> bool:
    """Tell whether a draft holds anything that would be missed."""
    return draft is not None and any(draft.get(name) for name in _TYPED)


def unsaved_of(case_id: str) -> list[dict[str, Any]]:
    """Give the drafts of a case that hold something."""
    keys = (draft_key(case_id, moment) for moment in (Moment.BEFORE, Moment.AFTER))
    return [drafts()[key] for key in keys if is_typed(drafts().get(key))]


def orphaned(case_ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """Give the drafts of decisions on cases that others withdrew, by key."""
    starts = tuple(draft_key("", moment) for moment in (Moment.BEFORE, Moment.AFTER))
    return {
        key: draft
        for key, draft in drafts().items()
        if key.startswith(starts) and key.rpartition("-")[2] not in case_ids and is_typed(draft)
    }


def fill(key: str, names: Mapping[str, Any]) -> None:
    """Fill the widgets of a draft that are not on the screen yet.

    Parameters
    ----------
    key : str
        Of the draft; a widget has this key, a hyphen and the name of its field.
    names : mapping of str to object
        Fields, and what they hold where nothing was typed.
    """
    draft = drafts().get(key, {})
    for name, empty in names.items():
        widget = f"{key}-{name}"
        if widget not in st.session_state:
            kind, value = _ENUMS.get(name), draft.get(name, empty)
            if kind:
                value = typed_option(
                    widget, list(kind), lambda each: t(label(each)), kind(value) if value else value
                )
            elif isinstance(value, str):
                value = typed_text(widget, value)
            st.session_state[widget] = value


def keep(key: str, names: tuple[str, ...], seen: Any) -> None:  # noqa: ANN401  whatever the caller compares later
    """Keep what the widgets of a draft hold; called whenever one of them changes.

    Parameters
    ----------
    key : str
        Of the draft.
    names : tuple of str
        Fields whose widgets are on the screen.
    seen : object
        What the visitor had before her eyes when she began; kept from then on.
    """
    draft = drafts().setdefault(key, {"seen": seen})
    for name in names:
        if f"{key}-{name}" in st.session_state:
            value = st.session_state[f"{key}-{name}"]
            draft[name] = str(value) if name in _ENUMS and value is not None else value


def drop(key: str) -> None:
    """Forget a draft, once it is recorded or taken back, and empty its widgets."""
    drafts().pop(key, None)
    forget_typed(f"{key}-")
    for widget in [name for name in st.session_state if str(name).startswith(f"{key}-")]:
        del st.session_state[widget]
