"""Cells of a table that a centre wrote: CSV or the first sheet of an Excel workbook.

Nothing is trusted and nothing stops at the first mistake: what is wrong is collected as problems by row. A row has
the number that a spreadsheet gives it: the header is row 1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from deeptepp.datasets.problems import Problem
from deeptepp.datasets.raw_cells import NO_VALUE, Lines, n_filled, split_lines, workbook_lines
from deeptepp.domain.typed_number import DECIMAL_COMMA, THOUSANDS
from deeptepp.errors import UnreadableCohort

UNKNOWN = NO_VALUE | {"unknown"}
"""Cells that say that something is not known, in lower case."""

_DELIMITERS = ",;\t"
_TRUE, _FALSE = frozenset({"1", "1.0", "true", "yes"}), frozenset({"0", "0.0", "false", "no"})
_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([ T].*)?|\d{1,2}[-/.]\d{1,2}[-/.](\d{2}|\d{4})")


@dataclass(slots=True)
class RawTable:
    """Cells by column, and what was wrong on the way.

    ``header``: names of all columns; none where the table cannot be read at all; ``columns``: the columns that are
    read, (n,) each; ``rows``: row numbers, n of them; ``problems``: what was wrong.
    """

    header: list[str] = field(default_factory=list)
    columns: dict[str, list[str]] = field(default_factory=dict)
    rows: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def cells(self, name: str) -> list[str]:
        """One column, empty where it is absent."""
        return self.columns.get(name, [""] * len(self.rows))


def read_table(content: bytes, known: Sequence[str], *, is_workbook: bool = False) -> RawTable:
    """Read the cells of a table.

    ``content``: the file; CSV in UTF-8, separated by commas, semicolons or tabs, unless it is a workbook. Lines
    above the header that begin with ``#`` are passed over. ``is_workbook``: whether it is an Excel workbook, of
    which the first sheet is read. Without a header where the table cannot be read at all.
    """
    table = RawTable()
    lines = _workbook_lines(content) if is_workbook else _csv_lines(content, known, table)
    # Lines keep their numbers when empty ones and remarks above the header are passed over.
    numbered = [(number, line) for number, line in enumerate(lines, start=1) if any(line)]
    while numbered and _is_comment("".join(numbered[0][1])):
        numbered.pop(0)
    if len(numbered) > 1:
        _fill(table, numbered, known)
    elif not table.problems:
        table.problems.append(Problem.of("manifest.unreadable"))
    return table


def _csv_lines(content: bytes, known: Sequence[str], table: RawTable) -> Lines:
    """Split CSV into lines of cells."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        table.problems.append(Problem.of("manifest.encoding"))
        return []
    header = next((line for line in text.splitlines() if not _is_comment(line)), "")
    return split_lines(text, _delimiter(header, known))


def _is_comment(line: str) -> bool:
    """Whether a line above the header is a remark or empty."""
    return not line.strip() or line.lstrip(' "').startswith("#")


def _delimiter(header: str, known: Sequence[str]) -> str:
    """Choose the delimiter under which the header has most known columns."""
    return max(_DELIMITERS, key=lambda mark: sum(cell.strip(' "\r\n') in known for cell in header.split(mark)))


def _workbook_lines(content: bytes) -> Lines:
    """Lines of the first sheet as a CSV file would hold them."""
    try:
        lines = next(iter(workbook_lines(content).values()))
    except UnreadableCohort:
        return []
    # A sheet is as wide as its longest line: the header says how far it is meant to go.
    header = next((line for line in lines if not _is_comment("".join(line))), [])
    return [line[: max(n_filled(header), n_filled(line))] for line in lines]


def _fill(table: RawTable, numbered: Sequence[tuple[int, list[str]]], known: Sequence[str]) -> None:
    """Sort the cells into columns."""
    table.header = numbered[0][1]
    width = len(table.header)
    ragged = [number for number, line in numbered[1:] if len(line) != width]
    if ragged:
        table.problems.append(Problem.of("manifest.ragged-row", ragged, n=width))
    whole = [(number, line) for number, line in numbered[1:] if len(line) == width]
    table.rows = [number for number, _ in whole]
    for position, name in enumerate(table.header):
        if name in known:
            table.columns[name] = [line[position] for _, line in whole]


def mend_numbers(table: RawTable, names: Sequence[str]) -> None:
    """Look for dates and decimal commas where numbers are expected, and tell of them.

    ``table``: decimal commas of its columns become points where nothing else can be meant.
    """
    for name in [name for name in names if name in table.columns]:
        cells = table.columns[name]
        dates = _rows_where(table, cells, _DATE)
        if dates:
            table.problems.append(Problem.of("manifest.date", dates, column=name))
        commas = _rows_where(table, cells, DECIMAL_COMMA)
        if not commas:
            continue
        if all(THOUSANDS.fullmatch(cell) for cell in cells if DECIMAL_COMMA.fullmatch(cell)):
            table.problems.append(Problem.of("manifest.decimal-comma/thousands", commas, column=name))
        else:
            table.problems.append(Problem.of("manifest.decimal-comma", commas, column=name))
            table.columns[name] = [
                cell.replace(",", ".") if DECIMAL_COMMA.fullmatch(cell) else cell for cell in cells
            ]


def _rows_where(table: RawTable, cells: Sequence[str], form: re.Pattern[str]) -> list[int]:
    """Rows whose cell has a form."""
    return [row for row, cell in zip(table.rows, cells, strict=True) if form.fullmatch(cell)]


def event_of(cell: str) -> float:
    """Read an event.

    ``cell``: 1, true, yes, 0, false or no. NaN where it is neither.
    """
    return 1.0 if cell.lower() in _TRUE else 0.0 if cell.lower() in _FALSE else np.nan


def number_of(cell: str) -> float | str:
    """Read a number.

    NaN where it is unknown; the cell as it is where it is no number, so that the checks refuse it.
    """
    if cell.lower() in UNKNOWN:
        return np.nan
    try:
        return float(cell)
    except ValueError:
        return cell


def flag_of(cell: str) -> bool | str | None:
    """Read yes or no.

    None where it is unknown; the cell as it is where it is neither.
    """
    plain = cell.lower()
    return None if plain in UNKNOWN else True if plain in _TRUE else False if plain in _FALSE else cell
