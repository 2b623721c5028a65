"""Time of reading a study, beside pydicom, SimpleITK, dicomsdl, dcm2niix and only touching its bytes.

Run as ``OMP_NUM_THREADS=1 python benchmarks/read.py STUDY.zip [--peer CHECKOUT] [--out FILE.md]``. The zip is
unpacked to a temporary folder, and both are read: by ``read_study``, with everything that it does (phases,
de-identification, digest), and by the others file by file, until the pixels of all files are in memory; by pydicom
a second time with what a study needs at least, volumes sorted by position and a digest. Each
reader has one turn a round, so that a busy machine slows all, and its least time counts. The floor of a folder is
to read the bytes of all files, that of a zip to inflate every entry with ``zipfile``, one at a time.

``--peer`` names a checkout of an earlier commit: ``open_case`` of both runs in fresh processes, and its processor
time and largest memory are compared. The program ends with 1 where a ratio is missed.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813  the abbreviation its own documentation uses
from pydicom import dcmread
from pydicom.dataset import Dataset

from deeptepp.dicom.read_dicom import read_study

N_REPEATS = 5
"""The least of so many rounds counts, after one that does not: others on the machine only ever add to it."""

MOST_FLOORS = {"folder": 12.0, "zip": 1.2}
"""Largest time of ours in units of the floor."""

LEAST_PYDICOM = {"folder": 2.5, "zip": 2.0}
"""Least time of pydicom, the digest included, in units of ours."""

SAME_JOB, PIXELS_ALONE = "pydicom: sorted volumes and SHA-256", "pydicom: pixels of each file"
"""The two readers by pydicom."""

MOST_PEER_CPU = 0.45
"""Largest processor time of ``open_case`` in units of the peer's."""

MOST_PEER_MEMORY = 1.0
"""Largest memory of ``open_case`` in units of the peer's."""

_OPEN_CASE = """
import json, pathlib, re, sys, time
from deeptepp.scoring.images import open_case
started = time.process_time()
open_case(pathlib.Path(sys.argv[1]))
spent = time.process_time() - started
# Not ru_maxrss, which begins with the memory of the process that started this one.
peak = re.search(r"VmHWM:\\s+(\\d+) kB", pathlib.Path("/proc/self/status").read_text())
print(json.dumps([spent, int(peak[1]) / 1024]))
"""

Reader = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Row:
    """Least times of one reader, seconds."""

    name: str
    wall_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio, with the limit that must be kept where there is one."""

    what: str
    found: float
    limit: float | None
    is_kept: bool


def files_of(folder: Path) -> list[Path]:
    """List the files of a folder."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def folder_readers(folder: Path) -> dict[str, Reader]:
    """Give every reader of a folder that is installed."""
    paths = files_of(folder)
    readers: dict[str, Reader] = {
        "floor: bytes of all files": lambda: sum(len(path.open("rb").read()) for path in paths),
        "deeptepp read_study": lambda: read_study(folder),
        PIXELS_ALONE: lambda: [dcmread(path).pixel_array for path in paths],
        SAME_JOB: lambda: hashed_volumes(map(dcmread, paths)),
        "SimpleITK": lambda: [sitk.ReadImage(str(path)) for path in paths],
    }
    if installed("dicomsdl"):
        sdl = import_module("dicomsdl")
        readers["dicomsdl"] = lambda: [sdl.open(str(path)).pixelData() for path in paths]
    if shutil.which("dcm2niix"):
        readers["dcm2niix (writes NIfTI)"] = lambda: converted(folder)
    return readers


def hashed_volumes(images: Iterable[Dataset]) -> list[np.ndarray]:
    """Do with pydicom what reading a study asks at least: a volume of each series by position, and a digest."""
    series: dict[str, list[Dataset]] = defaultdict(list)
    for image in images:
        if "ImagePositionPatient" in image:
            series[image.SeriesInstanceUID].append(image)
    volumes, digest = [], hashlib.sha256()
    for planes in series.values():
        planes.sort(key=lambda image: float(image.ImagePositionPatient[2]))
        volumes.append(np.stack([image.pixel_array for image in planes]))
        digest.update(volumes[-1].data)
    return volumes


def converted(folder: Path) -> int:
    """Convert a folder with dcm2niix, uncompressed."""
    with tempfile.TemporaryDirectory() as out:
        command = ["dcm2niix", "-z", "n", "-b", "n", "-o", out, str(folder)]
        return subprocess.run(command, check=False, capture_output=True).returncode


def zip_readers(path: Path) -> dict[str, Reader]:
    """Give every reader that can read a zip without unpacking it to disk."""
    return {
        "floor: inflating with zipfile": lambda: sum(map(len, entries(path))),
        "deeptepp read_study": lambda: read_study(path),
        PIXELS_ALONE: lambda: [dcmread(io.BytesIO(content)).pixel_array for content in entries(path)],
        SAME_JOB: lambda: hashed_volumes(dcmread(io.BytesIO(content)) for content in entries(path)),
    }


def entries(path: Path) -> Iterator[bytes]:
    """Inflate the files of a zip one by one."""
    with zipfile.ZipFile(path) as archive:
        yield from (archive.read(info) for info in archive.infolist() if not info.is_dir())


def installed(name: str) -> str | None:
    """Give the version of a package; None where it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def measure(readers: dict[str, Reader]) -> list[Row]:
    """Time every reader in turn, round by round."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in readers}
    for n_round in range(N_REPEATS + 1):
        for name, read in readers.items():
            wall_s, before = time.perf_counter(), os.times()
            kept = read()
            wall_s, cpu_s = time.perf_counter() - wall_s, sum(os.times()[:4]) - sum(before[:4])
            del kept
            if n_round:
                times[name].append((wall_s, cpu_s))
    return [Row(name, *map(min, zip(*found, strict=True))) for name, found in times.items()]


def ratios(kind: str, rows: list[Row]) -> list[Ratio]:
    """Compare ours with the floor and with pydicom."""
    wall_s = {("floor" if row.name.startswith("floor") else row.name): row.wall_s for row in rows}
    floors = wall_s["deeptepp read_study"] / wall_s["floor"]
    faster, pixels = (wall_s[name] / wall_s["deeptepp read_study"] for name in (SAME_JOB, PIXELS_ALONE))
    most, least = MOST_FLOORS[kind], LEAST_PYDICOM[kind]
    return [
        Ratio(f"{kind}: ours / floor, at most", floors, most, floors <= most),
        Ratio(f"{kind}: {SAME_JOB} / ours, at least", faster, least, faster >= least),
        Ratio(f"{kind}: {PIXELS_ALONE} / ours", pixels, None, True),
    ]


def table(rows: list[Row]) -> str:
    """Write the times of one container as a Markdown table."""
    floor = rows[0].wall_s
    lines = ["| reader | seconds | processor seconds | times the floor |", "|---|---|---|---|"]
    lines += [f"| {r.name} | {r.wall_s:.3f} | {r.cpu_s:.3f} | {r.wall_s / floor:.1f} |" for r in rows]
    return "\n".join(lines)


def opened(checkout: Path, study: Path) -> tuple[float, float]:
    """Run ``open_case`` of a checkout in fresh processes: least processor seconds, least peak memory in MiB."""
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    found = []
    for _ in range(N_REPEATS):
        command = [sys.executable, "-c", _OPEN_CASE, str(study)]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, cwd=checkout)
        found.append(json.loads(done.stdout.splitlines()[-1]))
    return min(cpu_s for cpu_s, _ in found), min(memory for _, memory in found)


def compared(peer: Path, sources: dict[str, Path]) -> tuple[str, list[Ratio]]:
    """Compare ``open_case`` with that of a peer checkout."""
    here = Path(__file__).resolve().parents[1]
    lines = ["| open_case | processor seconds | peer's | peak MiB | peer's |", "|---|---|---|---|---|"]
    kept = []
    for kind, source in sources.items():
        (cpu_s, memory), (peer_cpu_s, peer_memory) = opened(here, source), opened(peer, source)
        lines.append(f"| {kind} | {cpu_s:.2f} | {peer_cpu_s:.2f} | {memory:.0f} | {peer_memory:.0f} |")
        cpu, mib = cpu_s / peer_cpu_s, memory / peer_memory
        kept.append(Ratio(f"{kind}: open_case CPU / peer's, at most", cpu, MOST_PEER_CPU, cpu <= MOST_PEER_CPU))
        kept.append(
            Ratio(f"{kind}: peak memory / peer's, at most", mib, MOST_PEER_MEMORY, mib <= MOST_PEER_MEMORY)
        )
    return "\n".join(lines), kept


def commit_of(checkout: Path) -> str:
    """Name the commit of a checkout."""
    command = ["git", "-C", str(checkout), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip() or "unknown"


def verdict(found: list[Ratio]) -> str:
    """Write the ratios that must be kept as a Markdown table."""
    lines = ["| ratio | found | limit | kept |", "|---|---|---|---|"]
    for r in found:
        limit = "| |" if r.limit is None else f"| {r.limit:g} | {'yes' if r.is_kept else 'NO'} |"
        lines.append(f"| {r.what} | {r.found:.2f} {limit}")
    return "\n".join(lines)


def published(sections: list[str], kept: list[Ratio], out: Path | None) -> int:
    """Print a page and write it where it is asked for; give 1 where a ratio is missed."""
    page = "\n\n".join([*sections, f"## Ratios\n\n{verdict(kept)}"]) + "\n"
    print(page)
    if out:
        out.write_text(page, encoding="utf-8")
    return int(not all(ratio.is_kept for ratio in kept))


def facts(folder: Path, load: float) -> str:
    """Say what was read and with what."""
    paths = files_of(folder)
    size = sum(path.stat().st_size for path in paths) / 1024**2
    names = ("pydicom", "numpy", "SimpleITK", "isal", "dicomsdl")
    packages = ", ".join(f"{name} {installed(name) or 'not installed'}" for name in names)
    tool = shutil.which("dcm2niix")
    said = subprocess.run([tool, "--version"], check=False, capture_output=True, text=True).stdout if tool else ""
    niix = said.split()[-1] if said else "not installed"
    threads = os.environ.get("OMP_NUM_THREADS", "all cores")
    return (
        "`OMP_NUM_THREADS=1 python benchmarks/read.py STUDY.zip [--peer CHECKOUT] --out "
        "docs/results/reading_speed.md`\n\n"
        f"{len(paths)} files, {size:.0f} MiB, in the page cache. Least of {N_REPEATS} rounds.\n"
        f"OMP_NUM_THREADS: {threads}; {os.cpu_count()} cores; load {load:.1f} at the start.\n"
        "Where the load exceeds the cores, seconds are those of a busy machine; processor seconds then count.\n"
        f"Python {platform.python_version()}, {packages}, dcm2niix {niix}."
    )


def main() -> int:
    """Measure, print the tables and give 1 where a ratio is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", type=Path, help="a zip of DICOM files that read_study reads")
    parser.add_argument("--peer", type=Path, help="checkout of an earlier commit to compare open_case with")
    parser.add_argument("--out", type=Path, help="Markdown file to write")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as unpacked:
        folder = Path(unpacked)
        with zipfile.ZipFile(options.study) as archive:
            archive.extractall(folder)
        sources = {"folder": folder, "zip": options.study.resolve()}
        rows = {"folder": measure(folder_readers(folder)), "zip": measure(zip_readers(options.study))}
        kept = [ratio for kind, found in rows.items() for ratio in ratios(kind, found)]
        sections = ["# Speed of reading a study", facts(folder, load)]
        sections += [f"## From a {kind}\n\n{table(found)}" for kind, found in rows.items()]
        if options.peer:
            text, more = compared(options.peer.resolve(), sources)
            sections.append(f"## Opening a case, beside commit {commit_of(options.peer)}\n\n{text}")
            kept += more
    return published(sections, kept, options.out)


if __name__ == "__main__":
    raise SystemExit(main())
