"""Yesterday's case: it opens by its link after the server was restarted, with its images, later without them."""

import os
import re
import shutil
from pathlib import Path

import pytest
from browser import (
    LONG_MS,
    expect_accessible,
    fresh_context,
    hand_in,
    open_start,
    press,
    score_case,
    viewer_of,
    wait_until_drawn,
)
from dashboard_server import PATIENT, ROOT, free_port, serve
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PICTURES = os.environ.get("DEEPTEPP_PICTURES", "")


def picture(page, name):
    """Keep pictures of a state in both widths where somebody wants to look at them."""
    if not PICTURES:
        return
    for width in (800, 1440):
        page.set_viewport_size({"width": width, "height": 1000})
        page.wait_for_timeout(800)
        page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", full_page=True)


def score_on(page):
    return page.locator(".dt-score .number").first.inner_text()


def test_yesterdays_case_opens_by_its_link_after_a_restart_of_the_server(
    browser, tmp_path, bundle_folder, study_zip
):
    port, own = free_port(), {"DEEPTEPP_ARTIFACTS": str(bundle_folder)}
    with (
        serve(ROOT / "app.py", tmp_path, settings=PATIENT, port=port, **own) as server,
        fresh_context(browser) as context,
    ):
        page = context.new_page()
        open_start(page, server)
        hand_in(page, study_zip)
        viewer_of(page)
        score_case(page)
        expect(page.get_by_text("Kept in My cases as")).to_be_visible(timeout=LONG_MS)
        wait_until_drawn(page)
        link, before = page.url, score_on(page)
        assert re.search(r"/\?case=[0-9a-f]{32}$", link)
        picture(page, "scored")
        # A reload shows the same case, from memory.
        page.reload()
        expect(page.get_by_text("Kept in My cases as")).to_be_visible(timeout=LONG_MS)
        assert page.url == link
    with serve(ROOT / "app.py", tmp_path, settings=PATIENT, port=port, **own) as server:
        with fresh_context(browser) as context:
            page = context.new_page()
            page.goto(link)
            expect(page.get_by_role("heading", name=re.compile(r"Case \w{3} \d+-1"))).to_be_visible(
                timeout=LONG_MS
            )
            wait_until_drawn(page)
            assert score_on(page) == before
            expect(page.locator(".dt-strip img")).to_have_count(1)
            expect_accessible(page, "a kept case")
            picture(page, "yesterday")
            press(page, "Change tumour or facts")
            viewer_of(page)
            wait_until_drawn(page)
            page.get_by_role("link", name="My cases").click()
            expect(page.get_by_text("1 of 1 cases")).to_be_visible()
            wait_until_drawn(page)
            expect_accessible(page, "my cases")
            picture(page, "list")
            page.get_by_role("link", name=re.compile("Open Case")).click()
            # It is where it was left.
            expect(page.get_by_role("button", name="Score this case")).to_be_visible(timeout=LONG_MS)
            assert page.url == link
        shutil.rmtree(tmp_path / "board-images")
        with fresh_context(browser) as context:
            page = context.new_page()
            page.goto(link)
            expect(page.get_by_text("images of this case are no longer on this server")).to_be_visible(
                timeout=LONG_MS
            )
            wait_until_drawn(page)
            assert score_on(page) == before
            expect(page.locator(".dt-strip img")).to_have_count(1)
            expect(page.get_by_text("Its images are kept")).to_have_count(0)
            picture(page, "without-images")
            press(page, "Hand in the study again")
            hand_in(page, study_zip)
            viewer_of(page)
            score_case(page)
            expect(page.get_by_text("Kept in My cases as")).to_be_visible(timeout=LONG_MS)
            assert page.url == link
            press(page, "Delete this case")
            press(page, "Delete it")
            expect(page.get_by_text("The case is deleted.")).to_be_visible(timeout=LONG_MS)
            assert "case=" not in page.url
    log = (tmp_path / "server.log").read_text()
    assert not re.search(r"[0-9a-f]{32}", log)
