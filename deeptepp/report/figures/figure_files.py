"""Figures as files for a paper: SVG and PDF as vectors with their text, PNG of 300 dots per inch, all 180 mm wide.

Plotly draws in a browser, so that a browser draws the files too: Chromium, started once for all figures by
Kaleido. It is given a proxy that leads nowhere, and reads its drawing code from this installation: nothing is
fetched.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import re
import shutil
import time
import zipfile
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from deeptepp.errors import FigureNotDrawn, NoBrowser
from deeptepp.report.figures.image_facts import with_png_facts
from deeptepp.report.report_item import ReportItem
from deeptepp.report.text_table import Table, table_csv

if TYPE_CHECKING:
    from kaleido import Kaleido

FORMATS = ("svg", "pdf", "png")
"""Vector for the web and editors, vector for print, pixels for slides."""

WIDTH_MM = 180.0
"""Two columns of a journal."""

DPI = 300
"""Of the PNG, dots per inch."""

LIST_NAME = "figures.csv"
"""File that lists the figures with their words, for captions and for who cannot see them."""

_CSS_DPI, _MM_PER_INCH = 96, 25.4
_WIDTH_PX = round(WIDTH_MM / _MM_PER_INCH * _CSS_DPI)
"""Width at which a figure is laid out: 180 mm at the 96 px to an inch of CSS."""

_DEFAULT_HEIGHT_PX = 450
"""Of a figure that says none."""

_MOST_S = 60.0
"""Longest time for one figure."""

_BROWSERS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
"""Names under which a browser of this kind lies on the PATH; the first draws in two thirds of the time."""

_NOWHERE = "127.0.0.1:9"
"""Proxy of the browser: the port of the discard service, where nothing listens."""

Told = Callable[[float], None]
"""Hears what share of the work is done; raises to stop it."""


@dataclass(frozen=True, slots=True, eq=False)
class NamedFigure:
    """A figure and the name of its files.

    ``name``: letters, digits and dashes; ``figure``: marks and numbers are in the picture.
    """

    name: str
    figure: go.Figure
    title: str

    @property
    def alt(self) -> str:
        """The figure in words."""
        return str((self.figure.layout.meta or {}).get("alt", self.title))


def figures_of(items: Iterable[ReportItem]) -> tuple[NamedFigure, ...]:
    """Name every figure of some items.

    The result is in reading order.
    """
    return tuple(
        NamedFigure(item.key if i == 0 else f"{item.key}-{i + 1}", figure, item.title)
        for item in items
        for i, figure in enumerate(item.figures)
    )


def find_browser() -> str:
    """Find the browser that draws, so that its lack is told before anything is waited for.

    Raises NoBrowser: no Chromium or Chrome is on the PATH or named by BROWSER_PATH.
    """
    named = os.environ.get("BROWSER_PATH")
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None:
        raise NoBrowser
    return found


def drawn_figures(
    figures: Sequence[NamedFigure], formats: Sequence[str], told: Told = lambda _share: None
) -> dict[str, bytes]:
    """Draw figures in every format that is asked for, by one browser.

    ``figures``: each is drawn 180 mm wide; ``told``: hears the share done, in [0, 1], what it raises stops the
    work. Raises NoBrowser: no browser was found; FigureNotDrawn: the browser failed at a figure.
    """
    browser = find_browser()
    files = asyncio.run(_draw(browser, figures, formats, told)) if figures else {}
    rows = tuple((each.name, each.title, each.alt) for each in figures)
    listed = table_csv(Table("Figures", ("figure", "title", "in words"), rows))
    return {**files, LIST_NAME: listed.encode()}


def zipped(files: dict[str, bytes]) -> bytes:
    """Pack files into an archive, dated now."""
    packed = io.BytesIO()
    now = time.localtime()[:6]
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, now), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


async def _draw(
    program: str, figures: Sequence[NamedFigure], formats: Sequence[str], told: Told
) -> dict[str, bytes]:
    """Draw all figures in one browser."""
    files: dict[str, bytes] = {}
    wanted = [(each, kind) for each in figures for kind in formats]
    async with _browser(program) as browser:
        for i, (each, kind) in enumerate(wanted):
            told(i / len(wanted))
            files[f"{each.name}.{kind}"] = await _one(browser, each, kind)
    return files


@asynccontextmanager
async def _browser(program: str) -> AsyncIterator[Kaleido]:
    """Start the browser, and end it whatever happens."""
    from kaleido import Kaleido, PageGenerator

    for library in ("kaleido", "choreographer"):
        # They tell the log of every tab and folder.
        logging.getLogger(library).setLevel(logging.WARNING)
    page = PageGenerator(mathjax=False)
    page.header = page.header.replace("Kaleido-fier", "DeepTEPP figure")  # becomes the title of a PDF
    async with Kaleido(n=1, timeout=_MOST_S, page_generator=page, path=program, proxy_server=_NOWHERE) as browser:
        yield browser


async def _one(browser: Kaleido, named: NamedFigure, kind: str) -> bytes:
    """Draw one figure in one format."""
    height_px = int(named.figure.layout.height or _DEFAULT_HEIGHT_PX)
    size: dict[str, Any] = {"format": kind, "width": _WIDTH_PX, "height": height_px}
    # The browser cuts off what is left of a pixel.
    scale = (round(DPI * WIDTH_MM / _MM_PER_INCH) + 0.5) / _WIDTH_PX if kind == "png" else 1
    try:
        # Plain values: Kaleido would else look for a renderer of plotly's own.
        drawn: bytes = await browser.calc_fig(json.loads(named.figure.to_json()), {**size, "scale": scale})
    except Exception as error:  # noqa: BLE001  whatever the browser did, one figure is named
        raise FigureNotDrawn(value=named.name, reason=type(error).__name__) from None
    if kind == "svg":
        return _with_svg_facts(drawn.decode(), named, height_px).encode()
    return with_png_facts(drawn, dpi=DPI, title=named.title, alt=named.alt) if kind == "png" else drawn


def _with_svg_facts(svg: str, named: NamedFigure, height_px: int) -> str:
    """Give an SVG its size in millimetres, and the words of the figure."""
    height_mm = WIDTH_MM * height_px / _WIDTH_PX
    sized = re.sub(
        r'width="[\d.]+" height="[\d.]+"', f'width="{WIDTH_MM:g}mm" height="{height_mm:.2f}mm"', svg, count=1
    )
    words = f"<title>{escape(named.title)}</title><desc>{escape(named.alt)}</desc>"
    return re.sub(r"(<svg [^>]*)>", lambda head: f'{head.group(1)} role="img">{words}', sized, count=1)
