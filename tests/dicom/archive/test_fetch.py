"""A study comes from the PACS as it is kept, whole or not at all."""

import logging

import orthanc_server
import phantoms_dicom
import pytest
from dicomweb_server import answering
from pydicom.uid import JPEGLSLossless, RLELossless

from deeptepp.dicom.archive.fetch import fetch_study
from deeptepp.dicom.archive.pacs import Pacs
from deeptepp.dicom.read_dicom import read_study
from deeptepp.errors import JobCancelled, NothingToFetch, PacsFault, StudyNotInPacs, UploadTooLarge

LIMITS = {"max_bytes": 10**9, "max_files": 1000}


@pytest.fixture(scope="module")
def images():
    return phantoms_dicom.dynamic_series(phantoms_dicom.truth())


@pytest.fixture(scope="module")
def digest(images, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    phantoms_dicom.save(images, folder)
    return read_study(folder).study.digest


@pytest.mark.skipif(orthanc_server.binary() is None, reason="Orthanc is not installed")
@pytest.mark.slow
@pytest.mark.parametrize("syntax", ["as it is", RLELossless, JPEGLSLossless])
def test_a_study_reads_as_its_files_do_in_any_transfer_syntax(digest, tmp_path, syntax, caplog):
    images = phantoms_dicom.dynamic_series(phantoms_dicom.truth())
    for image in images if syntax != "as it is" else ():
        image.compress(syntax)
    (tmp_path / "fetched").mkdir()
    reports = []
    with orthanc_server.running(tmp_path) as url, caplog.at_level(logging.DEBUG):
        orthanc_server.put(url, images)
        pacs = Pacs(f"{url}/dicom-web", "Orthanc")
        n = fetch_study("1.2.3", pacs, tmp_path / "fetched", progress=reports.append, **LIMITS)
    assert n == len(images)
    assert str(reports[-1].found).startswith("18 of 18 images fetched")
    assert read_study(tmp_path / "fetched").study.digest == digest
    assert phantoms_dicom.RECORD not in caplog.text


def test_an_enhanced_file_and_results_beside_it(tmp_path, images):
    made = phantoms_dicom.enhanced(phantoms_dicom.truth())
    made.StudyInstanceUID = images[0].StudyInstanceUID
    other = phantoms_dicom.image(
        phantoms_dicom.truth().voxels[0][0], phantoms_dicom.truth().grid, 0, Modality="OT"
    )
    other.SeriesInstanceUID = "1.2.3.77"
    with answering(objects=[made, other]) as archive:
        assert fetch_study("1.2.3", Pacs(archive.url), tmp_path, **LIMITS) == 1
    assert len(read_study(tmp_path).study.phases) == 3


def test_a_server_that_knows_no_wildcard_is_asked_without_one(tmp_path, images, digest):
    with answering(objects=images, knows_wildcard=False) as archive:
        assert fetch_study("1.2.3", Pacs(archive.url), tmp_path, **LIMITS) == 18
    assert read_study(tmp_path).study.digest == digest


@pytest.mark.parametrize("cut_bytes", [4, 300, 2000])
def test_a_series_that_was_cut_off_is_refused(tmp_path, images, cut_bytes):
    with answering(objects=images, cut_bytes=cut_bytes) as archive, pytest.raises(PacsFault):
        fetch_study("1.2.3", Pacs(archive.url), tmp_path, **LIMITS)


@pytest.mark.parametrize("limit", [{"max_bytes": 5000, "max_files": 1000}, {"max_bytes": 10**9, "max_files": 7}])
def test_more_than_is_allowed_is_refused(tmp_path, images, limit):
    with answering(objects=images) as archive, pytest.raises(UploadTooLarge):
        fetch_study("1.2.3", Pacs(archive.url), tmp_path, **limit)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 5000 or len(list(tmp_path.iterdir())) <= 7


def test_a_fetch_that_is_stopped_stops(tmp_path, images):
    def stop(_report):
        raise JobCancelled

    with answering(objects=images) as archive, pytest.raises(JobCancelled):
        fetch_study("1.2.3", Pacs(archive.url), tmp_path, progress=stop, **LIMITS)


def test_a_study_that_is_not_there_or_has_no_mr_is_named_so(tmp_path, images):
    with answering(objects=images) as archive, pytest.raises(StudyNotInPacs):
        fetch_study("1.2.4", Pacs(archive.url), tmp_path, **LIMITS)
    for image in images:
        image.Modality = "CT"
    with answering(objects=images) as archive, pytest.raises(NothingToFetch):
        fetch_study("1.2.3", Pacs(archive.url), tmp_path, **LIMITS)
