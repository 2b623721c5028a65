"""Take the pictures of the documentation from a running dashboard, on the demo study only.

Run ``make app`` in one terminal and ``python scripts/screenshots.py --url http://127.0.0.1:8501`` in another.
"""

from __future__ import annotations

import argparse
import re
import shutil
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

WIDTHS_PX = (1440, 800)
"""Widths that every page is looked at."""

LONG_MS = 240_000
"""How long reading and scoring the demo may take on a slow machine."""

READY = '[data-testid="stApp"][data-test-script-state="notRunning"]'
"""The page while no script runs."""

IMAGES = Path(__file__).parents[1] / "docs" / "img"


def main() -> None:
    """Walk from the start page to the result of the demo at every width."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8501")
    parser.add_argument("--out", type=Path, default=IMAGES)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
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
    take(page, out / f"result-first-{width}.png", is_whole=False)
    page.get_by_role("button", name="Explain the score").click()
    expect(page.locator(".st-key-why-why-card")).to_contain_text("Integrated gradients", timeout=LONG_MS)
    take(page, out / f"result-{width}.png")
    page.goto(f"{url}/tiers")
    expect(page.locator(".st-key-tiers-km .main-svg").first).to_be_visible(timeout=60_000)
    take(page, out / f"tiers-first-{width}.png", is_whole=False)
    take(page, out / f"tiers-{width}.png")
    meeting(page, url, out, width)
    page.goto(f"{url}/evidence")
    expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=60_000)
    take(page, out / f"evidence-{width}.png")


def meeting(page: Page, url: str, out: Path, width: int) -> None:
    """Take the board of the demo cases: its list, a case that was decided, the cohort and the minutes."""
    page.goto(f"{url}/board")
    expect(page.get_by_role("heading", name="Tumour board")).to_be_visible(timeout=60_000)
    page.wait_for_selector(READY, timeout=LONG_MS)
    demo = page.get_by_role("button", name="Open the eight demo cases")
    if demo.count():
        demo.click()
    page.get_by_role("button", name="Open Case 3").click(timeout=60_000)
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
    for view in ("meeting", "cohort", "minutes"):
        page.goto(f"{url}/board?view={view}")
        page.wait_for_selector(READY, timeout=LONG_MS)
        take(page, out / f"board-{view}-{width}.png")


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
