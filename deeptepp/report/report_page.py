"""A report as one HTML page that needs no network, and every number of it as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path

from plotly.offline import get_plotlyjs

from deeptepp.domain.risk import RESEARCH_USE_ONLY
from deeptepp.report.html import figure_html
from deeptepp.report.report_item import Beside, ReportItem, ReportPart
from deeptepp.report.text_table import Table, table_csv, table_html
from deeptepp.wording.sentence import sentence

PAGE, CSV_FOLDER = "index.html", "csv"
"""Names in the folder of a report."""

_NARROW = 4
"""A printed table of more columns stands below ours and not beside."""

_PUBLISHED = (
    "Printed values: Tong, Hu et al., <i>European Radiology</i> 2024, "
    '<a href="https://doi.org/10.1007/s00330-024-10609-7">doi 10.1007/s00330-024-10609-7</a>.'
)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ReportPage:
    """A report before it is written.

    Parameters
    ----------
    parts : tuple of ReportPart
        Chapters.
    title : str
        Heading of the page.
    facts : sequence of (str, str)
        What the report rests on: name and value.
    mark : str
        Stands at the top; empty where neither patients nor model are simulated. Items bear their own.
    """

    parts: tuple[ReportPart, ...]
    title: str
    facts: Sequence[tuple[str, str]]
    mark: str

    @property
    def items(self) -> Iterator[ReportItem]:
        """Every item, in reading order."""
        return (item for part in self.parts for item in part.items)


def write_parts(report: ReportPage, out: Path) -> list[Path]:
    """Write a report.

    Parameters
    ----------
    report : ReportPage
        The report.
    out : Path
        Folder; made if it is absent. Files of an earlier report with the same names are replaced.

    Returns
    -------
    list of Path
        The page, then the CSV files.
    """
    folder = out / CSV_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for item in report.items:
        for name, table in tables_of(item).items():
            path = folder / f"{name}.csv"
            path.write_text(table_csv(table, mark=item.mark), encoding="utf-8", newline="")
            written.append(path)
    # What an earlier report left would pass for a part of this one.
    for stale in set(folder.glob("*.csv")) - set(written):
        stale.unlink()
    page = out / PAGE
    content = report_html(report.parts, title=report.title, facts=report.facts, mark=report.mark)
    page.write_text(content, encoding="utf-8")
    return [page, *written]


def tables_of(item: ReportItem) -> dict[str, Table]:
    """Name every table of an item for its file.

    Parameters
    ----------
    item : ReportItem
        A piece of a report.

    Returns
    -------
    dict of str to Table
        By name of the file, without its ending.
    """
    tables = {item.key if i == 0 else f"{item.key}-{i + 1}": table for i, table in enumerate(item.tables)}
    tables |= {f"{item.key}-{name}": table for name, table in item.data.items()}
    if item.beside is not None:
        tables[f"{item.key}-published"] = item.beside.table
    return tables


def report_html(parts: Sequence[ReportPart], *, title: str, facts: Sequence[tuple[str, str]], mark: str) -> str:
    """Lay out a report as one page.

    Parameters
    ----------
    parts : sequence of ReportPart
        Chapters.
    title : str
        Heading of the page.
    facts : sequence of (str, str)
        What the report rests on.
    mark : str
        Stands at the top; empty where neither patients nor model are simulated.

    Returns
    -------
    str
        HTML with styles and drawing code inside.
    """
    style = files("deeptepp.report").joinpath("report.css").read_text(encoding="utf-8")
    marked = f'<strong class="simulated">{escape(mark)}</strong>' if mark else ""
    body = "".join(_part(part) for part in parts)
    rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n"
        f"<script>{get_plotlyjs()}</script>\n</head>\n<body>\n"
        f'<header class="marks" role="note">{marked}<span>{escape(RESEARCH_USE_ONLY)}</span></header>\n'
        f'<div class="page"><nav aria-label="Contents">{_contents(parts)}</nav>\n'
        f'<main><h1>{escape(title)}</h1>\n<dl class="facts">{rows}</dl>\n<p class="source">{_PUBLISHED}</p>\n'
        f"{body}</main></div>\n</body>\n</html>\n"
    )


def _contents(parts: Sequence[ReportPart]) -> str:
    """List chapters and items; what could not be made is grey."""
    lists = []
    for part in parts:
        links = "".join(
            f'<li{"" if item.is_made else " class=absent"}><a href="#{item.key}">{escape(item.number)}</a></li>'
            for item in part.items
        )
        lists.append(f"<h2>{escape(part.title)}</h2><ul>{links}</ul>")
    return "".join(lists)


def _part(part: ReportPart) -> str:
    """Lay out one chapter: what was made, then what could not be and why."""
    made = "".join(_item(item) for item in part.items if item.is_made)
    return f"<section><h2>{escape(part.title)}</h2>\n{made}{_not_made(part)}</section>\n"


def _not_made(part: ReportPart) -> str:
    """List what this cohort does not allow, by reason."""
    by_reason: dict[str, list[ReportItem]] = {}
    for item in part.items:
        if not item.is_made:
            by_reason.setdefault(item.reason, []).append(item)
    rows = "".join(
        "<li>"
        + ", ".join(
            f'<span id="{item.key}" title="{escape(item.title)}">{escape(item.number)}</span>' for item in items
        )
        + f": {escape(reason)}</li>"
        for reason, items in by_reason.items()
    )
    return f'<div class="absent-items"><h3>Not made from this cohort</h3><ul>{rows}</ul></div>' if rows else ""


def _item(item: ReportItem) -> str:
    """Lay out one item: ours on the left, the published twin on the right."""
    heading = f"<h3><span>{escape(item.number)}</span> {escape(item.title)}</h3>"
    figures = "".join(figure_html(figure) for figure in item.figures)
    tables = "".join(_scrolled(table) for table in item.tables)
    notes = _list("notes", item.notes)
    twin = "" if item.beside is None else _twin(item.beside)
    is_narrow = item.beside is not None and len(item.beside.table.header) <= _NARROW
    kind = "item" if is_narrow else "item wide"
    return (
        f'<article id="{item.key}">{heading}<div class="{kind}"><div class="ours">{figures}{tables}{notes}</div>'
        f"{twin}</div></article>\n"
    )


def _twin(beside: Beside) -> str:
    """Lay out what was published."""
    where = sentence("Published, {where}", where=escape(beside.where)) if beside.where else "Published"
    caveats = ""
    if beside.notes:
        caveats = f"<h5>Before the two are compared</h5>{_list('caveats', beside.notes)}"
    return f'<aside class="published"><h4>{where}</h4>{_scrolled(beside.table)}{caveats}</aside>'


def _scrolled(table: Table) -> str:
    """Let a wide table scroll by itself, with the keyboard too."""
    name = escape(table.title)
    return f'<div class="table" tabindex="0" role="region" aria-label="{name}">{table_html(table)}</div>'


def _list(kind: str, sentences: Sequence[str]) -> str:
    """Lay out sentences as a list."""
    if not sentences:
        return ""
    return f'<ul class="{kind}">{"".join(f"<li>{escape(text)}</li>" for text in sentences)}</ul>'
