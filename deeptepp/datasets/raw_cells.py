"""Cells of CSV text and of Excel workbooks as pandas reads them: all of them text, every line in its place.

pandas is told to guess nothing: no delimiter, no types, no missing values, no header. What it would still do in
silence is undone here: cells that it adds to a short line are taken off again, and a line longer than all above it
is a line, and no error or list of row names. An error of a spreadsheet (``#REF!``), which it takes for a missing
value, stays one.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time
from math import inf
from pathlib import Path

from deeptepp.domain.progress import bounds, checkpoint
from deeptepp.errors import TableTooLarge, UnreadableCohort
from deeptepp.safe_files import in_words
from deeptepp.wording.sentence import sentence

WORKBOOKS = (".xlsx", ".xlsm")
"""Ends of the names of Excel workbooks."""

NO_VALUE = frozenset({"", "na", "n/a", "nan"})
"""Cells that say in every table that there is no value, in lower case; each kind of table has more."""

_ERROR = "#N/A"
"""Stands for every error of a spreadsheet."""

_LINE_ENDS = re.compile(r"\r\n|\r|\n")
"""What ends a line of CSV; other signs that Unicode counts as ends stand within cells."""

_WIDER = re.compile(r"Expected \d+ fields in line \d+, saw (\d+)")
"""How pandas refuses a line of more cells than it was told of."""

_BYTES_A_CELL = 60
"""Unpacked bytes of a workbook for each cell that may be read; a plain cell has about 35."""

_MOST_COLUMNS, _MOST_SHEETS = 1000, 40
"""Of a visitor's table; reading takes longest by the column and by the sheet."""

Lines = list[list[str]]


def is_workbook(name: str | Path) -> bool:
    """Tell by its name whether a file is an Excel workbook."""
    return str(name).lower().endswith(WORKBOOKS)


def split_lines(text: str, delimiter: str) -> Lines:
    """Split CSV text into lines of cells, empty lines among them; none where its quotes do not close.

    Raises TableTooLarge: there are more cells than the work at hand may take.
    """
    import pandas as pd

    check_cells(1 + max(text.count("\n"), text.count("\r")))
    widths = [line.count(delimiter) for line in _LINE_ENDS.split(text)]
    width = 1 + max(widths)
    while text:
        checkpoint()
        check_cells(len(widths) * width, n_columns=width)
        try:
            # The slower engine leaves the cells that it adds at the end of a short line without a value.
            frame = pd.read_csv(
                io.StringIO(text, newline=""),
                sep=delimiter,
                header=None,
                names=range(width),
                dtype=str,
                na_filter=False,
                skip_blank_lines=False,
                engine="python",
            )
        except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
            # A quoted cell that runs over several lines of text can make a line wider than any of these.
            wider = _WIDER.search(str(error))
            if wider is None:
                return []
            width = int(wider[1])
            continue
        if isinstance(frame.index, pd.RangeIndex):
            return [[cell.strip() for cell in line if isinstance(cell, str)] for line in frame.to_numpy().tolist()]
        # Of a first line that is wider, pandas would make row names.
        width += frame.index.nlevels
    return []


def check_cells(n_cells: int, *, n_columns: int = 1) -> None:
    """Refuse more cells than the work at hand may take, and more columns than any table has: TableTooLarge."""
    limit = bounds().n_cells
    if n_cells > limit:
        raise TableTooLarge(value=sentence("{n} cells", n=n_cells), limit=sentence("{n} cells", n=int(limit)))
    if limit < inf and n_columns > _MOST_COLUMNS:
        raise TableTooLarge(
            value=sentence("{n} columns", n=n_columns), limit=sentence("{n} columns", n=_MOST_COLUMNS)
        )


def _check_workbook(content: bytes, n_lines: int | None) -> None:
    """Refuse a workbook that unpacks to too much, or has too many cells, before all of it is held."""
    import openpyxl

    limit = bounds().n_cells
    if limit == inf:
        return
    # 1. What its directory says, before anything is unpacked.
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        n_bytes, most = sum(info.file_size for info in archive.infolist()), int(limit * _BYTES_A_CELL)
        n_sheets = sum(name.startswith("xl/worksheets/") for name in archive.namelist())
    if n_bytes > most:
        raise TableTooLarge(value=in_words(n_bytes), limit=in_words(most))
    if n_sheets > _MOST_SHEETS:
        raise TableTooLarge(value=sentence("{n} sheets", n=n_sheets), limit=sentence("{n} sheets", n=_MOST_SHEETS))
    # 2. Its cells, row by row: one far to the right fills a row up to it, and many may show the same long text.
    book, n_cells, n_signs = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True), 0, 0
    for sheet in book.worksheets:
        for row in sheet.iter_rows(max_row=n_lines, values_only=True):
            checkpoint()
            n_cells += max(1, len(row))
            check_cells(n_cells, n_columns=len(row))
            n_signs += sum(len(cell) for cell in row if isinstance(cell, str))
            if n_signs > most:
                raise TableTooLarge(value=in_words(n_signs), limit=in_words(most))


def workbook_lines(content: bytes, *, n_lines: int | None = None) -> dict[str, Lines]:
    """Lines of every sheet of a workbook, or its first ``n_lines``.

    Raises UnreadableCohort: the file is another one; TableTooLarge: there are more cells than the work at hand may
    take.
    """
    import pandas as pd

    try:
        _check_workbook(content, n_lines)
        with warnings.catch_warnings():
            # Extensions of the file that are not understood concern its looks.
            warnings.simplefilter("ignore", UserWarning)
            sheets = pd.read_excel(
                io.BytesIO(content),
                sheet_name=None,
                header=None,
                dtype=object,
                na_filter=False,
                engine="openpyxl",
                nrows=n_lines,
            )
    except TableTooLarge:
        raise
    except (OSError, KeyError, ValueError, IndexError, TypeError, zipfile.BadZipFile) as error:
        raise UnreadableCohort(reason="the file is no Excel workbook") from error
    if not sheets:
        raise UnreadableCohort(reason="the workbook has no sheet")
    return {
        str(name): [[_as_text(cell) for cell in line] for line in sheet.to_numpy().tolist()]
        for name, sheet in sheets.items()
    }


def _as_text(cell: object) -> str:
    """Write one cell of a workbook: dates without a time of day, whole numbers without decimals."""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time.min else cell.isoformat(" ", "seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, bool):
        return "1" if cell else "0"
    return _ERROR if cell != cell else str(cell).strip()


def n_filled(line: Sequence[str]) -> int:
    """Count the cells of a line up to the last that is not empty."""
    return max((i for i, cell in enumerate(line, start=1) if cell), default=0)
