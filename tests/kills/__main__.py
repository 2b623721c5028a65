"""Kills every operation at many moments and writes a table: ``python -m kills --n 200``; ``make kills``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from uuid import uuid4

from kills.archive import running_archive
from kills.operations import OPERATIONS, ready
from kills.trial import Trial, trial

PAGE = """# Operations killed at {n} seeded moments

`make kills`. Each operation runs again and again in a process of its own, which gets SIGKILL at a moment that the
seed sets; then what it had acknowledged is looked for, every set of files is read against its list, and every
database is opened. "Acknowledged" counts what was accepted before the kills, "wrong" the kills after which any of
it was lost, or a set was mixed, or a database did not open.

| operation | kills | acknowledged | wrong |
| --- | ---: | ---: | ---: |
{rows}
"""


def main() -> int:
    """Run the trials; 1 where there is a fault."""
    parser = argparse.ArgumentParser(prog="python -m kills", description=__doc__)
    parser.add_argument("--n", type=int, default=200, help="number of kills, shared by the operations")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first kill")
    parser.add_argument("--out", type=Path, help="where to write the table")
    options = parser.parse_args()
    ready()
    running_archive()
    trials = [killed(seed) for seed in range(options.seed, options.seed + options.n)]
    rows = "\n".join(row(each.name, [t for t in trials if t.operation == each.name]) for each in OPERATIONS)
    text = PAGE.format(n=options.n, rows=f"{rows}\n{row('all', trials)}")
    sys.stdout.write(text)
    if options.out is not None:
        options.out.write_text(text, encoding="utf-8")
    faults = [each for each in trials if each.fault]
    sys.stdout.writelines(f"{each}\n" for each in faults)
    return int(bool(faults))


def killed(seed: int) -> Trial:
    """Kill the operation of a seed."""
    with tempfile.TemporaryDirectory(suffix=uuid4().hex) as folder:
        return trial(OPERATIONS[seed % len(OPERATIONS)], seed, Path(folder))


def row(name: str, trials: list[Trial]) -> str:
    """Write a row of the table."""
    n_wrong = sum(bool(each.fault) for each in trials)
    return f"| {name} | {len(trials)} | {sum(each.n_acknowledged for each in trials)} | {n_wrong} |"


if __name__ == "__main__":
    sys.exit(main())
