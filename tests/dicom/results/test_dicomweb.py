"""Objects reach a PACS, and what keeps them from it has a name."""

import http.server
import threading

import orthanc_server
import pytest
import scored_phantom
from dicomweb_client.api import DICOMwebClient

from deeptepp.dicom.results.dicomweb import send_objects
from deeptepp.dicom.archive.pacs import Pacs, pacs_at
from deeptepp.errors import PacsNotConfigured, PacsRefused, PacsUnreachable

needs_orthanc = pytest.mark.skipif(
    orthanc_server.binary() is None, reason="Orthanc is not installed (apt-get install orthanc orthanc-dicomweb)"
)


@pytest.fixture(scope="module")
def objects(tmp_path_factory):
    return tuple(scored_phantom.objects_of(scored_phantom.read_phantom(tmp_path_factory.mktemp("files"))).values())


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory):
    with orthanc_server.running(tmp_path_factory.mktemp("orthanc"), password="opens") as url:  # noqa: S106  a test
        yield f"{url}/dicom-web"


@needs_orthanc
def test_what_was_sent_comes_back_from_the_pacs(objects, orthanc):
    pacs = Pacs(orthanc, "Orthanc", user="deeptepp", password="opens")  # noqa: S106  a test
    for _ in range(2):
        delivery = send_objects(objects, pacs)
    assert (delivery.name, delivery.stored) == ("Orthanc", tuple(each.name for each in objects))
    headers = {"Authorization": "Basic ZGVlcHRlcHA6b3BlbnM="}
    client = DICOMwebClient(orthanc, headers=headers)
    study = str(objects[0].dataset.StudyInstanceUID)
    rows = client.search_for_series(study_instance_uid=study)
    assert sorted(row["00080060"]["Value"][0] for row in rows) == ["DOC", "OT", "SEG", "SR"]
    back = {str(each.SOPInstanceUID): each for each in client.retrieve_study(study)}
    assert len(back) == 4  # twice sent is once stored
    for each in objects:
        stored = back[str(each.dataset.SOPInstanceUID)]
        assert stored.SeriesDescription == each.dataset.SeriesDescription
        for keyword in ("PixelData", "EncapsulatedDocument", "ContentSequence"):
            assert stored.get(keyword) == each.dataset.get(keyword)


@needs_orthanc
@pytest.mark.parametrize("path", ["", "/nowhere"])
def test_a_pacs_that_refuses_says_so(objects, orthanc, path):
    with pytest.raises(PacsRefused, match="Orthanc did not take 4 of 4 objects") as refused:
        send_objects(objects, Pacs(orthanc + path, "Orthanc"))
    assert "2.25" not in str(refused.value)


def test_a_pacs_that_does_not_answer_says_so_without_its_address(objects):
    with pytest.raises(PacsUnreachable, match="The archive does not answer") as refused:
        send_objects(objects, Pacs("http://127.0.0.1:9/dicom-web", "The archive"))
    assert "127.0.0.1" not in str(refused.value)


@pytest.mark.parametrize(
    ("status", "kind", "body", "said"),
    [
        (200, "text/html", b"<html>", "4 of 4 objects .its answer does not name them"),
        (200, "application/dicom+json", b"not json", "4 of 4 objects .its answer does not name them"),
        (409, "text/plain", b"", "HTTP 409"),
        (
            202,
            "application/dicom+json",
            b'{"00081198":{"vr":"SQ","Value":[{"00081197":{"vr":"US","Value":[272]}}]}}',
            "1 of 4 objects .DICOM failure 0x0110",
        ),
    ],
)
def test_an_answer_that_is_no_success_is_a_refusal(objects, status, kind, body, said):
    with answering(status, kind, body) as (url, _), pytest.raises(PacsRefused, match=said):
        send_objects(objects, Pacs(url))


def test_a_token_of_the_environment_is_sent_and_never_shown(objects):
    taken = b'{"00081199":{"vr":"SQ","Value":[{},{},{},{"00081196":{"vr":"US","Value":[45056]}}]}}'
    with answering(200, "application/dicom+json", taken) as (url, heard):
        pacs = pacs_at(url, "PACS", {"DEEPTEPP_PACS_TOKEN": "secret"})
        assert send_objects(objects, pacs).n_warnings == 1
    assert heard == ["Bearer secret"]
    assert "secret" not in repr(pacs)


def test_without_an_address_there_is_no_pacs(objects):
    with pytest.raises(PacsNotConfigured):
        send_objects(objects, None)


class answering:  # noqa: N801  reads like a function
    """A server of one answer; remembers who asked."""

    def __init__(self, status, kind, body):
        heard = self.heard = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                heard.append(self.headers.get("Authorization"))
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}", self.heard

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
