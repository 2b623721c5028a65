"""A page on paper: whole figures, marks on every sheet, nothing that cannot be pressed there."""

import pytest
from browser import wait_until_drawn
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

PAPER_PX = 703
"""Width of A4 between its margins of 12 mm, at 96 px an inch."""

EDGES = """() => [...document.querySelectorAll('.svg-container')].filter((e) => e.clientWidth)
  .map((e) => Math.round(e.getBoundingClientRect().right))"""


def test_a_page_is_printed_whole_and_marked_and_figures_are_no_stops_of_tab(page, app):
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{app.url}/tiers")
    expect(page.locator(".st-key-tiers-km .main-svg").first).to_be_visible(timeout=60_000)
    wait_until_drawn(page)
    assert (
        page.evaluate("[...document.querySelectorAll('.modebar-btn')].filter((b) => b.tabIndex >= 0).length") == 0
    )
    title, buttons = page.locator(".st-key-tiers-km .gtitle"), page.locator(".st-key-tiers-km .modebar")
    assert buttons.bounding_box()["y"] > title.bounding_box()["y"] + title.bounding_box()["height"]
    see_through = "getComputedStyle(document.querySelector('.st-key-masthead').parentElement).backgroundColor"
    assert page.evaluate(see_through).startswith("rgb(")

    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": PAPER_PX, "height": 1000})
    page.wait_for_function(f"() => Math.max(...({EDGES})()) <= {PAPER_PX}")
    for gone in (".st-key-masthead", ".stButton", ".modebar-container", "header"):
        assert page.locator(gone).locator("visible=true").count() == 0, gone
    rules = (
        "[...document.querySelectorAll('style')].map((s) => s.textContent).find((t) => t.includes('@top-center'))"
    )
    assert "RESEARCH USE ONLY  ·  SIMULATED COHORT" in page.evaluate(rules)
