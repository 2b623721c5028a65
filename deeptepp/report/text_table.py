"""A table of text cells, and its three writers: HTML, CSV and Markdown."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from html import escape

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that begins so for a formula."""


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as they are read.

    Parameters
    ----------
    title : str
        What the rows are.
    header : tuple of str
        Names of the columns.
    rows : tuple of tuple of str
        As many cells each as the header.
    note : str
        Method and what else must be known; empty where nothing.

    Raises
    ------
    ValueError
        A row has another length than the header.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        if any(len(row) != len(self.header) for row in self.rows):
            msg = f"Every row of the table {self.title!r} must have {len(self.header)} cells"
            raise ValueError(msg)


def table_html(table: Table) -> str:
    """Write a table as HTML.

    Parameters
    ----------
    table : Table
        The table.

    Returns
    -------
    str
        A ``table`` element with caption, header cells and note; all text escaped.
    """
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.header)
    rows = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in row[1:])}</tr>'
        for row in table.rows
        if row
    )
    note = ""
    if table.note:
        note = f'<tfoot><tr><td colspan="{len(table.header)}">{escape(table.note)}</td></tr></tfoot>'
    return (
        f"<table><caption>{escape(table.title)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{rows}</tbody>{note}</table>"
    )


MARK_COLUMN = "our data"
"""Header of the last column of a CSV whose patients or model are simulated."""


def table_csv(table: Table, *, mark: str = "") -> str:
    """Write a table as CSV in UTF-8, with a byte-order mark so that spreadsheets read it as such.

    Parameters
    ----------
    table : Table
        The table.
    mark : str
        Stands in a last column of every row, so that no row goes without it; empty where nothing is simulated.

    Returns
    -------
    str
        Header and rows; a cell of text that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    lines = io.StringIO(newline="")
    writer = csv.writer(lines)
    writer.writerow(_plain(name) for name in (*table.header, *([MARK_COLUMN] if mark else [])))
    writer.writerows([_plain(cell) for cell in (*row, *([mark] if mark else []))] for row in table.rows)
    return f"\ufeff{lines.getvalue()}"


def table_markdown(table: Table) -> str:
    """Write a table as Markdown.

    Parameters
    ----------
    table : Table
        The table.

    Returns
    -------
    str
        Header, rows, and the note below them.
    """
    lines = ["| " + " | ".join(_piped(cell) for cell in row) + " |" for row in (table.header, *table.rows)]
    lines.insert(1, "| " + " | ".join("---" for _ in table.header) + " |")
    return "\n".join([*lines, *(["", table.note] if table.note else [])])


def _plain(cell: str) -> str:
    """Keep a cell from being taken for a formula; numbers stay numbers."""
    return f"'{cell}" if cell.startswith(_FORMULA) and not _is_number(cell) else cell


def _is_number(cell: str) -> bool:
    """Tell whether a cell is a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _piped(cell: str) -> str:
    """Keep a cell from ending before its end."""
    return cell.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
