"""Who is signed in: random names in cookies, of which only the digests are kept, in memory.

They end after idle time, after their longest time, by signing out, and with the process: the images of a case do
not outlive it either, and the provider lets a browser that it still knows pass without a question.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from deeptepp.config import load_settings
from deeptepp.domain.people import Person
from deeptepp.service import counted_metrics as metrics

_N_SHOWN = 20_000
"""Addresses of media that are remembered for one sign-in; the oldest are forgotten beyond."""


@dataclass(slots=True)
class SignIn:
    """One sign-in: the person, her token from the provider for signing out there, and its clock in seconds.

    ``shown``: addresses of media that were sent to her pages, and the names of their connections: she may fetch
    and join no other.
    """

    person: Person
    id_token: str = field(repr=False)
    began_s: float
    acted_s: float
    shown: OrderedDict[str, None] = field(default_factory=OrderedDict, repr=False)


class SignIns:
    """The sign-ins of this process.

    ``idle_s``, ``max_s``: seconds without an action, and in all, after which one ends; ``clock``: monotonic.
    """

    def __init__(self, idle_s: float, max_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._idle_s, self._max_s, self._clock = idle_s, max_s, clock
        self._by_digest: dict[str, SignIn] = {}
        self._lock = threading.Lock()

    def begin(self, person: Person, id_token: str = "") -> str:
        """Sign somebody in; gives the name for her cookie, of 256 random bits."""
        name, now = secrets.token_urlsafe(32), self._clock()
        metrics.SIGN_INS.inc()
        with self._lock:
            self._drop_ended(now)
            self._by_digest[digest_of(name)] = SignIn(person, id_token, now, now)
        return name

    def look(self, digest: str, *, is_act: bool = False) -> SignIn | None:
        """Give a sign-in that has not ended; ``is_act``: she did something, idle time begins again."""
        now = self._clock()
        with self._lock:
            found = self._by_digest.get(digest)
            if found is None or self._has_ended(found, now):
                self._by_digest.pop(digest, None)
                return None
            if is_act:
                found.acted_s = now
            return found

    def end(self, digest: str) -> SignIn | None:
        """End a sign-in at once; gives what it was, None where there was none."""
        with self._lock:
            return self._by_digest.pop(digest, None)

    def note_shown(self, digest: str, names: list[str]) -> None:
        """Note addresses of media that go to a page of this sign-in."""
        with self._lock:
            found = self._by_digest.get(digest)
            if found is None:
                return
            found.shown.update(dict.fromkeys(names))
            while len(found.shown) > _N_SHOWN:
                found.shown.popitem(last=False)

    def _drop_ended(self, now: float) -> None:
        """Forget those who never came back; the lock is held."""
        for digest in [key for key, each in self._by_digest.items() if self._has_ended(each, now)]:
            del self._by_digest[digest]

    def _has_ended(self, sign_in: SignIn, now: float) -> bool:
        """Whether idle or whole time is over."""
        return now - sign_in.acted_s > self._idle_s or now - sign_in.began_s > self._max_s


def digest_of(name: str) -> str:
    """Digest under which a name is kept; who reads the memory cannot make a cookie of it."""
    return hashlib.sha256(name.encode()).hexdigest()


@cache
def default_sign_ins() -> SignIns:
    """Sign-ins of this process."""
    settings = load_settings()
    return SignIns(settings.session_idle_s, settings.session_max_s)


COOKIE = "deeptepp"
"""Name of the cookie of a sign-in; over https it begins with ``__Host-``, which no other host or path can set."""

COOKIES = (f"__Host-{COOKIE}", COOKIE)
"""Both names, the stronger first."""


def sign_in_digest(headers: Mapping[str, str], scheme: str) -> str:
    """Digest of the sign-in that a request's cookie names, empty for none; over https the stronger name alone."""
    pairs = [part.strip().partition("=") for part in headers.get("cookie", "").split(";")]
    cookies = {name: value for name, _, value in pairs}
    found = cookies.get(COOKIES[0 if scheme == "https" else 1], "")
    return digest_of(found) if found else ""
