"""What axe-core finds in Chromium: nothing serious on any page, in the light and in the dark theme."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import (
    LONG_MS,
    expect_accessible,
    expect_tier,
    hand_in,
    open_start,
    score_case,
    viewer_of,
    wait_until_drawn,
)
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def expect_tabs_accessible(page, names):
    for name in names:
        page.get_by_role("tab", name=name).click()
        expect_accessible(page, name)


def test_axe_itself_finds_what_is_wrong(page):
    page.set_content(
        "<html lang=en><title>x</title><main><h1>x</h1><img src='data:,'><p style='color:#ddd'>pale</p>"
    )
    found = {violation["id"] for violation in Axe().run(page).response["violations"]}
    assert {"image-alt", "color-contrast"} <= found


def test_a_case_from_start_to_result(page, app, study_zip):
    open_start(page, app)
    expect_accessible(page, "start")
    hand_in(page, study_zip)
    viewer_of(page)
    expect_accessible(page, "images")
    score_case(page)
    expect_tier(page)
    for view in ("Text", "Curves", "Table", "Bars", "Icon array"):
        page.get_by_role("radio", name=view, exact=True).first.click()
        expect_accessible(page, view)


def test_a_refusal(page, app, tmp_path):
    (tmp_path / "letter.zip").write_bytes(b"no archive" * 40)
    open_start(page, app)
    hand_in(page, tmp_path / "letter.zip")
    expect(page.get_by_role("heading", name="Not scored")).to_be_visible(timeout=60_000)
    expect_accessible(page, "refused")


def test_the_laboratory(page, app):
    page.goto(f"{app.url}/tiers")
    expect(page.get_by_role("heading", name="Tiers laboratory")).to_be_visible(timeout=60_000)
    tabs = ["Treatments", "Survival estimates", "Hazard ratios", "Subgroups", "Net benefit", "Optimism"]
    expect_tabs_accessible(page, [*tabs, "Validate in your own cohort"])


def test_the_board(page, app):
    page.goto(f"{app.url}/board")
    expect(page.get_by_role("heading", name="Tumour board")).to_be_visible(timeout=60_000)
    wait_until_drawn(page)
    demo = page.get_by_role("button", name="Open the eight demo cases")
    expect(demo.or_(page.get_by_role("button", name="Open Case 5"))).to_be_visible(timeout=LONG_MS)
    if demo.count():
        expect_accessible(page, "no case")
        # Another theme runs the page once more.
        wait_until_drawn(page)
        demo.click()
        wait_until_drawn(page)
        if demo.count():
            demo.click()
    page.get_by_role("button", name="Open Case 5").click(timeout=LONG_MS)
    expect_accessible(page, "a case")
    for view in ("meeting", "cohort", "minutes"):
        page.goto(f"{app.url}/board?view={view}")
        expect_accessible(page, view)


def test_the_evidence(page, app):
    page.goto(f"{app.url}/evidence")
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=60_000)
    names = [tab.inner_text() for tab in page.get_by_role("tab").all()]
    assert len(names) > 4
    expect_tabs_accessible(page, names)
