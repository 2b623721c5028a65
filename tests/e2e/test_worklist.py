"""The worklist of a PACS that is away, in Chromium; the way from it to a result is walked in ``test_access``."""

import pytest
from browser import LONG_MS, search_worklist, wait_until_drawn
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_pacs_that_is_away_is_said_and_so_is_a_search_for_everything(page, app):
    page.goto(f"{app.url}/worklist")
    expect(page.get_by_role("heading", name="Worklist", exact=True)).to_be_visible(timeout=60_000)
    wait_until_drawn(page)
    search_worklist(page, "")
    expect(page.get_by_text("Give an accession number")).to_be_visible()
    search_worklist(page, "ACC-1")
    expect(page.get_by_text("PACS does not answer")).to_be_visible(timeout=LONG_MS)
