"""How long work tells what it is doing, hears that it must stop, and knows what it may take.

Work that a server does for a visitor has bounds; that of a command line has none. Whatever takes long calls
``checkpoint`` in its loops, at least once a second, however deep below the work it stands.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf

from deeptepp.errors import TakesTooLong


class Step(StrEnum):
    """The steps of one case, in order."""

    READ = "read"
    PHASES = "phases"
    BREAST = "breast"
    DETECT = "detect"
    ROI = "roi"
    VIEWS = "views"
    SCORE = "score"
    STABILITY = "stability"


@dataclass(frozen=True, slots=True)
class StepReport:
    """Where the work stands.

    ``fraction``: share of this step done, in [0, 1]; ``found``: what was found, in one short sentence without
    patient identifiers, empty while under way.
    """

    step: Step
    fraction: float
    found: str = ""


Progress = Callable[[StepReport], None]
"""Receives every report; raises ``JobCancelled`` to stop the work."""


def silent(_report: StepReport) -> None:
    """Ignore progress."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one piece of work may take.

    ``check``: raises what ends the work, ``JobCancelled`` or ``TakesTooLong``; ``n_files``: most files of a study,
    each image plane counted; ``n_volumes``: most volumes; ``voxel_bytes``: most bytes of the images of a study in
    memory; ``n_cells``: most cells of a table, all sheets together.
    """

    check: Callable[[], object] = lambda: None
    n_files: float = inf
    n_volumes: float = inf
    voxel_bytes: float = inf
    n_cells: float = inf


_BOUNDS: ContextVar[Bounds] = ContextVar("bounds", default=Bounds())  # noqa: B039  frozen


def bounds() -> Bounds:
    """Tell what the work at hand may take."""
    return _BOUNDS.get()


def checkpoint() -> None:
    """End the work at hand where it was stopped or takes too long; a microsecond where it goes on."""
    _BOUNDS.get().check()


@contextmanager
def within(limits: Bounds) -> Iterator[None]:
    """Do the work of the block within bounds."""
    token = _BOUNDS.set(limits)
    try:
        yield
    finally:
        _BOUNDS.reset(token)


@contextmanager
def within_seconds(limit_s: float) -> Iterator[None]:
    """Stop the work of the block by ``TakesTooLong`` where it takes longer; the bounds around it stay."""
    outer, end_s = bounds(), time.monotonic() + limit_s

    def check() -> None:
        outer.check()
        if time.monotonic() > end_s:
            raise TakesTooLong(limit=f"{limit_s:g}")

    with within(replace(outer, check=check)):
        yield
