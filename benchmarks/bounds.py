"""What a server does with archives and tables at the limits: python benchmarks/bounds.py [--out FILE.md].

Each is handed to the queue of all work in a process that was warmed up as a server is, by what pages call. The
process is new for each, so that its largest memory is that of one study or table beside the server's own.
The longest time without a checkpoint is how long "Stop" takes at most.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import hostile_inputs as made
import pyarrow as pa
import pyarrow.parquet as pq

MOST_S, MOST_MIB, MOST_STOP_S = 60.0, 1536.0, 2.0
"""What is asked: seconds, peak memory of the server, and seconds until a stop is heard."""

GIVEN_UP_S = 300
_POLL_S = 0.05

DEFLATED = made.zipfile.ZIP_DEFLATED

PAGE = """# Archives and tables at the limits

`python benchmarks/bounds.py --out docs/results/bounds.md`; {cores} cores, load {load:.1f} at the end. The default
settings. Peak memory is that of the whole process, of which a server at rest has {rest:.0f} MiB. Asked: {s:.0f} s,
{mib:.0f} MiB, a stop heard within {stop:.0f} s. SIMULATED images, made-up tables.

CPU seconds stand behind those of the clock, also of the longest time between two moments at which a stop is heard.
Where the clock says more than is asked and the processor does not, other programs had the machine, and the row
says "by CPU".

| what is handed in | MB | ended as | s (CPU) | peak MiB | stop heard within, s (CPU) | kept |
| --- | ---: | --- | ---: | ---: | ---: | --- |
{rows}
"""


@dataclass(frozen=True)
class Found:
    """How one input ended."""

    ended: str
    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_mib: float = 0.0
    stop_s: float = 0.0
    stop_cpu_s: float = 0.0
    rest_mib: float = 0.0


Make = Callable[[Path], Path]

_SHARED, _SIGNS = '<c r="A1" t="s"><v>0</v></c>', "@" * 100_000
_CELL, _WIDE = '<c r="A1"><v>7</v></c>', '<c r="XFD1"><v>7</v></c>'


def text(name: str, content: Callable[[], str]) -> Make:
    """Make a table of text."""

    def make(folder: Path) -> Path:
        path = folder / name
        path.write_text(content(), encoding="utf-8")
        return path

    return make


def book(cells: str, n_rows: int, n_sheets: int = 1) -> Make:
    """Make a workbook of rows of cells."""
    return lambda folder: made.workbook(folder / "table.xlsx", f"<row>{cells}</row>", n_rows, n_sheets)


def columns(n_rows: int) -> Make:
    """Make a Parquet table of one value, which packs to nothing."""

    def make(folder: Path) -> Path:
        table = pa.table({name: pa.array([1]).take(pa.array([0] * 1000)) for name in "abcdefgh"})
        with pq.ParquetWriter(folder / "table.parquet", table.schema) as writer:
            whole = pa.concat_tables([table] * (n_rows // 1000))
            writer.write_table(whole)
        return folder / "table.parquet"

    return make


def study(files: Callable[[], made.Iterator[tuple[str, bytes]]], method: int = made.zipfile.ZIP_STORED) -> Make:
    """Make an archive of files."""
    return lambda folder: made.zipped(folder / "study.zip", files(), method)


INPUTS: dict[str, Make] = {
    "honest study, 5 phases of 400 slices of 400 x 400": study(lambda: made.planes(5, 400, 400)),
    "honest study of 3 GB, 5 phases of 400 slices of 880 x 880": study(lambda: made.planes(5, 400, 880)),
    "49,000 series of one file": study(lambda: made.one_file_series(49_000)),
    "19,900 series of one file": study(lambda: made.one_file_series(19_900)),
    "19,900 files, no two of one volume": study(lambda: made.torn_series(19_900)),
    "200,000 tiny files": study(lambda: made.many_tiny(200_000)),
    "500 images 3,000 folders deep": study(lambda: made.nested(500, 3000)),
    "3 GB of zeros, packed 190 times": study(lambda: made.zeros(250, 2500), DEFLATED),
    "headers that claim 20,000 x 20,000 pixels": study(lambda: made.large_claims(40, 20_000)),
    "header of 8,000,000 sequence items": study(lambda: made.long_header(8_000_000)),
    "workbook of 300 MB of repeated cells": book(_CELL * 10, 1_300_000),
    "workbook of 50 MB of repeated cells": book(_CELL * 10, 220_000),
    "workbook of 800,000 cells in the last column": book(_WIDE, 800_000),
    "workbook of 500 sheets": book(_CELL * 10, 20, 500),
    "CSV of 2,000,000 rows": text("table.csv", lambda: "1,2,3,4,5\n" * 2_000_000),
    "CSV of one line of 20,000,000 commas": text("table.csv", lambda: "a,b\n" + "," * 20_000_000),
    "CSV of 39,000 honest patients, 10 columns": text("table.csv", lambda: made.cohort_csv(39_000)),
    "Parquet of 50,000,000 rows in a few kB": columns(50_000_000),
    "Parquet of one text of 200 kB in 20,000 rows": lambda folder: made.text_columns(
        folder / "table.parquet", 20_000, 200_000
    ),
    "Parquet of a list of 90,000,000 numbers": lambda folder: made.list_column(
        folder / "table.parquet", 90_000_000
    ),
    "workbook of one text of 1 MB in 20,000 cells": lambda folder: made.workbook(
        folder / "table.xlsx", f"<row>{_SHARED * 4}</row>", 5000, text="x" * 1_000_000 + " "
    ),
    "CSV of cells of 100,000 signs @": text("table.csv", lambda: made.cohort_csv(60).replace("p0", _SIGNS)),
    "one image of 25,000 frames": study(lambda: made.many_frames(made.described("dyn t1 fs", 25_000), 25_000)),
    "honest study of 400 MB in one image": study(lambda: made.many_frames(made.planes(5, 250, 400), 1250)),
    "honest study of 640 MB in one image": study(lambda: made.many_frames(made.planes(5, 400, 400), 2000)),
    "headers with a private element of 1.3 GB": study(lambda: made.long_element(1_300_000_000), DEFLATED),
    "header of 200,000 sequences within each other": study(lambda: made.deep_header(200_000)),
    "descriptions of 60,000 digits": study(lambda: made.described("dyn t1 " + "1" * 60_000, 200)),
    "20,000 packed NIfTI images": study(lambda: made.niftis(19_900)),
    "directory that names the same 300 kB 19,900 times": lambda folder: made.overlapping(
        folder / "study.zip", 19_900, 300_000
    ),
}
"""Everything that is handed in."""

QUICK = (
    "500 images 3,000 folders deep",
    "headers that claim 20,000 x 20,000 pixels",
    "workbook of 500 sheets",
    "CSV of one line of 20,000,000 commas",
)
"""Those that take a moment to make and to end."""


def main() -> None:
    """Hand everything in, each in a process of its own, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="where to write the table")
    parser.add_argument("--only", default="", help="inputs whose name holds this")
    parser.add_argument("--run", nargs=2, metavar=("NAME", "PATH"), help="hand one in, here")
    options = parser.parse_args()
    if options.run:
        sys.stdout.write(json.dumps(asdict(handed_in(Path(options.run[1])))) + "\n")
        return
    rows, rest = [], 0.0
    for name, make in INPUTS.items():
        if options.only not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = make(Path(folder))
            found = in_process(name, path)
            rows.append(row(name, path, found))
        rest = found.rest_mib
        sys.stdout.write(rows[-1] + "\n")
        sys.stdout.flush()
    page = PAGE.format(
        cores=os.cpu_count(),
        load=os.getloadavg()[0],
        rest=rest,
        s=MOST_S,
        mib=MOST_MIB,
        stop=MOST_STOP_S,
        rows="\n".join(rows),
    )
    if options.out is not None:
        options.out.write_text(page, encoding="utf-8")


def in_process(name: str, path: Path) -> Found:
    """Hand one in, in a process of its own."""
    command = [sys.executable, __file__, "--run", name, str(path)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=GIVEN_UP_S, check=False)
    except subprocess.TimeoutExpired:
        return Found("did not end", GIVEN_UP_S)
    if done.returncode:
        return Found(f"the process ended with {done.returncode}")
    return Found(**json.loads(done.stdout.splitlines()[-1]))


def row(name: str, path: Path, found: Found) -> str:
    """Write a row of the table."""
    is_ended = not found.ended.startswith(("broken", "did", "the process")) and found.peak_mib <= MOST_MIB
    by_clock = is_ended and found.wall_s <= MOST_S and found.stop_s <= MOST_STOP_S
    by_cpu = is_ended and found.cpu_s <= MOST_S and found.stop_cpu_s <= MOST_STOP_S
    kept = "yes" if by_clock else "by CPU" if by_cpu else "**no**"
    size = f"{path.stat().st_size / 1e6:.1f}"
    seconds = f"{found.wall_s:.1f} ({found.cpu_s:.1f})", f"{found.stop_s:.1f} ({found.stop_cpu_s:.1f})"
    return f"| {name} | {size} | {found.ended} | {seconds[0]} | {found.peak_mib:.0f} | {seconds[1]} | {kept} |"


def handed_in(path: Path) -> Found:
    """Hand one in to this process, warmed up as a server is, and wait until it has ended."""
    # Imported here, since the process that makes the inputs needs none of it.
    from deeptepp.ui.background.jobs import JobRunner, default_runner
    from deeptepp.ui.warm_up import warm_up

    warm_up()
    rest = _status("VmRSS")
    gaps = _watched(JobRunner)
    is_table = path.suffix != ".zip"
    owner, job_id = _table(path) if is_table else _study(path)
    started, started_cpu = time.monotonic(), time.process_time()
    while job_id and not (view := default_runner().look(job_id, owner)).is_over:
        time.sleep(_POLL_S)
    wall_s, cpu_s = time.monotonic() - started, time.process_time() - started_cpu
    stop_s, stop_cpu_s = (max(each, default=0.0) for each in gaps)
    return Found(_ended(view), wall_s, cpu_s, _status("VmHWM"), stop_s, stop_cpu_s, rest)


def _study(path: Path) -> tuple[str, str]:
    """Upload a study and open it as the case page does."""
    from deeptepp.store.uploads import default_store
    from deeptepp.ui.background.session import Session
    from deeptepp.ui.case.case_reading import open_upload

    session, store = Session(), default_store()
    with store.begin(store.issue_token(), is_framed=False) as writer, path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            writer.feed(piece)
        upload = writer.finish()
    open_upload(session, upload.upload_id)
    return session.id, session.job_id


def _table(path: Path) -> tuple[str, str]:
    """Read a table as the laboratory does."""
    from deeptepp.config import load_settings
    from deeptepp.datasets.own import examine_mapped
    from deeptepp.errors import DeepTeppError
    from deeptepp.ui.background.jobs import bare, default_runner
    from deeptepp.ui.tiers.tiers_upload import _first_look, examine_upload

    content = path.read_bytes()

    def work(_progress: object) -> object:
        try:
            incoming = _first_look(path.name, content, "digest")
            if incoming.sheet is not None:
                return examine_mapped(incoming.sheet, incoming.mapping, allow_gaps=True)
            return examine_upload(path.name, content)
        except DeepTeppError as error:
            return bare(error)

    return "me", default_runner().submit("me", work, most_s=load_settings().reading_max_s)


def _ended(view: object) -> str:
    """Say how work ended."""
    from deeptepp.errors import DeepTeppError

    refusal = view.refusal or getattr(view.result, "refusal", None)
    refusal = view.result if isinstance(view.result, DeepTeppError) else refusal
    if refusal is None:
        problems = [each.rule for each in getattr(view.result, "problems", ()) if each.is_refusal]
        return f"refused [{problems[0]}]" if problems else str(view.state)
    is_question = bool(getattr(refusal, "proposals", ()))
    return f"{'question' if is_question else 'refused'} [{refusal.rule}]"


def _watched(runner: type) -> tuple[list[float], list[float]]:
    """Note the times between checkpoints, of the clock and of the processor, from beginning to end."""
    check, run = runner._check, runner._run_next
    clocks = (time.monotonic, time.process_time)
    gaps: tuple[list[float], list[float]] = ([], [])
    last = [0.0, 0.0]

    def note() -> None:
        for i, clock in enumerate(clocks):
            now = clock()
            gaps[i].append(now - last[i])
            last[i] = now

    def checked(self: object, job: object) -> None:
        note()
        check(self, job)

    def ran(self: object) -> None:
        last[:] = (clock() for clock in clocks)
        run(self)
        note()

    runner._check, runner._run_next = checked, ran
    return gaps


def _status(name: str) -> float:
    """Read a number of this process, MiB."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return int(re.search(rf"{name}:\s+(\d+) kB", status)[1]) / 1024


if __name__ == "__main__":
    main()
