"""A table of text cells, and its writer as CSV; reports lay it out as HTML."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that begins so for a formula."""


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as they are read.

    ``note``: method and what else must be known, empty where nothing. Raises ValueError: a row has another length
    than the header.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        if any(len(row) != len(self.header) for row in self.rows):
            msg = f"Every row of the table {self.title!r} must have {len(self.header)} cells"
            raise ValueError(msg)


MARK_COLUMN = "our data"
"""Header of the last column of a CSV whose patients or model are simulated."""


def table_csv(table: Table, *, mark: str = "") -> str:
    """Write a table as CSV in UTF-8, with a byte-order mark so that spreadsheets read it as such.

    ``mark``: stands in a last column of every row, so that no row goes without it, empty where nothing is
    simulated. Returns header and rows, a cell of text that a spreadsheet would take for a formula gets an
    apostrophe in front.
    """
    lines = io.StringIO(newline="")
    writer = csv.writer(lines)
    writer.writerow(_plain(name) for name in (*table.header, *([MARK_COLUMN] if mark else [])))
    writer.writerows([_plain(cell) for cell in (*row, *([mark] if mark else []))] for row in table.rows)
    return f"\ufeff{lines.getvalue()}"


def _plain(cell: str) -> str:
    """Keep a cell from being taken for a formula; numbers stay numbers."""
    return f"'{cell}" if cell.startswith(_FORMULA) and not _is_number(cell) else cell


def _is_number(cell: str) -> bool:
    """Whether a cell is a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True
