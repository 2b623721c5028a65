"""What was typed but not sent: read from the page by its tab, and given back to fields that are drawn anew.

A form sends its fields only when it is handed in. The tab therefore reads them by the keys of their widgets, and a
field that is drawn begins with what stood in it::

    st.text_area(t("Notes"), value=typed_text(key), key=key)
    st.selectbox(..., options, index=typed_index(key, options, name, 0), format_func=name, key=key)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar, overload

import streamlit as st

from deeptepp.ui.background.session import current_session
from deeptepp.ui.words.language import current_language

PREFIXES = ("case-", "beside-", "result-label", "board-", "map-")
"""Keys of widgets whose contents a tab keeps until they are sent."""

OF_THE_CASE = ("case-", "beside-", "result-label")
"""Those that belong to the study at hand, whatever the random name of its case."""

_SAID_IN = "deeptepp-said-in"
"""Key of ``st.session_state``: in which language each select box was drawn last."""

_CHOSEN = "deeptepp-chosen"
"""Key of ``st.session_state``: what each select box held when it was drawn last."""

_MOST_FIELDS = 400
"""Fields that a tab may keep; far more than the screens have."""
_MOST_CHARACTERS = 4000
"""Of one field, as in the browser."""
_CASE_ID = re.compile("-[0-9a-f]{16}(?=-|$)")
"""The random name of a case in a key: the same field of the same study handed in again has another one."""
_NOT_IN_CLASS = re.compile("[^a-zA-Z0-9_-]")
"""What Streamlit replaces in a key that it writes into a class of the page."""

OptionT = TypeVar("OptionT")


@overload
def typed_text(key: str) -> str: ...
@overload
def typed_text(key: str, otherwise: OptionT) -> str | OptionT: ...
def typed_text(key: str, otherwise: object = "") -> object:
    """What stood in a field of text.

    The result is as on the screen, a field that was emptied gives an empty text.
    """
    return current_session().drafts.get(_stable(key), otherwise)


def is_restored(key: str) -> bool:
    """Tell, once, whether the tab has just come back with a field that it knows better than the server.

    Returns False from the second time on.
    """
    restored, name = current_session().restored, _stable(key)
    found = name in restored
    restored.discard(name)
    return found


def typed_index(
    key: str, options: Sequence[OptionT], name: Callable[[OptionT], str], otherwise: int | None
) -> int | None:
    """Place of what was chosen among some options."""
    said = current_session().drafts.get(_stable(key))
    names = [_plain(name(option)) for option in options]
    return names.index(_plain(said)) if said is not None and _plain(said) in names else otherwise


def keep_choice(key: str, options: Sequence[object], known: object) -> None:
    """Let a select box keep its choice when the language of the screen changes.

    The browser names a choice by its words. Those of another language are no option any more, and Streamlit would
    hand them on as they are. ``key``: of the widget, which is drawn after this; ``known``: what is chosen where no
    choice of before is known, one of the options.
    """
    said_in, language = st.session_state.setdefault(_SAID_IN, {}), current_language()
    chosen = st.session_state.setdefault(_CHOSEN, {})
    if key in st.session_state and st.session_state[key] not in options:
        st.session_state[key] = chosen[key] if key in chosen and chosen[key] in options else known
    elif key in st.session_state and said_in.get(key, language) != language:
        # Set once more, so that the browser shows it in the words of now.
        st.session_state[key] = st.session_state[key]
    said_in[key] = language
    if key in st.session_state:
        chosen[key] = st.session_state[key]


def typed_option(
    key: str, options: Sequence[OptionT], name: Callable[[OptionT], str], otherwise: OptionT
) -> OptionT:
    """What was chosen among some options."""
    place = typed_index(key, options, name, None)
    return otherwise if place is None else options[place]


def forget_typed(*keys: str) -> None:
    """Forget what was typed into fields that were handed in, so that the next form begins empty."""
    for key in keys:
        current_session().forget_typed(_stable(key), _NOT_IN_CLASS.sub("-", key))


def cleaned(value: object) -> dict[str, str]:
    """Read fields from what a browser sent, under names that outlive a case; the last of one name stands.

    The result is empty for what is no such thing.
    """
    if not isinstance(value, Mapping):
        return {}
    pairs = [(key, text) for key, text in value.items() if isinstance(key, str) and isinstance(text, str)]
    return {
        _stable(key): text[:_MOST_CHARACTERS] for key, text in pairs[-_MOST_FIELDS:] if key.startswith(PREFIXES)
    }


def _stable(key: str) -> str:
    """Name a field as its class does; one of the study at hand without the random name of its case.

    Fields of the board keep the name of their case, since several cases are open there one after the other.
    """
    return _NOT_IN_CLASS.sub("-", _CASE_ID.sub("", key) if key.startswith(OF_THE_CASE) else key)


def _plain(text: str) -> str:
    """Text without Markdown's signs and the widths of its spaces."""
    return " ".join(re.sub(r"[*`\\]", "", text).split())
