"""An OpenID Connect provider on the loopback: discovery, keys, code flow with PKCE, signed tokens, sign-out."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT = "deeptepp"
SECRET = "s3cret-of-the-client"  # noqa: S105

STAFF = {
    "viewer": ["breast-students"],
    "clinician": ["breast-radiology"],
    "board": ["tumour-board"],
    "admin": ["it-operations"],
    "metrics": ["it-monitoring"],
    "stranger": ["cafeteria"],
}
"""People by their name, and their groups."""

SETTINGS = f"""
oidc_client_id = "{CLIENT}"
[roles]
viewer = ["breast-students"]
clinician = ["breast-radiology"]
board = ["tumour-board"]
admin = ["it-operations"]
metrics = ["it-monitoring"]
"""
"""What goes with ``oidc_issuer`` into ``deeptepp.toml``, behind all other keys."""


@dataclass
class OidcProvider:
    """One provider; ``user``: who signs in without a question, empty to ask; ``flaw``: what it gets wrong."""

    url: str
    user: str = ""
    flaw: str = ""
    are_groups_in_token: bool = True
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)
    key: RSAKey = field(
        default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1", "use": "sig", "alg": "RS256"})
    )

    def routes(self) -> list[Route]:
        return [
            Route("/.well-known/openid-configuration", self.configuration),
            Route("/jwks", self.keys),
            Route("/authorize", self.authorize),
            Route("/token", self.token, methods=["POST"]),
            Route("/userinfo", self.userinfo),
            Route("/end", self.end),
        ]

    async def configuration(self, _request: Request) -> Response:
        return JSONResponse(
            {
                "issuer": "https://somebody.else" if self.flaw == "configuration" else self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "userinfo_endpoint": f"{self.url}/userinfo",
                "jwks_uri": f"{self.url}/jwks",
                "end_session_endpoint": f"{self.url}/end",
                "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    async def keys(self, _request: Request) -> Response:
        return JSONResponse(KeySet([self.key]).as_dict(private=False))

    async def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        user = self.user or asked.pop("as", "")
        if not user:
            links = (
                f"<a href='/authorize?{escape(urlencode(asked | {'as': name}))}'>{name}</a>" for name in STAFF
            )
            return HTMLResponse(f"<h1>Who are you?</h1>{' '.join(links)}")
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked | {"user": user}
        state = "another" if self.flaw == "state" else asked["state"]
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': state})}", 302)

    async def token(self, request: Request) -> Response:
        form = await request.form()
        said = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        asked = self.codes.pop(str(form["code"]), None)
        digest = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        is_proven = asked and asked["code_challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if not is_proven or said != f"{CLIENT}:{SECRET}" or form["redirect_uri"] != asked["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        access = secrets.token_urlsafe(16)
        self.tokens[access] = asked["user"]
        return JSONResponse(
            {"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": self._id_token(asked)}
        )

    def _id_token(self, asked: dict[str, str]) -> str:
        now, user = int(time.time()), asked["user"]
        claims = {"iss": self.url, "aud": CLIENT, "sub": f"id-{user}", "iat": now, "exp": now + 300}
        claims |= {"nonce": asked["nonce"], "name": f"Dr. {user.title()}"}
        if self.are_groups_in_token:
            claims["groups"] = STAFF[user]
        wrong = {"issuer": {"iss": "https://x"}, "audience": {"aud": "x"}, "nonce": {"nonce": "x"}}
        wrong |= {"expired": {"exp": now - 9000, "iat": now - 9300}, "subject": {"sub": ""}}
        claims |= wrong.get(self.flaw, {})
        if self.flaw == "unsigned":
            parts = (
                base64.urlsafe_b64encode(part).rstrip(b"=").decode()
                for part in (b'{"alg":"none"}', json.dumps(claims).encode())
            )
            return ".".join(parts) + "."
        key = RSAKey.generate_key(2048, {"kid": "k1"}) if self.flaw == "key" else self.key
        return jwt.encode({"alg": "RS256", "kid": "k1"}, claims, key)

    async def userinfo(self, request: Request) -> Response:
        user = self.tokens[request.headers["authorization"].removeprefix("Bearer ")]
        subject = "id-other" if self.flaw == "userinfo" else f"id-{user}"
        return JSONResponse({"sub": subject, "groups": STAFF[user]})

    async def end(self, request: Request) -> Response:
        self.ended.append(request.query_params["id_token_hint"])
        return RedirectResponse(request.query_params["post_logout_redirect_uri"], 302)


@contextlib.contextmanager
def running() -> Iterator[OidcProvider]:
    """Run a provider until the block ends."""
    taken = socket.create_server(("127.0.0.1", 0))
    provider = OidcProvider(f"http://127.0.0.1:{taken.getsockname()[1]}")
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=provider.routes()), log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield provider
    finally:
        server.should_exit = True
        thread.join(10)
        taken.close()
