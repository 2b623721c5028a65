"""What an oncologist and a researcher come for, start to finish in Chromium: simulated and real."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
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
from pdf_text import pages as pdf_pages
from playwright.sync_api import expect

from deeptepp.datasets.public.registry import read_public
from deeptepp.tables import write_cohort

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SHARED = Path(__file__).parents[3] / "shared"
DUKE = SHARED / "data/duke_mri_153/Breast_MRI_153.zip"
DUKE_TABLE = SHARED / "data/clinical/duke"
VIEWS = {
    "Text": "alive without recurrence",
    "Curves": "Number at risk",
    "Table": "95 % CI",
    "Bars": "95",
    "Icon array": "100",
}
"""What stands in each way to read a result."""

NEVER = re.compile(r"no benefit|should receive|can be omitted", re.IGNORECASE)


def read_the_result(page):
    """Read it five ways, compare treatments, and ask how sure it is and why."""
    section = page.get_by_test_id("stMain")
    wait_until_drawn(page)
    for name, words in VIEWS.items():
        page.get_by_role("radio", name=name, exact=True).first.click()
        expect(section).to_contain_text(re.compile(words))
    expect(page.get_by_role("heading", name=re.compile("Treatment received"))).to_be_visible()
    expect(page.get_by_role("heading", name="Published beside ours")).to_be_visible()
    expect(page.locator(".st-key-why-outline-card")).to_contain_text(re.compile("stable"))
    wait_until_drawn(page)
    page.get_by_role("button", name="Explain the score").click()
    expect(page.locator(".st-key-why-why-card")).to_contain_text("Integrated gradients", timeout=LONG_MS)
    expect(page.locator(".st-key-why-why-card img").first).to_be_visible()
    wait_until_drawn(page)
    assert not NEVER.search(section.inner_text())


def save_as_pdf(page):
    """Take the report home, and give its text."""
    press(page, "Save or send")
    with page.expect_download(timeout=LONG_MS) as pdf:
        page.get_by_role("button", name="Full report (PDF)").click()
    page.keyboard.press("Escape")
    return pdf_pages(pdf.value.path().read_bytes())


def put_on_the_board(page, app, label):
    """Add the case, decide before and after its score, and give the rows of the minutes."""
    press(page, "Add to the board")
    page.get_by_role("textbox", name="Label").fill(label)
    page.get_by_role("button", name="Put on the board").click()
    expect(page.get_by_text(f"On the board as {label}.")).to_be_visible()
    page.goto(f"{app.url}/board?find={label}")
    press(page, f"Open {label}")
    decision = page.get_by_role("radiogroup", name="Decision of the board")
    decision.get_by_text("Deferred", exact=True).click()
    press(page, "Record the decision")
    press(page, "Show the score", exact=True)
    expect(page.get_by_role("heading", name="2. The score")).to_be_visible()
    decision.get_by_text("Another plan", exact=True).click()
    page.get_by_role("radiogroup", name="The board's own view").get_by_text("Disagrees", exact=True).click()
    press(page, "Record the decision")
    expect(page.get_by_text("Correct this decision or record another")).to_be_visible()
    page.goto(f"{app.url}/board?view=minutes")
    expect(page.get_by_role("button", name="Minutes as CSV")).to_be_visible(timeout=LONG_MS)
    wait_until_drawn(page)
    with page.expect_download(timeout=LONG_MS) as minutes:
        page.get_by_role("button", name="Minutes as CSV").click()
    with minutes.value.path().open(encoding="utf-8-sig") as file:
        return [row for row in csv.reader(file) if label in row]


def test_an_oncologist_takes_a_simulated_study_to_the_board(page, app, study_zip):
    open_start(page, app)
    hand_in(page, study_zip)
    viewer_of(page)
    score_case(page)
    expect_tier(page)
    expect_no_upload_left(page, app)
    read_the_result(page)
    report = save_as_pdf(page)
    assert all("RESEARCH USE ONLY" in each.upper() and "SIMULATED COHORT" in each for each in report)
    (row,) = put_on_the_board(page, app, "Walk-1")
    assert "Deferred" in row
    assert "Another plan" in row


@pytest.mark.real
@pytest.mark.skipif(not DUKE.exists(), reason=f"{DUKE.name} is not beside the checkout")
def test_an_oncologist_takes_a_real_study_to_the_board(page, app):
    open_start(page, app)
    hand_in(page, DUKE)
    expect(page.get_by_role("progressbar").first).to_be_visible()
    viewer = viewer_of(page)
    wait_until_drawn(page)
    viewer.focus()
    before = int(viewer.get_attribute("data-slice"))
    for _ in range(5):
        page.keyboard.press("ArrowDown")
    expect(viewer).to_have_attribute("data-slice", str(before - 5))
    choose(page, re.compile("HER2"), "Negative")
    score_case(page)
    expect(page.get_by_text("eligibility.", exact=False).first).to_be_visible(timeout=LONG_MS)
    press(page, "Score anyway for research")
    expect_tier(page)
    press(page, "Change tumour or facts")
    draw_box_around_the_middle_of_the_lesion(page, viewer_of(page))
    score_case(page)
    expect_tier(page)
    expect(page.get_by_text("OUTSIDE INTENDED USE").first).to_be_visible()
    read_the_result(page)
    report = "\n".join(save_as_pdf(page))
    assert "OUTSIDE INTENDED USE" in report.upper()
    assert "eligibility.her2" in report
    (row,) = put_on_the_board(page, app, "Walk-2")
    assert "Disagrees" in " ".join(row)


def test_a_researcher_moves_a_cut_off_and_makes_the_same_figures_again(page, app, bundle_folder, tmp_path):
    page.goto(f"{app.url}/tiers")
    table = page.locator(".st-key-tiers-curves table tbody tr")
    expect(table.first).to_contain_text("below 0.400")
    wait_until_drawn(page)
    slider = page.get_by_role("slider", name="High from a score of")
    slider.focus()
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    # The slider tells what it was moved to once it stands still.
    expect(table.nth(1)).to_contain_text(f"to {float(slider.input_value()):.3f}")
    wait_until_drawn(page)
    shown = [row.get_by_role("cell").all_inner_texts() for row in table.all()]
    with page.expect_download(timeout=LONG_MS) as recipe:
        page.get_by_role("button", name="Save recipe").click()
    path = tmp_path / "recipe.json"
    path.write_bytes(recipe.value.path().read_bytes())
    assert json.loads(path.read_text())["high_from"] > json.loads(path.read_text())["low_below"]
    deeptepp = str(Path(sys.executable).parent / "deeptepp")
    command = [deeptepp, "report", "recipe", str(path), "--out", str(tmp_path / "out"), "--bundle", bundle_folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    html = next((tmp_path / "out").glob("*.html")).read_text(encoding="utf-8")
    for row in shown:
        for cell in (each.lstrip("●■▲ ") for each in row):
            assert cell.replace("\xa0", " ") in html.replace("\xa0", " ").replace("&nbsp;", " "), row


@pytest.mark.real
@pytest.mark.skipif(not DUKE_TABLE.exists(), reason="the clinical table of Duke is not beside the checkout")
def test_a_researcher_asks_what_a_real_cohort_can_answer(page, app, tmp_path):
    known = read_public("duke", DUKE_TABLE).her2_positive().cohort
    known = known.where(np.isfinite(known["rfs_months"]))
    write_cohort(known, tmp_path / "duke.parquet")
    page.goto(f"{app.url}/tiers")
    page.get_by_role("tab", name="Validate in your own cohort").click()
    wait_until_drawn(page)
    page.locator(".st-key-tiers-file input[type=file]").set_input_files(tmp_path / "duke.parquet")
    expect(page.get_by_text(re.compile("Patients: 158")).first).to_be_visible()
    expect(page.get_by_text(re.compile("recurrences or deaths: 16")).first).to_be_visible()
    expect(page.get_by_role("heading", name="Is the cohort large enough")).to_be_visible()
    assert not NEVER.search(page.get_by_test_id("stMain").inner_text())
