"""Languages and their gettext catalogues, and how a text is said in one of them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache, partial
from pathlib import Path

from babel.messages.pofile import read_po

from deeptepp.wording.sentence import Arranged, Sentence, Verbatim, sentence

LOCALE = Path(__file__).parent / "locale"
"""Holds ``CODE/LC_MESSAGES/deeptepp.po``; ``make catalogue`` brings it up to date with the code."""


class Language(StrEnum):
    """Languages of the product, by their code in the address."""

    ENGLISH = "en"
    CHINESE = "zh"

    @property
    def html_code(self) -> str:
        """Name it to screen readers and browsers."""
        return {"zh": "zh-Hans"}.get(self.value, self.value)


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Read the sentences of a language by their English, once per process; empty for English."""
    path = LOCALE / language.value / "LC_MESSAGES" / "deeptepp.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {str(entry.id): str(entry.string) for entry in read_po(file) if entry.id and entry.string}


def translate(text: str, language: Language) -> str:
    """Say a text in a language.

    A sentence is said by its template, a layout by its parts, and a plain text where the catalogue holds it whole;
    what is not known stays English.
    """
    if language is Language.ENGLISH or isinstance(text, Verbatim):
        return str(text)
    if isinstance(text, Arranged):
        return text.said(partial(translate, language=language))
    if not isinstance(text, Sentence):
        return _known(text, language) or str(text)
    template = _known(text.template, language) or text.template
    facts = {
        name: translate(fact, language) if isinstance(fact, str) else fact for name, fact in text.facts.items()
    }
    return template.format(**facts) if facts else template


def fill_in(template: str, language: Language, /, **facts: object) -> str:
    """Say a template with facts that are in this language already, except for those that are sentences."""
    if language is Language.ENGLISH:
        return sentence(template, **facts)
    said = _known(template, language) or template
    if not facts:
        return said
    kept = {
        name: translate(fact, language) if isinstance(fact, str) and is_worded(fact) else fact
        for name, fact in facts.items()
    }
    return said.format(**kept)


def is_worded(text: str) -> bool:
    """Whether a text remembers how it was made."""
    return isinstance(text, Sentence | Arranged)


def _known(text: str, language: Language) -> str | None:
    """Look a text up; spaces that do not break count as spaces."""
    return catalogue(language).get(text.replace("\u00a0", " "))
