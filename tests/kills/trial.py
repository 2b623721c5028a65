"""One operation in a process of its own, done again and again until it is killed; then what is left is checked."""

from __future__ import annotations

import multiprocessing
import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from deeptepp.errors import DeepTeppError

MOST_S = 60.0
"""Seconds after which a process that has acknowledged nothing is taken to hang."""

Act = Callable[[int], str]
"""Does the operation once more and gives what it acknowledges, one line; numbered from 0."""


@dataclass(frozen=True)
class Operation:
    """What is killed.

    ``begin``: in the process that will be killed: opens what is worked on in a folder, gives what does it once;
    ``check``: afterwards, in another process: asserts that what was acknowledged is there, and all of it whole;
    ``span_s``: seconds from the first acknowledgement within which the kill falls.
    """

    name: str
    begin: Callable[[Path], Act]
    check: Callable[[Path, list[str]], None]
    span_s: float


@dataclass(frozen=True)
class Trial:
    """How one kill went: what was acknowledged before it, and what was found wrong, empty for nothing."""

    operation: str
    seed: int
    n_acknowledged: int
    fault: str = ""


def trial(operation: Operation, seed: int, folder: Path) -> Trial:
    """Kill an operation at the moment of a seed, and check what it left."""
    told, tells = os.pipe()
    work = multiprocessing.get_context("fork").Process(target=_work, args=(operation, folder, tells))
    work.start()
    os.close(tells)
    with os.fdopen(told, "rb", buffering=0) as pipe:
        seen = _until_first(pipe.fileno())
        sleep(random.Random(seed).uniform(0, operation.span_s))
        work.kill()
        work.join()
        seen += pipe.readall()
    # A line that the kill cut off was not acknowledged.
    lines = [line.decode() for line in seen.split(b"\n")[:-1]]
    try:
        operation.check(folder, lines)
    except (AssertionError, DeepTeppError) as error:
        return Trial(operation.name, seed, len(lines), str(error) or "lost or mixed")
    return Trial(operation.name, seed, len(lines))


def _work(operation: Operation, folder: Path, tells: int) -> None:
    """Do the operation until the kill."""
    act, number = operation.begin(folder), 0
    while True:
        os.write(tells, act(number).encode() + b"\n")
        number += 1


def _until_first(pipe: int) -> bytes:
    """Wait until something was acknowledged."""
    os.set_blocking(pipe, False)
    until = monotonic() + MOST_S
    while monotonic() < until:
        try:
            seen = os.read(pipe, 1 << 16)
        except BlockingIOError:
            sleep(0.002)
            continue
        os.set_blocking(pipe, True)
        assert seen, "the process ended by itself"
        return seen
    msg = "the process acknowledged nothing"
    raise AssertionError(msg)
