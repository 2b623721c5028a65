"""Work in several processes, whose results come as they are done."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TypeVar

from joblib import Parallel, delayed, parallel_config

Item = TypeVar("Item")
Made = TypeVar("Made")


def in_processes(work: Callable[[Item], Made], items: Sequence[Item], n_jobs: int) -> Iterator[Made]:
    """Do the work in so many processes and give the results as they come."""
    if n_jobs == 1:
        yield from map(work, items)
        return
    with parallel_config(backend="loky", n_jobs=n_jobs, inner_max_num_threads=1):
        results: Generator[Made, None, None] = Parallel(return_as="generator_unordered")(
            delayed(work)(item) for item in items
        )
        try:
            yield from results
        finally:
            # joblib warns of work that is stopped, although that is what a cancelled run wants.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                results.close()
