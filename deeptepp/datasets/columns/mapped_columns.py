"""One column of somebody else's table, read as what the mapping says: cells in our words, a preview, and problems.

No value of a cell is repeated, but for words that many patients share in a column of few: those have to be shown
to be given a meaning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deeptepp.datasets.columns.cell_words import ABSENT, NOT_KNOWN, Reader, plain_word, reader_of
from deeptepp.datasets.columns.column_preview import Preview, ShownWords, shown_meaning, shown_words
from deeptepp.datasets.columns.dates import DayOrder, Days, are_turned, days_of
from deeptepp.datasets.columns.mapping import MONTHS, UNITS, Use, meanings_of
from deeptepp.datasets.columns.measures import ER_CUT_OFF_PCT, FACTORS, Floats, Measures, measures_of
from deeptepp.datasets.columns.sheets import Sheet
from deeptepp.datasets.problems import WORDS_RULE, Problem
from deeptepp.domain.clinical import SHARES
from deeptepp.wording.sentence import Verbatim, glued, joined, sentence

BASE_UNITS = {
    **dict.fromkeys(MONTHS, "months"),
    "tumour_size_mm": "mm",
    **dict.fromkeys(SHARES, "percent"),
    "score": "fraction",
}
"""Unit in which the package counts each wanted number."""

_SHOWN_UNITS = {"months": " months", "mm": " mm", "percent": " %"}


@dataclass(frozen=True, slots=True, eq=False)
class ColumnRead:
    """One column.

    ``cells``: in our words, n; None where they wait for an answer; ``preview``: what became of it; ``problems``:
    what is wrong, or asked.
    """

    cells: list[str] | None
    preview: Preview
    problems: tuple[Problem, ...] = ()


def read_numbers(target: str, use: Use, sheet: Sheet) -> ColumnRead:
    """Read a column of numbers into the unit in which the package counts.

    Gives a question where nothing says the unit. A unit in a cell goes before that of its column.
    """
    measures = measures_of(sheet.cells(use.column))
    base = BASE_UNITS.get(target, "")
    if base and not use.unit:
        return _unit_question(target, use.column, measures)
    factors = FACTORS.get(base, {})
    factor = np.array([factors.get(each or use.unit, 1.0) for each in measures.unit.tolist()])
    values = measures.values * factor
    known, n_strange = values[np.isfinite(values)], int(measures.is_strange.sum())
    preview = Preview(
        target=target,
        column=use.column,
        n_read=len(known),
        n_empty=len(values) - len(known) - n_strange,
        n_strange=n_strange,
        becomes=_in_short(known, _SHOWN_UNITS.get(base, "")),
        unit=use.unit,
    )
    cells = ["" if np.isnan(value) else f"{value:.10g}" for value in values]
    strange = measures.is_strange.tolist()
    return ColumnRead(cells, preview, _not_understood(target, use, strange, sheet, measures.has_thousands))


def read_facts(target: str, use: Use, sheet: Sheet) -> ColumnRead:
    """Read a column of words, of yes and no, of shares of stained nuclei, or of counted nodes.

    Gives a question where nothing says what its numbers or words are.
    """
    cells = sheet.cells(use.column)
    if target in UNITS and not use.unit and not use.words:
        return _unit_question(target, use.column, measures_of(cells))
    if use.unit == "percent":
        return _shares(target, use, sheet)
    words = reader_of(target, use.column, cells, use.words)
    numbers = {"count": _node_by_count, "stage": _node_by_number}.get(use.unit)
    read = words if numbers is None else _one_of(numbers, words)
    return read_words(target, use, sheet, read)


def read_words(target: str, use: Use, sheet: Sheet, read: Reader) -> ColumnRead:
    """Read a column of words, and ask what those mean that are not known.

    Empty cells where nothing is known.
    """
    meanings = [read(cell) for cell in sheet.cells(use.column)]
    strange = [meaning is None for meaning in meanings]
    shown = shown_words(sheet.cells(use.column), read)
    n_strange, n_empty = sum(strange), sum(meaning == NOT_KNOWN for meaning in meanings)
    counts = Counter(str(meaning) for meaning in meanings if meaning not in (None, NOT_KNOWN))
    becomes = joined(", ", (glued("{}: {}", shown_meaning(target, word), n) for word, n in sorted(counts.items())))
    preview = Preview(
        target=target,
        column=use.column,
        n_read=len(meanings) - n_strange - n_empty,
        n_empty=n_empty,
        n_strange=n_strange,
        becomes=sentence("{n} different", n=len(counts)) if target == "source" else becomes,
        words=() if target == "source" else shown,
        unit=use.unit,
    )
    cells = ["" if meaning in (None, NOT_KNOWN) else str(meaning) for meaning in meanings]
    return ColumnRead(cells, preview, _words_asked(target, use.column, strange, shown, sheet))


def read_days(target: str, use: Use, sheet: Sheet) -> tuple[Days, ColumnRead]:
    """Read a column of days, and ask for their order where it cannot be told.

    ``use``: its column, and the order of day and month where a person said it.
    """
    cells = ["" if plain_word(cell) in ABSENT else cell for cell in sheet.cells(use.column)]
    days = days_of(cells, DayOrder(use.unit) if use.unit else None)
    problems = _not_understood(target, use, days.is_strange, sheet)
    if are_turned(cells):
        problems = (Problem.of("cohort.days-exchanged", column=Verbatim(use.column)), *problems)
    if days.is_open:
        column = Verbatim(use.column)
        problems = (Problem.of("cohort.day-order", asks=target, choices=UNITS[target], column=column), *problems)
    preview = Preview(
        target=target,
        column=use.column,
        n_read=days.n_read,
        n_empty=cells.count(""),
        n_strange=sum(days.is_strange),
        becomes="order of day and month not known" if days.is_open else "days, dropped once months are counted",
        unit=days.order.value if days.order else "",
    )
    return days, ColumnRead(None, preview, problems)


def likely_first(target: str, known: Floats) -> tuple[str, ...]:
    """Put the unit first that the numbers of a column make most likely.

    ``known``, (n,) float64: its numbers.
    """
    units = UNITS[target]
    if not len(known):
        return units
    middle, likely = float(np.median(known)), units[0]
    if target in MONTHS:
        # Half of a cohort is usually followed for two to ten years.
        likely = "years" if middle < 15 else "months" if middle < 180 else "weeks" if middle < 600 else "days"
    elif target == "tumour_size_mm":
        likely = "cm" if middle < 10 else "mm"
    elif target == "score" and middle > 1:
        likely = "percent"
    return (likely, *(unit for unit in units if unit != likely))


def _in_short(known: Floats, unit: str) -> str:
    """Write median and range."""
    if not len(known):
        return ""
    return sentence(
        "median {middle:.3g} ({low:.3g} to {high:.3g}){unit}",
        middle=np.median(known),
        low=known.min(),
        high=known.max(),
        unit=unit,
    )


def _unit_question(target: str, column: str, measures: Measures) -> ColumnRead:
    """Ask for a unit that neither the name of the column nor its numbers tell."""
    known = measures.values[np.isfinite(measures.values)]
    choices = likely_first(target, known)
    told: dict[str, Any] = {"asks": target, "choices": choices, "column": Verbatim(column), "target": target}
    if len(known):
        question = Problem.of("cohort.unit/unsaid", middle=np.median(known), **told)
    else:
        question = Problem.of("cohort.unit/empty", **told)
    n_read, n = len(known), len(measures.values)
    preview = Preview(target=target, column=column, n_read=n_read, n_empty=n - n_read, becomes="unit not known")
    return ColumnRead(None, preview, (question,))


def _not_understood(
    target: str, use: Use, is_strange: Sequence[bool], sheet: Sheet, has_thousands: bool = False
) -> tuple[Problem, ...]:
    """Refuse cells that were not understood, by row."""
    rows = [row for row, strange in zip(sheet.rows, is_strange, strict=True) if strange]
    if not rows:
        return ()
    key = "cohort.not-understood/thousands" if has_thousands else "cohort.not-understood"
    column, n, total = Verbatim(use.column), len(rows), len(sheet.rows)
    return (Problem.of(key, rows, column=column, target=target, n=n, total=total),)


def _words_asked(
    target: str, column: str, strange: Sequence[bool], shown: ShownWords, sheet: Sheet
) -> tuple[Problem, ...]:
    """Ask what words mean that may be shown; refuse the rows of others."""
    open_words = [glued("{} ({})", Verbatim(word), n) for word, meaning, n in shown if meaning is None]
    if not open_words:
        return _not_understood(target, Use(column=column), strange, sheet)
    rows = [row for row, is_strange in zip(sheet.rows, strange, strict=True) if is_strange]
    told = {"column": Verbatim(column), "target": target, "n": len(rows), "total": len(sheet.rows)}
    words = joined(", ", open_words)
    return (Problem.of(WORDS_RULE, rows, asks=target, choices=meanings_of(target), words=words, **told),)


def _shares(target: str, use: Use, sheet: Sheet) -> ColumnRead:
    """Read shares of stained nuclei as positive from 1 %; words beside them as words."""
    cells = sheet.cells(use.column)
    words = reader_of(target, use.column, ["yes", "no"], use.words)
    measures = measures_of(cells, below_counts_as_zero=True)
    flags, strange = [], []
    for cell, value in zip(cells, measures.values.tolist(), strict=True):
        is_share = 0 <= value <= 100
        said = None if is_share else words(cell) if np.isnan(value) else None
        flags.append(str(int(value >= ER_CUT_OFF_PCT)) if is_share else said if said in ("0", "1") else "")
        strange.append(not is_share and said is None)
    preview = Preview(
        target=target,
        column=use.column,
        n_read=len(flags) - flags.count(""),
        n_empty=flags.count("") - sum(strange),
        n_strange=sum(strange),
        becomes=sentence(
            "positive (from {share:g} %): {n}, negative: {m}",
            share=ER_CUT_OFF_PCT,
            n=flags.count("1"),
            m=flags.count("0"),
        ),
        unit="percent",
    )
    return ColumnRead(flags, preview, _not_understood(target, use, strange, sheet))


def _one_of(first: Reader, second: Reader) -> Reader:
    """Read by one reader, and by another what it does not know."""
    return lambda cell: first(cell) or second(cell)


def _node_by_count(cell: str) -> str | None:
    """Read positive nodes, or positive of examined ones, as an N category: 1 to 3, 4 to 9, 10 or more."""
    text = plain_word(cell).split("/")[0].strip().removesuffix(".0")
    if not text.isdigit() or len(text) > 2:
        return None
    n = int(text)
    return "N0" if n == 0 else "N1" if n <= 3 else "N2" if n <= 9 else "N3"


def _node_by_number(cell: str) -> str | None:
    """Read the number of an N category."""
    text = plain_word(cell).removesuffix(".0")
    return f"N{text}" if text in ("0", "1", "2", "3") else None
