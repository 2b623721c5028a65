"""Signing in and out with the hospital's OpenID Connect provider: code flow with PKCE, state and nonce."""

from __future__ import annotations

import os
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

import anyio
from authlib.integrations.starlette_client import OAuth
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope

from deeptepp.config import Settings, read_secret
from deeptepp.domain.audit import LedgerKind
from deeptepp.domain.people import Person, Role
from deeptepp.service import short_answers as answers
from deeptepp.service.caller import Caller, is_loopback
from deeptepp.service.sign_in_sessions import COOKIE, SignIns, digest_of, sign_in_digest
from deeptepp.wording.sentence import sentence

SECRET_VARIABLE = "DEEPTEPP_OIDC_SECRET"  # noqa: S105  the name of a variable
"""Environment variable of our secret at the provider; with ``_FILE`` behind it, of a file that holds it."""

_PENDING = f"{COOKIE}-pending"
_PENDING_S = 600.0
"""Seconds within which somebody must come back from the provider."""
_N_PENDING = 5000
"""Sign-ins that may be under way; the oldest is forgotten beyond."""
_ANSWER_S = 5.0
"""Seconds within which the provider must answer."""
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by a key of the provider alone; neither none, nor one by a secret that we share."""


@dataclass(slots=True)
class _Pending:
    """A sign-in under way: what Authlib keeps between the two steps, where to go then, and when it began."""

    kept: dict[str, Any] = field(repr=False)
    to: str
    began_s: float


class WrongToken(Exception):
    """What the provider says of a person does not hold together."""


class Provider:
    """The provider of this installation.

    ``sign_ins``: where people are signed in; ``on_error``: hears what went wrong, and shows it to nobody.
    """

    def __init__(
        self,
        settings: Settings,
        sign_ins: SignIns,
        on_error: Callable[[str, BaseException], None],
        tell: Callable[[LedgerKind, Person], object],
    ) -> None:
        self._settings, self._sign_ins, self._on_error, self._tell = settings, sign_ins, on_error, tell
        self._pending: OrderedDict[str, _Pending] = OrderedDict()
        self._client = OAuth().register(
            "provider",
            client_id=settings.oidc_client_id,
            client_secret=read_secret(SECRET_VARIABLE),
            server_metadata_url=f"{settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": settings.oidc_scope,
                "code_challenge_method": "S256",
                "timeout": _ANSWER_S,
            },
        )

    def routes(self) -> Mapping[str, Callable[[Caller, Scope, Receive], Awaitable[Response]]]:
        """Addresses that it answers."""
        return {
            "/sign-in": self.sign_in,
            "/sign-in/back": self.back,
            "/sign-out": self.sign_out,
            "/sign-out/done": self.signed_out,
        }

    async def sign_in(self, caller: Caller, scope: Scope, receive: Receive) -> Response:
        """Send somebody to the provider."""
        to = _own_path(parse_qs(scope["query_string"].decode("latin-1")).get("to", ["/"])[0])
        if self._sign_ins.look(sign_in_digest(caller.headers, caller.scheme)):
            return RedirectResponse(to, HTTPStatus.SEE_OTHER)
        name, pending = secrets.token_urlsafe(32), _Pending({}, to, time.monotonic())
        try:
            await self._load_metadata()
            request = Request({**scope, "session": pending.kept}, receive)
            response: Response = await self._client.authorize_redirect(
                request, f"{self._base(caller)}/sign-in/back"
            )
        except Exception as error:  # noqa: BLE001  the texts of such errors quote what was sent
            return self._failed(caller, error)
        self._pending[digest_of(name)] = pending
        while len(self._pending) > _N_PENDING:
            self._pending.popitem(last=False)
        _set_cookie(response, caller, _PENDING, name, max_age_s=int(_PENDING_S))
        return response

    async def back(self, caller: Caller, scope: Scope, receive: Receive) -> Response:
        """Receive somebody from the provider, and sign her in."""
        name = Request(scope).cookies.get(_cookie_name(caller, _PENDING), "")
        pending = self._pending.pop(digest_of(name), None)
        if pending is None or time.monotonic() - pending.began_s > _PENDING_S:
            return _again(caller, sentence("This sign-in took too long, or was begun elsewhere."))
        try:
            await self._load_metadata()
            token = await self._client.authorize_access_token(Request({**scope, "session": pending.kept}, receive))
            person = await self._person(token)
        except Exception as error:  # noqa: BLE001  the texts of such errors quote tokens
            return self._failed(caller, error)
        kind = LedgerKind.SIGNED_IN if person.roles else LedgerKind.REFUSED
        await anyio.to_thread.run_sync(self._tell, kind, person)
        # Whoever was signed in here before is not any more, and no name from before lives on.
        self._sign_ins.end(sign_in_digest(caller.headers, caller.scheme))
        response = RedirectResponse(pending.to, HTTPStatus.SEE_OTHER)
        _set_cookie(response, caller, COOKIE, self._sign_ins.begin(person, token["id_token"]))
        _set_cookie(response, caller, _PENDING, "", max_age_s=0)
        return response

    async def sign_out(self, caller: Caller, scope: Scope, receive: Receive) -> Response:
        """End a sign-in here at once, then at the provider where it has an address for that."""
        if caller.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            text = sentence("Another site sent you here. Do you want to sign out?")
            return answers.page(caller, sentence("Sign out"), text, ((sentence("Sign out"), "/sign-out"),))
        ended = self._sign_ins.end(sign_in_digest(caller.headers, caller.scheme))
        response: Response = RedirectResponse("/sign-out/done", HTTPStatus.SEE_OTHER)
        if ended is not None:
            await anyio.to_thread.run_sync(self._tell, LedgerKind.SIGNED_OUT, ended.person)
            try:
                await self._load_metadata()
                request = Request({**scope, "session": {}}, receive)
                response = await self._client.logout_redirect(
                    request, f"{self._base(caller)}/sign-out/done", ended.id_token
                )
            except Exception as error:  # noqa: BLE001  signed out here in any case
                self._on_error("sign-out", error)
        _set_cookie(response, caller, COOKIE, "", max_age_s=0)
        return response

    async def signed_out(self, caller: Caller, _scope: Scope, _receive: Receive) -> Response:
        """Say that nobody is signed in any more."""
        text = sentence("You are signed out of DeepTEPP. Close the tabs of cases that are still open.")
        return answers.page(caller, sentence("Signed out"), text, ((sentence("Sign in"), "/sign-in"),))

    async def _load_metadata(self) -> None:
        """Read what the provider says of itself, once, and hold it to the issuer that was named."""
        metadata = await self._client.load_server_metadata()
        if metadata.get("issuer", "").rstrip("/") != self._settings.oidc_issuer.rstrip("/"):
            raise WrongToken
        offered = metadata.get("id_token_signing_alg_values_supported", ["RS256"])
        metadata["id_token_signing_alg_values_supported"] = [each for each in offered if each in _ALGORITHMS]

    async def _person(self, token: Mapping[str, Any]) -> Person:
        """Read who somebody is from her token, and from the provider's other address where groups are missing."""
        claims = dict(token.get("userinfo") or {})
        if not claims.get("sub"):
            raise WrongToken
        if _claim(claims, self._settings.groups_claim) is None and self._client.server_metadata.get(
            "userinfo_endpoint"
        ):
            more = await self._client.userinfo(token=token)
            if more.get("sub") != claims["sub"]:
                raise WrongToken
            claims = dict(more) | claims
        return person_in(claims, self._settings)

    def _base(self, caller: Caller) -> str:
        """Address that people come back to."""
        return self._settings.public_url.rstrip("/") or caller.origin

    def _failed(self, caller: Caller, error: Exception) -> Response:
        """Say that it did not work, and log where."""
        self._on_error("sign-in", error)
        return _again(caller, sentence("The sign-in did not work: the provider refused it or did not answer."))


def person_in(claims: Mapping[str, Any], settings: Settings) -> Person:
    """Read a person from what the provider says of her; groups that no role names count for nothing."""
    groups = _claim(claims, settings.groups_claim)
    listed = {groups} if isinstance(groups, str) else set(groups) if isinstance(groups, list | tuple) else set()
    roles = frozenset(Role(role) for role, named in settings.roles.items() if listed & set(named))
    name = claims.get("name") or claims.get("preferred_username") or ""
    return Person(str(claims["sub"]), str(name)[:80], roles)


def is_ready(settings: Settings) -> bool:
    """Whether all is there that signing in needs."""
    is_https = settings.oidc_issuer.startswith("https://")
    named = settings.oidc_issuer.removeprefix("http://").partition("/")[0].rpartition(":")[0]
    is_ours = settings.oidc_issuer.startswith("http://") and (named == "localhost" or is_loopback(named))
    return (is_https or is_ours) and bool(settings.oidc_client_id and read_secret(SECRET_VARIABLE))


def is_open(settings: Settings) -> bool:
    """Whether the installation says that everybody who reaches it may do everything."""
    return settings.is_open_without_login or os.environ.get("DEEPTEPP_OPEN") == "1"


def _claim(claims: Mapping[str, Any], path: str) -> object:
    """Find a claim by its dotted path, None where it is missing."""
    found: object = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _own_path(path: str) -> str:
    """Keep a path of this service, the first page for anything that leads elsewhere."""
    is_own = path.startswith("/") and not path.startswith(("//", "/\\", "/sign-")) and path.isprintable()
    return path if is_own and "\\" not in path else "/"


def _cookie_name(caller: Caller, name: str) -> str:
    """Name of a cookie; over https no other host and no other path can set it."""
    return f"__Host-{name}" if caller.scheme == "https" else name


def _set_cookie(
    response: Response, caller: Caller, name: str, value: str, *, max_age_s: int | None = None
) -> None:
    """Set a cookie that no script reads and no other site sends, except by a link that is followed."""
    is_secure = caller.scheme == "https"
    response.set_cookie(
        _cookie_name(caller, name), value, max_age_s, path="/", secure=is_secure, httponly=True, samesite="lax"
    )


def _again(caller: Caller, text: str) -> Response:
    """Offer to sign in again."""
    links = ((sentence("Sign in"), "/sign-in"),)
    return answers.page(caller, sentence("Sign in"), text, links, HTTPStatus.BAD_REQUEST)
