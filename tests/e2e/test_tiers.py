"""The tiers laboratory in a browser: the keyboard moves a cut-off, the address brings it back."""

import re

import foreign_tables
import pytest
from browser import wait_until_drawn
from playwright.sync_api import expect

from deeptepp.datasets.template import TEMPLATE

pytestmark = pytest.mark.browser


def low_in_table(page):
    return page.locator(".st-key-tiers-curves table tbody tr").first


def test_a_cut_off_moves_by_keyboard_and_the_address_brings_it_back(page, app, tmp_path):
    page.goto(f"{app.url}/tiers")
    expect(page.get_by_role("heading", name="Tiers laboratory")).to_be_visible(timeout=60_000)
    expect(low_in_table(page)).to_contain_text("below 0.400", timeout=60_000)
    page.get_by_role("slider", name="Low below a score of").focus()
    page.keyboard.press("ArrowRight")
    expect(low_in_table(page)).to_contain_text("below 0.405")
    expect(page.get_by_text("2 pairs of cut-offs")).to_be_visible()
    expect(page).to_have_url(re.compile(r"low-below=0\.405"))

    page.goto(page.url)
    expect(low_in_table(page)).to_contain_text("below 0.405", timeout=60_000)
    page.get_by_role("button", name="As published").click()
    expect(low_in_table(page)).to_contain_text("below 0.400")
    expect(page).not_to_have_url(re.compile("low-below"))

    page.get_by_role("tab", name="Net benefit").click()
    expect(page.get_by_role("slider", name="Horizon")).to_have_value("24")
    page.get_by_role("tab", name="Optimism").click()
    expect(page.get_by_text("looked at in this session. The correction stands")).to_be_visible(timeout=60_000)

    page.get_by_role("tab", name="Validate in your own cohort").click()
    (tmp_path / "cohort.csv").write_text(TEMPLATE, encoding="utf-8")
    page.locator(".st-key-tiers-file input[type=file]").set_input_files(tmp_path / "cohort.csv")
    expect(page.get_by_text("3 patients").first).to_be_visible(timeout=60_000)
    expect(page.get_by_role("heading", name="Is the cohort large enough")).to_be_visible()
    wait_until_drawn(page)
    assert list(app.temporary.glob("deeptepp-cohort-*")) == []
    page.get_by_role("button", name="Move the cut-offs on these patients").click()
    expect(page.get_by_text("not tested").first).to_be_visible()
    expect(page).to_have_url(re.compile("cohort=uploaded"))
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_table_in_foreign_columns_and_dates_becomes_curves_in_three_clicks(page, app, tmp_path):
    rows = foreign_tables.german_rows(foreign_tables.simulated(320))
    foreign_tables.as_workbook(rows, tmp_path / "klinik.xlsx")
    page.goto(f"{app.url}/tiers")
    page.get_by_role("tab", name="Validate in your own cohort").click(timeout=60_000)
    page.locator(".st-key-tiers-file input[type=file]").set_input_files(tmp_path / "klinik.xlsx")
    expect(page.get_by_text("Herceptin + Perjeta →")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Use these columns").click()
    expect(page.get_by_text("with known follow-up: 320")).to_be_visible(timeout=60_000)
    wait_until_drawn(page)
    assert "Mustermann" not in page.content()
    assert list(app.temporary.glob("deeptepp-cohort-*")) == []
    expect(page.get_by_test_id("stException")).to_have_count(0)
