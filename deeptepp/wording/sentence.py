"""Texts that remember how they were made, so that they can be said in another language wherever they arrive.

Both kinds of text are the ``str`` of their English and travel in every field of that type. What is done to them
with the methods of ``str`` or in an f-string gives plain English; ``sentence`` and ``arranged`` keep the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import TypeAlias

Words: TypeAlias = str
"""Annotates constants whose texts are messages of the catalogue: ``LABELS: dict[Tier, Words] = ...``."""

Say = Callable[[str], str]
"""Says a text in one language."""


class _Made(str):
    """A text that keeps its memory where it is added to another, or its letters are made small or large."""

    __slots__ = ()

    def __add__(self, other: str) -> Arranged:
        """Put a text behind it."""
        return Arranged(_added, self, other)

    def __radd__(self, other: str) -> Arranged:
        """Put a text before it."""
        return Arranged(_added, other, self)

    def lower(self) -> Arranged:
        """Write it small."""
        return Arranged(_lowered, self)

    def capitalize(self) -> Arranged:
        """Begin it with a capital, as a sentence."""
        return Arranged(_capitalized, self)


class Sentence(_Made):
    """A template with its facts, which is its English text.

    Facts that are texts are said in the other language too, numbers stand as in English.

    >>> relapsed = sentence("{n} of {total} patients relapsed.", n=5, total=7)
    >>> relapsed
    '5 of 7 patients relapsed.'
    """

    __slots__ = ("facts", "template")

    template: str
    facts: Mapping[str, object]

    def __new__(cls, template: str, facts: Mapping[str, object]) -> Sentence:
        """Fill in the English; without facts, braces stay as they are."""
        made = super().__new__(cls, template.format(**facts) if facts else template)
        made.template, made.facts = template, facts
        return made

    def __getnewargs__(self) -> tuple[str, Mapping[str, object]]:  # type: ignore[override]
        """Travel between processes and through caches by template and facts."""
        return self.template, self.facts


class Arranged(_Made):
    """Texts that a function lays out, such as a list, a wrapped line or HTML."""

    __slots__ = ("make", "parts")

    make: Callable[..., str]
    parts: tuple[object, ...]

    def __new__(cls, make: Callable[..., str], *parts: object) -> Arranged:
        """Lay out the English."""
        made = super().__new__(cls, make(*parts))
        made.make, made.parts = make, parts
        return made

    def __getnewargs__(self) -> tuple[object, ...]:  # type: ignore[override]
        """Travel by what was laid out."""
        return self.make, *self.parts

    def said(self, say: Say) -> str:
        """Lay out what the parts are in another language."""
        return self.make(*(say(part) if isinstance(part, str) else part for part in self.parts))


class Verbatim(str):
    """Words of a user or of a file, which are said as they were written."""

    __slots__ = ()


def sentence(template: str, /, **facts: object) -> str:
    """Make a sentence of a template, which is the key of the catalogue, and of what is filled in."""
    return Sentence(template, facts)


def arranged(make: Callable[..., str], /, *parts: object) -> str:
    """Lay out texts by a function of a module (no lambda, so that it can be pickled).

    >>> arranged(str.upper, sentence("low risk"))
    'LOW RISK'
    """
    return Arranged(make, *parts)


def glued(template: str, /, *parts: object) -> str:
    """Fill in a template without words; languages that set other points look it up like a text.

    >>> glued("{}: {:.2f}", sentence("Score"), 0.5)
    'Score: 0.50'
    """
    return arranged(_filled, template, *parts)


def escaped(text: str) -> str:
    """Keep a text from being taken for HTML."""
    return arranged(_escaped, text)


def joined(joint: str, parts: Iterable[str]) -> str:
    """Put texts in a row; the joint is looked up like a text, since other languages set other points.

    >>> joined("; ", ("one", "two"))
    'one; two'
    """
    return arranged(_joined, joint, *parts)


def in_a_row(parts: Iterable[str]) -> str:
    """Put finished sentences one after the other."""
    return joined(" ", parts)


def listed(parts: Iterable[str], *, last: str = "and") -> str:
    """Name several things in a list.

    >>> listed(("ER", "PR", "Ki-67")), listed(("ER", "PR"), last="or"), listed(("ER",))
    ('ER, PR and Ki-67', 'ER or PR', 'ER')
    """
    *first, end = parts
    if not first:
        return end
    before = joined(", ", first)
    if last == "or":
        return sentence("{before} or {end}", before=before, end=end)
    return sentence("{before} and {end}", before=before, end=end)


def _added(first: str, second: str) -> str:
    """Put one text behind another."""
    return "".join((first, second))


def _lowered(text: str) -> str:
    """Write a text small in languages whose letters have two sizes; names in others stay."""
    return str.lower(text) if text.isascii() else text


def _capitalized(text: str) -> str:
    """Begin a text with a capital."""
    return text[:1].upper() + text[1:]


def _filled(template: str, *parts: object) -> str:
    """Fill in a template."""
    return template.format(*parts)


def _escaped(text: str) -> str:
    """Escape a text that stands between tags."""
    return escape(text, quote=False)


def _joined(joint: str, *parts: str) -> str:
    """Join texts; a line that another language does not need is left out."""
    return joint.join(part for part in parts if part or joint != "<br>")
