"""Routes of the pages: uploads to disk, stacks to the viewer, facts on the software."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from deeptepp.api.answer_models import FramesAnswer, InfoAnswer, RefusedByName, UploadAnswer, UploadLimits
from deeptepp.api.operations import BYTES, AnswerKind, Endpoint, Operation, answering
from deeptepp.domain.risk import RESEARCH_USE_ONLY
from deeptepp.errors import (
    BundleError,
    DeepTeppError,
    DiskFull,
    FramesGone,
    UploadTokenExpired,
    UploadTokenUnknown,
    UploadTokenUsed,
    UploadTooLarge,
)
from deeptepp.model.bundle import default_bundle_path
from deeptepp.service.counted_metrics import UPLOADS
from deeptepp.store.frames import FRAMES_PATH, FrameStore
from deeptepp.store.upload_writer import FRAMED_TYPE
from deeptepp.store.uploads import UPLOADS_PATH, UploadStore

INFO_PATH = "/api/v1/info"
"""Route that tells version, bundle and intended use."""

_PIECE_BYTES = 1024 * 1024
"""Bytes gathered before they are written; all that an upload holds in memory."""
_STATUS: dict[type[DeepTeppError], int] = {
    UploadTokenUnknown: 403,
    UploadTokenUsed: 403,
    UploadTokenExpired: 403,
    UploadTooLarge: 413,
    FramesGone: 404,
    DiskFull: 507,
}
"""HTTP status of each refusal; 400 for the others."""
_PRIVATE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
"""Images of patients stay out of every cache on disk."""


def study_operations(upload_store: UploadStore, frame_store: FrameStore) -> list[Operation]:
    """List the routes of the pages: ``upload_store`` receives the uploads, ``frame_store`` holds the stacks."""

    async def check_upload(request: Request) -> Response:
        upload_store.check_token(request.path_params["token"])
        return JSONResponse({"max_bytes": upload_store.max_bytes, "max_files": upload_store.max_files})

    async def receive_upload(request: Request) -> Response:
        is_framed = request.headers.get("content-type") == FRAMED_TYPE
        with upload_store.begin(request.path_params["token"], is_framed=is_framed) as writer:
            await receive_body(request, writer.feed)
            upload = await anyio.to_thread.run_sync(writer.finish)
        UPLOADS.inc()
        return JSONResponse(
            {"upload_id": upload.upload_id, "n_files": upload.n_files, "n_bytes": upload.n_bytes}, 201
        )

    async def list_frames(request: Request) -> Response:
        return JSONResponse(_manifest(frame_store, request.path_params["token"]), headers=_PRIVATE)

    async def send_stack(request: Request) -> Response:
        stacks = frame_store.get(request.path_params["token"]).stacks
        number = request.path_params["number"]
        if number not in map(str, range(len(stacks))):
            raise FramesGone
        stack = stacks[int(number)]
        return Response(stack.data.cast("B"), media_type="application/octet-stream", headers=_PRIVATE)

    refused = {
        status: AnswerKind(RefusedByName)
        for status in (
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.FORBIDDEN,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        )
    }

    def row(
        method: str,
        path: str,
        endpoint: Endpoint,
        summary: str,
        answer: AnswerKind,
        status: HTTPStatus = HTTPStatus.OK,
    ) -> Operation:
        bodies = {FRAMED_TYPE: None, BYTES: None} if method == "POST" else {}
        return Operation(method, path, answering(endpoint, _refused), summary, {status: answer, **refused}, bodies)

    upload, stacks, created = UPLOADS_PATH + "/{token}", FRAMES_PATH + "/{token}", HTTPStatus.CREATED
    return [
        row("GET", upload, check_upload, "Ask what an upload of a page may hold.", AnswerKind(UploadLimits)),
        row("POST", upload, receive_upload, "Hand in the study of a page.", AnswerKind(UploadAnswer), created),
        row("GET", stacks, list_frames, "List the stacks of a page's viewer.", AnswerKind(FramesAnswer)),
        row("GET", stacks + "/{number}", send_stack, "Fetch one stack.", AnswerKind(None, BYTES)),
        row("GET", INFO_PATH, _info, "Tell version, bundle and intended use.", AnswerKind(InfoAnswer)),
    ]


def _refused(error: DeepTeppError) -> Response:
    """Answer a refusal with its rule and message, as the scripts of the pages read it."""
    status = _STATUS.get(type(error), 400)
    return JSONResponse({"rule": error.rule, "message": str(error)}, status, headers=_PRIVATE)


async def receive_body(request: Request, feed: Callable[[bytes], object]) -> None:
    """Hand the body on in pieces; the disk is written in a thread, so that the pages stay alive."""
    piece = bytearray()
    async for chunk in request.stream():
        piece += chunk
        if len(piece) >= _PIECE_BYTES:
            await anyio.to_thread.run_sync(feed, bytes(piece))
            piece.clear()
    await anyio.to_thread.run_sync(feed, bytes(piece))


def _manifest(store: FrameStore, token: str) -> dict[str, Any]:
    """What the stacks of a token hold."""
    frames = store.get(token)
    return {
        "shape": frames.grid.shape,
        "affine": frames.grid.affine.tolist(),
        "spacing_mm": frames.grid.spacing_mm,
        "phase_indices": frames.phase_indices,
        "times_s": frames.times_s,
        "has_times": frames.has_times,
        "chosen": frames.chosen,
        "window": frames.window,
    }


async def _info(_request: Request) -> Response:
    """Tell version, bundle and intended use."""
    return JSONResponse(
        {"version": version("deeptepp"), "bundle": _bundle_name(), "intended_use": RESEARCH_USE_ONLY}
    )


def _bundle_name() -> str | None:
    """Read the name of the default bundle, None when there is none; its weights are not loaded for this."""
    try:
        description = tomllib.loads((default_bundle_path() / "bundle.toml").read_text(encoding="utf-8"))
    except (BundleError, OSError, tomllib.TOMLDecodeError):
        return None
    return str(description["name"]) if "name" in description else None
