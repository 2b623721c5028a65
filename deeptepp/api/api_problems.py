"""Refusals of the API as ``application/problem+json``."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse, Response

from deeptepp.errors import (
    ApiCaseGone,
    BadRequestBody,
    BoardStoreError,
    BundleError,
    DeepTeppError,
    DiskFull,
    JobCancelled,
    OutOfRange,
    TooManyJobs,
    TooManyOwnJobs,
    UnknownField,
    UploadGone,
    UploadIncomplete,
    UploadTooLarge,
)

PROBLEM_TYPE = "application/problem+json"
"""RFC 9457."""

_RETRY_S = "30"

_STATUS: tuple[tuple[type[DeepTeppError], HTTPStatus], ...] = (
    (BadRequestBody, HTTPStatus.BAD_REQUEST),
    (UploadIncomplete, HTTPStatus.BAD_REQUEST),
    (ApiCaseGone, HTTPStatus.NOT_FOUND),
    (UploadGone, HTTPStatus.GONE),
    (JobCancelled, HTTPStatus.GONE),
    (UploadTooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (TooManyOwnJobs, HTTPStatus.TOO_MANY_REQUESTS),
    (TooManyJobs, HTTPStatus.SERVICE_UNAVAILABLE),
    (DiskFull, HTTPStatus.INSUFFICIENT_STORAGE),
    (BundleError, HTTPStatus.SERVICE_UNAVAILABLE),
    (BoardStoreError, HTTPStatus.SERVICE_UNAVAILABLE),
)
"""HTTP status of each refusal, the first that fits; 422 for the others: it was read, and the study refused."""


class ProblemResponse(JSONResponse):
    """A refusal with its media type."""

    media_type = PROBLEM_TYPE


def problem(error: DeepTeppError, **more: Any) -> Response:  # noqa: ANN401  plain data
    """Answer with a refusal."""
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), HTTPStatus.UNPROCESSABLE_ENTITY)
    is_busy = isinstance(error, TooManyJobs)
    told = {"rule": error.rule, "detail": _detail(error), "value": error.value, "limit": error.limit}
    if isinstance(error, OutOfRange) and not isinstance(error.value, int | float):
        told["value"] = None  # what was typed into a fact may be anything, a name too
    return problem_of(status, told, {"Retry-After": _RETRY_S} if is_busy else None, **more)


def problem_of(
    status: HTTPStatus,
    told: dict[str, Any],
    headers: dict[str, str] | None = None,
    **more: Any,  # noqa: ANN401  plain data
) -> Response:
    """Answer with a refusal; ``told`` has its rule, detail, value and limit."""
    content = {
        "type": f"urn:deeptepp:rule:{told['rule']}",
        "title": status.phrase,
        "status": status.value,
        "detail": str(told["detail"]),
        "rule": told["rule"],
        "value": _plain(told["value"]),
        "limit": _plain(told["limit"]),
    }
    return ProblemResponse(content | more, status, headers)


def broken(incident: str) -> Response:
    """Answer that work failed; the log has more under the same number."""
    told = {"rule": "service.broken", "detail": f"Something broke. Its number in the log is {incident}."}
    return problem_of(HTTPStatus.INTERNAL_SERVER_ERROR, told | {"value": incident, "limit": None})


def _detail(error: DeepTeppError) -> str:
    """Say a refusal without anything that was typed into a fact."""
    if isinstance(error, UnknownField):
        return f"A clinical-pathological fact is not known here. The nearest name is {error.facts['nearest']}."
    if isinstance(error, OutOfRange):
        return f"{error.facts['field']} cannot be taken; allowed: {error.limit}."
    return str(error)


def _plain(value: object) -> object:
    """Keep what JSON holds, and say anything else."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return str(value)
    return value
