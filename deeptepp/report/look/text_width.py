"""How wide text will be, before any browser has drawn it: margins, columns and line breaks are set by it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from textwrap import TextWrapper
from unicodedata import east_asian_width

from deeptepp.wording.sentence import arranged

Cut = Callable[[str], list[str]]
"""Breaks a text into at least one line."""

_EM_1000 = {
    **dict.fromkeys("ijl'|", 222),
    **dict.fromkeys(" \u00a0.,:;!I/\\t[]f·", 278),
    **dict.fromkeys('r()-\u2011`"', 333),
    **dict.fromkeys("ckszxvyJ", 500),
    **dict.fromkeys("FTZ", 611),
    **dict.fromkeys("+=<>~−±≥≤×", 584),
    **dict.fromkeys("ABEKPSVXY&", 667),
    **dict.fromkeys("CDHNRUw", 722),
    **dict.fromkeys("GOQ", 778),
    **dict.fromkeys("mM", 833),
    **dict.fromkeys("%W…—@", 1000),
}
"""Advance widths of Helvetica and its likes, thousandths of the size."""

_OTHER_1000 = 556
"""Digits and most small letters."""

_SLACK = 1.05
"""Other fonts of the family list are at most this much wider in running text."""


def text_px(text: str, size: float) -> float:
    """Estimate the width of one line.

    ``text``: plain text without tags; ``size``: of the font, px. Returns px, rather too much than too little.
    """
    return _SLACK * size * sum(_EM_1000.get(sign) or _other(sign) for sign in text) / 1000


def _other(sign: str) -> int:
    """Width of a character that is not in the table."""
    return 1000 if east_asian_width(sign) in "WF" else _OTHER_1000


def widest_px(lines: list[str], size: float) -> float:
    """Estimate the width of the longest of several lines.

    ``lines``: plain text, may be empty; ``size``: of the font, px. Returns px, 0 without a line.
    """
    return max((text_px(line, size) for line in lines), default=0.0)


def broken(text: str, width: float, size: float) -> list[str]:
    """Break text into lines that are not wider than a column.

    ``width``: of the column, px; ``size``: of the font, px. The result is at least one line, a word that is too
    long for the column is cut.
    """
    return _lines(text, partial(_cut_at_px, width=width, size=size))


def wrapped(text: str, n_characters: int) -> list[str]:
    """Break text into lines of so many characters, of which Chinese ones count double."""
    return _lines(text, partial(_cut_at_characters, n_characters=n_characters))


def _lines(text: str, cut: Cut) -> list[str]:
    """Break a text into lines that are broken anew in another language: in as many, or fewer."""
    n_lines = len(cut(text))
    if n_lines == 1:
        return [text]
    return [arranged(partial(_line, cut=cut, place=place, n_lines=n_lines), text) for place in range(n_lines)]


def _line(text: str, *, cut: Cut, place: int, n_lines: int) -> str:
    """One line; the last holds all that is left, and one that is not needed is empty."""
    lines = cut(text)
    return "".join(lines[place:] if place == n_lines - 1 else lines[place : place + 1])


def _cut_at_characters(text: str, *, n_characters: int) -> list[str]:
    """Break text by its characters."""
    has_wide = any(east_asian_width(sign) in "WF" for sign in text)
    return TextWrapper(width=n_characters // 2 + 8 if has_wide else n_characters).wrap(text) or [""]


def _cut_at_px(text: str, *, width: float, size: float) -> list[str]:
    """Break text by its estimated width."""
    n_characters = len(text) + 1
    while n_characters > 4:
        lines = TextWrapper(width=n_characters).wrap(text) or [""]
        longest = widest_px(lines, size)
        if longest <= width:
            return lines
        # Never by less than one character, so that this ends.
        n_characters = min(n_characters - 1, int(max(map(len, lines)) * max(width / longest, 0.8)))
    return TextWrapper(width=4).wrap(text) or [""]
