"""The gate in front of every address: judges host, rate, origin, person, role and size before anything else runs.

It looks nothing up outside. What is refused is refused by a short name; only a person who asks for a page is
answered with one.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from deeptepp.config import Settings
from deeptepp.domain.people import LOCAL, Person
from deeptepp.service import short_answers as answers
from deeptepp.service.caller import Caller, allowed_hosts, caller_of
from deeptepp.service.open_line import OpenLine, PageLine, TooLarge
from deeptepp.service.rates import Rates
from deeptepp.service.routes_by_need import Need
from deeptepp.service.security_headers import NO_STORE, SECURE_LINE, Headers
from deeptepp.service.sign_in_sessions import SignIn, SignIns, sign_in_digest

_SAFE = frozenset({"GET", "HEAD"})
"""Methods that change nothing."""

Own = Mapping[str, Callable[[Caller, Scope, Receive], Awaitable[Response]]]
"""Answers of signing in and out, by their path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the gate judges by.

    ``needs``: rows of ``routes_by_need``; ``headers``: said in every answer; ``pages``: titles of the pages by
    their path; ``own``: signing in and out; ``health``: answers of ``service.health``; ``note``: sees requests
    first; ``on_error``: hears what went wrong; ``is_act``: whether a message of a page is something that a person
    did; ``token_person``: another way to be somebody, by the headers of a request, such as a token of the API.
    """

    settings: Settings
    needs: tuple[Need, ...]
    headers: Headers
    pages: Mapping[str, str]
    sign_ins: SignIns
    own: Own
    health: Mapping[str, Callable[[], Awaitable[Response]]]
    is_open: bool
    is_ready_to_sign_in: bool
    note: Callable[[Scope], None]
    on_error: Callable[[str, BaseException], None]
    is_act: Callable[[bytes], bool] = lambda _message: True
    token_person: Callable[[Mapping[str, str]], Awaitable[Person | None]]


class Refused(Exception):
    """A request is answered here and goes no further."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.answer = answer


class Gate:
    """ASGI middleware; ``app``: everything behind it."""

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self._app, self._rules = app, rules
        settings = rules.settings
        self._hosts = allowed_hosts(settings.public_url, settings.hosts)
        self._rates = Rates(settings.requests_per_minute)
        self._n_open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge one connection, then let it through or answer it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        self._rules.note(scope)
        caller = caller_of(scope, self._rules.settings.trusted_proxies)
        need = need_of(self._rules.needs, scope)
        line = OpenLine(
            send, self._headers_for(caller, need), need.max_bytes, is_socket=scope["type"] == "websocket"
        )
        try:
            await self._pass(caller, need, scope, receive, line)
        except Refused as refused:
            await line.refuse(scope, receive, refused.answer)
        except TooLarge:
            too_large = answers.refusal("service.too-large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            await line.refuse(scope, receive, too_large)
        except Exception as error:  # noqa: BLE001  nothing that goes wrong behind may leave its text in a log
            self._rules.on_error("request", error)
            await line.refuse(scope, receive, answers.refusal("service.broken", HTTPStatus.INTERNAL_SERVER_ERROR))

    async def _pass(self, caller: Caller, need: Need, scope: Scope, receive: Receive, line: OpenLine) -> None:
        """Judge in order, the cheapest first, and hand on what may pass."""
        if caller.host not in self._hosts:
            raise _refused("service.host", HTTPStatus.MISDIRECTED_REQUEST)
        if health := self._rules.health.get(scope["path"]):
            raise Refused(await health())
        if not self._rates.takes(caller.client):
            raise Refused(answers.refusal("service.rate", HTTPStatus.TOO_MANY_REQUESTS, retry_after_s=10))
        self._judge_place(caller, scope)
        self._judge_origin(caller, scope)
        if own := self._rules.own.get(scope["path"]):
            self._judge_method(caller, need, scope)
            raise Refused(await own(caller, scope, receive))
        sign_in, person = await self._judge_person(caller, need, scope)
        self._judge_method(caller, need, scope)
        if self._n_open >= self._rules.settings.n_connections:
            raise Refused(answers.refusal("service.full", HTTPStatus.SERVICE_UNAVAILABLE, retry_after_s=10))
        self._n_open += 1
        try:
            scope.setdefault("state", {})["person"] = person
            await self._serve(scope, receive, line, _digest(caller) if sign_in else "")
        finally:
            self._n_open -= 1

    async def _serve(self, scope: Scope, receive: Receive, line: OpenLine, digest: str) -> None:
        """Hand a connection on; a page's own line is watched for the end of its sign-in."""
        if digest and scope["type"] == "websocket":
            rules = self._rules
            await PageLine(line, receive, rules.sign_ins, digest, rules.is_act).run(self._app, scope)
        else:
            await self._app(scope, line.counting(receive), line.send)

    def _judge_place(self, caller: Caller, scope: Scope) -> None:
        """Let other machines in only where people sign in, over https, or where it is said to be open."""
        settings, rules = self._rules.settings, self._rules
        if settings.needs_sign_in:
            if not rules.is_ready_to_sign_in:
                raise self._refused_page(answers.no_provider_page, caller, scope, "service.no-provider")
            if caller.scheme != "https" and not caller.is_local:
                raise self._refused_page(answers.insecure_page, caller, scope, "service.https-only")
        elif not (rules.is_open or caller.is_local):
            raise self._refused_page(answers.closed_page, caller, scope, "service.closed")

    def _judge_origin(self, caller: Caller, scope: Scope) -> None:
        """Refuse what a page of another site asks for."""
        origin = caller.headers.get("origin")
        is_changing = scope["type"] == "websocket" or scope["method"] not in _SAFE
        is_ours = bool(origin) and origin in (caller.origin, self._rules.settings.public_url.rstrip("/"))
        # A program that is no browser sends no origin; it has no cookie of a person either.
        is_program = origin is None and not _digest(caller)
        if (is_changing and not is_ours and not is_program) or caller.is_cross_site:
            raise _refused("service.origin", HTTPStatus.FORBIDDEN)

    async def _judge_person(self, caller: Caller, need: Need, scope: Scope) -> tuple[SignIn | None, Person]:
        """Find who asks, and whether she may."""
        if need.is_closed:
            raise _refused("service.closed-address", HTTPStatus.NOT_FOUND)
        if not self._rules.settings.needs_sign_in:
            return None, LOCAL
        sign_in = self._rules.sign_ins.look(_digest(caller))
        person = sign_in.person if sign_in else await self._rules.token_person(caller.headers)
        if person is None:
            if scope["type"] == "http" and answers.asks_for_page(caller, scope["method"]):
                raise Refused(answers.to_sign_in(_wanted(scope)))
            raise _refused("access.not-signed-in", HTTPStatus.UNAUTHORIZED)
        is_deleting = scope.get("method") == "DELETE" and need.to_delete is not None
        action = need.to_delete if is_deleting else need.action
        if action is not None and not person.may(action):
            raise self._wrong_role(caller, person, scope)
        if need.is_shown_only and (sign_in is None or scope["path"].removeprefix("/media/") not in sign_in.shown):
            raise _refused("access.not-yours", HTTPStatus.NOT_FOUND)
        return sign_in, person

    def _judge_method(self, caller: Caller, need: Need, scope: Scope) -> None:
        """Refuse a method that the address has no use for, and a body that is too large for it."""
        if scope.get("method", "websocket") not in need.methods:
            raise _refused("service.method", HTTPStatus.METHOD_NOT_ALLOWED)
        said = caller.headers.get("content-length", "0")
        if not said.isascii() or not said.isdigit() or int(said) > need.max_bytes:
            raise _refused("service.too-large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

    def _wrong_role(self, caller: Caller, person: Person, scope: Scope) -> Refused:
        """Answer somebody whose role does not include an address."""
        if scope["type"] == "websocket" or not answers.asks_for_page(caller, scope["method"]):
            return _refused("access.not-allowed", HTTPStatus.FORBIDDEN)
        if not person.roles:
            return Refused(answers.no_role_page(caller))
        own = [
            (title, path)
            for path, title in self._rules.pages.items()
            if (action := need_of(self._rules.needs, {"path": path}).action) and person.may(action)
        ]
        if scope["path"] == "/" and own:
            return Refused(RedirectResponse(own[0][1], HTTPStatus.SEE_OTHER))
        return Refused(answers.other_role_page(caller, tuple(own)))

    def _refused_page(
        self, make: Callable[[Caller], Response], caller: Caller, scope: Scope, rule: str
    ) -> Refused:
        """Refuse with a page where a person asks for one."""
        is_page = scope["type"] == "http" and answers.asks_for_page(caller, scope["method"])
        return Refused(make(caller)) if is_page else _refused(rule, HTTPStatus.FORBIDDEN)

    def _headers_for(self, caller: Caller, need: Need) -> Headers:
        """Headers that an answer gets besides its own."""
        secure = SECURE_LINE if caller.scheme == "https" else ()
        return self._rules.headers + secure + (() if need.is_public_asset else NO_STORE)


def need_of(needs: tuple[Need, ...], scope: Mapping[str, Any]) -> Need:
    """Find the row of an address."""
    return next(need for need in needs if re.fullmatch(need.path, scope["path"], re.DOTALL))


def person_of(scope: Mapping[str, Any]) -> Person:
    """Who sent a request that the gate let through, for the routes behind it."""
    person = scope["state"]["person"]
    return person if isinstance(person, Person) else LOCAL


def _digest(caller: Caller) -> str:
    """Digest of the sign-in that a cookie names, empty for none."""
    return sign_in_digest(caller.headers, caller.scheme)


def _wanted(scope: Scope) -> str:
    """Path and query of a page that somebody wanted to see."""
    query = scope["query_string"].decode("latin-1")
    return str(scope["path"]) + (f"?{query}" if query else "")


def _refused(rule: str, status: int) -> Refused:
    """Refuse by name."""
    return Refused(answers.refusal(rule, status))
