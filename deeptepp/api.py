"""Routes beside the dashboard, on the same port: uploads to disk, stacks to the viewer, facts on the software."""

from __future__ import annotations

import tomllib
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any

import anyio
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

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
from deeptepp.store.frames import FRAMES_PATH, FrameStore, default_frames
from deeptepp.store.upload_writer import FRAMED_TYPE, UploadWriter
from deeptepp.store.uploads import UPLOADS_PATH, UploadStore, default_store

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

Endpoint = Callable[[Request], Awaitable[Response]]


def routes(uploads: UploadStore | None = None, frames: FrameStore | None = None) -> list[Route]:
    """Make the routes.

    ``uploads``: receives the uploads, the store of the process by default; ``frames``: holds the stacks, the store
    of the process by default. Returns for ``st.App(routes=...)`` or any Starlette application.
    """
    upload_store, frame_store = uploads or default_store(), frames or default_frames()

    async def check_upload(request: Request) -> Response:
        upload_store.check_token(request.path_params["token"])
        return JSONResponse({"max_bytes": upload_store.max_bytes, "max_files": upload_store.max_files})

    async def receive_upload(request: Request) -> Response:
        is_framed = request.headers.get("content-type") == FRAMED_TYPE
        with upload_store.begin(request.path_params["token"], is_framed=is_framed) as writer:
            await _receive(request, writer)
            upload = await anyio.to_thread.run_sync(writer.finish)
        return JSONResponse(
            {"upload_id": upload.upload_id, "n_files": upload.n_files, "n_bytes": upload.n_bytes}, 201
        )

    async def list_frames(request: Request) -> Response:
        return JSONResponse(_manifest(frame_store, request.path_params["token"]), headers=_PRIVATE)

    async def send_stack(request: Request) -> Response:
        stacks = frame_store.get(request.path_params["token"]).stacks
        if request.path_params["number"] >= len(stacks):
            raise FramesGone
        stack = stacks[request.path_params["number"]]
        return Response(memoryview(stack).cast("B"), media_type="application/octet-stream", headers=_PRIVATE)

    return [
        Route(UPLOADS_PATH + "/{token}", _named(check_upload), methods=["GET"]),
        Route(UPLOADS_PATH + "/{token}", _named(receive_upload), methods=["POST"]),
        Route(FRAMES_PATH + "/{token}", _named(list_frames), methods=["GET"]),
        Route(FRAMES_PATH + "/{token}/{number:int}", _named(send_stack), methods=["GET"]),
        Route(INFO_PATH, _info, methods=["GET"]),
    ]


def _named(endpoint: Endpoint) -> Endpoint:
    """Answer a refusal with its rule and message."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except DeepTeppError as error:
            status = _STATUS.get(type(error), 400)
            return JSONResponse({"rule": error.rule, "message": str(error)}, status, headers=_PRIVATE)
        except ClientDisconnect:
            return Response(status_code=400)

    return answer


async def _receive(request: Request, writer: UploadWriter) -> None:
    """Hand the body to the writer in pieces; the disk is written in a thread, so that the pages stay alive."""
    piece = bytearray()
    async for chunk in request.stream():
        piece += chunk
        if len(piece) >= _PIECE_BYTES:
            await anyio.to_thread.run_sync(writer.feed, bytes(piece))
            piece.clear()
    await anyio.to_thread.run_sync(writer.feed, bytes(piece))


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
