"""The gate over a real uvicorn on the loopback, in front of an application that answers everything."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import oidc_provider
import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from deeptepp.config import load_settings
from deeptepp.service.gate import person_of
from deeptepp.service.sign_in_sessions import default_sign_ins
from deeptepp.ui.installation import Installation

CONNECTION = b"6f1c0f2e-3f0a-4c1d-9f3e-0a1b2c3d4e5f "
"""Name of every connection of the application behind."""


@dataclass
class Behind:
    """A server whose application counts what gets through to it."""

    url: str
    n_through: int = 0
    browsers: list[httpx2.Client] = field(default_factory=list)

    def browser(self, **headers: str) -> httpx2.Client:
        """A browser with cookies of its own, which follows links and asks for pages."""
        own = {"Accept": "text/html", **headers}
        client = httpx2.Client(
            base_url=self.url, follow_redirects=True, headers=own, trust_env=False, verify=False
        )
        self.browsers.append(client)
        return client


def _application(behind: Behind, gate: Middleware) -> Starlette:
    async def everything(request: Request) -> Response:
        behind.n_through += 1
        if request.url.path.endswith("broken"):
            raise ValueError("PATIENT^NAME")
        body = await request.body()
        who = person_of(request.scope)
        return JSONResponse({"path": request.url.path, "who": who.subject, "n": len(body)})

    async def page(line: WebSocket) -> None:
        behind.n_through += 1
        await line.accept(subprotocol=line.scope["subprotocols"][0] if line.scope["subprotocols"] else None)
        async for said in line.iter_bytes():
            joins = line.headers.get("sec-websocket-protocol", "").encode()
            await line.send_bytes(b"\x00image /media/abc123.png " + CONNECTION + joins + b" " + said)

    methods = ["GET", "POST", "PUT", "DELETE"]
    routes = [WebSocketRoute("/_stcore/stream", page), Route("/{path:path}", everything, methods=methods)]
    return Starlette(routes=routes, middleware=[gate])


@contextlib.contextmanager
def _served(certificate: Path | None = None):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        scheme = "https" if certificate else "http"
        behind = Behind(f"{scheme}://127.0.0.1:{taken.getsockname()[1]}")
        application = _application(behind, Installation(load_settings()).gate())
        # As Streamlit starts it, but for forwarded headers, which the gate judges by itself.
        config = uvicorn.Config(
            application,
            log_level="error",
            lifespan="off",
            ws="websockets-sansio",
            proxy_headers=False,
            ssl_certfile=certificate,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield behind
        for browser in behind.browsers:
            browser.close()
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def serve_gate(tmp_path, monkeypatch):
    """Serve with a settings file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DEEPTEPP_OPEN", raising=False)
    with contextlib.ExitStack() as stack:

        def serve_(settings: str = "", certificate: Path | None = None) -> Behind:
            Path("deeptepp.toml").write_text(settings, encoding="utf-8")
            default_sign_ins.cache_clear()
            return stack.enter_context(_served(certificate))

        yield serve_
    default_sign_ins.cache_clear()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate of our own with its key, in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
    file = tmp_path_factory.mktemp("certificate") / "both.pem"
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    file.write_bytes(key.private_bytes(pem, *plain) + made.sign(key, hashes.SHA256()).public_bytes(pem))
    return file


@pytest.fixture(scope="session")
def _provider():
    with oidc_provider.running() as provider:
        yield provider


@pytest.fixture
def provider(_provider, monkeypatch):
    """A provider that gets everything right until a test says otherwise."""
    monkeypatch.setenv("DEEPTEPP_OIDC_SECRET", oidc_provider.SECRET)
    _provider.user, _provider.flaw, _provider.are_groups_in_token = "", "", True
    _provider.ended.clear()
    return _provider


@pytest.fixture
def hospital(serve_gate, provider):
    """The gate with a sign-in."""

    def serve_(more: str = "", certificate: Path | None = None) -> Behind:
        return serve_gate(f'oidc_issuer = "{provider.url}"\n{more}\n{oidc_provider.SETTINGS}', certificate)

    return serve_


@pytest.fixture
def sign_in(provider):
    """Sign somebody in; gives her browser."""

    def sign_in_(behind: Behind, name: str, to: str = "/evidence") -> httpx2.Client:
        provider.user = name
        browser = behind.browser()
        browser.get(to)
        return browser

    return sign_in_
