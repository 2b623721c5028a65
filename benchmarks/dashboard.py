"""Time the dashboard in a real browser: python benchmarks/dashboard.py [--study STUDY.zip] [--out FILE.md].

Every figure stands beside a peer and a floor that were timed in the same run. The peer is what Streamlit gives
without own code: a slider with a picture for slices, a slider with a figure in a page that does nothing else for
curves, an empty page for pages. The floor is what no page can beat here: one frame of the browser, a slider with a
word, an address that answers with a word.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from browsing import STEP, chromium, serving
from playwright.sync_api import Browser, Page, expect

ROOT = Path(__file__).parents[1]
PEER = """
import numpy as np
import plotly.graph_objects as go
import streamlit as st

st.set_page_config(layout="wide")
if st.query_params.get("part") == "slices":
    stack = np.random.default_rng(0).integers(0, 255, (104, 384, 384), dtype=np.uint8)
    st.image(stack[st.slider("slice", 0, 103, 50)], width=700)
elif st.query_params.get("part") == "curves":
    @st.fragment
    def part():
        at = st.slider("cut", 0.0, 1.0, 0.1, 0.005)
        x = np.arange(400)
        figure = go.Figure([go.Scatter(x=x, y=at + x * j / 400) for j in range(9)])
        st.plotly_chart(figure, key="figure")
        st.text(f"at {at:.3f}")
    part()
elif st.query_params.get("part") == "nothing":
    @st.fragment
    def part():
        st.text(f"at {st.slider('cut', 0.0, 1.0, 0.1, 0.005):.3f}")
    part()
else:
    st.title("Empty")
"""
READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'
WATCH = """([selector]) => {
  window.changes = [];
  const all = {subtree: true, childList: true, attributes: true, characterData: true};
  const within = (node) => (node.nodeType === 1 ? node : node.parentElement)?.closest(selector);
  new MutationObserver((records) => {
    if (records.some((each) => within(each.target) || [...each.addedNodes].some(within))) {
      window.changes.push(performance.now());
    }
  }).observe(document.body, all);
}"""


PAGES = {
    "Tiers laboratory": ".js-plotly-plot .main-svg",
    "Tumour board": ".st-key-board-empty, .dt-board-row",
    "Evidence": ".js-plotly-plot .main-svg",
    "Score a case": '[data-part="idle"]',
}
"""Every page, and what must be there before it counts as drawn."""

PAGE = """# The dashboard in a browser

Headless Chromium without a graphics card, 1440 x 900; {n_cores} cores serve and draw; load {load:.1f} before.
SIMULATED patients. Median and 95th percentile, ms; several times, the first two not counted.

| what | ours | 95 % | peer | times faster | floor | limit |
| --- | ---: | ---: | ---: | ---: | ---: | --- |
{rows}

From {way} to slices that can be scrolled: {opened_s:.1f} s.

Pages: from the address to the end of the last script with everything drawn; the peer is an empty page of
Streamlit, the floor an address that answers with a word. Slices: the peer is a slider beside a picture, the floor
one frame of the browser. Slider: from the key to the last change of the figure; the peer is a page with nothing
but a slider and a figure of nine lines, the floor a slider and a word, also peer and floor of the row.

`python benchmarks/dashboard.py --out docs/results/dashboard_speed.md`
"""


@dataclass(frozen=True)
class Timing:
    """One row of the table, ms."""

    name: str
    ours: list[float]
    peer: list[float]
    floor: list[float]
    limit_ms: float | None = None

    def row(self) -> str:
        """Write the row."""
        ours, peer, floor = (statistics.median(times) for times in (self.ours, self.peer, self.floor))
        worst = statistics.quantiles(self.ours, n=20)[-1] if len(self.ours) > 1 else ours
        limit = (
            ""
            if self.limit_ms is None
            else f"{self.limit_ms:,.0f}, {'met' if ours <= self.limit_ms else 'missed'}"
        )
        times = f"{ours:,.0f} | {worst:,.0f} | {peer:,.0f} | {peer / ours:.1f} | {floor:,.0f}"
        return f"| {self.name} | {times} | {limit} |"


def settle(page: Page) -> None:
    """Wait until the script has ended and nothing is left to be drawn."""
    page.wait_for_selector(READY, timeout=120_000)
    expect(page.locator('[data-testid="stSkeleton"]')).to_have_count(0, timeout=120_000)


def load_times(browser: Browser, url: str, shows: str, n: int, *, is_page: bool = True) -> list[float]:
    """Open a page in a new tab of a browser that was here before, until its last script has ended, ms."""
    times = []
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        for _ in range(n + 1):
            with context.new_page() as page:
                began = time.perf_counter()
                page.goto(url)
                page.wait_for_selector(shows, timeout=120_000)
                if is_page:
                    settle(page)
                times.append(1000 * (time.perf_counter() - began))
    return times[1:]


def visit_times(page: Page, url: str, n: int) -> dict[str, list[float]]:
    """Go round all pages by the links at the top, as a user does who has them open, ms."""
    page.goto(url)
    settle(page)
    times: dict[str, list[float]] = {name: [] for name in PAGES}
    for _ in range(n + 1):
        for name, shows in PAGES.items():
            link = page.get_by_test_id("stTopNavLink").filter(has_text=name)
            began = time.perf_counter()
            link.click()
            page.get_by_role("heading", name=name, level=1).wait_for()
            page.wait_for_selector(shows)
            settle(page)
            times[name].append(1000 * (time.perf_counter() - began))
    return {name: each[1:] for name, each in times.items()}


def change_times(page: Page, press: Callable[[], object], watched: str, n: int) -> list[float]:
    """Do something n times, and time until the last change of what is watched, ms."""
    times = []
    page.evaluate(WATCH, [watched])
    for _ in range(n):
        page.evaluate("() => { window.changes = []; }")
        began = page.evaluate("performance.now()")
        press()
        page.wait_for_function("window.changes.length > 0", timeout=30_000)
        # What is drawn in pieces counts until the last of them; half a second without a change ends it.
        page.wait_for_function("performance.now() - window.changes.at(-1) > 500", timeout=30_000)
        times.append(page.evaluate("window.changes.at(-1)") - began)
        settle(page)
    return times


def slider_times(page: Page, name: str, watched: str, n: int) -> list[float]:
    """Move a slider by the keyboard, ms."""
    settle(page)
    page.get_by_role("slider", name=name).focus()
    change_times(page, lambda: page.keyboard.press("ArrowRight"), watched, 2)
    return change_times(page, lambda: page.keyboard.press("ArrowRight"), watched, n)


def open_images(page: Page, url: str, study: Path | None) -> float:
    """Hand a study in, or open the demo, until its slices can be scrolled; seconds."""
    page.goto(url)
    settle(page)
    began = time.perf_counter()
    if study is None:
        page.get_by_role("button", name="Open the demo study").click()
    else:
        page.locator('[data-part="files-input"]').set_input_files(study)
    expect(page.locator('[data-part="viewer"]')).to_have_attribute(
        "data-loaded", re.compile(r"[1-9]"), timeout=300_000
    )
    took = time.perf_counter() - began
    page.wait_for_timeout(4_000)
    return took


def row_times(page: Page, url: str, n: int) -> list[float]:
    """Open a case of the board by its row, ms."""
    page.goto(f"{url}/board")
    settle(page)
    demo = page.get_by_role("button", name="Open the eight demo cases")
    if demo.count():
        demo.click()
    times = []
    for number in range(n):
        label = f"Case {number % 8 + 1}"
        button = page.get_by_role("button", name=f"Open {label}")
        expect(button).to_be_visible(timeout=60_000)
        settle(page)
        began = time.perf_counter()
        button.click()
        page.get_by_role("heading", name=label).wait_for()
        times.append(1000 * (time.perf_counter() - began))
        page.get_by_role("button", name="Back to the list").click()
    return times


def measured(browser: Browser, url: str, peer: str, study: Path | None) -> tuple[list[Timing], dict[str, float]]:
    """Time everything."""
    empty = load_times(browser, peer, "h1", 6)
    word = load_times(browser, f"{peer}/_stcore/health", "body", 6, is_page=False)
    with browser.new_page(viewport={"width": 1440, "height": 900}) as page:
        visits = visit_times(page, url, 6)
    rows = [Timing(f"{name}, by its link", times, empty, word, 1500) for name, times in visits.items()]
    rows += [
        Timing(f"{name}, in a new tab", load_times(browser, f"{url}/{path}", shows, 5), empty, word)
        for name, path, shows in (
            ("Score a case", "", "h1"),
            ("Tiers laboratory", "tiers", ".js-plotly-plot .main-svg"),
            ("Tumour board, cohort", "board?view=cohort", ".js-plotly-plot .main-svg"),
            ("Evidence", "evidence", ".js-plotly-plot .main-svg"),
        )
    ]
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    opened_s = open_images(page, url, study)
    keys = ["ArrowUp"] * 20 + ["ArrowDown"] * 40 + ["ArrowUp"] * 20
    steps = [row[0] for row in page.evaluate(STEP, keys)]
    frames = [row[0] for row in page.evaluate(STEP.replace("viewer.dispatchEvent", "void"), keys)]
    page.goto(f"{peer}/?part=slices")
    image = slider_times(page, "slice", '[data-testid="stImage"], [data-testid="stMain"]', 8)
    rows.append(Timing("slice step", steps, image, frames, 30))
    page.goto(f"{peer}/?part=nothing")
    nothing = slider_times(page, "cut", '[data-testid="stMain"]', 8)
    page.goto(f"{peer}/?part=curves")
    figure = slider_times(page, "cut", '[data-testid="stMain"]', 8)
    page.goto(f"{url}/tiers")
    page.wait_for_selector(".st-key-tiers-km .main-svg")
    curves = slider_times(page, "Low below a score of", ".st-key-tiers-km", 12)
    rows.append(Timing("cut-off slider to redrawn curves, 726 patients", curves, figure, nothing, 400))
    rows.append(Timing("row of the board to its case", row_times(page, url, 8), nothing, nothing))
    page.close()
    return rows, {"opened_s": opened_s}


def main() -> None:
    """Serve the dashboard and the peer, drive both, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=Path, help="zip of a study; the demo study when left out")
    parser.add_argument("--out", type=Path, help="Markdown file to write")
    arguments = parser.parse_args()
    study = arguments.study.resolve() if arguments.study else None
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "peer.py").write_text(PEER)
        board = str(Path(folder) / "board.sqlite")
        with (
            serving(ROOT / "app.py", DEEPTEPP_BOARD=board, TMPDIR=folder) as url,
            serving(Path(folder) / "peer.py") as peer,
            chromium() as browser,
        ):
            rows, facts = measured(browser, url, peer, study)
    text = written(rows, facts, load, arguments)
    print(text)
    if arguments.out:
        arguments.out.write_text(text, encoding="utf-8")


def written(rows: list[Timing], facts: dict[str, float], load: float, arguments: argparse.Namespace) -> str:
    """Write the page."""
    way = (
        "the file"
        if arguments.study
        else "the click on the demo, six phases of 104 x 384 x 384 that are simulated,"
    )
    return PAGE.format(
        n_cores=os.cpu_count(),
        load=load,
        rows="\n".join(row.row() for row in rows),
        way=way,
        opened_s=facts["opened_s"],
    )


if __name__ == "__main__":
    main()
