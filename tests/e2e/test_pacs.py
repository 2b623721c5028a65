"""From the files of a study to its results in a PACS, in Chromium."""

import io
import re
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import orthanc_server
import pytest
import scored_phantom
from browser import LONG_MS, choose, expect_tier, hand_in, open_start, score_case, viewer_of
from pdf_text import pages
from playwright.sync_api import expect
from pydicom import dcmread

from deeptepp.dicom.results.objects import ResultObject
from deeptepp.dicom.write import write_study
from deeptepp.simulate.protocols import RUIJIN
from deeptepp.simulate.simulated_study import simulate_study

pytestmark = pytest.mark.browser

KINDS = {
    "1.2.840.10008.5.1.4.1.1.66.4": "segmentation",
    "1.2.840.10008.5.1.4.1.1.88.34": "measurements",
    "1.2.840.10008.5.1.4.1.1.104.1": "report",
    "1.2.840.10008.5.1.4.1.1.7": "card",
}


@pytest.fixture(scope="module")
def simulated():
    """A tumour in five phases of 104 slices."""
    few = replace(RUIJIN, matrix=112, slice_mm=1.1, phase_times_s=RUIJIN.phase_times_s[:5])
    return simulate_study(
        latent_risk=1.0, tumour_size_mm=26.0, rng=np.random.default_rng(7), protocol=few, side=1, age_years=52.0
    )


@pytest.fixture(scope="module")
def study_zip(simulated, tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    files = write_study(simulated.study, folder, description="simulated", patient_key="e2e")
    assert len(files) == 5 * 104
    return Path(shutil.make_archive(str(tmp_path_factory.mktemp("zip") / "study"), "zip", folder))


def header_of(study_zip):
    """Header of one image of the study."""
    with zipfile.ZipFile(study_zip) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dcm"))
        return dcmread(io.BytesIO(archive.read(name)), stop_before_pixels=True)


def score(page, app, study_zip):
    open_start(page, app)
    hand_in(page, study_zip)
    viewer_of(page)
    choose(page, re.compile("HER2"), "Positive")
    score_case(page)
    expect_tier(page)


def expect_ways_on_in_sight(page):
    """The buttons of the result stand on one line where there is room, and inside of the page elsewhere."""
    names = ("Change tumour or facts", "Copy as text", "Add to the board", "Save or send", "Start over")
    for width in (800, 1440):
        page.set_viewport_size({"width": width, "height": 1000})
        buttons = [page.get_by_role("button", name=name).first for name in names]
        boxes = [button.bounding_box() for button in buttons]
        assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
    assert len({round(box["y"]) for box in boxes}) == 1


def stored_in(url):
    """Every object of the PACS, by what it is."""
    found = {}
    for each in orthanc_server.get_json(f"{url}/instances"):
        dataset = dcmread(io.BytesIO(orthanc_server.get_bytes(f"{url}/instances/{each}/file")))
        found[KINDS[dataset.SOPClassUID]] = dataset
    return found


@pytest.mark.slow
@pytest.mark.skipif(orthanc_server.binary() is None, reason="Orthanc is not installed (apt-get install orthanc)")
def test_a_zip_of_five_phases_ends_as_segmentation_report_and_pdf_in_the_pacs(
    page, app, simulated, study_zip, pacs_port, tmp_path
):
    score(page, app, study_zip)
    expect_ways_on_in_sight(page)
    page.get_by_role("button", name="Save or send").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Full report (PDF)").click()
    pdf = Path(download.value.path()).read_bytes()
    page.get_by_role("button", name="Send to PACS").click()
    expect(page.get_by_text("PACS does not answer")).to_be_visible(timeout=LONG_MS)
    with orthanc_server.running(tmp_path, port=pacs_port) as url:
        page.get_by_role("button", name="Send again").click()
        expect(page.get_by_text("PACS does not have this study")).to_be_visible(timeout=LONG_MS)
        page.get_by_role("button", name="Send now").click()
        expect(page.get_by_text("PACS stored 4 objects")).to_be_visible(timeout=LONG_MS)
        stored = stored_in(url)
    assert set(stored) == set(KINDS.values())
    image = header_of(study_zip)
    for name, dataset in stored.items():
        # It has the study nowhere, so that no patient is known.
        assert dataset.StudyInstanceUID != image.StudyInstanceUID
        assert dataset.ReferencedStudySequence[0].ReferencedSOPInstanceUID == image.StudyInstanceUID
        assert dataset.SeriesDescription.startswith("RESEARCH ONLY SIMULATED")
        if scored_phantom.has_validator():
            assert scored_phantom.errors_in(ResultObject(name, dataset), tmp_path) == []
    assert stored["segmentation"].FrameOfReferenceUID == image.FrameOfReferenceUID
    outline = scored_phantom.points_of(stored["segmentation"])
    np.testing.assert_allclose(outline.mean(axis=0), simulated.lesion.centroid_mm, atol=4)
    said = scored_phantom.leaves(stored["measurements"])
    volume_ml, unit = said["118565006"]
    assert (unit, volume_ml) == ("ml", pytest.approx(simulated.lesion.volume_ml, rel=0.3))
    report = stored["report"]
    assert report.EncapsulatedDocument[: report.EncapsulatedDocumentLength] == pdf
    assert all("RESEARCH USE ONLY · SIMULATED COHORT" in text for text in pages(pdf))
    assert f"{said['RISK_SCORE'][0]:.3f}" in pages(pdf)[0]
