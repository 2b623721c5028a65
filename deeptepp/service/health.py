"""Whether the service is alive and ready, for a supervisor: names of its parts, and nothing of anybody."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus

import anyio
from starlette.responses import JSONResponse, Response

_PATIENCE_S = 3.0
"""Seconds that a part may take to answer."""
_HELD_S = 2.0
"""Seconds for which an answer holds, so that asking often costs nothing."""


class Health:
    """The two answers.

    ``checks``: by the name of each part, a function that returns where it works and raises where it does not; it
    runs in a thread, of which there is one for each part.
    """

    def __init__(self, checks: Mapping[str, Callable[[], object]]) -> None:
        self._checks = checks
        self._held: tuple[float, dict[str, bool]] | None = None
        self._limits: dict[str, anyio.CapacityLimiter] = {}

    async def alive(self) -> Response:
        """Answer that the service answers."""
        return JSONResponse({"alive": True})

    async def ready(self) -> Response:
        """Answer which parts work; 503 unless all do."""
        if self._held is None or time.monotonic() - self._held[0] > _HELD_S:
            found = dict.fromkeys(self._checks, False)
            async with anyio.create_task_group() as tasks:
                for name in self._checks:
                    tasks.start_soon(self._ask, name, found)
            self._held = (time.monotonic(), found)
        parts = self._held[1]
        status = HTTPStatus.OK if all(parts.values()) else HTTPStatus.SERVICE_UNAVAILABLE
        return JSONResponse({"ready": all(parts.values()), **parts}, status)

    async def _ask(self, name: str, found: dict[str, bool]) -> None:
        """Ask one part; one that hangs keeps its own thread and no other."""
        limit = self._limits.setdefault(name, anyio.CapacityLimiter(1))
        with anyio.move_on_after(_PATIENCE_S):
            try:
                await anyio.to_thread.run_sync(self._checks[name], abandon_on_cancel=True, limiter=limit)
            except Exception:  # noqa: BLE001  whatever it is, the part does not work; its text is nobody's business
                return
            found[name] = True
