"""Work that outlives a click: a bounded pool of threads, and what each job has found so far.

A screen submits work, gets an id, and asks for a ``JobView`` as often as it likes. A job belongs to the session
that submitted it; no other session can see, take or stop it. Visitors take turns: whoever was served longest ago
comes first. A thread cannot be ended from outside; work ends at its next ``checkpoint``. A refusal raised by the
work is an answer; any other exception is an incident: it is logged by type and place, never by its text, which
could quote a file.
"""

from __future__ import annotations

import logging
import resource
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from math import inf
from pathlib import Path
from typing import Any, TypeVar

from deeptepp.config import load_settings
from deeptepp.domain.progress import Bounds, Progress, Step, StepReport, within
from deeptepp.errors import DeepTeppError, JobCancelled, TakesTooLong, TakesTooMuch, TooManyJobs, TooManyOwnJobs
from deeptepp.safe_files import in_words
from deeptepp.service.counted_metrics import StepClock, note_error, note_refusal, note_result
from deeptepp.service_log import told

_LOG = logging.getLogger(__name__)

ErrorT = TypeVar("ErrorT", bound=BaseException)

_MOST_VOLUMES = 1000
"""Volumes of a study; one of every series of a long examination has about 200."""

_LOOK_EVERY_S = 0.05
"""Seconds between two looks at the memory."""

Work = Callable[[Progress], Any]
"""What a job does; it tells its progress and stops where telling raises ``JobCancelled``."""


class JobState(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as it stands at one moment.

    ``steps``: last report of every step that spoke, in the order in which they first spoke; ``elapsed_s``: seconds
    since it was submitted; ``result``: what the work returned, None until done; ``refusal``: why the work refused;
    ``incident``: identifier of a failure in the log, empty unless broken; ``n_ahead``: jobs that come first, those
    that run included, 0 unless it waits.
    """

    state: JobState
    steps: tuple[StepReport, ...]
    elapsed_s: float
    result: Any = None
    refusal: DeepTeppError | None = None
    incident: str = ""
    n_ahead: int = 0

    @property
    def is_over(self) -> bool:
        """Whether the job has ended, well or not."""
        return self.state not in (JobState.WAITING, JobState.RUNNING)


@dataclass(slots=True, eq=False)
class _Job:
    """The changing side of a job; touched under the runner's lock only."""

    owner: str
    work: Work | None
    most_s: float
    created_s: float = field(default_factory=time.monotonic)
    future: Future[Any] = field(default_factory=Future)
    steps: dict[Step, StepReport] = field(default_factory=dict)
    is_cancelled: bool = False
    begun_s: float | None = None
    begun_bytes: int = 0
    looked_s: float = 0.0
    ended_s: float | None = None
    incident: str = ""
    clock: StepClock = field(default_factory=StepClock)


class JobRunner:
    """A bounded pool of worker threads.

    ``n_workers``: jobs that run at the same time; ``n_waiting``: jobs that may wait for a worker; ``n_each``: jobs
    of one owner that may be open; ``bounds``: what each job may take;
    ``most_bytes``: memory that each may add.
    """

    def __init__(
        self,
        *,
        n_workers: int = 1,
        n_waiting: int = 8,
        n_each: int = 1000,
        bounds: Bounds | None = None,
        most_bytes: float = inf,
    ) -> None:
        self._pool = ThreadPoolExecutor(n_workers, thread_name_prefix="deeptepp-job")
        self._limit, self._limit_each, self._bounds = n_workers + n_waiting, n_each, bounds or Bounds()
        # What others add meanwhile cannot be told apart.
        self._most_bytes = most_bytes * n_workers
        self._jobs: dict[str, _Job] = {}
        self._turns: list[str] = []
        self._lock = threading.Lock()
        self.is_closed = False

    @property
    def n_waiting(self) -> int:
        """Count the jobs that wait."""
        with self._lock:
            return len(self._in_order())

    def submit(
        self, owner: str, work: Work, *, on_end: Callable[[], object] | None = None, most_s: float = inf
    ) -> str:
        """Queue work.

        ``owner``: session that may see the job; ``work``: called with a progress callback in a worker thread;
        ``on_end``: called once when the job ends in any way, also when it never began; ``most_s``: seconds that it
        may run. Raises TooManyJobs: the queue is full, or this owner's share of it; ``on_end`` was called.
        """
        job_id, job = secrets.token_urlsafe(16), _Job(owner, work, most_s)
        with self._lock:
            owners = [each.owner for each in self._jobs.values() if each.ended_s is None]
            full = _full(len(owners), self._limit, owners.count(owner), self._limit_each)
            if full is None:
                self._jobs[job_id] = job
                self._pool.submit(self._run_next)
        if full is not None:
            if on_end:
                on_end()
            raise full
        job.future.add_done_callback(lambda ended: self._end(job_id, ended, on_end))
        return job_id

    def _run_next(self) -> None:
        """Run the job whose turn it is; none where it was stopped meanwhile."""
        with self._lock:
            waiting = self._in_order()
            if not waiting:
                return
            job_id, job = waiting[0], self._jobs[waiting[0]]
            job.begun_s, job.begun_bytes = time.monotonic(), _resident_bytes()
            work, job.work = job.work, None
            # From now on this owner was served last.
            self._turns = [*(each for each in self._turns if each != job.owner), job.owner]
        if work is None or not job.future.set_running_or_notify_cancel():
            return
        limits = replace(self._bounds, check=lambda: self._check(job))
        try:
            with within(limits):
                result = work(lambda report: self._hear(job_id, report))
        except BaseException as error:  # noqa: BLE001  whatever ends it is told to whoever asks
            job.future.set_exception(error)
        else:
            job.future.set_result(result)

    def _in_order(self) -> list[str]:
        """Jobs that wait, in the order in which they will be run; the lock is held.

        The first of each owner, by how long ago she was served, then the second of each, and so on.
        """
        nth: Counter[str] = Counter()
        keys = {}
        for number, (job_id, job) in enumerate(self._jobs.items()):
            if job.begun_s is None and not job.future.done():
                served = self._turns.index(job.owner) if job.owner in self._turns else -1
                keys[job_id] = (nth[job.owner], served, number)
                nth[job.owner] += 1
        return sorted(keys, key=keys.__getitem__)

    def look(self, job_id: str, owner: str) -> JobView | None:
        """Job as it stands, or None when this owner has no such job."""
        with self._lock:
            job = self._jobs.get(job_id)
            return None if job is None or job.owner != owner else _view(job, self._n_ahead(job_id))

    def take(self, job_id: str, owner: str) -> JobView | None:
        """Job that has ended and forget it; None when it has not ended or is not this owner's."""
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None or job.owner != owner or job.ended_s is None:
                return None
            return _view(self._jobs.pop(job_id))

    def cancel(self, job_id: str, owner: str) -> None:
        """Ask a job to stop at its next report; one that still waits never begins."""
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None or job.owner != owner:
                return
            job.is_cancelled = True
        job.future.cancel()

    def forget(self, owner: str) -> None:
        """Stop every job of a session that is gone, and drop what it left behind."""
        with self._lock:
            own = {key: job for key, job in self._jobs.items() if job.owner == owner}
            for key, job in own.items():
                job.is_cancelled = True
                if job.ended_s is not None:
                    del self._jobs[key]
        for job in own.values():
            job.future.cancel()

    def sweep(self, max_age_s: float) -> int:
        """Forget jobs that ended longer ago than ``max_age_s`` seconds; give their number."""
        oldest = time.monotonic() - max_age_s
        with self._lock:
            stale = [key for key, job in self._jobs.items() if job.ended_s is not None and job.ended_s < oldest]
            for key in stale:
                del self._jobs[key]
            here = {job.owner for job in self._jobs.values()}
            self._turns = [owner for owner in self._turns if owner in here]
        return len(stale)

    def close(self) -> None:
        """Stop all work and take no more."""
        with self._lock:
            self.is_closed = True
            for job in self._jobs.values():
                job.is_cancelled = True
            left = list(self._jobs.values())
        self._pool.shutdown(wait=False, cancel_futures=True)
        for job in left:
            job.future.cancel()

    def _n_ahead(self, job_id: str) -> int:
        """Count jobs that run, and those that come before one that waits; the lock is held."""
        waiting = self._in_order()
        n_running = sum(job.begun_s is not None and job.ended_s is None for job in self._jobs.values())
        return n_running + waiting.index(job_id) if job_id in waiting else 0

    def _hear(self, job_id: str, report: StepReport) -> None:
        """Note a report of a running job, or end it where it was stopped or takes too long."""
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None:
                raise JobCancelled
            job.steps[report.step] = report
            job.clock.turn(report.step)
        self._check(job)

    def _check(self, job: _Job) -> None:
        """End a running job where it was stopped, takes too long or fills the memory."""
        if job.is_cancelled:
            raise JobCancelled
        now = time.monotonic()
        if job.begun_s is not None and now - job.begun_s > job.most_s:
            raise TakesTooLong(limit=f"{job.most_s:g}")
        if now - job.looked_s < _LOOK_EVERY_S:
            return
        job.looked_s = now
        if self._most_bytes < inf and _resident_bytes() - job.begun_bytes > self._most_bytes:
            raise TakesTooMuch(limit=in_words(int(self._most_bytes)))

    def _end(self, job_id: str, ended: Future[Any], on_end: Callable[[], object] | None) -> None:
        """Note that a job has ended and clean up after it."""
        error = None if ended.cancelled() else ended.exception()
        incident = "" if error is None or isinstance(error, DeepTeppError) else secrets.token_hex(4)
        if incident and error is not None:
            _LOG.error("incident %s: %s", incident, told(error))
            note_error(error)
        elif isinstance(error, DeepTeppError):
            note_refusal(error)
        elif not ended.cancelled():
            note_result(ended.result())
        if error is not None:
            bare(error)
        if on_end:
            on_end()
        with self._lock:
            job = self._jobs.get(job_id)
            if job is not None:
                job.clock.turn(None)
                job.ended_s, job.incident, job.work = time.monotonic(), incident, None


def _resident_bytes() -> int:
    """Memory that this process fills; 0 where the system does not tell."""
    try:
        with Path("/proc/self/statm").open("rb") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        return 0


def _full(n_open: int, limit: int, n_own: int, limit_each: int) -> TooManyJobs | None:
    """Why no more work is taken; None where there is room."""
    if n_own >= limit_each:
        return TooManyOwnJobs(value=n_own)
    return TooManyJobs(value=n_open) if n_open >= limit else None


def bare(error: ErrorT) -> ErrorT:
    """Cut an exception loose from the frames it was raised in, which would keep whole volumes in memory."""
    error.__cause__ = error.__context__ = None
    error.__traceback__ = None
    return error


@cache
def default_runner() -> JobRunner:
    """Runner of this process, made on first use with the settings of the installation."""
    settings = load_settings()
    return JobRunner(
        n_workers=settings.n_workers,
        n_waiting=settings.n_waiting,
        n_each=settings.n_waiting_each,
        most_bytes=settings.work_max_mb * 1e6,
        bounds=Bounds(
            n_files=settings.study_max_files,
            n_volumes=_MOST_VOLUMES,
            voxel_bytes=settings.study_max_mb * 1e6,
            n_cells=settings.table_max_cells,
        ),
    )


def close_default_runner() -> None:
    """Stop the runner of this process; the next use makes a new one."""
    default_runner().close()
    default_runner.cache_clear()


def _view(job: _Job, n_ahead: int = 0) -> JobView:
    """Job as an immutable value."""
    steps, elapsed_s = tuple(job.steps.values()), time.monotonic() - job.created_s
    if job.ended_s is None and job.future.running():
        return JobView(JobState.RUNNING, steps, elapsed_s)
    if job.ended_s is None:
        return JobView(JobState.WAITING, steps, elapsed_s, n_ahead=n_ahead)
    if job.future.cancelled():
        return JobView(JobState.CANCELLED, steps, elapsed_s)
    error = job.future.exception()
    if error is None:
        return JobView(JobState.DONE, steps, elapsed_s, result=job.future.result())
    if isinstance(error, JobCancelled):
        return JobView(JobState.CANCELLED, steps, elapsed_s)
    if isinstance(error, DeepTeppError):
        return JobView(JobState.REFUSED, steps, elapsed_s, refusal=error)
    return JobView(JobState.BROKEN, steps, elapsed_s, incident=job.incident)
