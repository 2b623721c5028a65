"""The access log: one line of JSON a request, without addresses of cases, search words or who it was."""

from __future__ import annotations

import json
import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deeptepp.service.gate import need_of
from deeptepp.service.routes_by_need import Need

_LOG = logging.getLogger(__name__)


class AccessLog:
    """ASGI middleware in front of the gate; ``needs``: families of addresses, by which a request is called."""

    def __init__(self, app: ASGIApp, needs: tuple[Need, ...]) -> None:
        self._app, self._needs = app, needs

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, and note how it ended."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s, status = time.monotonic(), 0

        async def told(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, told)
        finally:
            line = {
                "method": scope["method"],
                "address": need_of(self._needs, scope).path,
                "status": status,
                "ms": round((time.monotonic() - began_s) * 1000),
            }
            _LOG.info("%s", json.dumps(line))
