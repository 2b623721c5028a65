"""Scoring by REST, over a real server behind its gate: the command line's answer, questions, refusals, ends."""

import json
import re
import struct
import time
import zipfile

import numpy as np
import pytest
from api_service import FACTS
from pydantic import TypeAdapter
from typer.testing import CliRunner

from deeptepp.api.answer_models import AssessmentAnswer, JobAnswer, ProblemAnswer
from deeptepp.cli import app
from deeptepp.dicom.read_dicom import read_study
from deeptepp.domain.study import PhaseProposal
from deeptepp.errors import NoPreContrast
from deeptepp.scoring import images
from deeptepp.store import own_ledger
from deeptepp.store.cases import Board, board_address
from deeptepp.store.upload_writer import FRAMED_TYPE
from deeptepp.ui.background.jobs import close_default_runner


def hand_in(client, study, facts=FACTS, options=None, **headers):
    with study.open("rb") as file:
        parts = {"facts": json.dumps(facts), "options": json.dumps(options or {})}
        return client.post("/api/v1/score", files={"study": ("x.zip", file)}, data=parts, headers=headers)


def without_time(document):
    """Leave out when it was scored and for whom, which the hash of the receipt is also of."""
    receipt = {
        key: told for key, told in document["receipt"].items() if key not in ("created_utc", "id", "sha256")
    }
    return document | {"receipt": receipt}


@pytest.fixture(scope="module")
def scored(service):
    return hand_in(service.client(), service.zip, Prefer="wait=55")


def test_the_answer_is_what_the_command_line_prints(service, scored):
    facts = service.folder / "facts.toml"
    facts.write_text("\n".join(f"{name} = {json.dumps(value)}" for name, value in FACTS.items()))
    printed = CliRunner().invoke(app, ["score", str(service.zip), "--cp", str(facts), "--json"]).stdout
    assert scored.status_code == 200
    assert list(scored.json()) == list(json.loads(printed))
    assert without_time(scored.json()) == without_time(json.loads(printed))
    assert len(scored.text.splitlines()) == len(printed.splitlines())
    TypeAdapter(AssessmentAnswer).validate_python(scored.json(), extra="forbid")


def test_a_score_leaves_its_receipt_in_the_audit_trail_in_the_name_of_the_token(service, scored):
    kept = own_ledger.own_ledger().receipt(scored.json()["receipt"]["id"])
    assert kept.who.startswith("token:")
    assert kept.input_sha256 == scored.json()["receipt"]["input_sha256"]


def test_a_scored_case_is_kept_and_answers_whoever_may_read_cases_also_after_a_restart(service, scored):
    place = scored.headers["content-location"]
    board = Board(board_address())
    kept = board.kept.open(place.rpartition("/")[2])
    board.close()
    assert (kept.row.owner_title, kept.row.score) == ("program for clinician", scored.json()["score"])
    assert kept.scores[0].assessment.receipt.id == scored.json()["receipt"]["id"]
    # The runner holds what is in memory alone.
    close_default_runner()
    assert [service.client(role).get(place).text for role in ("clinician", "viewer")] == [scored.text] * 2
    told = own_ledger.own_ledger().entries(kinds=["case opened"], about=kept.row.id)
    assert {entry.name for entry in told} == {"program for clinician", "program for viewer"}
    refused = {role: service.client(role).get(place).status_code for role in ("", "admin", "metrics")}
    assert refused == {"": 401, "admin": 403, "metrics": 403}


def test_a_kept_case_of_the_api_holds_its_images_and_the_box_of_its_reader(service):
    box = [[-150, -150, -150], [150, 150, 150]]
    client, options = service.client(), {"box": box, "stability": False}
    begun = hand_in(client, service.zip, options=options, Prefer="respond-async").json()
    deadline = time.monotonic() + 300
    while client.get(begun["case"]).status_code == 202 and time.monotonic() < deadline:
        time.sleep(0.2)
    case_id = begun["case"].rpartition("/")[2]
    board = Board(board_address())
    kept, images = board.kept.open(case_id), board.kept.images(case_id)
    board.close()
    (drawn,) = kept.choices.drawn
    assert kept.choices.selected == len(images.candidates)
    assert np.array_equal(drawn.mask, kept.scores[0].assessment.lesion.mask)


def test_a_case_is_deleted_by_those_who_may_score_and_then_gone_everywhere(service, scored):
    place, client = scored.headers["content-location"], service.client()
    assert service.client("viewer").delete(place).status_code == 403
    assert client.delete(place).status_code == 204
    gone = client.get(place)
    assert (gone.status_code, gone.json()["rule"]) == (404, "api.case-gone")
    assert gone.headers["content-type"] == "application/problem+json"


def test_a_body_of_its_own_with_facts_in_a_header_is_scored_as_a_job_with_progress(service):
    client = service.client()
    headers = {"DeepTEPP-Facts": json.dumps(FACTS), "Prefer": "respond-async"}
    files = sorted(path for path in (service.folder / "study").rglob("*") if path.is_file())
    body = struct.pack(">4sI", b"DTF1", len(files))
    body += b"".join(struct.pack(">Q", path.stat().st_size) + path.read_bytes() for path in files)
    begun = client.post("/api/v1/score", content=body, headers=headers | {"Content-Type": FRAMED_TYPE})
    assert begun.status_code == 202
    place = begun.headers["location"]
    assert place == f"/api/v1/jobs/{begun.json()['job']}"
    deadline = time.monotonic() + 120
    while (seen := client.get(place).json())["state"] in ("waiting", "running") and time.monotonic() < deadline:
        TypeAdapter(JobAnswer).validate_python(seen, extra="forbid")
        time.sleep(0.2)
    assert seen["state"] == "done"
    assert {"read", "score"} <= {step["step"] for step in seen["steps"]}
    assert client.get(seen["case"]).json()["score"] is not None


def test_a_stopped_job_is_gone_by_name_and_its_study_with_it(service):
    client = service.client()
    begun = hand_in(client, service.zip, Prefer="respond-async").json()
    assert client.delete(f"/api/v1/jobs/{begun['job']}").status_code == 204
    deadline = time.monotonic() + 60
    while (seen := client.get(begun["case"])).status_code == 202 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert (seen.status_code, seen.json()["rule"]) == (410, "job.cancelled")


def test_a_refusal_has_its_rule_value_and_limit_and_the_facts_may_be_mended_in_a_second_call(service):
    client = service.client()
    refused = hand_in(client, service.zip, FACTS | {"her2_status": "negative"}, Prefer="wait=55")
    assert refused.status_code == 422
    TypeAdapter(ProblemAnswer).validate_python(refused.json(), extra="forbid")
    assert refused.json()["rule"] == "eligibility.her2"
    assert refused.json()["assessment"]["outcome"] == "refused"
    again = client.post(f"{refused.json()['case']}/score", json={"facts": FACTS}, headers={"Prefer": "wait=55"})
    assert again.status_code == 200
    # Scored, and its files are gone.
    late = client.post(f"{refused.json()['case']}/score", json={"facts": FACTS})
    assert (late.status_code, late.json()["rule"]) == (410, "upload.gone")


def test_a_question_is_answered_by_a_second_call(service, monkeypatch):
    ways = (PhaseProposal(("s1", "s2", "s3"), "As acquired."), PhaseProposal(("s1", "s3"), "Without s2."))

    def ask(source, *, phase_keys=None, **more):
        if phase_keys is None:
            raise NoPreContrast(value=3, proposals=ways)
        return read_study(source, phase_keys=phase_keys, **more)

    monkeypatch.setattr(images, "read_study", ask)
    client = service.client()
    asked = hand_in(client, service.zip, Prefer="wait=55")
    assert (asked.status_code, asked.json()["rule"]) == (409, "dicom.no-pre-contrast")
    TypeAdapter(ProblemAnswer).validate_python(asked.json(), extra="forbid")
    assert [each["keys"] for each in asked.json()["proposals"]] == [["s1", "s2", "s3"], ["s1", "s3"]]
    body = {"facts": FACTS, "options": {"phases": asked.json()["proposals"][0]["keys"]}}
    again = client.post(f"{asked.json()['case']}/score", json=body, headers={"Prefer": "wait=55"})
    assert again.status_code == 200
    assert again.json()["score"] is not None


@pytest.mark.parametrize(
    ("facts", "options", "status", "rule"),
    [
        ({"tumour_size_mm": 2400}, {}, 422, "clinical.out-of-range"),
        ({"doe_jane": 1}, {}, 422, "clinical.unknown-field"),
        ({"her2_status": "DOE^JANE"}, {}, 422, "clinical.out-of-range"),
        ({"tumour_size_mm": "DOE^JANE"}, {}, 422, "clinical.not-a-number"),
        ({}, {"doe_jane": 1}, 400, "api.bad-request"),
        ({}, {"side": "DOE^JANE"}, 400, "api.bad-request"),
        ({}, {"label": "MRN 4711-0815-33"}, 422, "board.label-identifies"),
        (["DOE^JANE"], {}, 400, "api.bad-request"),
    ],
)
def test_facts_and_options_are_refused_by_name_without_a_word_of_theirs(service, facts, options, status, rule):
    refused = hand_in(service.client(), service.zip, facts, options)
    assert (refused.status_code, refused.json()["rule"]) == (status, rule)
    assert not re.search("jane|4711", refused.text, re.IGNORECASE)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"\0" * 5000])
def test_what_is_no_study_is_refused_by_name(service, content):
    headers = {"Content-Type": "application/zip", "Prefer": "wait=55"}
    refused = service.client().post("/api/v1/score", content=content, headers=headers)
    assert refused.status_code in (400, 422)
    assert refused.json()["rule"].split(".")[0] in ("upload", "archive", "dicom")


def test_a_form_without_its_end_or_with_other_parts_leaves_nothing(service):
    client, kind = service.client(), "multipart/form-data; boundary=x"
    part = b'--x\r\nContent-Disposition: form-data; name="%s"; filename="JANE"\r\n\r\nPK\r\n'
    for body in (part % b"study", part % b"jane" + b"--x--\r\n", part % b"facts" + b"--x--\r\n", b"JANE"):
        refused = client.post("/api/v1/score", content=body, headers={"Content-Type": kind})
        assert (refused.status_code, refused.json()["rule"]) == (400, "api.bad-request")
        assert "JANE" not in refused.text


def test_no_identifier_of_study_or_facts_reaches_an_answer_the_log_or_the_metrics(service, scored, planted):
    client, heard = service.client(), []
    heard.append(hand_in(client, planted.archive, Prefer="wait=55"))
    heard.append(hand_in(client, planted.archive, FACTS | {"sex": planted.words[0]}))
    heard.append(hand_in(client, planted.archive, FACTS, {"label": planted.words[1]}))
    begun = hand_in(client, planted.archive, Prefer="respond-async")
    heard += [begun, client.get(begun.json()["case"]), client.get(f"/api/v1/jobs/{begun.json()['job']}")]
    heard.append(client.get(f"/api/v1/cases/{planted.words[0]}?name={planted.words[1]}"))
    heard.append(service.client("metrics").get("/metrics"))
    assert [answer.status_code for answer in heard[:3]] == [200, 422, 422]
    told = "\n".join([*(answer.text + str(answer.headers) for answer in heard), service.log.getvalue()])
    assert "api/v1/score" in service.log.getvalue()
    assert [word for word in planted.words if word in told] == []
    assert not any(token in told for token in service.tokens.values())


@pytest.fixture
def planted(service):
    """A study whose header is full of identifiers."""
    from types import SimpleNamespace

    import pydicom

    words = ["PLANTED^NAMEONE", "PLANTED-4711-0815", "19611224", "Dr PLANTEDTHREE", "PLANTEDHOSPITAL", "ACC998877"]
    tags = ("PatientName", "PatientID", "PatientBirthDate", "ReferringPhysicianName", "InstitutionName")
    archive = service.folder / "planted.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted(path for path in (service.folder / "study").rglob("*") if path.is_file()):
            image = pydicom.dcmread(path)
            for tag, word in zip((*tags, "AccessionNumber"), words, strict=True):
                setattr(image, tag, word)
            image.save_as(service.folder / "one.dcm")
            packed.write(service.folder / "one.dcm", f"PLANTED NAMEONE/{path.relative_to(service.folder)}")
    return SimpleNamespace(archive=archive, words=words)
