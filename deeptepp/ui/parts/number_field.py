"""The one field for numbers: text that is read as people type it, with what is used or what is wrong below it.

Streamlit's own number field drops a decimal comma while it is typed and cannot be emptied once it held a number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

import streamlit as st
from streamlit.runtime.state import WidgetCallback

from deeptepp.domain.clinical import CLINICAL_FACTS, RANGES
from deeptepp.domain.typed_number import number_text, read_fact
from deeptepp.errors import ClinicalError, NotANumber
from deeptepp.ui.background.drafts import is_restored, typed_text
from deeptepp.ui.words.language import say, t
from deeptepp.ui.words.screen_words import UNKNOWN

_RANGE_WORDS = {
    "mm": "{low} to {high} mm",
    "years": "{low} to {high} years",
    "%": "{low} to {high} %",
    "": "{low} to {high}",
}
_VALUE_WORDS = {"mm": "{value} mm", "years": "{value} years", "%": "{value} %", "": "{value}"}
"""How a number and its range are said, by unit."""


@dataclass(frozen=True, slots=True)
class Entered:
    """What a field holds.

    ``value``: in the unit of the field, None while it is unknown or wrong; ``problem``: what is wrong with the
    text, in the language of the visitor, empty where it can be used; ``converted_from``: what was typed, where it
    was in another unit, else empty.
    """

    value: float | None = None
    problem: str = ""
    converted_from: str = ""


def entered(name: str, text: str) -> Entered:
    """Read what was typed into a field.

    ``name``: field of ``ClinicalProfile``, a key of ``RANGES``.
    """
    try:
        typed = read_fact(name, text)
    except NotANumber as error:
        reason = error.facts["reason"]
        return Entered(problem=say(reason) if isinstance(reason, str) else "")
    except ClinicalError as error:
        return Entered(problem=t("{value} is outside of {limit}.", value=error.value, limit=range_words(name)))
    return Entered() if typed is None else Entered(typed.value, converted_from=typed.converted_from)


def number_field(
    name: str,
    words: str,
    *,
    key: str,
    value: float | None,
    text: str | None = None,
    placeholder: str = UNKNOWN,
    more: Callable[[float], str] | None = None,
    on_change: WidgetCallback | None = None,
    args: tuple[object, ...] = (),
) -> Entered:
    """Ask for a number in its range; empty is unknown, at any time.

    ``name``: field of ``ClinicalProfile``, a key of ``RANGES``; ``text``: what it shows first instead: text that
    was typed before and cannot be used; ``placeholder``: shown while it is empty, in English.
    """
    if key not in st.session_state:
        known = (number_text(value) if value is not None else "") if text is None else text
        st.session_state[key] = typed_text(key, known) if is_restored(key) else known
    typed = st.text_input(
        t(words),
        value=st.session_state[key],
        placeholder=t(placeholder),
        help=t(CLINICAL_FACTS[name].help) or None,
        autocomplete="off",
        key=key,
        on_change=on_change or "rerun",
        args=args,
    )
    held = entered(name, typed or "")
    st.html(_below(name, held, more(held.value) if more and held.value is not None else ""))
    return held


def range_words(name: str) -> str:
    """Say the range of a number.

    ``name``: field of ``ClinicalProfile``, a key of ``RANGES``. Returns for example ``1 to 200 mm``, in the
    language of the visitor.
    """
    low, high = (number_text(limit) for limit in RANGES[name])
    return t(_RANGE_WORDS[CLINICAL_FACTS[name].unit], low=low, high=high)


def value_words(value: float, name: str) -> str:
    """Say a number with its unit, with the decimals that it has.

    ``name``: field of ``ClinicalProfile``, a key of ``RANGES``. Returns for example ``12.5 mm``, in the language
    of the visitor.
    """
    return t(_VALUE_WORDS[CLINICAL_FACTS[name].unit], value=number_text(value))


def _below(name: str, held: Entered, more: str) -> str:
    """Write the line below a field: what is used, what is wrong, or what is asked for while it is empty."""
    if held.problem:
        text = f"{held.problem} {t('Nothing is scored with it.')}"
        return f'<p class="dt-entered wrong" role="alert">{escape(text)}</p>'
    if held.value is None:
        text = range_words(name)
    else:
        text = ", ".join(words for words in (value_words(held.value, name), more) if words)
        if held.converted_from:
            text = t("{typed} is {text}", typed=held.converted_from, text=text)
    return f'<p class="dt-entered" role="status">{escape(text)}</p>'
