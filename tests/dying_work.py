"""Work that kills its process; in a module of its own, so that other processes can import it."""

import json
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from deeptepp.processes import ProcessEngine, Workers, done_by


@dataclass(frozen=True)
class Dying:
    """Doubles numbers, but dies at some, at ``once`` only the first time, which it notes in ``marks``.

    Raises where glibc is told when to trim: it would map the memory of every array anew.
    """

    marks: Path
    once: frozenset = frozenset()
    always: frozenset = frozenset()

    def __call__(self, item):
        mark = self.marks / f"died-{item}"
        if item in self.always or (item in self.once and not mark.exists()):
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if "MALLOC_TRIM_THRESHOLD_" in os.environ:
            raise RuntimeError
        return 2 * item


def main():
    """Tell what an engine makes of twelve numbers, of which 4 dies once and 7 always, and what it imports."""
    engine, marks = sys.argv[1:]
    work = Dying(Path(marks), once=frozenset({4}), always=frozenset({7}))
    made = sorted(done_by(Workers(ProcessEngine(engine), 2), work, range(12)))
    sys.stdout.write(json.dumps([made, sorted({"dask", "distributed", "ray"} & set(sys.modules))]))
