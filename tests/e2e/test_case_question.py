"""A study that can be read in more than one way, in Chromium: question, choice, no second upload, nothing left."""

import re
from pathlib import Path

import pytest
from browser import (
    LONG_MS,
    expect_accessible,
    expect_no_upload_left,
    hand_in,
    open_start,
    viewer_of,
    wait_until_drawn,
)
from dashboard_server import ROOT, serve
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def asking(tmp_path_factory, bundle_folder):
    """The whole dashboard, with a reader that asks."""
    own = {"DEEPTEPP_ARTIFACTS": str(bundle_folder), "PYTHONPATH": str(ROOT)}
    script = Path(__file__).with_name("question_app.py")
    with serve(script, tmp_path_factory.mktemp("asking"), folder=ROOT, **own) as server:
        yield server


@pytest.mark.slow
def test_a_question_is_answered_with_a_click_and_again_with_other_series(page, asking, study_zip):
    open_start(page, asking)
    hand_in(page, study_zip)
    expect(page.get_by_role("heading", name="Which images are meant?")).to_be_visible(timeout=60_000)
    wait_until_drawn(page)
    assert page.locator(".dt-pictures img").count() == 8
    # A picture that cannot be decoded has no width.
    assert page.locator(".dt-series img").first.evaluate("image => image.naturalWidth") > 50
    expect(page.get_by_role("heading", name=re.compile("pre \\+ 2 post-contrast"))).to_be_visible()
    expect_accessible(page, "question")
    page.get_by_role("button", name="Use these images").nth(1).click()
    viewer_of(page)
    wait_until_drawn(page)
    expect(page.get_by_text(re.compile("1.5 T, 3 phases"))).to_be_visible()
    (upload,) = asking.uploads
    page.get_by_text(re.compile("Series and phases")).first.click()
    before = viewer_of(page).element_handle()
    page.get_by_role("button", name="Read again with these series").click()
    # Reading may be over before a browser sees it begin; the slices of the case before are gone in any event.
    before.wait_for_element_state("hidden", timeout=LONG_MS)
    viewer_of(page)
    wait_until_drawn(page)
    expect(page.get_by_text(re.compile("1.5 T, 3 phases"))).to_be_visible(timeout=LONG_MS)
    assert asking.uploads == [upload]
    page.get_by_role("button", name="Start over").click()
    page.get_by_role("button", name="Erase and start over").click()
    expect(page.get_by_role("heading", name="Score a case")).to_be_visible()
    expect_no_upload_left(page, asking)
