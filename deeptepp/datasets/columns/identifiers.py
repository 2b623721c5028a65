"""Columns that say who a patient is: they are dropped before anything else is looked at."""

from __future__ import annotations

import re
from collections.abc import Sequence

from deeptepp.datasets.columns.column_names import LISTED, plain_name
from deeptepp.datasets.columns.dates import years_of
from deeptepp.datasets.subjects import looks_like_a_person
from deeptepp.domain.progress import checkpoint

_NAMES, _BESIDE_NAMES = frozenset(LISTED["identifiers"]), frozenset(LISTED["beside_identifiers"])
"""Names of such columns, plain, and words that stand beside them."""

_MOSTLY = 0.5
"""Share of the cells from which the looks of a column speak: half."""

_BORN_BEFORE = 1990
"""A column whose dates mostly lie before this year holds births: anti-HER2 treatment is licensed since 1998."""


_SINGLE_NAME = re.compile(r"[^\W\d_]{2,}(?:[-'’][^\W\d_]+)*")
"""One word of letters: a family name, where most patients have another one."""

LONGEST_CELL = 2000
"""Characters of a cell beyond which a column is free text; a long list of treatments has some hundreds."""

_FEWEST_NAMES = 10
"""Filled cells from which different words of letters are taken for names."""


def names_a_person(name: str) -> bool:
    """Whether a column says who a patient is, by its name alone."""
    plain = plain_name(name)
    words = [word for word in plain.split() if word not in _BESIDE_NAMES]
    return plain in _NAMES or (bool(words) and set(words) <= _NAMES)


def is_identifier(name: str, cells: Sequence[str]) -> bool:
    """Whether a column says who a patient is.

    By its name, or because most of its cells look like names of people that differ, addresses of e-mail, or days
    of birth, or because one is a text so long that it may say anything. A pseudonym in a column called after the
    patient is none.

    >>> is_identifier("Geb.-Datum", []), is_identifier("Grade", ["1", "2"])
    (True, False)
    """
    checkpoint()
    if names_a_person(name) or any(len(cell) > LONGEST_CELL for cell in cells):
        return True
    filled = [cell for cell in cells if cell]
    if not filled:
        return False
    people = {cell for cell in filled if looks_like_a_person(cell) and not re.search(r"\d", cell)}
    single = {cell for cell in filled if _SINGLE_NAME.fullmatch(cell)} if len(filled) >= _FEWEST_NAMES else set()
    if len(people | single) > max(1, _MOSTLY * len(filled)):
        return True
    years = [year for year in years_of(filled) if year is not None]
    return len(years) > _MOSTLY * len(filled) and sum(y < _BORN_BEFORE for y in years) > _MOSTLY * len(years)
