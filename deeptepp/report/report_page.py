"""A report as one HTML page that needs no network, and every number of it as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

import plotly.graph_objects as go
from jinja2 import Environment, PackageLoader, StrictUndefined
from plotly.offline import get_plotlyjs

from deeptepp.domain.risk import RESEARCH_USE_ONLY
from deeptepp.file_sets import writing_set
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.report_item import ReportItem, ReportPart
from deeptepp.report.text_table import Table, table_csv
from deeptepp.wording.sentence import sentence

PAGE, CSV_FOLDER = "index.html", "csv"
"""Names in the folder of a report."""

_CONFIG = {"displaylogo": False, "responsive": True, "modeBarButtonsToRemove": ["lasso2d", "select2d"]}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ReportPage:
    """A report before it is written.

    ``mark``: stands at the top, empty where neither patients nor model are simulated. Items bear their own.
    """

    parts: tuple[ReportPart, ...]
    title: str
    facts: Sequence[tuple[str, str]]
    mark: str

    @property
    def items(self) -> Iterator[ReportItem]:
        """Every item, in reading order."""
        return (item for part in self.parts for item in part.items)


def write_report(report: ReportPage, out: Path, more: Mapping[str, bytes] = MappingProxyType({})) -> list[Path]:
    """Write a report in place of the one before, as a whole.

    ``out``: folder, made if it is absent; ``more``: other files of it, by their path. Gives the page, then the
    tables. Raises FolderInUse, DiskFull: as ``writing_set``.
    """
    tables = {
        f"{CSV_FOLDER}/{name}.csv": table_csv(table, mark=item.mark).encode()
        for item in report.items
        for name, table in tables_of(item).items()
    }
    page = report_html(report.parts, title=report.title, facts=report.facts, mark=report.mark).encode()
    about = {"report": report.title, **dict(report.facts)}
    with writing_set(out, about) as folder:
        for name, content in {PAGE: page, **tables, **more}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
    return [out / PAGE, *(out / name for name in tables)]


def model_facts(bundle: ModelBundle) -> list[tuple[str, str]]:
    """Name, kind of training patients and digest of a model, for the head of a page."""
    kind = "simulated" if bundle.is_simulated else "real"
    return [
        ("Model", sentence("{name}, {value} training patients", name=bundle.name, value=kind)),
        ("Model, SHA-256", bundle.sha256[:16]),
    ]


def tables_of(item: ReportItem) -> dict[str, Table]:
    """Name every table of an item for its file.

    The result is by name of the file, without its ending.
    """
    tables = {item.key if i == 0 else f"{item.key}-{i + 1}": table for i, table in enumerate(item.tables)}
    tables |= {f"{item.key}-{name}": table for name, table in item.data.items()}
    if item.beside is not None:
        tables[f"{item.key}-published"] = item.beside.table
    return tables


def report_html(parts: Sequence[ReportPart], *, title: str, facts: Sequence[tuple[str, str]], mark: str) -> str:
    """Report as one page with styles and drawing code inside; the mark stands at its top."""
    pages = Environment(
        loader=PackageLoader("deeptepp.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    pages.filters["figure_html"] = figure_html
    return pages.get_template("report.html").render(
        parts=parts,
        title=title,
        facts=facts,
        mark=mark,
        research_use_only=RESEARCH_USE_ONLY,
        style=files("deeptepp.report").joinpath("report.css").read_text(encoding="utf-8"),
        plotly=get_plotlyjs(),
    )


def figure_html(figure: go.Figure) -> str:
    """Figure as a ``div`` that needs plotly.js on its page, its words (``layout.meta["alt"]``) as the label.

    The same figure gives the same bytes.
    """
    meta = figure.layout.meta
    alt = str(meta.get("alt", "")) if isinstance(meta, dict) else ""
    drawn: str = figure.to_html(
        config=_CONFIG,
        include_plotlyjs=False,
        full_html=False,
        default_width="100%",
        div_id=f"figure-{sha256(figure.to_json().encode()).hexdigest()[:12]}",
    )
    return f'<div class="figure" role="img" aria-label="{escape(alt, quote=True)}">{drawn}</div>'
