"""Terms of the field as they are used here, each in one or two sentences, so that nobody has to leave the page."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Term:
    """One term.

    ``also``: other ways in which it is written, as a regular expression, empty where the name is the only one.
    """

    name: str
    meaning: str
    also: str = ""

    def is_in(self, text: str) -> bool:
        """Whether a text uses it."""
        written = re.escape(self.name) + (f"|{self.also}" if self.also else "")
        return re.search(rf"(?<![\w-])(?:{written})(?![\w])", text) is not None


_TEXT = Path(__file__).with_name("glossary.toml").read_text(encoding="utf-8")

GLOSSARY = tuple(Term(name, **term) for name, term in tomllib.loads(_TEXT).items())
"""All terms, by the alphabet."""


def terms_in(texts: Iterable[str]) -> tuple[Term, ...]:
    """Terms that texts use."""
    whole = "\n".join(texts)
    return tuple(term for term in GLOSSARY if term.is_in(whole))
