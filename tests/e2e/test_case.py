"""A case from the files to a tier, as a user goes through it, in Chromium."""

import re
import zipfile

import pytest
from browser import (
    LONG_MS,
    choose,
    draw_box_around_the_middle_of_the_lesion,
    expect_no_upload_left,
    expect_tier,
    hand_in,
    open_start,
    press,
    score_case,
    viewer_of,
    wait_until_drawn,
)
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("", "Score a case"),
        ("case", "Score a case"),
        ("tiers", "Tiers laboratory"),
        ("board", "Tumour board"),
        ("evidence", "Evidence"),
    ],
)
def test_every_page_opens_cold_by_its_address(page, app, path, heading):
    page.goto(f"{app.url}/{path}")
    wait_until_drawn(page)
    expect(page.get_by_role("heading", level=1).first).to_be_visible()
    if heading:
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
    expect(page.get_by_text(re.compile("research use only", re.IGNORECASE)).first).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)


def fact_on_the_result(page, name):
    """One of the facts that a result rests on."""
    wait_until_drawn(page)
    page.get_by_text("What this result rests on").click()
    name_cell = page.locator(".dt-facts dt", has_text=name)
    return name_cell.locator("xpath=following-sibling::dd[1]").inner_text()


@pytest.mark.slow
def test_the_demo_reaches_a_tier(page, app):
    open_start(page, app)
    press(page, "Open the demo study")
    viewer = viewer_of(page)
    wait_until_drawn(page)
    viewer.focus()
    before = int(viewer.get_attribute("data-slice"))
    page.keyboard.press("ArrowUp")
    expect(viewer).to_have_attribute("data-slice", str(before + 1))
    # A decimal comma is one, Enter in a number field scores nothing, and an emptied field is unknown.
    choose(page, re.compile("Stage"), "Unknown")
    size = page.get_by_role("textbox", name="Tumour size (mm)")
    size.fill("12,5")
    size.press("Enter")
    expect(page.get_by_text("12.5 mm, T1")).to_be_visible()
    expect(size).to_be_focused()
    score_case(page)
    expect_tier(page)
    expect(page.get_by_role("heading", name="Result", exact=True)).to_be_focused()
    assert fact_on_the_result(page, "Tumour size (mm)") == "12.5"
    page.get_by_role("button", name="Change tumour or facts").click()
    expect(page.get_by_role("heading", name="Demo case")).to_be_focused()
    expect(size).to_have_value("12.5")
    size.fill("")
    size.blur()
    # What typing left to do must not draw the page again between the keys.
    wait_until_drawn(page)
    # From the heading, the second link goes to the button, and Enter presses it.
    page.get_by_role("heading", name="Demo case").focus()
    for key in ("Tab", "Tab", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("button", name="Score this case", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect_tier(page)
    assert fact_on_the_result(page, "Tumour size (mm)") == "Unknown"


@pytest.mark.slow
def test_an_uploaded_folder_is_refused_overridden_and_scored_again_with_a_drawn_box(page, app, study_folder):
    open_start(page, app)
    hand_in(page, study_folder, "folder")
    viewer = viewer_of(page)
    choose(page, re.compile("HER2"), "Negative")
    score_case(page)
    expect(page.get_by_text("eligibility.", exact=False).first).to_be_visible(timeout=LONG_MS)
    press(page, "Score anyway for research")
    expect_tier(page)
    expect_no_upload_left(page, app)
    press(page, "Change tumour or facts")
    viewer = viewer_of(page)
    draw_box_around_the_middle_of_the_lesion(page, viewer)
    # Asked once for a case, not for every score of it.
    score_case(page)
    expect_tier(page)


def not_a_zip(folder):
    path = folder / "study.zip"
    path.write_bytes(b"not a zip at all" * 50)
    return path, "archive.not-a-zip"


def encrypted(folder):
    path = folder / "locked.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("IM1", bytes(500))
    # The flag that says that a member is encrypted, in its own header and in the directory.
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(content))
    return path, "archive.encrypted"


def no_dicom(folder):
    path = folder / "letters.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("letter.txt", "Dear colleague, " * 20)
    return path, "dicom.none-found"


def test_a_bad_upload_is_refused_by_name_and_leaves_nothing(page, app, tmp_path):
    open_start(page, app)
    for make in (not_a_zip, encrypted, no_dicom):
        path, rule = make(tmp_path)
        hand_in(page, path)
        expect(page.get_by_role("heading", name="Not scored")).to_be_visible(timeout=60_000)
        expect(page.get_by_text(rule, exact=False).first).to_be_visible()
        expect_no_upload_left(page, app)
        press(page, "Try another study")
        expect(page.get_by_role("heading", name="Score a case")).to_be_visible()
