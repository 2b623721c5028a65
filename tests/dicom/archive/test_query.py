"""A worklist says what the PACS says, and keeps nothing of it."""

from datetime import date

import orthanc_server
import phantoms_dicom
import pytest
from dicomweb_server import answering

from deeptepp.dicom.archive.pacs import Pacs
from deeptepp.dicom.archive.query import MOST_STUDIES, StudyQuery, find_studies
from deeptepp.errors import PacsDenied, PacsFault, PacsUnreachable

DAY = date(2020, 1, 2)


def study(number=0, **tags):
    uid = f"1.2.3.{number}"
    own = {"StudyInstanceUID": uid, "SeriesInstanceUID": f"{uid}.1", "AccessionNumber": f"A{number}"}
    return phantoms_dicom.dynamic_series(phantoms_dicom.truth(times_s=(0.0,)), **(own | tags))


@pytest.mark.skipif(orthanc_server.binary() is None, reason="Orthanc is not installed")
@pytest.mark.slow
def test_studies_are_found_by_number_patient_day_and_kind(tmp_path):
    with orthanc_server.running(tmp_path) as url:
        pacs = Pacs(f"{url}/dicom-web", "Orthanc")
        orthanc_server.put(url, study(0) + study(1, StudyDate="20210505", PatientID="P2"))
        asked = {
            "A0": StudyQuery(accession="A0"),
            "A1": StudyQuery(patient_id="P2"),
            "A0 ": StudyQuery(first_day=DAY, last_day=DAY),
            "A1 ": StudyQuery(first_day=date(2021, 1, 1)),
            " A0": StudyQuery(last_day=date(2020, 12, 31)),
            "": StudyQuery(accession="A0", modality="CT"),
        }
        found = {key: find_studies(query, pacs).rows for key, query in asked.items()}
        both = find_studies(StudyQuery(modality=""), pacs).rows
    assert [[row.accession for row in rows] for rows in found.values()] == [key.split() for key in asked]
    (row,) = found["A0"]
    assert (row.patient, row.patient_id, row.born) == ("DOE JANE", phantoms_dicom.RECORD, "1962-03-14")
    assert (row.day, row.modalities, row.n_series, row.n_images) == ("2020-01-02", "MR", 1, 6)
    assert [each.day for each in both] == ["2021-05-05", "2020-01-02"]


def test_what_names_a_patient_is_in_no_text_of_a_query_or_a_row():
    with answering(objects=study(7)) as archive:
        (row,) = find_studies(StudyQuery(accession="A7"), Pacs(archive.url)).rows
    said = f"{row} {StudyQuery(accession='A7', patient_id=phantoms_dicom.RECORD)}"
    assert not [each for each in ("A7", "DOE", phantoms_dicom.RECORD, "1962", "1.2.3") if each in said]


def test_more_studies_than_are_a_choice_are_said_to_be_more():
    many = [image for number in range(MOST_STUDIES + 1) for image in study(number)[:1]]
    with answering(objects=many) as archive:
        found = find_studies(StudyQuery(first_day=None, last_day=None), Pacs(archive.url))
    assert (len(found.rows), found.has_more) == (MOST_STUDIES, True)


@pytest.mark.parametrize(
    ("own", "error"),
    [({"denies": 401}, PacsDenied), ({"denies": 500}, PacsFault), ({"page": b"<html>"}, PacsFault)],
)
def test_why_there_is_no_worklist_has_a_name(own, error):
    with answering(**own) as archive, pytest.raises(error):
        find_studies(StudyQuery(accession="A"), Pacs(archive.url))
    with pytest.raises(PacsUnreachable):
        find_studies(StudyQuery(accession="A"), Pacs("http://127.0.0.1:9"))


@pytest.mark.parametrize(
    ("query", "filters"),
    [
        (StudyQuery(modality=""), {}),
        (StudyQuery(accession=" A7 "), {"AccessionNumber": "A7", "ModalitiesInStudy": "MR"}),
        (StudyQuery(first_day=DAY, modality=""), {"StudyDate": "20200102-"}),
        (StudyQuery(last_day=DAY, modality=""), {"StudyDate": "-20200102"}),
        (StudyQuery(first_day=DAY, last_day=DAY, modality=""), {"StudyDate": "20200102-20200102"}),
    ],
)
def test_only_what_narrows_the_search_is_asked(query, filters):
    assert query.filters == filters
