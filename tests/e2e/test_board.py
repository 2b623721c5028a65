"""A meeting as a board holds it, in Chromium, by two members at once: nothing that either types is lost."""

import pytest
from browser import LONG_MS, fresh_context, press, wait_until_drawn
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def both_decide(page, other):
    """Both type; the other is first. The page is told, asks, and records when it is told to."""
    other.goto(page.url)
    expect(other.get_by_role("heading", name="Case 3")).to_be_visible(timeout=60_000)
    wait_until_drawn(other)
    decision = "Decision of the board"
    page.get_by_role("radiogroup", name=decision).get_by_text("Trastuzumab", exact=True).click()
    page.get_by_label("Notes").fill("typed by the first")
    other.get_by_role("radiogroup", name=decision).get_by_text("Trastuzumab + pertuzumab", exact=True).click()
    other.get_by_label("Notes").fill("typed by the second")
    press(other, "Record the decision")
    expect(other.get_by_text("Correct this decision or record another")).to_be_visible()
    # The news comes by itself and leaves alone what is being typed.
    expect(page.get_by_text("1 new entry")).to_be_visible()
    expect(page.get_by_label("Notes")).to_have_value("typed by the first")
    # The click that ends typing is the one that leaves the case.
    page.get_by_label("Notes").fill("typed by the first, twice")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="Case 4")).to_be_visible()
    press(page, "Back to the list")
    expect(page.get_by_text("unsaved draft")).to_have_count(1)
    press(page, "Open Case 3")
    expect(page.get_by_text("Others recorded something while you were typing")).to_be_visible()
    expect(page.get_by_text("typed by the second").first).to_be_visible()
    wait_until_drawn(page)
    expect(page.get_by_label("Notes")).to_have_value("typed by the first, twice")
    press(page, "Record yours too")
    expect(page.get_by_text("Recorded earlier, and kept")).to_be_visible()


def open_demo_cases(page):
    """Open them, unless the board of the server holds them from an earlier test; the ways to them and to one."""
    demo = page.get_by_role("button", name="Open the eight demo cases")
    case = page.get_by_role("button", name="Open Case 3")
    expect(demo.or_(case)).to_be_visible(timeout=LONG_MS)
    if demo.count():
        demo.click()
        expect(case).to_be_visible(timeout=LONG_MS)
    wait_until_drawn(page)
    return demo, case


def test_a_meeting_of_two_from_the_demo_cases_to_the_minutes(page, browser, app):
    page.goto(f"{app.url}/board")
    expect(page.get_by_role("heading", name="Tumour board")).to_be_visible(timeout=60_000)
    wait_until_drawn(page)
    open_demo_cases(page)
    press(page, "Open Case 3")
    expect(page.get_by_role("heading", name="Case 3")).to_be_visible()
    expect(page.get_by_role("heading", name="2. The score")).to_have_count(0)
    with fresh_context(browser) as context, context.new_page() as other:
        both_decide(page, other)
    press(page, "Show the score", exact=True)
    expect(page.get_by_role("heading", name="2. The score")).to_be_visible()
    decision = page.get_by_role("radiogroup", name="Decision of the board")
    decision.get_by_text("Trastuzumab + pertuzumab").click()
    page.get_by_role("radiogroup", name="The board's own view").get_by_text("Agrees", exact=True).click()
    press(page, "Record the decision")
    expect(page.get_by_text("Correct this decision or record another")).to_be_visible()
    press(page, "Back to the list")
    expect(page.get_by_text("8 of 8 cases; 1 decided.")).to_be_visible()
    expect(page.get_by_text("Score hidden")).to_have_count(7)
    score = page.locator(".dt-board-row .score b").inner_text()
    page.get_by_role("radio", name="Minutes").click()
    wait_until_drawn(page)
    with page.expect_download(timeout=LONG_MS) as csv:
        page.get_by_role("button", name="Minutes as CSV").click()
    rows = csv.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == 9
    assert all("SIMULATED" in row for row in rows[1:])
    assert [score in row for row in rows[1:]].count(True) == 1
    with page.expect_download(timeout=LONG_MS) as pdf:
        page.get_by_role("button", name="Minutes as PDF").click()
    assert pdf.value.path().read_bytes().startswith(b"%PDF")
    page.goto(f"{app.url}/board?view=cohort")
    expect(page.locator(".js-plotly-plot")).to_have_count(6)


def test_a_search_of_the_board_outlives_a_case_and_a_reload_and_stands_in_no_address(page, app):
    page.goto(f"{app.url}/board?find=case")
    expect(page.get_by_role("heading", name="Tumour board")).to_be_visible(timeout=LONG_MS)
    demo, case = open_demo_cases(page)
    find = page.get_by_label("Find")
    expect(find).to_have_value("case" if not demo.count() else "")
    find.fill("case 5")
    find.press("Enter")
    expect(case).to_have_count(0)
    assert "find" not in page.url
    press(page, "Open Case 5")
    expect(page.get_by_role("heading", name="Case 5")).to_be_visible()
    # The row of the list stays on the screen until the case is drawn: only then is Back the step that shows it.
    press(page, "Back to the list")
    expect(page.get_by_role("heading", name="Case 5")).to_have_count(0)
    expect(page.get_by_label("Find")).to_have_value("case 5")
    expect(page.get_by_role("button", name="Open Case 5")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Find")).to_have_value("case 5", timeout=LONG_MS)
    expect(page.get_by_role("button", name="Open Case 5")).to_be_visible()
    expect(case).to_have_count(0)
    assert "find" not in page.url
