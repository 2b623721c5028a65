"""Results reach a PACS in the study that they are of, and what keeps them from it has a name."""

import io
import itertools
import json
import logging
import urllib.request
from dataclasses import replace

import dicomweb_server
import orthanc_server
import phantoms_dicom
import pytest
import scored_phantom
from dicomweb_server import answering
from pydicom import dcmread

from deeptepp.dicom.archive.pacs import Pacs, pacs_at
from deeptepp.dicom.results.dicomweb import plan_sending, send_objects
from deeptepp.dicom.results.filing import FiledUnder, filing_from
from deeptepp.dicom.results.objects import ResultObject, read_objects
from deeptepp.domain.study import Side
from deeptepp.errors import (
    HeadersGone,
    PacsDenied,
    PacsFault,
    PacsNotConfigured,
    PacsRefused,
    PacsUnreachable,
    StudyOfTwoPatients,
)

needs_orthanc = pytest.mark.skipif(
    orthanc_server.binary() is None, reason="Orthanc is not installed (apt-get install orthanc orthanc-dicomweb)"
)
NAMES = ("segmentation", "measurements", "report", "card")
SECRETS = (phantoms_dicom.NAME, phantoms_dicom.RECORD, phantoms_dicom.BIRTH, "ACC-77", "REFERRER")
HERS = {"AccessionNumber": "ACC-77", "ReferringPhysicianName": "REFERRER^A", "StudyID": "S9"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def reading(folder):
    return scored_phantom.read_phantom(folder, **HERS)


@pytest.fixture(scope="module")
def images(reading, folder):
    return [dcmread(path) for path in sorted(folder.rglob("*")) if path.is_file()]


def result(reading, radius_mm=6.0, inputs="c", **changes):
    lesion = replace(scored_phantom.ball(radius_mm=radius_mm), side=Side.LEFT)
    receipt = replace(scored_phantom.RECEIPT, inputs_sha256=inputs * 64)
    made = scored_phantom.objects_of(reading, scored_phantom.assessed(lesion), receipt=receipt, **changes)
    # As `send` reads them, which is also quicker than what the library has built.
    return read_objects([each.to_bytes() for each in made.values()])


@pytest.fixture(scope="module")
def objects(reading):
    return result(reading)


@pytest.fixture(scope="module")
def later(reading):
    """The same study scored with another outline."""
    return result(reading, radius_mm=5.0, inputs="d")


@pytest.fixture
def archive(images):
    """An archive that has the study and, as real ones, never takes a second patient for it."""
    with answering(objects=list(images)) as archive:
        archive.refuses = archive.patient_differs
        yield archive


def stored_results(archive):
    return [each for each in archive.objects if each.Modality != "MR"]


def wado(url, path, accept):
    request = urllib.request.Request(f"{url}/dicom-web{path}", headers={"Accept": accept})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:  # noqa: S310  our own server
            return reply.status
    except urllib.error.HTTPError as error:
        return error.code


def every_level(url, image):
    """Status of every way to fetch the study that was scored."""
    study, series = f"/studies/{image.StudyInstanceUID}", f"/series/{image.SeriesInstanceUID}"
    files, rows = 'multipart/related; type="application/dicom"; transfer-syntax=*', "application/dicom+json"
    paths = (study, study + series, f"{study}{series}/instances/{image.SOPInstanceUID}")
    statuses = [wado(url, path, files) for path in paths]
    return statuses + [wado(url, f"{path}/metadata", rows) for path in paths]


@needs_orthanc
@pytest.mark.slow
def test_an_orthanc_that_has_the_study_answers_on_every_level_before_and_after(
    images, objects, later, tmp_path, caplog
):
    study = images[0].StudyInstanceUID
    with orthanc_server.running(tmp_path, password="") as url, caplog.at_level(logging.DEBUG):
        orthanc_server.put(url, images)
        before = every_level(url, images[0])
        pacs = Pacs(f"{url}/dicom-web", "Orthanc")
        first = send_objects(objects, pacs)
        again = send_objects(objects, pacs)
        second = send_objects(later, pacs)
        after = every_level(url, images[0])
        studies = orthanc_server.get_json(f"{url}/dicom-web/studies?StudyInstanceUID={study}")
        found = orthanc_server.every_object(url)
    assert before == after == [200] * 6
    assert [row["00100020"]["Value"] for row in studies] == [[phantoms_dicom.RECORD]]
    assert (first.stored, first.had, first.is_complete) == (NAMES, (), True)
    assert (again.stored, again.had, again.is_complete) == ((), NAMES, True)
    assert (second.stored, second.n_superseded, second.is_complete) == (NAMES, 1, True)
    results = [each for each in found if each.Modality != "MR"]
    assert len(results) == 8
    assert len({each.SeriesInstanceUID for each in results}) == 4
    for each in results:
        assert (each.StudyInstanceUID, each.PatientID, each.PatientName) == (study, "MRN0048812", "DOE^JANE")
        assert (each.PatientBirthDate, each.AccessionNumber) == (phantoms_dicom.BIRTH, "ACC-77")
        if scored_phantom.has_validator():
            name = f"{each.Modality}{each.InstanceNumber}"
            assert scored_phantom.errors_in(ResultObject(name, each), tmp_path) == []
    assert not [secret for secret in SECRETS if secret in caplog.text]
    assert not [secret for secret in SECRETS if secret in f"{first} {second}"]


def test_a_result_takes_over_the_patient_that_the_pacs_knows(objects, archive):
    plan = plan_sending(objects, Pacs(archive.url))
    assert (plan.under, plan.n_earlier, plan.is_there) == (FiledUnder.PATIENT_IN_PACS, 0, False)
    delivery = send_objects(objects, Pacs(archive.url))
    assert delivery.is_complete
    for each in stored_results(archive):
        assert (each.PatientID, each.StudyID, each.PatientSex) == (phantoms_dicom.RECORD, "S9", "F")
        assert (each.ReferringPhysicianName, each.PatientIdentityRemoved) == ("REFERRER^A", "NO")
        assert "DeidentificationMethod" not in each
        assert "ReferencedStudySequence" not in each
    # What is on the disk, or in a zip, still names nobody.
    assert not [secret for each in objects for secret in SECRETS if secret.encode() in each.to_bytes()]


def test_what_refers_to_another_object_of_the_result_finds_it_in_the_pacs(objects, archive):
    send_objects(objects, Pacs(archive.url))
    by_kind = {each.Modality: each for each in stored_results(archive)}
    segmentation = by_kind["SEG"]
    (evidence,) = by_kind["SR"].CurrentRequestedProcedureEvidenceSequence
    assert evidence.StudyInstanceUID == segmentation.StudyInstanceUID
    named = {
        (series.SeriesInstanceUID, item.ReferencedSOPInstanceUID)
        for series in evidence.ReferencedSeriesSequence
        for item in series.ReferencedSOPSequence
    }
    assert (segmentation.SeriesInstanceUID, segmentation.SOPInstanceUID) in named
    assert named <= {(each.SeriesInstanceUID, each.SOPInstanceUID) for each in archive.objects}
    assert str(segmentation.SOPInstanceUID) in scored_phantom.named_in(by_kind["SR"])


def test_without_the_study_in_the_pacs_a_result_is_a_study_of_its_own_that_refers_to_it(objects, reading):
    with answering() as archive:
        assert plan_sending(objects, Pacs(archive.url)).under is FiledUnder.OWN_STUDY
        delivery = send_objects(objects, Pacs(archive.url))
    assert (delivery.under, delivery.is_complete) == (FiledUnder.OWN_STUDY, True)
    for each in archive.objects:
        assert each.StudyInstanceUID != reading.source.study_uid
        assert each.ReferencedStudySequence[0].ReferencedSOPInstanceUID == reading.source.study_uid
        assert (each.PatientID, each.PatientIdentityRemoved) == (reading.study.key, "YES")


def test_the_patient_of_the_files_is_taken_only_where_the_pacs_has_none(objects, folder, images, archive):
    chosen = filing_from(folder, images[0].StudyInstanceUID)
    assert not [secret for secret in SECRETS if secret in repr(chosen)]
    with answering() as empty:
        delivery = send_objects(objects, Pacs(empty.url), chosen=chosen)
    assert delivery.under is FiledUnder.PATIENT_IN_FILES
    assert {each.PatientID for each in empty.objects} == {phantoms_dicom.RECORD}
    for each in archive.objects:
        each.PatientID = "MERGED"
    assert send_objects(objects, Pacs(archive.url), chosen=chosen).under is FiledUnder.PATIENT_IN_PACS
    assert {each.PatientID for each in stored_results(archive)} == {"MERGED"}


def test_files_of_another_study_name_no_patient(images, folder, tmp_path):
    for source, study in ((folder, "1.2.999"), (tmp_path, "1.2.3")):
        with pytest.raises(HeadersGone):
            filing_from(source, study)


def test_a_study_that_the_pacs_has_under_two_patients_is_left_alone(objects, images, archive):
    archive.objects.append(dcmread(io.BytesIO(phantoms_dicom.encoded(images[0]))))
    archive.objects[-1].PatientID = "OTHER"
    with pytest.raises(StudyOfTwoPatients, match="2 times, under different patients"):
        send_objects(objects, Pacs(archive.url))
    assert stored_results(archive) == []


def test_a_later_result_supersedes_the_earlier_one_in_the_same_series(objects, later, archive):
    pacs = Pacs(archive.url)
    send_objects(objects, pacs)
    assert plan_sending(later, pacs).n_earlier == 1
    assert send_objects(later, pacs).n_superseded == 1
    # The first again is the third: it is not the latest any more.
    assert send_objects(objects, pacs).stored == NAMES
    assert send_objects(objects, pacs).had == NAMES
    reports = [each for each in stored_results(archive) if each.Modality == "SR"]
    assert [each.InstanceNumber for each in reports] == [1, 2, 3]
    assert len({each.SeriesInstanceUID for each in reports}) == 1
    for before, after in itertools.pairwise(reports):
        (study,) = after.PredecessorDocumentsSequence
        (named,) = study.ReferencedSeriesSequence[0].ReferencedSOPSequence
        assert named.ReferencedSOPInstanceUID == before.SOPInstanceUID


def test_what_was_cut_short_is_completed_and_nothing_sent_twice(objects, archive):
    pacs, refuses = Pacs(archive.url), archive.refuses
    archive.refuses = lambda made: 0xA700 if made.Modality in ("DOC", "OT") else 0
    assert send_objects(objects, pacs).stored == NAMES[:2]
    archive.refuses = refuses
    delivery = send_objects(objects, pacs)
    assert (delivery.had, delivery.stored, delivery.n_superseded) == (NAMES[:2], NAMES[2:], 0)
    assert delivery.is_complete


def test_each_object_that_was_not_taken_is_named_with_its_reason(objects, archive):
    archive.refuses = lambda made: {"DOC": 0x0122, "OT": 0xC123}.get(made.Modality, 0)
    archive.warns = lambda made: 0xB000 if made.Modality == "SR" else 0
    delivery = send_objects(objects, Pacs(archive.url))
    assert delivery.stored == ("segmentation", "measurements")
    assert [(each.name, each.said) for each in delivery.failed] == [
        ("report", "it does not store this class of objects (0x0122)"),
        ("card", "it cannot read the object (0xC123)"),
    ]
    assert [(each.name, each.code) for each in delivery.warned] == [("measurements", "0xB000")]
    assert delivery.check.n_found == 2
    assert not delivery.is_complete


def test_a_conflict_is_told_by_the_reasons_of_its_objects(objects, archive):
    archive.refuses = lambda _: dicomweb_server.OTHER_PATIENT
    with pytest.raises(
        PacsRefused, match=r"4 of 4 objects \(it finds the object not to be of its class \(0xA900\)"
    ):
        send_objects(objects, Pacs(archive.url))


def test_free_text_of_the_pacs_is_never_shown(objects, archive):
    archive.status, archive.body = 409, b"Patient MRN0048812 DOE^JANE differs"
    with pytest.raises(PacsFault) as refused:
        send_objects(objects, Pacs(archive.url))
    assert not [secret for secret in SECRETS if secret in str(refused.value)]


def test_objects_that_the_answer_does_not_name_are_not_called_stored(objects, archive):
    archive.status, archive.body = 200, json.dumps({}).encode()
    with pytest.raises(PacsRefused, match="its answer does not name them"):
        send_objects(objects, Pacs(archive.url))


def test_a_pacs_that_said_yes_and_kept_nothing_is_found_out(objects, archive):
    archive.forgets = True
    delivery = send_objects(objects, Pacs(archive.url))
    assert (delivery.stored, delivery.check.n_found, delivery.is_complete) == (NAMES, 0, False)


@pytest.mark.parametrize(
    ("own", "error", "said"),
    [
        ({"denies": 401}, PacsDenied, "HTTP 401"),
        ({"denies": 403}, PacsDenied, "HTTP 403"),
        ({"denies": 503}, PacsFault, "HTTP 503"),
        ({"page": b"<html>"}, PacsFault, "not that of a DICOMweb server"),
        ({"page": b"[7]"}, PacsFault, "not that of a DICOMweb server"),
    ],
)
def test_a_pacs_that_does_not_answer_as_one_has_a_name(objects, own, error, said):
    with answering(**own) as archive, pytest.raises(error, match=said):
        send_objects(objects, Pacs(archive.url, "Archive"))


def test_a_pacs_that_is_away_says_so_without_its_address(objects):
    with pytest.raises(PacsUnreachable, match="The archive does not answer") as refused:
        send_objects(objects, Pacs("http://127.0.0.1:9/dicom-web", "The archive"))
    assert "127.0.0.1" not in str(refused.value)


def test_a_token_of_the_environment_is_sent_and_never_shown(objects, archive):
    pacs = pacs_at(archive.url, "PACS", {"DEEPTEPP_PACS_TOKEN": "secret"})
    send_objects(objects, pacs)
    assert {token for *_, token in archive.heard} == {"Bearer secret"}
    assert "secret" not in repr(pacs)


def test_without_an_address_there_is_no_pacs(objects):
    with pytest.raises(PacsNotConfigured):
        send_objects(objects, None)
