"""One connection that the gate let in: its headers, the size of what it brings, and the end of its sign-in."""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from dataclasses import dataclass

import anyio
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deeptepp.service.security_headers import Headers
from deeptepp.service.sign_in_sessions import SignIns

LOOK_EVERY_S = 5.0
"""Seconds between two looks whether the sign-in of an open page still holds."""

SIGN_IN_ENDED = 4401
"""Code with which the line of a page is closed whose sign-in has ended."""

_MEDIA = re.compile(rb"/media/([0-9A-Za-z]+(?:\.[0-9A-Za-z]+)?)")
"""Address of a file in what is sent to a page."""


_CONNECTION = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
"""Name of a connection, which a page presents when it joins again."""

_NAMED_WITHIN_BYTES = 100_000
"""Length of messages that may name the connection; what is longer draws something."""

_PROTOCOL = b"sec-websocket-protocol"
"""Header in which a page presents the name of its connection, as the third word."""


class TooLarge(Exception):
    """A body is longer than its address takes."""


class OpenLine:
    """What is between the gate and the caller.

    ``headers``: added to the answer in place of its own of the same names; ``max_bytes``: longest body.
    """

    def __init__(self, send: Send, headers: Headers, max_bytes: int, *, is_socket: bool) -> None:
        self._send, self._headers, self._max_bytes, self._is_socket = send, headers, max_bytes, is_socket
        self._has_begun = self._is_over = False

    async def send(self, message: Message) -> None:
        """Pass a message on to the caller; nothing more goes out after the end."""
        if self._is_over:
            return
        if message["type"] in ("http.response.start", "websocket.accept"):
            self._has_begun = True
            names = {name for name, _ in self._headers}
            kept = [pair for pair in message.get("headers", ()) if pair[0].lower() not in names]
            message = {**message, "headers": [*kept, *self._headers]}
        self._is_over = message["type"] == "websocket.close"
        await self._send(message)

    def counting(self, receive: Receive) -> Receive:
        """Count the body while it comes; raises TooLarge from there, whatever its header said."""
        n_bytes = 0

        async def counted() -> Message:
            nonlocal n_bytes
            message = await receive()
            n_bytes += len(message.get("body", b""))
            if n_bytes > self._max_bytes:
                raise TooLarge
            return message

        return counted

    async def refuse(self, scope: Scope, receive: Receive, answer: Response) -> None:
        """Answer instead of what is behind, unless that has begun to."""
        if self._is_socket:
            await self.send({"type": "websocket.close", "code": 1011 if self._has_begun else 1008})
        elif not self._has_begun:
            await answer(scope, receive, self.send)

    async def end(self) -> None:
        """Close the line of a page whose sign-in has ended."""
        await self.send({"type": "websocket.close", "code": SIGN_IN_ENDED})


@dataclass(frozen=True, slots=True)
class PageLine:
    """The line of a page, open for as long as the sign-in behind it.

    ``digest``: names the sign-in; ``is_act``: whether a message is something that a person did, which begins idle
    time again; a page that asks for news by itself does not.
    """

    line: OpenLine
    receive: Receive
    sign_ins: SignIns
    digest: str
    is_act: Callable[[bytes], bool]

    async def run(self, app: ASGIApp, scope: Scope) -> None:
        """Run what is behind until the page closes or the sign-in ends.

        A page joins no connection again but one of this very sign-in: what another person left there is not hers.
        """
        own = self.sign_ins.look(self.digest)
        scope["headers"] = [_kept(pair, own.shown if own else ()) for pair in scope["headers"]]
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._look)
            await app(scope, self._hear, self._tell)
            tasks.cancel_scope.cancel()

    async def _look(self) -> None:
        """Look from time to time, also while nobody says anything."""
        while self.sign_ins.look(self.digest) is not None:
            await anyio.sleep(LOOK_EVERY_S)
        await self.line.end()

    async def _hear(self) -> Message:
        """Hear the page; what it says after the end is not heard."""
        message = await self.receive()
        if message["type"] != "websocket.receive":
            return message
        is_act = self.is_act(message.get("bytes") or b"")
        if self.sign_ins.look(self.digest, is_act=is_act) is not None:
            return message
        await self.line.end()
        return {"type": "websocket.disconnect", "code": SIGN_IN_ENDED}

    async def _tell(self, message: Message) -> None:
        """Tell the page something, and note the files that it may fetch now, and its own name."""
        said = message.get("bytes") or b""
        shown = _MEDIA.findall(said) + (_CONNECTION.findall(said) if len(said) < _NAMED_WITHIN_BYTES else [])
        if shown:
            self.sign_ins.note_shown(self.digest, [name.decode() for name in shown])
        await self.line.send(message)


def _kept(header: tuple[bytes, bytes], known: Container[str]) -> tuple[bytes, bytes]:
    """Keep a header, without the name of a connection that this sign-in does not know."""
    words = [word.strip() for word in header[1].split(b",")]
    if header[0].lower() != _PROTOCOL or len(words) < 3 or words[2].decode("latin-1") in known:
        return header
    return header[0], b", ".join(words[:2])
