"""The routes beside the dashboard."""

import json
import struct

import anyio
import numpy as np
import pytest
from starlette.applications import Starlette

from deeptepp import api
from deeptepp.domain.geometry import Grid, Volume
from deeptepp.domain.study import Phase, PhaseChoice, Study
from deeptepp.store.frames import FrameStore, build_frames
from deeptepp.store.upload_writer import FRAMED_TYPE
from deeptepp.store.uploads import UploadStore


class Reply:
    """What came back."""

    def __init__(self, messages):
        self.status = messages[0]["status"]
        self.headers = {k.decode(): v.decode() for k, v in messages[0]["headers"]}
        self.body = b"".join(m.get("body", b"") for m in messages[1:])

    def json(self):
        return json.loads(self.body)


def ask(app, method, path, *, chunks=(b"",), content_type=None, is_cut=False):
    """Speak ASGI to the application, so that a body can be cut into pieces or broken off."""
    headers = [(b"content-type", content_type.encode())] if content_type else []
    pieces = [{"type": "http.request", "body": c, "more_body": True} for c in chunks]
    pieces.append({"type": "http.disconnect"} if is_cut else {"type": "http.request", "body": b""})
    sent = []

    async def receive():
        return pieces.pop(0) if pieces else {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": headers,
        "http_version": "1.1",
        "scheme": "http",
        "server": ("test", 80),
        "client": ("test", 1),
        "root_path": "",
    }
    anyio.run(app, scope, receive, send)
    return Reply(sent)


@pytest.fixture
def uploads(tmp_path):
    return UploadStore(tmp_path, max_bytes=3_000_000)


@pytest.fixture
def frames():
    return FrameStore()


@pytest.fixture
def app(uploads, frames):
    return Starlette(routes=api.routes(uploads=uploads, frames=frames))


def test_a_body_in_pieces_becomes_a_file(app, uploads):
    reply = ask(app, "POST", f"/api/v1/uploads/{uploads.issue_token()}", chunks=[b"PK", b"\x03\x04", b"rest"])
    assert reply.status == 201
    assert reply.json()["n_bytes"] == 8
    assert uploads.path_of(reply.json()["upload_id"]).read_bytes() == b"PK\x03\x04rest"


def test_many_files_come_in_one_request(app, uploads):
    body = struct.pack(">4sI", b"DTF1", 2) + b"".join(
        struct.pack(">Q", 2_000_000 // n) + bytes(2_000_000 // n) for n in (2, 4)
    )
    chunks = [body[n : n + 65536] for n in range(0, len(body), 65536)]
    token = uploads.issue_token()
    reply = ask(app, "POST", f"/api/v1/uploads/{token}", chunks=chunks, content_type=FRAMED_TYPE)
    folder = uploads.path_of(reply.json()["upload_id"])
    assert [path.stat().st_size for path in sorted(folder.iterdir())] == [1_000_000, 500_000]


def test_a_token_can_be_asked_about_without_using_it(app, uploads):
    token = uploads.issue_token()
    assert ask(app, "GET", f"/api/v1/uploads/{token}").json()["max_bytes"] == 3_000_000
    assert ask(app, "POST", f"/api/v1/uploads/{token}", chunks=[b"x"]).status == 201


def test_a_used_or_unknown_token_is_refused_by_name(app, uploads):
    token = uploads.issue_token()
    ask(app, "POST", f"/api/v1/uploads/{token}", chunks=[b"x"])
    for asked, rule in ((token, "upload.token-used"), ("made-up", "upload.token-unknown")):
        for method in ("GET", "POST"):
            reply = ask(app, method, f"/api/v1/uploads/{asked}", chunks=[b"x"])
            assert (reply.status, reply.json()["rule"]) == (403, rule)
            assert reply.json()["message"]


def test_too_much_is_refused_and_removed(app, uploads, tmp_path):
    reply = ask(app, "POST", f"/api/v1/uploads/{uploads.issue_token()}", chunks=[bytes(2_000_000)] * 2)
    assert (reply.status, reply.json()["rule"]) == (413, "upload.too-large")
    assert list(tmp_path.iterdir()) == []


def test_a_connection_that_breaks_off_leaves_nothing(app, uploads, tmp_path):
    reply = ask(app, "POST", f"/api/v1/uploads/{uploads.issue_token()}", chunks=[bytes(1_500_000)], is_cut=True)
    assert reply.status == 400
    assert list(tmp_path.iterdir()) == []


def put_case(frames):
    grid = Grid.axial((3, 20, 24), (4, 2, 2))
    ramp = np.arange(np.prod(grid.shape), dtype=np.float32).reshape(grid.shape)
    study = Study(tuple(Phase(Volume(ramp * (1 + n), grid), 80.0 * n) for n in range(2)), "key")
    built = build_frames(study, PhaseChoice(1, "third-post", "reason"), [])
    return built, frames.put("case", built)


def test_stacks_arrive_byte_for_byte_and_are_kept_in_no_cache(app, frames):
    built, token = put_case(frames)
    manifest = ask(app, "GET", f"/api/v1/frames/{token}").json()
    reply = ask(app, "GET", f"/api/v1/frames/{token}/1")
    assert manifest["shape"] == list(built.grid.shape)
    assert manifest["chosen"] == 1
    assert manifest["has_times"] is True
    np.testing.assert_allclose(manifest["affine"], built.grid.affine)
    assert reply.body == built.stacks[1].tobytes()
    assert reply.headers["cache-control"] == "no-store"
    assert int(reply.headers["content-length"]) == built.stacks[1].nbytes


def test_absent_frames_are_refused_by_name(app, frames):
    _, token = put_case(frames)
    for path in ("/api/v1/frames/nope", "/api/v1/frames/nope/0", f"/api/v1/frames/{token}/2"):
        reply = ask(app, "GET", path)
        assert (reply.status, reply.json()["rule"]) == (404, "frames.gone")


def test_info_says_what_this_is_for(app):
    facts = ask(app, "GET", "/api/v1/info").json()
    assert facts["version"]
    assert facts["intended_use"].startswith("Research use only")


def test_info_names_the_bundle_or_none(app, tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPTEPP_ARTIFACTS", str(tmp_path))
    assert ask(app, "GET", "/api/v1/info").json()["bundle"] is None
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "bundle.toml").write_text('name = "mine"\n', encoding="utf-8")
    (tmp_path / "mine" / "SHA256SUMS").write_text("", encoding="utf-8")
    assert ask(app, "GET", "/api/v1/info").json()["bundle"] == "mine"
