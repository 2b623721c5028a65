"""The language of a visitor's screens, kept in the session and in the address."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from deeptepp.report.speech import Speech
from deeptepp.wording.catalogue import Language, fill_in, translate

_QUERY = "lang"
"""Name of the language in the address of a page."""

_STATE = "deeptepp-language"
"""Key of ``st.session_state`` that keeps the language over pages."""

NAMES: dict[Language, str] = {Language.ENGLISH: "English", Language.CHINESE: "简体中文"}
"""Each language by its own name."""


def t(text: str, /, **facts: object) -> str:
    """Say a sentence in the language of this visitor.

    ``text``: English, with ``{name}`` where a fact goes, the key of the catalogue; ``facts``: what is filled in,
    without any, braces stay as they are. Returns English where the catalogue has no translation.

    >>> t("Low below {cut:.2f}", cut=0.25)
    'Low below 0.25'
    """
    return fill_in(text, current_language(), **facts)


def speech() -> Speech:
    """Keep the language of this visitor, for files that are made later and elsewhere."""
    return Speech(current_language())


def say(text: str) -> str:
    """Say a text of the layers below, which know no language, in that of this visitor.

    ``text``: a sentence, or plain English that is looked up whole.
    """
    return translate(text, current_language())


def current_language() -> Language:
    """Language of this visitor.

    Returns English outside of a page, for example in a worker.
    """
    if get_script_run_ctx(suppress_warning=True) is None:
        return Language.ENGLISH
    return Language(st.session_state.get(_STATE, Language.ENGLISH))


def read_language() -> Language:
    """Take the language from the address of the page, or keep that of the session, at first that of the browser.

    Returns English for a code that is unknown.
    """
    asked = st.query_params.get(_QUERY)
    if asked is None:
        _write(Language(st.session_state.get(_STATE, _of_browser())))
    else:
        known = {language.value: language for language in Language}
        _write(known.get(asked, Language.ENGLISH))
    return current_language()


def language_switch() -> None:
    """Show the choice of languages; it holds on every page, and in the address."""
    st.segmented_control(
        "Language / 语言",
        tuple(Language),
        default=current_language(),
        required=True,
        format_func=lambda language: NAMES[language],
        key="language",
        on_change=_switched,
        label_visibility="collapsed",
    )


def _switched() -> None:
    """Take over what was chosen before the page is drawn again."""
    # Where a click on another page ends typing, Streamlit calls this although the choice was not touched.
    chosen = st.session_state.get("language")
    if chosen is not None:
        _write(Language(chosen))


def _of_browser() -> Language:
    """Language that the browser asks for, English where there are no screens in it."""
    code = (st.context.locale or "").lower().partition("-")[0]
    return next((language for language in Language if language.value == code), Language.ENGLISH)


def _write(language: Language) -> None:
    """Keep a language in the session and, unless the browser asks for it, in the address."""
    st.session_state[_STATE] = language.value
    if language is not _of_browser():
        st.query_params[_QUERY] = language.value
    elif _QUERY in st.query_params:
        del st.query_params[_QUERY]
