"""Work in other processes, of this machine or of a cluster, whose results come as they are done.

Each engine is a way to hand over one piece of work and to get a ``concurrent.futures.Future`` for it; the rest is
the same for all. A worker that dies takes nothing with it but the pieces it had: each of them is tried once more,
alone, and told as lost where its worker dies again.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import AbstractContextManager, contextmanager, redirect_stdout
from dataclasses import dataclass, field, replace
from enum import StrEnum
from importlib.util import find_spec
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import urlsplit

from deeptepp.errors import ClusterUnreachable, EngineMissing

Item = TypeVar("Item")
Made = TypeVar("Made")

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"), "1"
)
"""Environment of every worker that is started here: as many processes as cores, one thread in each."""

_AHEAD = 2
"""Pieces of work handed over for each worker, so that none waits for the next."""

_CALLS = 200
"""Pieces of work after which a process of ray is replaced, so that no leak adds up. Those of loky are replaced
where they grew by 300 MB, those of dask where they near their limit."""


_ANSWER_S = 10.0
"""Seconds in which a cluster must take a connection."""


class ProcessEngine(StrEnum):
    """Where work is done."""

    SERIAL = "serial"
    LOKY = "loky"
    DASK = "dask"
    RAY = "ray"


@dataclass(frozen=True, slots=True)
class Workers:
    """Who does the work.

    ``n``: processes started on this machine, or pieces of work that a cluster is given at once, no fewer than
    twice its cores; ``address``: of a cluster of dask or ray that runs already; ``memory_mb``: most memory of a
    worker of dask that is started here.
    """

    engine: ProcessEngine = ProcessEngine.SERIAL
    n: int = 1
    address: str = ""
    memory_mb: float = 4096.0

    @classmethod
    def here(cls, n_jobs: int) -> Workers:
        """So many processes of this machine; this one alone where it is one."""
        return cls(ProcessEngine.SERIAL if n_jobs == 1 else ProcessEngine.LOKY, n_jobs)


@dataclass(frozen=True, slots=True)
class _Pool:
    """Workers that are ready.

    ``submit``: hands over a function and what it is called with; ``n_ahead``: pieces of work in their hands at
    once; ``deaths``: what a future raises whose worker died; ``breaks``: whether one death ends them all.
    """

    submit: Callable[[Callable[[Any], Any], Any], Future[Any]]
    n_ahead: int
    deaths: tuple[type[BaseException], ...] = ()
    breaks: bool = False


def done_by(
    workers: Workers, work: Callable[[Item], Made], items: Iterable[Item]
) -> Iterator[tuple[Item, Made | None]]:
    """Do the work and give each item with what was made of it, as they are done; None where its worker died twice.

    What the work itself raises ends all of it. Raises EngineMissing, ClusterUnreachable.
    """
    if workers.engine is ProcessEngine.SERIAL:
        yield from ((item, work(item)) for item in items)
        return
    rest, suspects, is_open = iter(items), list[Item](), True
    # 1. All of them; where a death ended the pool, the rest in a new one.
    while is_open:
        with _opened(workers) as pool:
            is_open = yield from _round(pool, work, rest, suspects)
    # 2. Those that a dead worker had, each alone, since nobody knows which of them killed it.
    while suspects:
        with _opened(replace(workers, n=1)) as pool:
            is_dead = False
            while suspects and not is_dead:
                item = suspects.pop(0)
                try:
                    made = pool.submit(work, item).result()
                except pool.deaths:
                    made, is_dead = None, True
                yield item, made


def _round(
    pool: _Pool, work: Callable[[Item], Made], rest: Iterator[Item], suspects: list[Item]
) -> Generator[tuple[Item, Made], None, bool]:
    """Do what is left until it is done or the pool is broken, which it tells; keep what dead workers had."""
    flying: dict[Future[Made], Item] = {}
    is_broken = False
    while not is_broken:
        for item in islice(rest, pool.n_ahead - len(flying)):
            try:
                flying[pool.submit(work, item)] = item
            except pool.deaths:
                suspects.append(item)
                is_broken = True
                break
        if not flying:
            break
        for future in wait(flying, return_when=FIRST_COMPLETED).done:
            item = flying.pop(future)
            if isinstance(error := future.exception(), pool.deaths):
                suspects.append(item)
                is_broken = is_broken or pool.breaks
            elif error is not None:
                raise error
            else:
                yield item, future.result()
    suspects.extend(flying.values())
    return is_broken


def _opened(workers: Workers) -> AbstractContextManager[_Pool]:
    """Open the workers of an engine; EngineMissing, ClusterUnreachable."""
    package, opener = _OPENERS[workers.engine]
    if find_spec(package) is None:
        raise EngineMissing(value=workers.engine.value)
    place = urlsplit(workers.address if "//" in workers.address else f"//{workers.address}")
    if place.hostname and place.port:
        # The engines would try for minutes.
        try:
            socket.create_connection((place.hostname, place.port), timeout=_ANSWER_S).close()
        except OSError:
            raise ClusterUnreachable(value=workers.engine.value) from None
    return opener(workers)


@contextmanager
def _loky(workers: Workers) -> Iterator[_Pool]:
    """Processes of this machine."""
    from joblib.externals.loky.process_executor import BrokenProcessPool, ProcessPoolExecutor

    pool = ProcessPoolExecutor(workers.n, env=ONE_THREAD)
    with warnings.catch_warnings():
        # loky warns of each process that it replaces because it grew, which is meant.
        warnings.simplefilter("ignore", UserWarning)
        try:
            yield _Pool(pool.submit, _AHEAD * workers.n, (BrokenProcessPool,), breaks=True)
        finally:
            pool.shutdown(kill_workers=True)


@contextmanager
def _dask(workers: Workers) -> Iterator[_Pool]:
    """Open a cluster of dask: the one at an address, or processes of this machine behind keys of this run.

    Dask starts its workers with ``MALLOC_TRIM_THRESHOLD_``, which ends the growth of glibc's threshold for mapped
    memory: every array above 128 kB would be mapped, cleared and given back anew. They start without it here.
    """
    import dask
    from distributed import Client, KilledWorker, LocalCluster

    logging.getLogger("distributed").setLevel(logging.ERROR)
    trims = "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_"
    with dask.config.set({"distributed.scheduler.allowed-failures": 0, trims: None}):
        cluster = workers.address or LocalCluster(
            n_workers=workers.n,
            threads_per_worker=1,
            memory_limit=int(workers.memory_mb * 1e6),
            dashboard_address=None,
            security=True,
            env=ONE_THREAD | {"DASK_LOGGING__DISTRIBUTED": "critical"},
            silence_logs=logging.CRITICAL,
        )
        try:
            client = Client(cluster)
        except OSError:
            raise ClusterUnreachable(value=ProcessEngine.DASK.value) from None
        try:
            executor = client.get_executor(pure=False, retries=0)
            n_cores = sum(client.nthreads().values())
            yield _Pool(
                lambda work, item: executor.submit(_do, _Piece(work, item)),
                max(workers.n, _AHEAD * n_cores),
                (KilledWorker,),
            )
        finally:
            client.close()
            if not isinstance(cluster, str):
                cluster.close()


@contextmanager
def _ray(workers: Workers) -> Iterator[_Pool]:
    """Open a cluster of ray: the one at an address, or processes of this machine that listen to it alone."""
    # Ray would tell its makers of every run.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray
    from ray import exceptions

    here: dict[str, Any] = {} if workers.address else {"num_cpus": workers.n, "_node_ip_address": "127.0.0.1"}
    for is_last in (False, True):
        try:
            ray.init(
                address=workers.address or "local",
                include_dashboard=None if workers.address else False,
                log_to_driver=False,
                configure_logging=False,
                runtime_env={"env_vars": ONE_THREAD},
                **here,
            )
            break
        except Exception:  # noqa: BLE001  ray has no class for a start that fails, and its message names places
            # Ray gives its own processes half a minute to start, which a busy machine may need twice.
            ray.shutdown()
            if is_last or workers.address:
                raise ClusterUnreachable(value=ProcessEngine.RAY.value) from None
    try:
        call = ray.remote(num_cpus=1, max_retries=0, max_calls=_CALLS)(_do)
        deaths = (exceptions.WorkerCrashedError, exceptions.OutOfMemoryError, exceptions.NodeDiedError)
        n_cores = int(ray.cluster_resources().get("CPU", 1))
        # A thread of ray prints what became of a worker; that does not belong among results.
        with redirect_stdout(sys.stderr):
            yield _Pool(
                lambda work, item: call.remote(_Piece(work, item)).future(),
                max(workers.n, _AHEAD * n_cores),
                deaths,
            )
    finally:
        ray.shutdown()


@dataclass(frozen=True, slots=True)
class _Piece:
    """One piece of work; its ``repr``, which engines log where something fails, says nothing of it."""

    work: Callable[[Any], Any] = field(repr=False)
    item: Any = field(repr=False)


def _do(piece: _Piece) -> Any:  # noqa: ANN401  whatever the work makes
    """Do one piece of work."""
    return piece.work(piece.item)


_OPENERS: dict[ProcessEngine, tuple[str, Callable[[Workers], AbstractContextManager[_Pool]]]] = {
    ProcessEngine.LOKY: ("joblib", _loky),
    ProcessEngine.DASK: ("distributed", _dask),
    ProcessEngine.RAY: ("ray", _ray),
}
"""The engines: the package that each needs, and what opens it."""
