"""The files of one result: all of them, the same each time, and none left over from another result."""

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import scored_phantom
import tiny_bundle
from pdf_text import pages

from deeptepp.dicom.results.objects import read_objects
from deeptepp.domain.risk import Finding, Outcome, Severity
from deeptepp.errors import NoDicomFound, NoSourceImages
from deeptepp.file_sets import read_set
from deeptepp.model.bundle import load_bundle
from deeptepp.report.case.case_card import HEIGHT_PX, WIDTH_PX, case_card
from deeptepp.report.case.case_files import case_objects, case_report, objects_zip, write_case_files
from deeptepp.scoring.case import refuse
from deeptepp.scoring.images import CaseImages


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return load_bundle(tiny_bundle.make_tiny_bundle(tmp_path_factory.mktemp("bundle") / "tiny"))


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    reading = scored_phantom.read_phantom(tmp_path_factory.mktemp("files"))
    return CaseImages(
        reading.study, reading.series, reading.deidentified, (), scored_phantom.PHASE, None, reading.source
    )


ANSWER = replace(scored_phantom.assessed(), is_simulated=True)


def test_the_report_inside_dicom_is_the_pdf(images, bundle):
    objects = {each.name: each.dataset for each in case_objects(images, ANSWER, bundle)}
    pdf = case_report(images, ANSWER, bundle)
    assert objects["report"].EncapsulatedDocument[: len(pdf)] == pdf
    assert b"/Image" in pdf  # the tumour


def test_the_archive_holds_every_object_and_is_the_same_each_time(images, bundle):
    objects = case_objects(images, ANSWER, bundle)
    content = objects_zip(objects)
    assert content == objects_zip(case_objects(images, ANSWER, bundle))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["segmentation.dcm", "measurements.dcm", "report.dcm", "card.dcm"]
        assert len(read_objects([archive.read(name) for name in archive.namelist()])) == 4


def test_a_second_result_leaves_nothing_of_the_first(images, bundle, tmp_path):
    write_case_files(tmp_path, images, ANSWER, bundle)
    names = {
        "assessment.json",
        "report.pdf",
        "one-page.pdf",
        "segmentation.dcm",
        "measurements.dcm",
        "report.dcm",
        "card.dcm",
    }
    assert read_set(tmp_path).digests.keys() == names
    assert json.loads((tmp_path / "assessment.json").read_text())["tier"] == "Low"
    assert write_case_files(tmp_path, None, refuse(NoDicomFound(value=1)), None) == ()
    assert read_set(tmp_path).digests.keys() == {"assessment.json", "report.pdf", "one-page.pdf"}
    assert "not scored" in pages((tmp_path / "report.pdf").read_bytes())[0]


def test_without_uids_json_and_pdf_are_written_all_the_same(images, bundle, tmp_path):
    with pytest.raises(NoSourceImages):
        write_case_files(tmp_path, replace(images, source=None), ANSWER, bundle)
    assert read_set(tmp_path).digests.keys() == {"assessment.json", "report.pdf", "one-page.pdf"}


def test_the_card_tells_scores_and_refusals_apart(bundle):
    scored = case_card(ANSWER, bundle)
    rule = Finding("eligibility.her2", Severity.REFUSAL, "The tumour is HER2-negative.")
    refused = replace(ANSWER, outcome=Outcome.REFUSED, score=None, tier=None, percentile=None, findings=(rule,))
    assert scored.shape == (HEIGHT_PX, WIDTH_PX, 3)
    assert (scored != case_card(refused, bundle)).any()
    # Nothing runs out of the card: its edges are bare.
    for card in (scored, case_card(refused, bundle), case_card(replace(ANSWER, is_override=True), bundle)):
        assert np.ptp(card[:, -20:].reshape(-1, 3), axis=0).tolist() == [0, 0, 0]
