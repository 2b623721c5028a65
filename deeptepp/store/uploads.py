"""Uploads on disk: one-time signed tokens, and folders that are swept and vanish with the process."""

from __future__ import annotations

import atexit
import fcntl
import os
import re
import secrets
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from pathlib import Path
from typing import TextIO

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from deeptepp.errors import UploadGone, UploadTokenExpired, UploadTokenUnknown, UploadTokenUsed
from deeptepp.store.upload_writer import UploadWriter, is_unfinished, part_of

UPLOADS_PATH = "/api/v1/uploads"
"""Route that receives uploads; the token follows."""

_MAX_BYTES = 4_000_000_000
"""Largest upload in bytes; a five-phase breast study is 0.1 to 1.5 GB."""
_MAX_FILES = 20_000
_TOKEN_LIFETIME_S = 3600
_UPLOAD_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_PREFIX = "deeptepp-uploads-"
_LOCK = "lock"


class UploadStore:
    """Folders of uploads under one root, and the tokens that allow one upload each.

    ``root``: existing folder that nobody else may read; ``token_lifetime_s``: seconds in which a token may be
    used; ``clock``: seconds that nobody sets back or forth, by which uploads grow old.
    """

    def __init__(
        self,
        root: Path,
        *,
        max_bytes: int = _MAX_BYTES,
        max_files: int = _MAX_FILES,
        token_lifetime_s: int = _TOKEN_LIFETIME_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root, self._clock = root, clock
        self.max_bytes, self.max_files, self._lifetime_s = max_bytes, max_files, token_lifetime_s
        self._serializer = URLSafeTimedSerializer(secrets.token_bytes(32), salt="deeptepp.upload")
        self._used: dict[str, tuple[float, str]] = {}
        self._claims: Counter[str] = Counter()
        self._doomed: set[str] = set()
        self._noticed: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def issue_token(self) -> str:
        """Make a signed token for one upload."""
        return str(self._serializer.dumps(secrets.token_urlsafe(12)))

    def check_token(self, token: str) -> str:
        """That a token may still be used.

        Raises UploadTokenUnknown: the token was not issued here; UploadTokenExpired: the token is too old;
        UploadTokenUsed: the token was used.
        """
        try:
            nonce = str(self._serializer.loads(token, max_age=self._lifetime_s))
        except SignatureExpired:
            raise UploadTokenExpired(limit=f"{self._lifetime_s / 60:g}") from None
        except BadSignature:
            raise UploadTokenUnknown from None
        if nonce in self._used:
            raise UploadTokenUsed
        return nonce

    def begin(self, token: str, *, is_framed: bool) -> UploadWriter:
        """Use a token up and start an upload.

        ``is_framed``: the body holds many files, see ``FRAMED_TYPE``. Returns receives the body, use it in a
        ``with`` block. Raises UploadTokenUnknown, UploadTokenExpired, UploadTokenUsed: see ``check_token``.
        """
        folder = self._root / self.new_id()
        with self._lock:
            self._used[self.check_token(token)] = (time.monotonic(), folder.name)
        return UploadWriter(folder, is_framed=is_framed, max_bytes=self.max_bytes, max_files=self.max_files)

    def brought_by(self, token: str) -> str | None:
        """Complete upload that a token was used for, as long as it is here; None when there is none."""
        upload_id = self._name_of(token)
        return upload_id if upload_id in self else None

    def is_arriving(self, token: str) -> bool:
        """Whether an upload by this token is under way."""
        upload_id = self._name_of(token)
        return bool(upload_id) and is_unfinished(self._root / upload_id)

    def _name_of(self, token: str) -> str:
        """Name of the upload that a token began, empty where it began none."""
        try:
            nonce = str(self._serializer.loads(token))
        except BadSignature:
            return ""
        return self._used.get(nonce, (0.0, ""))[1]

    @contextmanager
    def filling(self, upload_id: str) -> Iterator[Path]:
        """Give a folder to be filled from elsewhere than a browser; it is an upload when the block ends well.

        ``upload_id``: of ``new_id``. Nothing is left behind where the block does not end well.
        """
        part = part_of(self._root / upload_id)
        part.mkdir(mode=0o700)
        try:
            yield part
            part.rename(self._root / upload_id)
        finally:
            shutil.rmtree(part, ignore_errors=True)

    @staticmethod
    def new_id() -> str:
        """Make a name that cannot be guessed."""
        return secrets.token_urlsafe(16)

    def __contains__(self, upload_id: object) -> bool:
        """Whether a complete upload of this name is here."""
        return (
            isinstance(upload_id, str)
            and bool(_UPLOAD_ID.fullmatch(upload_id))
            and upload_id not in self._doomed
            and (self._root / upload_id).is_dir()
        )

    def path_of(self, upload_id: str, *, is_claimed: bool = False) -> Path:
        """Find an upload.

        ``is_claimed``: it is in place, also where it was deleted meanwhile. Returns the file when one file was
        handed in (a zip, as a rule), else the folder. Raises UploadGone: no such upload.
        """
        if not is_claimed and upload_id not in self:
            raise UploadGone
        folder = self._root / upload_id
        files = sorted(folder.iterdir())
        return files[0] if len(files) == 1 else folder

    @contextmanager
    def reading(self, upload_id: str) -> Iterator[Path]:
        """Keep an upload in place while it is read; what is deleted meanwhile goes when the reading ends.

        Raises UploadGone: no such upload.
        """
        release = self.claim(upload_id)
        try:
            yield self.path_of(upload_id, is_claimed=True)
        finally:
            release()

    def claim(self, upload_id: str) -> Callable[[], None]:
        """Keep an upload from any sweep, as while it waits to be read.

        Returns what gives the claim back, once; its age is counted from then on. Raises UploadGone: no such
        upload.
        """
        with self._lock:
            if upload_id not in self:
                raise UploadGone
            self._claims[upload_id] += 1
        return partial(self._release, upload_id)

    def _release(self, upload_id: str) -> None:
        """Give a claim back; what was deleted meanwhile goes with the last of them."""
        with self._lock:
            self._claims[upload_id] -= 1
            is_last = self._claims[upload_id] == 0
            if is_last:
                del self._claims[upload_id]
            is_doomed = is_last and upload_id in self._doomed
        if is_doomed:
            self._remove(upload_id)
        else:
            with suppress(FileNotFoundError):
                os.utime(self._root / upload_id)

    def delete(self, upload_id: str) -> None:
        """Remove an upload, with the last claim where it is claimed; one that is not here is no fault."""
        if upload_id not in self:
            return
        with self._lock:
            is_claimed = upload_id in self._claims
            self._doomed.add(upload_id)
        if not is_claimed:
            self._remove(upload_id)

    def _remove(self, upload_id: str) -> None:
        """Take the files off the disk and forget the name."""
        shutil.rmtree(self._root / upload_id, ignore_errors=True)
        self._doomed.discard(upload_id)

    def sweep(self, max_age_s: float) -> int:
        """Remove what was not touched for a while, broken uploads included, and nothing that is claimed.

        ``max_age_s``: seconds since a sweep noticed that something was added. The machine's clock may be set back
        or forth meanwhile: the times of files only tell whether something was.
        """
        now, before = self._clock(), self._noticed
        self._noticed = {folder.name: (_last_write(folder), now) for folder in self._root.iterdir()}
        for name in self._noticed.keys() & before.keys():
            if self._noticed[name][0] == before[name][0]:
                self._noticed[name] = before[name]
        old = [
            self._root / name
            for name, (_, at) in self._noticed.items()
            if name not in self._claims and now - at >= max_age_s
        ]
        for folder in old:
            if folder.name in self:
                self.delete(folder.name)
            elif folder.name not in self._doomed:
                shutil.rmtree(folder, ignore_errors=True)
        with self._lock:
            forget = time.monotonic() - self._lifetime_s - 1
            self._used = {nonce: (at, name) for nonce, (at, name) in self._used.items() if at > forget}
        return len(old)


def _last_write(folder: Path) -> float:
    """Time of the last write in a folder, infinity when it vanished meanwhile."""
    try:
        return max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
    except FileNotFoundError:
        return float("inf")


@cache
def default_store() -> UploadStore:
    """Store of this process, in a 0700 temporary folder that is removed at exit.

    A process that is killed cannot tidy up; the next one removes what it left.
    """
    _remove_orphans(Path(tempfile.gettempdir()))
    base = Path(tempfile.mkdtemp(prefix=_PREFIX))
    # The lock lives as long as the process and is let go however the process ends.
    lock = (base / _LOCK).open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    root = base / "studies"
    root.mkdir(mode=0o700)
    atexit.register(_remove_if_owner, base, lock, os.getpid())
    return UploadStore(root)


def _remove_if_owner(base: Path, lock: TextIO, owner: int) -> None:
    """Remove the folder and the lock, but not from a forked child, whose parent still needs them."""
    if os.getpid() == owner:
        shutil.rmtree(base, ignore_errors=True)
        lock.close()


def _remove_orphans(parent: Path) -> None:
    """Remove folders of this user that no process locks any more."""
    for base in parent.glob(f"{_PREFIX}*"):
        try:
            with (base / _LOCK).open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(base, ignore_errors=True)
        except OSError:
            continue
