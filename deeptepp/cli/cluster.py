"""Options that say who does the work of many studies."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from deeptepp.processes import ProcessEngine, Workers

Backend = Annotated[
    ProcessEngine,
    typer.Option(help="Who works: this process, processes of this machine, or a cluster of dask or ray."),
]
"""Option of the commands that work on many studies."""

ClusterAddress = Annotated[
    str, typer.Option("--address", help="Of a cluster of dask or ray that runs; one is started here if absent.")
]
"""Option that names a cluster."""

Jobs = Annotated[
    int, typer.Option(min=1, help="Processes; of a cluster, studies in its hands at once where it is more.")
]
"""Option that says how much at once."""


def workers_for(backend: ProcessEngine, address: str, jobs: int, *, memory_mb: float | None = None) -> Workers:
    """Put the options together; typer.BadParameter where an address goes with an engine that has none."""
    if address and backend not in (ProcessEngine.DASK, ProcessEngine.RAY):
        raise typer.BadParameter("it goes with --backend dask or ray", param_hint="--address")
    workers = Workers.here(jobs) if backend is ProcessEngine.LOKY else Workers(backend, jobs, address)
    return workers if memory_mb is None else replace(workers, engine=backend, memory_mb=memory_mb)
