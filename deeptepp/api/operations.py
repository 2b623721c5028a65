"""What an operation of the API is, and how every one answers a refusal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from deeptepp.api.api_problems import problem
from deeptepp.errors import DeepTeppError

Endpoint = Callable[[Request], Awaitable[Response]]

JSON, BYTES = "application/json", "application/octet-stream"


@dataclass(frozen=True, slots=True)
class AnswerKind:
    """One kind of answer: its model, None for bytes, and media type."""

    model: Any
    media_type: str = JSON


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the list of all routes.

    ``path``: as Starlette writes it; ``answers``: by HTTP status, besides those of the gate; ``bodies``: model of
    the request by media type, None for bytes; ``headers``: names of request headers with what they say.
    """

    method: str
    path: str
    endpoint: Endpoint = field(repr=False)
    summary: str
    answers: Mapping[HTTPStatus, AnswerKind]
    bodies: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def answering(endpoint: Endpoint, refuse: Callable[[DeepTeppError], Response] = problem) -> Endpoint:
    """Answer a refusal, as a problem unless ``refuse`` has another form for it."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except DeepTeppError as error:
            return refuse(error)
        except ClientDisconnect:
            return Response(status_code=HTTPStatus.BAD_REQUEST)

    return answer
