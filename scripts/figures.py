"""Draw the figures of the experiments into the documentation, from the results of ``deeptepp evaluate``.

    python scripts/figures.py runs/sim/experiments

Only results of simulated patients are drawn: pictures of a centre's own patients do not belong into a repository.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright
from plotly.graph_objects import Figure

from deeptepp.report.figures.figure_files import find_browser
from deeptepp.report.figures.suite_figures import suite_figures

IMAGES = Path(__file__).parents[1] / "docs" / "img"

WIDTH_PX = 760
"""Width of every picture."""


def main() -> None:
    """Read every suite in the folder and draw what it holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, help="Folder with <suite>.json.")
    parser.add_argument("--out", type=Path, default=IMAGES)
    arguments = parser.parse_args()
    figures: dict[str, Figure] = {}
    for path in sorted(arguments.results.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        if not content.get("is_simulated"):
            sys.exit(f"{path.name} is not of simulated patients; nothing is drawn")
        figures |= suite_figures(content)
    arguments.out.mkdir(parents=True, exist_ok=True)
    draw(figures, arguments.out)


def draw(figures: dict[str, Figure], out: Path) -> None:
    """Take a picture of each figure with Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH_PX, "height": 900}, device_scale_factor=2)
        for name, figure in figures.items():
            page.set_content(figure.to_html(include_plotlyjs=True, config={"displayModeBar": False}))
            page.wait_for_selector(".main-svg")
            page.wait_for_timeout(500)
            page.locator(".plotly-graph-div").screenshot(path=out / f"{name}.png")
            sys.stdout.write(f"{name}.png\n")
        browser.close()


if __name__ == "__main__":
    main()
