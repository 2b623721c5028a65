"""Figures as a browser draws them: where every piece of text lies, for tests of what is cut or overlaps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from plotly.graph_objects import Figure
from plotly.offline import get_plotlyjs

from deeptepp.report.figures.figure_files import find_browser

WIDTHS = (520, 760, 1200)
"""A column of a page on a small screen, of a document, and a wide screen; px."""

_DRAW = """
async ([json, width]) => {
  const div = document.getElementById('figure');
  Plotly.purge(div);
  div.style.width = width + 'px';
  const figure = JSON.parse(json);
  figure.layout.width = width;
  await Plotly.newPlot(div, figure.data, figure.layout, {displayModeBar: false});
}
"""

_TEXTS = """
() => {
  const div = document.getElementById('figure'), box = div.getBoundingClientRect(), found = [];
  for (const text of div.querySelectorAll('svg.main-svg text')) {
    const words = text.textContent.trim(), r = text.getBoundingClientRect();
    if (!words || r.width === 0) continue;
    found.push({words, left: r.left - box.left, top: r.top - box.top,
                right: r.right - box.left, bottom: r.bottom - box.top});
  }
  return {texts: found, width: box.width, height: div.querySelector('.main-svg').getBoundingClientRect().height};
}
"""


@dataclass(frozen=True, slots=True)
class Text:
    """Words and their box from the upper left corner of the figure, px."""

    words: str
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Text) -> bool:
        """Tell whether two pieces of text run into each other; the leading of a line may touch."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > 1 and down > 4


@contextmanager
def drawing_page() -> Iterator[Page]:
    """Open a page that can draw."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1240, "height": 1000})
        page.set_content('<body style="margin:0"><div id="figure"></div></body>')
        page.add_script_tag(content=get_plotlyjs())
        yield page
        browser.close()


def faults(page: Page, figure: Figure, width: int, picture: Path | None = None) -> list[str]:
    """Draw a figure and list the texts that are cut or run into each other."""
    page.evaluate(_DRAW, [figure.to_json(), width])
    if picture is not None:
        page.locator("#figure .main-svg >> nth=0").screenshot(path=picture)
    drawn = page.evaluate(_TEXTS)
    texts = [Text(**text) for text in drawn["texts"]]
    cut = [
        f"cut: {t.words}"
        for t in texts
        if t.left < -0.5 or t.top < -0.5 or t.right > width + 0.5 or t.bottom > drawn["height"] + 0.5
    ]
    return cut + [f"overlap: {a.words} / {b.words}" for a, b in combinations(texts, 2) if a.overlaps(b)]
