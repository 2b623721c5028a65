"""From the worklist to a result in the same study of the PACS, in Chromium."""

import re

import orthanc_server
import pytest
from browser import (
    LONG_MS,
    choose,
    expect_accessible,
    expect_no_upload_left,
    expect_tier,
    score_case,
    viewer_of,
    wait_until_drawn,
)
from playwright.sync_api import expect
from pydicom import dcmread

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        orthanc_server.binary() is None, reason="Orthanc is not installed (apt-get install orthanc)"
    ),
]
ACCESSION, PATIENT, NAME = "ACC-5521", "MRN-88123", "PLANTED^IDENTIFIER"


@pytest.fixture(scope="module")
def images(study_folder):
    """The study as a hospital has it: with a patient."""
    made = [dcmread(path) for path in sorted(study_folder.rglob("*.dcm"))]
    for each in made:
        each.PatientID, each.PatientName, each.AccessionNumber = PATIENT, NAME, ACCESSION
        each.PatientBirthDate = "19630214"
    return made


@pytest.fixture
def orthanc(tmp_path, pacs_port, images):
    with orthanc_server.running(tmp_path, port=pacs_port) as url:
        orthanc_server.put(url, images)
        yield url


def open_worklist(page, app):
    page.goto(f"{app.url}/worklist")
    expect(page.get_by_role("heading", name="Worklist", exact=True)).to_be_visible(timeout=60_000)
    wait_until_drawn(page)


def search(page, accession):
    page.get_by_role("textbox", name="Accession number").fill(accession)
    page.get_by_role("button", name="Search", exact=True).click()
    wait_until_drawn(page)


def test_a_pacs_that_is_away_is_said_and_so_is_a_search_for_everything(page, app):
    open_worklist(page, app)
    search(page, "")
    expect(page.get_by_text("Give an accession number")).to_be_visible()
    search(page, "ACC-1")
    expect(page.get_by_text("PACS does not answer")).to_be_visible(timeout=LONG_MS)


def test_a_study_is_found_fetched_scored_and_its_result_filed_in_it(page, app, images, orthanc):
    open_worklist(page, app)
    search(page, "ACC-NONE")
    expect(page.get_by_text("PACS finds no such study")).to_be_visible()
    search(page, ACCESSION)
    expect(page.get_by_text(PATIENT)).to_be_visible()
    expect_accessible(page, "worklist")
    page.get_by_role("button", name="Fetch and open").click()
    viewer_of(page)
    choose(page, re.compile("HER2"), "Positive")
    score_case(page)
    expect_tier(page)
    expect_no_upload_left(page, app)
    page.get_by_role("button", name="Save or send").click()
    page.get_by_role("button", name="Send to PACS").click()
    expect(page.get_by_text("filed in it, under its patient")).to_be_visible(timeout=LONG_MS)
    page.get_by_role("button", name="Send now").click()
    expect(page.get_by_text("PACS stored 4 objects")).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_text("Checked: all of them are in PACS")).to_be_visible()
    studies = orthanc_server.get_json(f"{orthanc}/dicom-web/studies")
    assert [row["0020000D"]["Value"] for row in studies] == [[images[0].StudyInstanceUID]]
    results = [each for each in orthanc_server.every_object(orthanc) if each.Modality != "MR"]
    assert {(each.PatientID, str(each.PatientName)) for each in results} == {(PATIENT, NAME)}
    # Nothing of the patient is in the page of the case, or on the server.
    assert not [text for text in (PATIENT, NAME, ACCESSION) if text in page.content()]
    log = (app.temporary / "server.log").read_text()
    assert not [text for text in (PATIENT, NAME.replace("^", " "), NAME, ACCESSION) if text in log]
