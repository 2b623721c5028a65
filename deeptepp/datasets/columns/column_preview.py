"""What became of a column of somebody else's table: counts, and those words that may be shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deeptepp.datasets.columns.cell_words import ABSENT, plain_word
from deeptepp.datasets.columns.mapping import meanings_of

_MOST_SHOWN = 12
"""Different words of a column up to which they are shown."""

_LONGEST_SHOWN = 40
"""Letters of a word that is shown."""

_SHORT_CODE = 3
"""Letters up to which a word is shown that one patient alone has; a longer one could be about her."""

ShownWords = tuple[tuple[str, str | None, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What one column becomes.

    ``target``: what is wanted; ``column``: its column in the table; empty where it comes from days or from what
    holds for everyone; ``n_read``, ``n_empty``, ``n_strange``: cells that were understood, that hold nothing, and
    that were not understood; ``becomes``: what the understood cells are, in few words; ``words``: words of the
    column that may be shown: as written, what each means (None where that is not known), and of how many patients;
    ``unit``: as used; empty where there is none.
    """

    target: str
    column: str
    n_read: int
    n_empty: int
    n_strange: int = 0
    becomes: str = ""
    words: ShownWords = ()
    unit: str = ""


def shown_words(cells: Sequence[str], read: Callable[[str], str | None]) -> ShownWords:
    """Give the words of a column of few, the commonest first.

    None at all of a column of many different words, which may be about single patients; and no word that one
    patient alone has, unless it is known or a short code.
    """
    counts: Counter[str] = Counter()
    written: dict[str, str] = {}
    for cell in cells:
        plain = plain_word(cell)
        if plain not in ABSENT:
            counts[plain] += 1
            written.setdefault(plain, cell)
    if len(counts) > _MOST_SHOWN:
        return ()
    meant = [(written[word], read(written[word]), n) for word, n in counts.most_common()]
    return tuple(
        (word, meaning, n)
        for word, meaning, n in meant
        if len(word) <= _LONGEST_SHOWN and (n > 1 or len(word) <= _SHORT_CODE or meaning is not None)
    )


def shown_meaning(target: str, meaning: str) -> str:
    """What a word means: yes and no for 1 and 0."""
    is_flag = meanings_of(target)[:2] == ("1", "0")
    return {"1": "yes", "0": "no"}.get(meaning, meaning) if is_flag else meaning
