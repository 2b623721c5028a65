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
from pathlib import Path

from deeptepp.errors import UnreadableCohort

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

Lines = list[list[str]]


def is_workbook(name: str | Path) -> bool:
    """Tell by its name whether a file is an Excel workbook."""
    return str(name).lower().endswith(WORKBOOKS)


def split_lines(text: str, delimiter: str) -> Lines:
    """Split CSV text into lines of cells, empty lines among them; none where its quotes do not close."""
    import pandas as pd

    width = 1 + max(line.count(delimiter) for line in _LINE_ENDS.split(text))
    while text:
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


def workbook_lines(content: bytes, *, n_lines: int | None = None) -> dict[str, Lines]:
    """Lines of every sheet of a workbook, or its first ``n_lines``; UnreadableCohort for another file."""
    import pandas as pd

    try:
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
