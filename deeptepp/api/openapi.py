"""The description of the API in OpenAPI 3.1, made of the list of its operations and of their models."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from pydantic import TypeAdapter

from deeptepp import __version__
from deeptepp.api.answer_models import GateRefusal
from deeptepp.api.operations import JSON, AnswerKind, Operation
from deeptepp.domain.risk import RESEARCH_USE_ONLY

_REFERENCE = "#/components/schemas/{model}"

_GATE = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.MISDIRECTED_REQUEST,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
"""What the gate in front of every address may answer, by name alone."""


def described(operations: Iterable[Operation]) -> dict[str, Any]:
    """Describe operations in OpenAPI 3.1."""
    schemas: dict[str, Any] = {}
    paths: dict[str, dict[str, Any]] = {}
    for row in operations:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "DeepTEPP", "version": __version__, "description": RESEARCH_USE_ONLY},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _operation(row: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    """Describe one operation; models are added to ``schemas``."""
    name = re.sub(r"\W+", "-", f"{row.method.lower()}{row.path.removeprefix('/api/v1')}").strip("-")
    told: dict[str, Any] = {
        "operationId": name,
        "summary": row.summary,
        "parameters": [
            *(_parameter(part, "path") for part in re.findall(r"\{(\w+)\}", row.path)),
            *(_parameter(part, "header", said) for part, said in row.headers.items()),
        ],
        "responses": {
            str(status.value): _response(status, row.answers.get(status), schemas)
            for status in sorted({*row.answers, *_GATE})
        },
    }
    if row.bodies:
        content = {kind: {"schema": _schema(model, schemas)} for kind, model in row.bodies.items()}
        told["requestBody"] = {"required": True, "content": content}
    return told


def _parameter(name: str, where: str, said: str = "") -> dict[str, Any]:
    """Describe a parameter."""
    told = {"name": name, "in": where, "required": where == "path", "schema": {"type": "string"}}
    return told | ({"description": said} if said else {})


def _response(status: HTTPStatus, answer: AnswerKind | None, schemas: dict[str, Any]) -> dict[str, Any]:
    """Describe an answer, with that of the gate where it may give one of the same status."""
    content: dict[str, Any] = {}
    if status in _GATE:
        content[JSON] = {"schema": _schema(GateRefusal, schemas)}
    if answer is not None and status is not HTTPStatus.NO_CONTENT:
        own = _schema(answer.model, schemas)
        both = content.get(answer.media_type)
        content[answer.media_type] = {"schema": {"anyOf": [own, both["schema"]]} if both else own}
    return {"description": status.phrase, **({"content": content} if content else {})}


def _schema(model: Any, schemas: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401  a type
    """Give the schema of a model by reference, and add it and what it needs; bytes for None."""
    if model is None:
        return {}
    schema = TypeAdapter(model).json_schema(ref_template=_REFERENCE)
    schemas.update(schema.pop("$defs", {}))
    name = getattr(model, "__name__", "")
    if schema.get("type") != "object" or not name or name == "dict":
        return schema
    schemas[name] = schema
    return {"$ref": _REFERENCE.format(model=name)}
