"""Who is on the server: what a visitor leaves behind is erased once she has been away for a while.

Streamlit keeps the state of a closed tab until others come and go, and never tells that it was closed. The server
therefore looks who is connected from time to time. One who comes back soon finds everything as it was, as long as
``server.disconnectedSessionTTL`` is longer than the time after which she is forgotten here.
"""

from __future__ import annotations

import ctypes
import gc
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx


@dataclass(slots=True)
class _Visitor:
    """What erases the traces of one visitor, and since when she is away; None while she is here."""

    erasers: list[Callable[[], object]] = field(default_factory=list)
    away_since_s: float | None = None


class Visitors:
    """The visitors of this process, by the name of their connection."""

    def __init__(self) -> None:
        self._visitors: dict[str, _Visitor] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Count visitors, those who are away for a short while included."""
        return len(self._visitors)

    def remember(self, visitor_id: str, erase: Callable[[], object]) -> None:
        """Note how something is erased that a visitor has just begun.

        Parameters
        ----------
        visitor_id : str
            Name of the connection.
        erase : callable
            Called once, outside of any run of a script, when she has been away too long.
        """
        with self._lock:
            self._visitors.setdefault(visitor_id, _Visitor()).erasers.append(erase)

    def greet(self, visitor_id: str) -> None:
        """Note that a visitor is here."""
        with self._lock:
            self._visitors.setdefault(visitor_id, _Visitor())

    def sweep(self, is_here: Callable[[str], bool], max_away_s: float) -> tuple[str, ...]:
        """Look who is connected, and erase what those left behind who are away for too long.

        Parameters
        ----------
        is_here : callable
            Tells whether the connection of a visitor is open.
        max_away_s : float
            Seconds since she was first found away.

        Returns
        -------
        tuple of str
            Visitors who were forgotten.
        """
        now = time.monotonic()
        gone = {}
        with self._lock:
            for key, visitor in list(self._visitors.items()):
                if is_here(key):
                    visitor.away_since_s = None
                elif visitor.away_since_s is None:
                    visitor.away_since_s = now
                if visitor.away_since_s is not None and now - visitor.away_since_s >= max_away_s:
                    gone[key] = self._visitors.pop(key)
        for visitor in gone.values():
            for erase in visitor.erasers:
                erase()
        return tuple(gone)


@cache
def default_visitors() -> Visitors:
    """Give the visitors of this process.

    Returns
    -------
    Visitors
        The same at every call.
    """
    return Visitors()


def remember_visitor(erase: Callable[[], object]) -> None:
    """Note how something is erased that the visitor of the running script has just begun.

    Parameters
    ----------
    erase : callable
        Called once when she has been away too long; must not rest on the state of a session.
    """
    context = get_script_run_ctx()
    if context is not None:
        default_visitors().remember(context.session_id, erase)


def greet_visitor() -> None:
    """Note that the visitor of the running script is here."""
    context = get_script_run_ctx()
    if context is not None:
        default_visitors().greet(context.session_id)


def sweep_visitors(max_away_s: float) -> int:
    """Erase what those left behind who are away for too long; to be called on the event loop of the server.

    Parameters
    ----------
    max_away_s : float
        Seconds since she was first found away.

    Returns
    -------
    int
        Visitors who were forgotten.
    """
    if not runtime.exists():
        return 0
    server = runtime.get_instance()
    gone = default_visitors().sweep(server.is_active_session, max_away_s)
    for visitor_id in gone:
        server.close_session(visitor_id)
    if gone:
        _give_back_memory()
    return len(gone)


def _give_back_memory() -> None:
    """Collect what only cycles hold, and hand free pages back to the system where the C library can."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
