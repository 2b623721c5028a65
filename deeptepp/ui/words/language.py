"""The language of a visitor's screens: English in the code is the key, one catalogue holds the others."""

from __future__ import annotations

import re
import tomllib
from enum import StrEnum
from functools import cache, lru_cache, partial
from pathlib import Path
from string import Formatter

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from deeptepp.report.speech import ENGLISH, Speech

_FOLDER = Path(__file__).parent
_QUERY = "lang"
"""Name of the language in the address of a page."""

_COUNTED = frozenset(
    ("n", "m", "k", "total", "draws", "share", "low", "high", "level", "limit", "mm", "auc", "score")
)
"""Fields of composed sentences that hold a number."""

_NUMBER = "[-+\u2212<>\\d., ]+?"

_SEPARATORS = {"  ·  ": "  ·  ", ". ": "。"}
"""What divides a text that is not known as a whole, and what joins its parts when they are said."""

_STATE = "deeptepp-language"
"""Key of ``st.session_state`` that keeps the language over pages."""


class Language(StrEnum):
    """Languages of the screens, by their code in the address."""

    ENGLISH = "en"
    CHINESE = "zh"


HTML_CODES: dict[Language, str] = {Language.ENGLISH: "en", Language.CHINESE: "zh-Hans"}
"""Each language as the page says it to screen readers and to the browser."""

NAMES: dict[Language, str] = {Language.ENGLISH: "English", Language.CHINESE: "简体中文"}
"""Each language by its own name."""


def t(text: str, /, **facts: object) -> str:
    """Say a sentence in the language of this visitor.

    Parameters
    ----------
    text : str
        English, with ``{name}`` where a fact goes; the key of the catalogue.
    **facts : object
        What is filled in; without any, braces stay as they are.

    Returns
    -------
    str
        English where the catalogue has no translation.

    Examples
    --------
    >>> t("Low below {cut:.2f}", cut=0.25)
    'Low below 0.25'
    """
    return _filled(current_language(), text, **facts)


def _filled(language: Language, text: str, /, **facts: object) -> str:
    """Say a sentence in one language."""
    said = catalogue(language).get(text, text)
    return said.format(**facts) if facts else said


def speech() -> Speech:
    """Keep the language of this visitor, for files that are made later and elsewhere.

    Returns
    -------
    Speech
        Says sentences as ``t`` and ``say`` do now.
    """
    language = current_language()
    if language is Language.ENGLISH:
        return ENGLISH
    return Speech(partial(_filled, language), partial(_said, language))


def say(sentence: str) -> str:
    """Say a finished sentence of the layers below, which know no language, in that of this visitor.

    Parameters
    ----------
    sentence : str
        English. It is looked up whole, and else recognised by the templates of composed sentences, whose parts are
        said in turn, and else divided where sentences end or a dot separates facts.

    Returns
    -------
    str
        English where it is not recognised.
    """
    language = current_language()
    return sentence if language is Language.ENGLISH else _said(language, sentence)


@lru_cache(maxsize=4096)
def _said(language: Language, sentence: str) -> str:
    """Say a sentence whole, by a template, or the parts of it that a separator divides."""
    plain = sentence.replace("\u00a0", " ")
    whole = catalogue(language).get(plain)
    if whole is not None:
        return whole
    for pattern, said in composed(language):
        match = pattern.fullmatch(plain)
        if match:
            return said.format(**{name: _said(language, part) for name, part in match.groupdict().items()})
    for separator, joint in _SEPARATORS.items():
        parts = plain.split(separator)
        if len(parts) > 1:
            spoken = [_said(language, part) for part in parts]
            if spoken != parts:
                return joint.join(spoken)
    if plain.endswith("."):
        said = _said(language, plain[:-1])
        return sentence if said == plain[:-1] else f"{said}。"
    return sentence


def in_both(mark: str) -> str:
    """Keep an English mark, which stands on files too, and put the visitor's language before it.

    Parameters
    ----------
    mark : str
        Such as that of simulated data.

    Returns
    -------
    str
        Both, or the mark alone for a visitor who reads English.
    """
    said = t(mark)
    return mark if said == mark else f"{said} {mark}"


def current_language() -> Language:
    """Give the language of this visitor.

    Returns
    -------
    Language
        English outside of a page, for example in a worker.
    """
    if get_script_run_ctx(suppress_warning=True) is None:
        return Language.ENGLISH
    return Language(st.session_state.get(_STATE, Language.ENGLISH))


def read_language() -> Language:
    """Take the language from the address of the page, or keep that of the session, at first that of the browser.

    Returns
    -------
    Language
        English for a code that is unknown.
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
    """Give the language that the browser asks for, English where there are no screens in it."""
    code = (st.context.locale or "").lower().partition("-")[0]
    return next((language for language in Language if language.value == code), Language.ENGLISH)


def _write(language: Language) -> None:
    """Keep a language in the session and, unless the browser asks for it, in the address."""
    st.session_state[_STATE] = language.value
    if language is not _of_browser():
        st.query_params[_QUERY] = language.value
    elif _QUERY in st.query_params:
        del st.query_params[_QUERY]


@cache
def catalogue(language: Language) -> dict[str, str]:
    """Give the sentences of a language by their English.

    Parameters
    ----------
    language : Language
        One of those that exist.

    Returns
    -------
    dict of str to str
        Empty for English.
    """
    path = _FOLDER / f"{language.value}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


@cache
def composed(language: Language) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Give the patterns of sentences that are put together below the screens, with what they become.

    Parameters
    ----------
    language : Language
        One of those that exist.

    Returns
    -------
    tuple of (re.Pattern, str)
        In the order in which they are tried; empty for English.
    """
    path = _FOLDER / f"{language.value}_composed.toml"
    said = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return tuple((_pattern(english), other) for english, other in said.items())


def _pattern(template: str) -> re.Pattern[str]:
    """Turn a template into what recognises the sentences made from it; fields of numbers take nothing else."""
    parts = (
        re.escape(literal) + (f"(?P<{name}>{_NUMBER if name in _COUNTED else '.+?'})" if name else "")
        for literal, name, _, _ in Formatter().parse(template.replace("\u00a0", " "))
    )
    return re.compile("".join(parts), re.DOTALL)
