"""Routes that score: a study in, its assessment out, at once or by the address of a piece of work."""

from __future__ import annotations

import json
import re
import time
from http import HTTPStatus
from typing import Any

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from deeptepp.api.answer_models import AssessmentAnswer, JobAnswer, ProblemAnswer, ScoreAsk, StudyForm
from deeptepp.api.api_problems import PROBLEM_TYPE, broken, problem, problem_of
from deeptepp.api.asks import CheckedAsk, checked, plain_json, read_ask
from deeptepp.api.operations import BYTES, JSON, AnswerKind, Operation
from deeptepp.api.scoring_work import Answered, ApiCase, ApiCases
from deeptepp.api.study_form import FACTS, OPTIONS, FormReader
from deeptepp.api.study_routes import receive_body
from deeptepp.errors import JobCancelled
from deeptepp.service.counted_metrics import UPLOADS
from deeptepp.service.engine import ScoringEngine, WorkView
from deeptepp.service.gate import person_of
from deeptepp.store.upload_writer import FRAMED_TYPE
from deeptepp.store.uploads import UploadStore

SCORE, CASE, JOB = "/api/v1/score", "/api/v1/cases/{case}", "/api/v1/jobs/{job}"

FORM, ZIP = "multipart/form-data", "application/zip"
FACTS_HEADER, OPTIONS_HEADER = "DeepTEPP-Facts", "DeepTEPP-Options"
"""Headers that hold what the parts of a form hold, where the body is the study itself."""

_WAIT_S, _MOST_WAIT_S = 20.0, 55.0
"""Seconds that an answer is waited for, and the most that ``Prefer: wait=`` may ask for: proxies end at 60."""
_LOOK_EVERY_S = 0.1

_PROBLEM = AnswerKind(ProblemAnswer, PROBLEM_TYPE)
_PROBLEMS = dict.fromkeys(
    (
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.CONFLICT,
        HTTPStatus.GONE,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.INSUFFICIENT_STORAGE,
    ),
    _PROBLEM,
)
_ANSWERS = {HTTPStatus.OK: AnswerKind(AssessmentAnswer), HTTPStatus.ACCEPTED: AnswerKind(JobAnswer), **_PROBLEMS}
_PREFER = {"Prefer": "respond-async, or wait= and seconds up to 55, to be answered 202 sooner or later."}


def score_operations(engine: ScoringEngine, uploads: UploadStore) -> list[Operation]:
    """List the routes that score; ``uploads`` holds the studies until they are scored."""
    cases = ApiCases(engine, uploads)

    async def score(request: Request) -> Response:
        upload_id, ask = await _received(request, uploads)
        case = cases.hand_in(person_of(request.scope), upload_id, ask)
        return await _waited(request, cases, case)

    async def score_again(request: Request) -> Response:
        ask = checked(plain_json("the body", await request.body() or b"{}"))
        case = cases.ask_again(person_of(request.scope), request.path_params["case"], ask)
        return await _waited(request, cases, case)

    async def show_case(request: Request) -> Response:
        person, case_id = person_of(request.scope), request.path_params["case"]
        case = cases.here(person, case_id)
        if case is not None:
            return _shown(cases, case)
        document = await anyio.to_thread.run_sync(cases.kept_document, person, case_id)
        return _printed(document, CASE.format(case=case_id))

    async def delete_case(request: Request) -> Response:
        person, case_id = person_of(request.scope), request.path_params["case"]
        await anyio.to_thread.run_sync(cases.delete, person, case_id)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def show_job(request: Request) -> Response:
        case = cases.case_of(person_of(request.scope), request.path_params["job"])
        return JSONResponse(_job(case, cases.look(case)))

    async def stop_job(request: Request) -> Response:
        cases.stop(cases.case_of(person_of(request.scope), request.path_params["job"]))
        return Response(status_code=HTTPStatus.NO_CONTENT)

    gone = {HTTPStatus.NO_CONTENT: AnswerKind(None), HTTPStatus.NOT_FOUND: _PROBLEM}
    deleted = gone | {HTTPStatus.SERVICE_UNAVAILABLE: _PROBLEM}
    of_job = {HTTPStatus.OK: AnswerKind(JobAnswer), HTTPStatus.NOT_FOUND: _PROBLEM}
    bodies = {FORM: StudyForm, ZIP: None, FRAMED_TYPE: None, BYTES: None}
    headers = {
        FACTS_HEADER: "Facts as JSON, where the body is the study itself.",
        OPTIONS_HEADER: "Options as JSON, where the body is the study itself.",
    }
    summary = "Score one study: its assessment, or the address of the work on it."
    again = "Answer a question about a case, or score it with other facts, while its study is here."
    return [
        Operation("POST", SCORE, score, summary, _ANSWERS, bodies, headers | _PREFER),
        Operation("POST", CASE + "/score", score_again, again, _ANSWERS, {JSON: ScoreAsk}, _PREFER),
        Operation("GET", CASE, show_case, "Fetch the assessment of a case.", _ANSWERS),
        Operation("DELETE", CASE, delete_case, "Stop the work on a case and delete it.", deleted),
        Operation("GET", JOB, show_job, "See how far a piece of work is.", of_job),
        Operation("DELETE", JOB, stop_job, "Stop a piece of work.", gone),
    ]


async def _received(request: Request, uploads: UploadStore) -> tuple[str, CheckedAsk]:
    """Take a study to disk, and what is asked about it; nothing of it stays where either is refused."""
    content_type = request.headers.get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    texts: dict[str, bytes | str] = {
        name: request.headers.get(header, "")
        for name, header in ((FACTS, FACTS_HEADER), (OPTIONS, OPTIONS_HEADER))
    }
    if kind != FORM:
        read_ask(texts)  # before a gigabyte is taken
    with uploads.begin(uploads.issue_token(), is_framed=kind == FRAMED_TYPE) as writer:
        form = FormReader(content_type, writer.feed) if kind == FORM else None
        await receive_body(request, form.feed if form else writer.feed)
        if form:
            form.finish()
            texts |= {name: bytes(text) for name, text in form.texts.items()}
        ask = read_ask(texts)
        upload = await anyio.to_thread.run_sync(writer.finish)
    UPLOADS.inc()
    return upload.upload_id, ask


async def _waited(request: Request, cases: ApiCases, case: ApiCase) -> Response:
    """Wait a while for an answer; give the address of the work where it takes longer."""
    end_s = time.monotonic() + _wait_s(request.headers.get("prefer", ""))
    while not cases.look(case).is_over and time.monotonic() < end_s:
        await anyio.sleep(_LOOK_EVERY_S)
    return _shown(cases, case)


def _wait_s(prefer: str) -> float:
    """Seconds that a request wants to wait, by its header ``Prefer`` of RFC 7240."""
    if "respond-async" in prefer:
        return 0.0
    found = re.search(r"\bwait=(\d{1,4})\b", prefer)
    return min(float(found[1]), _MOST_WAIT_S) if found else _WAIT_S


def _shown(cases: ApiCases, case: ApiCase) -> Response:
    """Answer with what is known of a case: its assessment, a question, a refusal, or how far the work is."""
    view, place = cases.look(case), CASE.format(case=case.id)
    if not view.is_over:
        headers = {"Location": JOB.format(job=case.job_id), "Retry-After": "1"}
        return JSONResponse(_job(case, view), HTTPStatus.ACCEPTED, headers)
    if view.incident:
        return broken(view.incident)
    answer = view.result
    if not isinstance(answer, Answered):
        return problem(view.refusal or JobCancelled())
    if answer.refusal is None:
        return _printed(answer.document, place)
    status = HTTPStatus.CONFLICT if answer.is_question else HTTPStatus.UNPROCESSABLE_ENTITY
    found = answer.refusal
    told = {"rule": found.rule, "detail": found.message, "value": found.value, "limit": found.limit}
    more: dict[str, Any] = {"case": place, "assessment": answer.document}
    if answer.is_question:
        more["proposals"] = answer.document["proposals"]
    return problem_of(status, told, **more)


def _printed(document: dict[str, Any], place: str) -> Response:
    """Answer with an assessment, letter by letter as the command line prints it."""
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    return Response(text, HTTPStatus.OK, {"Content-Location": place}, JSON)


def _job(case: ApiCase, view: WorkView) -> dict[str, Any]:
    """Piece of work as data; a case that was refused by an answer is done as work."""
    refused = isinstance(view.result, Answered) and view.result.refusal is not None
    return {
        "job": case.job_id,
        "case": CASE.format(case=case.id),
        "state": "refused" if refused else str(view.state),
        "steps": [
            {"step": each.step.value, "fraction": each.fraction, "found": str(each.found)} for each in view.steps
        ],
        "elapsed_s": round(view.elapsed_s, 1),
        "n_ahead": view.n_ahead,
    }
