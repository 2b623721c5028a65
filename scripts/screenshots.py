"""Take the pictures of the documentation from a running dashboard, on the demo study and simulated patients only.

Run ``make app`` in one terminal and ``python scripts/screenshots.py --url http://127.0.0.1:8501`` in another.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from deeptepp.domain.cohort import Cohort
from deeptepp.report.figures.figure_files import find_browser
from deeptepp.simulate.simulated_cohort import simulate_cohort

WIDTHS_PX = (1440, 800)
"""Widths at which every page is looked at."""

LONG_MS = 240_000
"""How long reading and scoring the demo may take on a slow machine."""

READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'
"""The page while no script runs."""

MEETING = "Demo board"
"""Title of the meeting in the pictures."""

ARMS = {"none": "keine", "T": "Herceptin", "T+P": "Herceptin + Perjeta"}
"""Treatments in the words of another hospital."""

IMAGES = Path(__file__).parents[1] / "docs" / "img"


def main() -> None:
    """Walk from the start page to the result of the demo at every width."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8501")
    parser.add_argument("--out", type=Path, default=IMAGES)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        for width in WIDTHS_PX:
            page = browser.new_page(viewport={"width": width, "height": 900})
            walk(page, arguments.url, arguments.out, width)
            page.close()
        browser.close()


def walk(page: Page, url: str, out: Path, width: int) -> None:
    """Take one picture of every page and of every state that a user spends time in."""
    page.goto(url)
    expect(page.get_by_role("heading", name="Score a case")).to_be_visible(timeout=60_000)
    take(page, out / f"start-{width}.png")
    page.get_by_role("button", name="Open the demo study").click()
    viewer = page.locator('[data-part="viewer"]')
    expect(viewer).to_have_attribute("data-loaded", re.compile(r"[1-9]"), timeout=LONG_MS)
    take(page, out / f"case-{width}.png")
    page.get_by_role("button", name="Score this case").click()
    expect(page.get_by_role("heading", name="Result", exact=True)).to_be_visible(timeout=LONG_MS)
    name_case(page)
    take(page, out / f"result-first-{width}.png", is_whole=False)
    page.get_by_role("button", name="Explain the score").click()
    expect(page.locator(".st-key-why-why-card")).to_contain_text("Integrated gradients", timeout=LONG_MS)
    take(page, out / f"result-{width}.png")
    page.goto(f"{url}/tiers")
    expect(page.locator(".st-key-tiers-km .main-svg").first).to_be_visible(timeout=60_000)
    take(page, out / f"tiers-first-{width}.png", is_whole=False)
    take(page, out / f"tiers-{width}.png")
    own_table(page, url, out, width)
    meeting(page, url, out, width)
    page.goto(f"{url}/evidence")
    expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=60_000)
    take(page, out / f"evidence-{width}.png")


def name_case(page: Page) -> None:
    """Give the case a label of its own."""
    page.get_by_role("button", name="Add a label").click()
    page.get_by_role("textbox", name="Label").fill("Case 7")
    page.get_by_role("button", name="Use this label").click()
    expect(page.get_by_role("heading", name="Case 7")).to_be_visible(timeout=60_000)
    page.keyboard.press("Escape")


def own_table(page: Page, url: str, out: Path, width: int) -> None:
    """Take the matching of columns of another hospital's table, and its curves."""
    page.goto(f"{url}/tiers")
    page.get_by_role("tab", name="Validate in your own cohort").click(timeout=60_000)
    table = {"name": "klinik.csv", "mimeType": "text/csv", "buffer": foreign_table(simulate_cohort(seed=3))}
    page.locator(".st-key-tiers-file input[type=file]").set_input_files(files=[table])
    use = page.get_by_role("button", name="Use these columns")
    expect(use).to_be_visible(timeout=60_000)
    take(page, out / f"tiers-columns-{width}.png")
    use.click()
    expect(page.get_by_text("with known follow-up")).to_be_visible(timeout=60_000)
    expect(page.locator(".main-svg").first).to_be_visible(timeout=60_000)
    take(page, out / f"tiers-own-{width}.png", is_whole=False)


def foreign_table(cohort: Cohort) -> bytes:
    """Write simulated patients as another hospital would: its columns, words, months and commas.

    The subjects keep the names that mark simulated patients.
    """
    lines = ["Pat.-Nr.;Antikörpertherapie;RFS (Monate);Rezidiv;OS (Monate);Tod;Tumorgröße (cm);pN"]
    for i in range(320):
        months = [f"{float(cohort[name][i]):.1f}".replace(".", ",") for name in ("rfs_months", "os_months")]
        events = ["ja" if cohort[name][i] else "nein" for name in ("rfs_event", "os_event")]
        size = f"{float(cohort['tumour_size_mm'][i]) / 10:.1f}".replace(".", ",")
        arm, nodes = ARMS[str(cohort["arm"][i])], cohort["node_stage"][i]
        cells = (f"SIM-{i + 1:04d}", arm, months[0], events[0], months[1], events[1], size, f"p{nodes}")
        lines.append(";".join(cells))
    return "\r\n".join(lines).encode()


def meeting(page: Page, url: str, out: Path, width: int) -> None:
    """Take the board of the demo cases: its list, a case that was decided, the cohort and the minutes."""
    page.goto(f"{url}/board")
    expect(page.get_by_role("heading", name="Tumour board")).to_be_visible(timeout=60_000)
    page.wait_for_selector(READY, timeout=LONG_MS)
    demo = page.get_by_role("button", name="Open the eight demo cases")
    opened = page.get_by_role("button", name="Open Case 3")
    expect(demo.or_(opened).first).to_be_visible(timeout=60_000)
    if demo.count():
        demo.click()
    agenda(page)
    opened.click(timeout=LONG_MS)
    expect(page.get_by_role("heading", name="Case 3")).to_be_visible(timeout=60_000)
    first = page.get_by_role("button", name="Record the decision")
    show = page.get_by_role("button", name="Show the score", exact=True)
    score = page.get_by_role("heading", name="2. The score")
    expect(first.or_(show).or_(score).first).to_be_visible(timeout=60_000)
    page.wait_for_timeout(1_000)
    if not show.count() and not score.count():
        page.get_by_role("radiogroup", name="Decision of the board").get_by_text("Trastuzumab", exact=True).click()
        first.click()
        expect(show).to_be_visible(timeout=60_000)
    if not score.count():
        show.click()
    expect(page.get_by_role("heading", name="2. The score")).to_be_visible(timeout=60_000)
    take(page, out / f"board-case-{width}.png")
    held = re.search(r"meeting=[^&]+", page.url)
    for view in ("meeting", "cohort", "minutes"):
        page.goto(f"{url}/board?view={view}&{held[0] if held else ''}")
        page.wait_for_selector(READY, timeout=LONG_MS)
        take(page, out / f"board-{view}-{width}.png")


def agenda(page: Page) -> None:
    """Choose the meeting of the pictures; make it where it is not there, with every case on its agenda."""
    page.get_by_role("combobox", name="Meeting").click(timeout=LONG_MS)
    known = page.get_by_role("option", name=re.compile(MEETING))
    if known.count():
        known.first.click()
    else:
        page.keyboard.press("Escape")
        page.get_by_role("button", name="New meeting").click()
        title = page.get_by_role("textbox", name="Title")
        title.fill(MEETING)
        title.press("Enter")
        page.get_by_role("button", name="Make the meeting").click()
        page.get_by_role("button", name="Put cases on the agenda").click(timeout=60_000)
        page.get_by_role("button", name="Put all of them on").click(timeout=60_000)
    expect(page.get_by_text("8 of 8 cases")).to_be_visible(timeout=60_000)


def take(page: Page, path: Path, *, is_whole: bool = True) -> None:
    """Wait until the page rests, then take all of it, or what stands on the first screen."""
    page.wait_for_selector(READY, timeout=LONG_MS)
    expect(page.locator('[data-testid="stSkeleton"]')).to_have_count(0, timeout=LONG_MS)
    page.mouse.move(0, 0)
    page.wait_for_timeout(2_500)
    if not is_whole:
        page.screenshot(path=path)
        return
    # The page scrolls inside of itself; the window must be as tall as its content to show all of it.
    height = page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollHeight")
    size = page.viewport_size or {"width": 1440, "height": 900}
    page.set_viewport_size({"width": size["width"], "height": max(900, int(height))})
    page.wait_for_timeout(1_500)
    page.screenshot(path=path)
    page.set_viewport_size(size)


if __name__ == "__main__":
    main()
