"""How wide text will be, before any browser has drawn it: margins, columns and line breaks are set by it."""

from __future__ import annotations

from textwrap import TextWrapper

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
    return _SLACK * size * sum(_EM_1000.get(sign, _OTHER_1000) for sign in text) / 1000


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
    n_characters = len(text) + 1
    while n_characters > 4:
        lines = TextWrapper(width=n_characters).wrap(text) or [""]
        longest = widest_px(lines, size)
        if longest <= width:
            return lines
        # Never by less than one character, so that this ends.
        n_characters = min(n_characters - 1, int(max(map(len, lines)) * max(width / longest, 0.8)))
    return TextWrapper(width=4).wrap(text) or [""]
