"""Tables of a PDF: facts in two columns, and rows below a header that is repeated on every page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from deeptepp.report.pdf.pdf_page import GREY, LINE, marked_up, said, style

if TYPE_CHECKING:
    from reportlab.platypus import Flowable

_SIZE = 8.5


def facts_table(facts: Mapping[str, str], *, width: float, n_columns: int = 1) -> Flowable:
    """Lay out names and values.

    ``n_columns``: pairs side by side, filled downwards. Returns a table without rules.
    """
    from reportlab.platypus import Paragraph, Table

    quiet, body = style("fact-name", _SIZE, colour=GREY), style("fact", _SIZE, breaks_anywhere=True)
    pairs: list[tuple[Any, Any]] = [
        (Paragraph(marked_up(a), quiet), Paragraph(marked_up(b), body)) for a, b in facts.items()
    ]
    n_rows = -(-len(pairs) // n_columns)
    columns = [pairs[i * n_rows : (i + 1) * n_rows] for i in range(n_columns)]
    rows: list[list[Any]] = [
        [cell for column in columns for cell in (column[i] if i < len(column) else ("", ""))]
        for i in range(n_rows)
    ]
    share = width / n_columns
    widths = [share * (0.55 if n_columns > 1 else 0.28), share * (0.45 if n_columns > 1 else 0.72)] * n_columns
    return Table(rows or [["", ""] * n_columns], colWidths=widths, style=_rules([]), hAlign="LEFT")


def rows_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, widths: Sequence[float], notes: str = ""
) -> list[Flowable]:
    """Lay out rows below a header.

    ``rows``: plain text, a line break begins a quiet line.
    """
    from reportlab.platypus import Paragraph, Table

    head, body = style("head", _SIZE, bold=True), style("cell", _SIZE)
    cells = [[Paragraph(marked_up(name), head) for name in header]]
    cells += [[Paragraph(_cell(text), body) for text in row] for row in rows]
    rules = _rules([("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE)])
    table = Table(cells, colWidths=list(widths), repeatRows=1, style=rules, hAlign="LEFT")
    return [table, *([Paragraph(marked_up(notes), style("note", 8, colour=GREY))] if notes else [])]


def _cell(text: str) -> str:
    """Set the first line in ink and the rest in grey."""
    first, *rest = said(text).split("\n")
    quiet = "".join(f"<br/><font color='{GREY}' size='7.5'>{marked_up(line)}</font>" for line in rest)
    return marked_up(first) + quiet


def _rules(more: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Style of every table: cells at the top, little padding."""
    return [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 6),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
        *more,
    ]
