"""Steps and waits that browser tests share."""

import re
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

PATIENCE_MS = 120_000
"""How long a step may take on a busy machine; what is there sooner is not waited for."""

LONG_MS = 300_000
"""Reading and scoring a real study on a busy machine."""

PAPERS = {"light": "rgb(255, 255, 255)", "dark": "rgb(17, 24, 28)"}
"""Colour of the page in each theme."""

IS_IN_COLOURS = """paper =>
  getComputedStyle(document.querySelector('[data-testid="stApp"]')).backgroundColor === paper
  && !document.getAnimations().some((each) => each instanceof CSSTransition)"""
"""Whether the page stands in the colours of a theme and no colour is still on its way."""

RULES = {
    "light": {"resultTypes": ["violations"]},
    "dark": {"resultTypes": ["violations"], "runOnly": ["color-contrast", "link-in-text-block"]},
}
"""Options of axe: everything once, and again what colours decide."""

REFUSED = ("serious", "critical")
"""Impacts that no page may have."""

ALSO_REFUSED = ("heading-order", "empty-table-header")
"""Rules of less impact that are ours to keep; others are met inside of Streamlit's own widgets."""


IS_QUIET = """() => {
    const app = document.querySelector("[data-testid=stApp]")
    if (app.dataset.testScriptState !== "notRunning") window.quietSince = performance.now()
    return performance.now() - window.quietSince > 500
}"""


def wait_until_drawn(page: Page) -> None:
    """Wait until the script has ended for good; before that, a click can be lost and an element take the focus.

    A tab presents itself once the page is drawn, and the page is run once more.
    """
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=PATIENCE_MS)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=PATIENCE_MS)
    page.evaluate("window.quietSince = performance.now()")
    page.wait_for_function(IS_QUIET, timeout=PATIENCE_MS)


@contextmanager
def fresh_context(browser):
    """Open a profile of its own, as patient as all others."""
    with browser.new_context(viewport={"width": 1440, "height": 1000}) as context:
        context.set_default_timeout(PATIENCE_MS)
        yield context


def press(page, name, *, exact=False):
    """Press a button once the page stands still, and wait until what it does is drawn."""
    wait_until_drawn(page)
    page.get_by_role("button", name=name, exact=exact).click()
    wait_until_drawn(page)


def open_start(page, app):
    page.goto(app.url)
    expect(page.get_by_role("heading", name="Score a case")).to_be_visible(timeout=PATIENCE_MS)
    wait_until_drawn(page)


def hand_in(page, path, kind="files"):
    wait_until_drawn(page)
    page.locator(f'[data-part="{kind}-input"]').set_input_files(path)


def viewer_of(page):
    viewer = page.locator('[data-part="viewer"]')
    expect(viewer).to_have_attribute("data-loaded", re.compile(r"[1-9]"), timeout=LONG_MS)
    return viewer


def choose(page, label, option):
    wait_until_drawn(page)
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()


def score_case(page):
    wait_until_drawn(page)
    page.get_by_role("button", name="Score this case").click()


def expect_tier(page):
    expect(page.get_by_role("heading", name="Result", exact=True)).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_text(re.compile("Low|Moderate|High")).first).to_be_visible()
    expect(page.get_by_text(re.compile("SIMULATED COHORT")).first).to_be_visible()


def draw_box_around_the_middle_of_the_lesion(page, viewer):
    """Zoom on the lesion, which puts it in the middle, and drag a rectangle around it."""
    wait_until_drawn(page)
    viewer.focus()
    page.keyboard.press("l")
    page.keyboard.press("z")
    page.keyboard.press("d")
    frame = page.locator('[data-part="canvas"]').bounding_box()
    middle_x, middle_y = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
    page.mouse.move(middle_x - 90, middle_y - 90)
    page.mouse.down()
    page.mouse.move(middle_x + 90, middle_y + 90, steps=6)
    page.mouse.up()
    page.get_by_role("button", name="Use this box").click()
    expect(page.get_by_text(re.compile("inside the box you drew")).first).to_be_visible(timeout=PATIENCE_MS)


def search_worklist(page, accession):
    page.get_by_role("textbox", name="Accession number").fill(accession)
    page.get_by_role("button", name="Search", exact=True).click()
    wait_until_drawn(page)


def expect_no_upload_left(page, app):
    for _ in range(300):
        if not app.uploads:
            return
        page.wait_for_timeout(200)
    assert app.uploads == []


def expect_accessible(page, state):
    """Look at the page in both themes, in the one it stands in first; it is left in the other.

    Figures take new colours with the next run of the page, so that every second state has them in dark ones.
    """
    is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    for theme in sorted(PAPERS, reverse=not is_dark):
        page.emulate_media(color_scheme=theme)
        page.wait_for_function(IS_IN_COLOURS, arg=PAPERS[theme], timeout=PATIENCE_MS)
        wait_until_drawn(page)
        found = [
            f"{violation['impact']} {violation['id']}: {[node['target'] for node in violation['nodes'][:3]]}"
            for violation in Axe().run(page, options=RULES[theme]).response["violations"]
            if violation["impact"] in REFUSED or violation["id"] in ALSO_REFUSED
        ]
        assert found == [], (state, theme, found)
