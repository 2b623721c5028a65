"""Who is on the server: what a visitor leaves behind is erased once she has been away for a while.

Streamlit keeps the state of a closed tab until others come and go, and never tells that it was closed. The server
therefore looks who is connected from time to time. One who comes back soon finds everything as it was, as long as
``server.disconnectedSessionTTL`` is longer than the time after which she is forgotten here.

A reloaded page is a new connection. Its tab presents a token that only this tab knows, and takes over what the
connection before it held: moved, never shared, so that no two pages change one case.
"""

from __future__ import annotations

import ctypes
import gc
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Protocol, TypeVar

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

_PERSON = "deeptepp-person"
"""Key of ``st.session_state``: whom the page was last drawn for."""


class Claim(StrEnum):
    """What became of a tab that presented its token."""

    KNOWN = "known"
    """The connection has the token already."""
    NEW = "new"
    """Nobody holds anything under the token."""
    TAKEN_OVER = "taken over"
    """What the connection before held is now held by this one."""
    REFUSED = "refused"
    """Another page of the same token is open: this one needs a token of its own."""


@dataclass(frozen=True, slots=True)
class Tab:
    """What a page says of itself.

    ``token``: random, kept by the tab over reloads, copied where a tab is duplicated; ``page``: random, anew with
    every load of the page; ``left``: the page that this tab showed before and has left, empty where none was left,
    as in a duplicated tab; ``user``: who is signed in, empty where nobody has to.
    """

    token: str = field(repr=False)
    page: str = ""
    left: str = ""
    user: str = field(default="", repr=False)


@dataclass(slots=True)
class _Visitor:
    """What erases the traces of one visitor, and since when she is away; None while she is here."""

    erasers: list[Callable[[], object]] = field(default_factory=list)
    held: dict[str, Callable[[], object]] = field(default_factory=dict)
    away_since_s: float | None = None
    tab: Tab | None = None
    has_lost: bool = False


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

        ``erase``: called once, outside of any run of a script, when she has been away too long.
        """
        with self._lock:
            self._visitors.setdefault(visitor_id, _Visitor()).erasers.append(erase)

    def hold(self, visitor_id: str, key: str, erase: Callable[[], object]) -> None:
        """Note what a visitor has begun under a key, which goes with her tab to another connection.

        ``erase``: erases it, the value that it is bound to is what moves.
        """
        with self._lock:
            self._visitors.setdefault(visitor_id, _Visitor()).held[key] = erase

    def greet(self, visitor_id: str) -> bool:
        """Note that a visitor is here.

        Returns True, once, where another connection has taken over what this one held.
        """
        with self._lock:
            visitor = self._visitors.setdefault(visitor_id, _Visitor())
            has_lost, visitor.has_lost = visitor.has_lost, False
            return has_lost

    def claim(
        self, visitor_id: str, tab: Tab, is_here: Callable[[str], bool]
    ) -> tuple[Claim, Mapping[str, object]]:
        """Let a tab present its token, and take over what it held before.

        ``is_here``: tells whether the connection of a visitor is open. Returns claim: what became of it; held:
        what was taken over, by its key; empty otherwise.
        """
        with self._lock:
            own = self._visitors.setdefault(visitor_id, _Visitor())
            before = self._holder_of(tab.token)
            if before == visitor_id:
                own.tab = tab
                return Claim.KNOWN, {}
            other = self._visitors[before] if before is not None else None
            if before is None or other is None or other.tab is None:
                own.tab = tab
                return Claim.NEW, {}
            # The page before is gone where it said so, where its line is closed, or where it is this very page.
            is_same_tab = other.tab.page in (tab.left, tab.page)
            if other.tab.user != tab.user or (not is_same_tab and is_here(before)):
                return Claim.REFUSED, {}
            replaced = [erase for key, erase in own.held.items() if key in other.held]
            own.tab, own.held = tab, own.held | other.held
            own.erasers += other.erasers
            other.held, other.erasers, other.tab, other.has_lost = {}, [], None, True
            moved = {key: getattr(erase, "__self__", None) for key, erase in own.held.items()}
        for erase in replaced:
            erase()
        return Claim.TAKEN_OVER, moved

    def erase(self, visitor_id: str) -> None:
        """Erase everything that a visitor has begun, at once."""
        with self._lock:
            visitor = self._visitors.pop(visitor_id, _Visitor())
        for erase in (*visitor.erasers, *visitor.held.values()):
            erase()

    def _holder_of(self, token: str) -> str | None:
        """Find who holds a token, in a time that tells nothing of it; the lock is held."""
        found = None
        for key, visitor in self._visitors.items():
            if visitor.tab is not None and secrets.compare_digest(visitor.tab.token, token):
                found = key
        return found

    def sweep(self, is_here: Callable[[str], bool], max_away_s: float) -> tuple[str, ...]:
        """Look who is connected, and erase what those left behind who are away for too long.

        ``is_here``: tells whether the connection of a visitor is open; ``max_away_s``: seconds since she was first
        found away.
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
            for erase in (*visitor.erasers, *visitor.held.values()):
                erase()
        return tuple(gone)


@cache
def default_visitors() -> Visitors:
    """Visitors of this process."""
    return Visitors()


def remember_visitor(erase: Callable[[], object], *, key: str = "") -> None:
    """Note how something is erased that the visitor of the running script has just begun.

    ``erase``: called once when she has been away too long, must not rest on the state of a session; ``key``: where
    ``st.session_state`` keeps the value that ``erase`` is bound to, if it goes with her tab over a reload, empty
    for what stays behind.
    """
    context = get_script_run_ctx()
    if context is None:
        return
    if key:
        default_visitors().hold(context.session_id, key, erase)
    else:
        default_visitors().remember(context.session_id, erase)


class Erasable(Protocol):
    """What holds something of a visitor, and lets go of it."""

    def erase(self) -> object:
        """Let go of everything."""


OwnT = TypeVar("OwnT", bound=Erasable)


def own_of_visitor(key: str, make: Callable[[], OwnT]) -> OwnT:
    """Give what the visitor of the running script has under a key, made on the first call, erased after she left.

    ``key``: of ``st.session_state``; ``make``: makes it.
    """
    if key not in st.session_state:
        st.session_state[key] = make()
        remember_visitor(st.session_state[key].erase)
    own: OwnT = st.session_state[key]
    return own


def greet_visitor() -> bool:
    """Note that the visitor of the running script is here.

    Returns True, once, where another page has taken over what this one held, none of it is left in the state here.
    """
    context = get_script_run_ctx()
    if context is None or not default_visitors().greet(context.session_id):
        return False
    for key in list(st.session_state):
        del st.session_state[key]
    return True


def keep_apart(subject: str) -> None:
    """Erase what is in this connection where somebody else has signed in since it began.

    A page that was left open joins its connection again with the sign-in that the browser has then.
    """
    context = get_script_run_ctx()
    if context is not None and st.session_state.get(_PERSON, subject) != subject:
        default_visitors().erase(context.session_id)
        for key in list(st.session_state):
            del st.session_state[key]
    st.session_state[_PERSON] = subject


def claim_tab(tab: Tab) -> Claim:
    """Let the tab of the running script present its token, and take over what it held before.

    Returns what became of it, what was taken over stands in ``st.session_state``.
    """
    context = get_script_run_ctx()
    if context is None:
        return Claim.NEW
    claim, held = default_visitors().claim(context.session_id, tab, _is_here)
    for key, value in held.items():
        st.session_state[key] = value
    return claim


def _is_here(visitor_id: str) -> bool:
    """Whether the connection of a visitor is open."""
    return runtime.exists() and runtime.get_instance().is_active_session(visitor_id)


def sweep_visitors(max_away_s: float) -> int:
    """Erase what those left behind who are away for too long; to be called on the event loop of the server.

    ``max_away_s``: seconds since she was first found away.
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
