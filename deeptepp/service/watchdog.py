"""The service watches itself: one that no longer answers ends, so that its supervisor starts it again.

A busy one is left alone. Where many pages are drawn at once, the event loop waits for the interpreter before each
of its steps, and neither a turn nor an answer may come for seconds; it works all the same, and so uses some
processor time.
"""

from __future__ import annotations

import asyncio
import http.client
import logging
import os
import resource
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

_LOG = logging.getLogger(__name__)

STUCK = 70
"""Status with which the process ends, EX_SOFTWARE of sysexits.h."""

_N_MISSED = 3
"""Answers in a row that must be missing: after a pause of the whole machine the first alone may be."""

_PROMPT_PART = 1 / 50
"""Part of the limit within which an idle loop takes a turn; the address of one that is slower answers late too."""

_BUSY_PARTS = 6
"""Limits after which a loop without a turn counts as stuck although it works: it works for ever."""

_N_DESCRIPTORS = 65_536
"""Files and connections that the process may have open, where the system lets it."""


class Watchdog(threading.Thread):
    """A thread that asks the event loop, and the service's own address through the network.

    ``limit_s``: seconds without an answer after which the process ends; ``end``: ends it.
    """

    def __init__(self, limit_s: float, end: Callable[[int], object] = os._exit) -> None:
        super().__init__(name="deeptepp-watchdog", daemon=True)
        self._limit_s, self._end = limit_s, end
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = threading.Event()
        self._address: tuple[str, str, int] | None = None
        self._clock_of_loop: int | None = None
        self._turned_s = time.monotonic()

    def note_address(self, scope: Mapping[str, Any]) -> None:
        """Learn from the first request where the service answers: the server tells its application no sooner."""
        server = scope.get("server")
        if self._address is None and server and server[1]:
            secure = scope["scheme"] in ("https", "wss")
            self._address = ("https" if secure else "http", str(server[0]), int(server[1]))

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to watch an event loop."""
        self._loop, self._turned_s = loop, time.monotonic()
        self.start()

    def stop(self) -> None:
        """Stop watching: the service ends on purpose."""
        self._stopping.set()

    def run(self) -> None:
        """Ask again and again; without an answer for too long, end the process."""
        answered_s, n_missed = time.monotonic(), 0
        while not self._stopping.wait(self._limit_s / 10):
            if self._is_well():
                answered_s, n_missed = time.monotonic(), 0
                continue
            n_missed += 1
            if n_missed >= _N_MISSED and time.monotonic() - answered_s >= 0.8 * self._limit_s:
                _LOG.critical("the service has not answered itself for %.0f s and ends", self._limit_s)
                self._end(STUCK)
                return

    def _is_well(self) -> bool:
        """Whether loop and address answer, or the loop is seen to be busy; without descriptors nobody gets in."""
        if not _has_descriptors():
            return False
        asked_s, worked_s = time.monotonic(), self._worked_s()
        if not self._loop_answers():
            is_busy = self._worked_s() > worked_s
            return is_busy and time.monotonic() - self._turned_s < _BUSY_PARTS * self._limit_s
        self._turned_s = time.monotonic()
        is_prompt = self._turned_s - asked_s < _PROMPT_PART * self._limit_s
        return not is_prompt or self._address_answers()

    def _worked_s(self) -> float:
        """Processor seconds of the loop's thread so far, 0 where they are not known."""
        try:
            return 0.0 if self._clock_of_loop is None else time.clock_gettime(self._clock_of_loop)
        except OSError:
            return 0.0

    def _loop_answers(self) -> bool:
        """Whether the event loop still takes turns; one that is closed has ended on purpose."""
        turned = threading.Event()

        def turn() -> None:
            # macOS has no such clock: there a busy loop counts as stuck.
            if self._clock_of_loop is None and hasattr(time, "pthread_getcpuclockid"):
                self._clock_of_loop = time.pthread_getcpuclockid(threading.get_ident())
            turned.set()

        if self._loop is None:
            return True
        try:
            self._loop.call_soon_threadsafe(turn)
        except RuntimeError:
            return True
        return turned.wait(self._limit_s / 5)

    def _address_answers(self) -> bool:
        """Whether the own address answers; one that refuses has been closed on purpose."""
        if self._address is None:
            return True
        scheme, host, port = self._address
        connection = http.client.HTTPConnection(host, port, timeout=self._limit_s / 5)
        if scheme == "https":
            context = ssl._create_unverified_context()  # noqa: S323  it is this very process
            connection = http.client.HTTPSConnection(host, port, timeout=self._limit_s / 5, context=context)
        try:
            connection.request("GET", "/healthz", headers={"Host": "localhost"})
            return connection.getresponse().status == http.HTTPStatus.OK
        except ConnectionRefusedError:
            return True
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _has_descriptors() -> bool:
    """Whether one more file or connection can be opened."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        return False
    return True


def raise_descriptor_limit() -> None:
    """Let the process open as many files and connections as the system allows it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _N_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _N_DESCRIPTORS)
    if soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
