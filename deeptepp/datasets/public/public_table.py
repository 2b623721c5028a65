"""One sheet of a public table: its cells by column, and what was found wrong with them on the way.

Nothing is mended in silence. Whatever an adapter does to a value, or cannot do, becomes a problem with its rows; a
row has the number that a spreadsheet gives it.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.datasets.problems import Problem
from deeptepp.datasets.raw_cells import NO_VALUE, Lines, split_lines, workbook_lines
from deeptepp.domain.clinical import RANGES
from deeptepp.domain.cohort import Endpoint
from deeptepp.domain.risk import Severity
from deeptepp.errors import MissingColumn, UnreadableCohort
from deeptepp.wording.sentence import sentence

UNKNOWN_ARM = "unknown"
"""What stands in the column of the arm where the treatment is not recorded."""

FINDINGS = tomllib.loads(Path(__file__).with_name("public_findings.toml").read_text(encoding="utf-8"))
"""What was found and the remedy of every rule, by its two parts."""

STANDS = "It stands here as in the public table; leave these patients out where it matters."
"""Remedy of what was found in a table that is not ours to correct."""

MISSING_CODES = NO_VALUE | {"np", "nc"}
"""Cells that say that there is no value, in lower case: not applicable, not pertinent, not collected."""

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Words = npt.NDArray[Any]
Facts = dict[str, Words | Floats]
FollowUps = dict[Endpoint, tuple[Floats, Bools]]
"""Months and whether there was an event, by endpoint, (n,) each."""


@dataclass(slots=True)
class PublicTable:
    """Cells by column, and the problems found so far.

    ``columns``: cells as they were read, n each; ``n``: patients; ``first_row``: number of the first patient's
    row; ``problems``: grows while the table is read.
    """

    columns: Mapping[str, tuple[str, ...]]
    n: int
    first_row: int = 2
    problems: list[Problem] = field(default_factory=list)

    def require(self, names: Sequence[str]) -> None:
        """Stop where a column is absent.

        Raises MissingColumn where one of them is absent.
        """
        missing = [name for name in names if name not in self.columns]
        if missing:
            raise MissingColumn(value=", ".join(missing))

    def numbers(self, name: str) -> Floats:
        """Read a column of numbers.

        Gives (n,) float64: NaN where there is none; a cell that is neither a number nor a code of a missing value
        is told.
        """
        values = [_number(cell) for cell in self.columns[name]]
        is_text = np.array([value is None for value in values], dtype=bool)
        self.warn("public.not-a-number", is_text, name=name)
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)

    def words(self, name: str) -> Words:
        """Read a column of words, (n,) object; None where there is none."""
        return np.array(
            [None if cell.lower() in MISSING_CODES else cell for cell in self.columns[name]], dtype=object
        )

    def translated(self, name: str, meanings: Mapping[str, str | float]) -> Words:
        """Read a column of codes.

        ``meanings``: what each code means; a number is written without decimals. Gives (n,) object: None where
        there is no code; an unknown code is told and left unknown.
        """
        codes = [_code(word) for word in self.words(name)]
        is_strange = np.array([code is not None and code not in meanings for code in codes], dtype=bool)
        self.warn("public.unknown-code", is_strange, name=name)
        found = [None if code is None else meanings.get(code) for code in codes]
        return np.array([value if value == value else None for value in found], dtype=object)

    def flags(self, name: str, meanings: Mapping[str, float] | None = None) -> Floats:
        """Read a column of yes and no, (n,) float64: 1, 0 and NaN; ``0`` and ``1`` unless told otherwise."""
        read = self.translated(name, meanings or {"0": 0.0, "1": 1.0})
        return np.array([np.nan if value is None else value for value in read], dtype=np.float64)

    def menopause(self, name: str) -> Words:
        """Read the first word of each cell, such as ``pre`` or ``Premenopausal``; peri is neither pre nor post."""
        words = self.words(name)
        firsts = ["" if word is None else word.split()[0].lower() for word in words]
        states = np.array([first.removesuffix("menopausal") or None for first in firsts], dtype=object)
        n_spellings = len({word for word, state in zip(words, states, strict=True) if state == "pre"})
        if n_spellings > 1:
            self.warn("public.menopause-spellings", states == "pre", n=n_spellings)
        self.warn("public.perimenopausal", states == "peri")
        is_known = np.isin(states.astype(str), ("pre", "post"))
        is_strange = ~is_known & (states != "peri") & (states != None)  # noqa: E711  elementwise
        self.warn("public.unknown-code", is_strange, name=name)
        return np.array(
            [each if known else None for each, known in zip(states, is_known, strict=True)], dtype=object
        )

    def in_range(self, name: str, values: Floats) -> Floats:
        """Keep what may be a fact of a patient.

        ``name``: field of ``ClinicalProfile``; ``values``, (n,) float64: its values. Gives (n,) float64: NaN where
        they lie outside of the range of the field, which is told.
        """
        low, high = RANGES[name]
        is_outside = (values < low) | (values > high)
        self.warn("public.out-of-range", is_outside, name=name, low=low, high=high)
        return np.where(is_outside, np.nan, values)

    def warn(self, rule: str, rows: Bools | None = None, *, always: bool = False, **facts: object) -> None:
        """Tell what was found.

        ``rule``: names what was found and what was done about it in ``public_findings.toml``; ``facts`` fill it
        in. The number of patients is added. ``rows``, (n,) bool: patients that it concerns; the table as a whole
        when left out; ``always``: tell it even where it concerns nobody.
        """
        table, _, name = rule.partition(".")
        found, remedy = FINDINGS[table][name]
        found = sentence(found, **facts)
        if rows is None:
            self._tell(Problem(rule, Severity.WARNING, found, remedy))
        elif rows.any() or always:
            counted = f"{found} ({int(rows.sum())} of {self.n} patients.)"
            where = tuple(int(i) + self.first_row for i in np.flatnonzero(rows))
            self._tell(Problem(rule, Severity.WARNING, counted, remedy, where))

    def _tell(self, problem: Problem) -> None:
        """Keep a problem once, however often its column is read."""
        if problem not in self.problems:
            self.problems.append(problem)

    def code_counts(self, codes: Sequence[str]) -> dict[str, int]:
        """Count the cells of the whole table that are one of the codes."""
        found = Counter(cell for cells in self.columns.values() for cell in cells)
        return {code: found[code] for code in codes}


def read_workbook(path: Path, sheet: str = "", *, header_row: int = 1, n_header_rows: int = 1) -> PublicTable:
    """Read one sheet of an Excel workbook, the first where none is named.

    ``header_row``: row that names the columns, from 1. Names of columns have their spaces drawn together;
    the second column of a name has its place behind it. Raises UnreadableCohort where the file is absent or no
    workbook, or has no such sheet or no patients.
    """
    try:
        sheets = workbook_lines(path.read_bytes())
    except (OSError, UnreadableCohort) as error:
        raise UnreadableCohort(reason=f"{path.name} is absent or not an Excel workbook") from error
    sheet = sheet or next(iter(sheets), "")
    if sheet not in sheets:
        raise UnreadableCohort(reason=f"{path.name} has no sheet {sheet!r}")
    return _table(sheets[sheet], path, header_row=header_row, n_header_rows=n_header_rows)


def read_comma_separated(path: Path) -> PublicTable:
    """Read a CSV table in UTF-8 with one row of names.

    Raises UnreadableCohort where the file is absent or no such table.
    """
    try:
        lines = split_lines(path.read_text(encoding="utf-8-sig"), ",")
    except (OSError, UnicodeDecodeError):
        lines = []
    if not lines:
        raise UnreadableCohort(reason=f"{path.name} is absent or not a CSV table")
    return _table(lines, path, header_row=1, n_header_rows=1)


def _table(lines: Lines, path: Path, *, header_row: int, n_header_rows: int) -> PublicTable:
    """Sort cells into columns; empty lines at the end are dropped."""
    while lines and not any(lines[-1]):
        lines.pop()
    body = lines[n_header_rows:]
    if not body:
        raise UnreadableCohort(reason=f"{path.name} holds no patients")
    columns: dict[str, tuple[str, ...]] = {}
    for position, cell in enumerate(lines[header_row - 1]):
        name = " ".join(cell.split())
        cells = tuple(line[position] if position < len(line) else "" for line in body)
        columns[f"{name} [{position + 1}]" if name in columns or not name else name] = cells
    return PublicTable(columns, len(body), n_header_rows + 1)


def _number(cell: str) -> float | None:
    """Read one number: NaN where there is none, None where it is something else."""
    if cell.lower() in MISSING_CODES:
        return np.nan
    try:
        return float(cell)
    except ValueError:
        return None


def _code(word: str | None) -> str | None:
    """Write a code without the decimals that a spreadsheet gives it."""
    return word.removesuffix(".0") if word is not None else None
