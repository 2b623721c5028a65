"""Waits that every browser test shares."""

from playwright.sync_api import Page, expect


def wait_until_drawn(page: Page) -> None:
    """Wait until the script has ended; before that, a new element can take the focus."""
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=60_000)
