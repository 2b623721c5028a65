"""A meeting as a board holds it, in Chromium: decide, see the score, decide again, take the minutes home."""

import pytest
from browser import wait_until_drawn
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_meeting_from_the_demo_cases_to_the_minutes(page, app):
    page.goto(f"{app.url}/board")
    expect(page.get_by_role("heading", name="Tumour board")).to_be_visible(timeout=60_000)
    wait_until_drawn(page)
    # The board of the server may hold them from an earlier test.
    demo = page.get_by_role("button", name="Open the eight demo cases")
    if demo.count():
        demo.click()
    page.get_by_role("button", name="Open Case 3").click(timeout=60_000)
    expect(page.get_by_role("heading", name="Case 3")).to_be_visible()
    expect(page.get_by_role("heading", name="2. The score")).to_have_count(0)
    page.get_by_role("radiogroup", name="Decision of the board").get_by_text("Trastuzumab", exact=True).click()
    page.get_by_role("button", name="Record the decision").click()
    page.get_by_role("button", name="Show the score", exact=True).click()
    expect(page.get_by_role("heading", name="2. The score")).to_be_visible()
    decision = page.get_by_role("radiogroup", name="Decision of the board")
    decision.get_by_text("Trastuzumab + pertuzumab").click()
    page.get_by_role("radiogroup", name="The board's own view").get_by_text("Agrees", exact=True).click()
    page.get_by_role("button", name="Record the decision").click()
    expect(page.get_by_text("Record another decision")).to_be_visible()
    page.get_by_role("button", name="Back to the list").click()
    expect(page.get_by_text("8 of 8 cases; 1 decided.")).to_be_visible()
    expect(page.get_by_text("Score hidden")).to_have_count(7)
    score = page.locator(".dt-board-row .score b").inner_text()
    page.get_by_role("radio", name="Minutes").click()
    with page.expect_download() as csv:
        page.get_by_role("button", name="Minutes as CSV").click()
    rows = csv.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == 9
    assert all("SIMULATED" in row for row in rows[1:])
    assert [score in row for row in rows[1:]].count(True) == 1
    with page.expect_download() as pdf:
        page.get_by_role("button", name="Minutes as PDF").click()
    assert pdf.value.path().read_bytes().startswith(b"%PDF")
    page.goto(f"{app.url}/board?view=cohort")
    expect(page.locator(".js-plotly-plot")).to_have_count(5, timeout=30_000)
