"""Routes about the API itself: its description in OpenAPI, a page for people, and what the service counts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from html import escape
from http import HTTPStatus
from typing import Any

import anyio
from prometheus_client import generate_latest
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from deeptepp.api.openapi import described
from deeptepp.api.operations import JSON, AnswerKind, Operation
from deeptepp.service.counted_metrics import DATABASE, QUEUE, REGISTRY
from deeptepp.service.engine import ScoringEngine

_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_DATABASE_S = 3.0
"""Seconds that the database has to answer."""

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>DeepTEPP API</title><style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }}
body {{ max-width: 60rem; margin: 2rem auto; padding: 0 1.2rem; }} h2 {{ margin-top: 2rem; font-size: 1.1rem; }}
code {{ overflow-wrap: anywhere; }} th, td {{ text-align: left; vertical-align: top; padding-right: 1.2rem; }}
</style></head><body><main><h1>DeepTEPP API</h1>
<p>{about} The same for programs: <a href="/api/v1/openapi.json">openapi.json</a>.</p>
{rows}</main></body></html>"""


def about_operations(rows: Sequence[Operation], engine: ScoringEngine | None) -> list[Operation]:
    """List the routes about the API; ``rows`` are the others, all of which are described."""

    @cache
    def content() -> dict[str, Any]:
        return described([*rows, *own])

    async def openapi(_request: Request) -> Response:
        return JSONResponse(content())

    async def docs(_request: Request) -> Response:
        return HTMLResponse(_page(content()))

    async def metrics(_request: Request) -> Response:
        if engine is not None:
            QUEUE.set(engine.queue().n_waiting)
            DATABASE.set(await _answers(engine))
        return Response(generate_latest(REGISTRY), media_type=_METRICS_TYPE)

    ok = HTTPStatus.OK
    own = [
        Operation(
            "GET", "/api/v1/openapi.json", openapi, "This description.", {ok: AnswerKind(dict[str, Any], JSON)}
        ),
        Operation("GET", "/api/v1/docs", docs, "This description as a page.", {ok: AnswerKind(None, "text/html")}),
        Operation("GET", "/metrics", metrics, "What the service counts, for Prometheus.", _METRICS),
    ]
    return own


_METRICS = {HTTPStatus.OK: AnswerKind(None, "text/plain")}


async def _answers(engine: ScoringEngine) -> bool:
    """Whether the database answers in time."""
    with anyio.move_on_after(_DATABASE_S):
        try:
            await anyio.to_thread.run_sync(engine.ask_database, abandon_on_cancel=True)
        except Exception:  # noqa: BLE001  whatever it is, the database does not answer
            return False
        return True
    return False


def _page(content: dict[str, Any]) -> str:
    """Write a description as a page without scripts."""
    made = []
    for path, methods in content["paths"].items():
        for method, row in methods.items():
            answers = "".join(
                f"<tr><th>{escape(status)}</th><td>{escape(answer['description'])}</td>"
                f"<td><code>{escape(', '.join(answer.get('content', {})))}</code></td></tr>"
                for status, answer in row["responses"].items()
            )
            takes = ", ".join(row.get("requestBody", {}).get("content", {}))
            body = f"<p>Takes <code>{escape(takes)}</code></p>" if takes else ""
            made.append(
                f"<h2><code>{escape(method.upper())} {escape(path)}</code></h2><p>{escape(row['summary'])}</p>"
                f"{body}<table>{answers}</table>"
            )
    return _PAGE.format(about=escape(content["info"]["description"]), rows="".join(made))
