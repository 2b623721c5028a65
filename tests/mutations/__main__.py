"""Runs many trials in batches that survive a crash, and writes a table: ``python -m mutations --n 2000``."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mutations.table import Row, faults, row_of, table
from mutations.trial import trial

BATCH = 250
LONGEST_BATCH_S = 600


def main() -> int:
    """Run the trials; 1 where there is a fault."""
    options = parsed()
    if options.batch:
        run_batch(options.seed, options.n)
        return 0
    rows = list(all_rows(options.seed, options.n))
    text = table(rows, options.seed)
    if options.log is not None:
        options.log.write_text("".join(json.dumps(row._asdict()) + "\n" for row in rows))
    if options.out is None:
        sys.stdout.write(text)
    else:
        options.out.write_text(text)
    for row in faults(rows):
        sys.stdout.write(f"{row}\n")
    return int(bool(faults(rows)))


def parsed() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m mutations", description=__doc__)
    parser.add_argument("--n", type=int, default=2000, help="number of trials")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first trial")
    parser.add_argument("--out", type=Path, help="where to write the table")
    parser.add_argument("--log", type=Path, help="where to write a line of JSON for each trial")
    parser.add_argument("--batch", action="store_true", help="run here, and write a line of JSON for each trial")
    return parser.parse_args()


def run_batch(first: int, n: int) -> None:
    """Run trials in this process."""
    with tempfile.TemporaryDirectory() as home:
        for seed in range(first, first + n):
            row = row_of(trial(seed, Path(home)))
            sys.stdout.write(json.dumps(row._asdict()) + "\n")
            sys.stdout.flush()


def all_rows(first: int, n: int) -> Iterator[Row]:
    """Run trials in processes of their own; one that ends its process is named and left behind."""
    at, end = first, first + n
    while at < end:
        n_batch = min(BATCH, end - at)
        command = [sys.executable, "-m", "mutations", "--batch", "--seed", str(at), "--n", str(n_batch)]
        how = "died"
        try:
            done = subprocess.run(
                command, capture_output=True, timeout=LONGEST_BATCH_S, env=os.environ, check=False
            )
            out = done.stdout
        except subprocess.TimeoutExpired as error:
            out, how = error.stdout or b"", "hung"
        rows = [Row(**json.loads(line)) for line in out.decode().splitlines() if line.endswith("}")]
        yield from rows
        at += len(rows)
        if len(rows) < n_batch:
            yield Row(at, "", "", f"the process {how}", "", f"the process {how}", "", "", hits_pixels=False)
            at += 1


if __name__ == "__main__":
    sys.exit(main())
