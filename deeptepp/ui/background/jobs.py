"""Work that outlives a click: a bounded pool of threads, and what each job has found so far.

A screen submits work, gets an id, and asks for a ``JobView`` as often as it likes. A job belongs to the session
that submitted it; no other session can see, take or stop it. A refusal raised by the work is an answer; any other
exception is an incident: it is logged by type and place, never by its text, which could quote a file.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from deeptepp.config import load_settings
from deeptepp.domain.progress import Progress, Step, StepReport
from deeptepp.errors import DeepTeppError, JobCancelled, TooManyJobs
from deeptepp.service_log import told

_LOG = logging.getLogger(__name__)

ErrorT = TypeVar("ErrorT", bound=BaseException)

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
    created_s: float
    future: Future[Any]
    steps: dict[Step, StepReport] = field(default_factory=dict)
    is_cancelled: bool = False
    ended_s: float | None = None
    incident: str = ""


class JobRunner:
    """A bounded pool of worker threads.

    ``n_workers``: jobs that run at the same time; ``n_waiting``: jobs that may wait for a worker.
    """

    def __init__(self, *, n_workers: int = 1, n_waiting: int = 8) -> None:
        self._pool = ThreadPoolExecutor(n_workers, thread_name_prefix="deeptepp-job")
        self._limit = n_workers + n_waiting
        self._jobs: dict[str, _Job] = {}
        self._lock = threading.Lock()

    def submit(self, owner: str, work: Work, *, on_end: Callable[[], object] | None = None) -> str:
        """Queue work.

        ``owner``: session that may see the job; ``work``: called with a progress callback in a worker thread;
        ``on_end``: called once when the job ends in any way, also when it never began. Raises TooManyJobs: the
        queue is full; ``on_end`` was called.
        """
        job_id = secrets.token_urlsafe(16)
        with self._lock:
            n_open = sum(job.ended_s is None for job in self._jobs.values())
            if n_open < self._limit:
                self._jobs[job_id] = _Job(owner, time.monotonic(), Future())
                future = self._pool.submit(work, lambda report: self._hear(job_id, report))
                self._jobs[job_id].future = future
        if n_open >= self._limit:
            if on_end:
                on_end()
            raise TooManyJobs(value=n_open)
        future.add_done_callback(lambda ended: self._end(job_id, ended, on_end))
        return job_id

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
        return len(stale)

    def close(self) -> None:
        """Stop all work and take no more."""
        with self._lock:
            for job in self._jobs.values():
                job.is_cancelled = True
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _n_ahead(self, job_id: str) -> int:
        """Count open jobs that were submitted before one; the lock is held."""
        earlier = list(self._jobs)[: list(self._jobs).index(job_id)]
        return sum(self._jobs[key].ended_s is None for key in earlier)

    def _hear(self, job_id: str, report: StepReport) -> None:
        """Note a report of a running job, or stop it when it was cancelled."""
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None or job.is_cancelled:
                raise JobCancelled
            job.steps[report.step] = report

    def _end(self, job_id: str, ended: Future[Any], on_end: Callable[[], object] | None) -> None:
        """Note that a job has ended and clean up after it."""
        error = None if ended.cancelled() else ended.exception()
        incident = "" if error is None or isinstance(error, DeepTeppError) else secrets.token_hex(4)
        if incident and error is not None:
            _LOG.error("incident %s: %s", incident, told(error))
        if error is not None:
            bare(error)
        if on_end:
            on_end()
        with self._lock:
            job = self._jobs.get(job_id)
            if job is not None:
                job.ended_s, job.incident = time.monotonic(), incident


def bare(error: ErrorT) -> ErrorT:
    """Cut an exception loose from the frames it was raised in, which would keep whole volumes in memory."""
    error.__cause__ = error.__context__ = None
    error.__traceback__ = None
    return error


@cache
def default_runner() -> JobRunner:
    """Runner of this process, made on first use with the settings of the installation."""
    settings = load_settings()
    return JobRunner(n_workers=settings.n_workers, n_waiting=settings.n_waiting)


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
