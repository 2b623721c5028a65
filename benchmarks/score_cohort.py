"""What scoring many studies costs beside the scoring itself, by engine, and what follows for a cluster.

``python benchmarks/score_cohort.py --n 4 --out docs/results/score_cohort.md``. Seconds are those of CPUs, of this
process and all below it, so that a busy machine does not count.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import psutil

from deeptepp.dicom.write import write_study
from deeptepp.simulate.protocols import RUIJIN
from deeptepp.simulate.simulated_study import simulate_study

ENGINES = ("serial", "loky", "dask", "ray")
COARSE = replace(RUIJIN, name="coarse", matrix=192, n_slices=60, slice_mm=1.8)
"""A protocol of a sixth of the voxels, since what is measured is what an engine adds."""

N_NODES, N_CORES, N_STUDIES = 64, 32, 1_000_000
"""The cluster of the model."""

CASE_CPU_S, STUDY_MB = 3.2, 328.0
"""A whole clinical study of 841 files: opened in 1.8 CPU seconds (docs/results/reading_speed.md), scored in 0.3,
its stability in 0.8, its digest in 0.3."""

DISK_MB_S = 5_000.0
"""What a shared disk of a cluster reads in a second."""

HAND_OVER_S, TABLE_S = 1e-3, 3e-4
"""What the driver takes for each study: the documentation of dask says 1 ms a task; one small file is parsed."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took: CPU seconds of all processes, and wall seconds."""

    cpu_s: float
    wall_s: float


def main() -> None:
    """Measure, model and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=4, help="studies")
    parser.add_argument("--engines", default=",".join(ENGINES))
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make_studies(root / "studies", asked.n)
        engines = asked.engines.split(",")
        # 1. One study, and all of them, with one worker: the difference is what a study costs, the rest the start.
        one = {engine: score(root, engine, 1, n=1) for engine in engines}
        all_of = {engine: score(root, engine, 1, n=asked.n) for engine in engines}
        two = {engine: score(root, engine, 2, n=asked.n) for engine in engines if engine != "serial"}
        # 2. The same again: what a study costs that was scored before.
        again = score(root, engines[0], 1, n=asked.n, out=f"{engines[0]}-1-{asked.n}")
    asked.out.write_text("\n".join(report(asked.n, one, all_of, two, again)) + "\n", encoding="utf-8")


def make_studies(folder: Path, n: int) -> None:
    """Write simulated studies."""
    for i in range(n):
        rng = np.random.default_rng(i)
        study = simulate_study(latent_risk=0.5, tumour_size_mm=22.0, rng=rng, protocol=COARSE).study
        write_study(study, folder / f"study-{i}", description="simulated", patient_key="SIM")


def score(root: Path, engine: str, n_jobs: int, *, n: int, out: str = "") -> Cost:
    """Score the first studies in a process of its own, and watch what it and all below it take."""
    lines = [f"p{i},studies/study-{i}\n" for i in range(n)]
    (root / "studies.csv").write_text("subject,study\n" + "".join(lines), encoding="utf-8")
    deeptepp = str(Path(sys.executable).with_name("deeptepp"))
    options = ["--backend", engine, "--jobs", str(n_jobs), "--out", str(root / (out or f"{engine}-{n_jobs}-{n}"))]
    begin_s, seen = time.monotonic(), {}
    command = [deeptepp, "score-cohort", str(root / "studies.csv"), *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        while run.poll() is None:
            watch(run.pid, seen)
            time.sleep(0.2)
    if run.returncode:
        raise RuntimeError(engine)
    return Cost(sum(seen.values()), time.monotonic() - begin_s)


def watch(pid: int, seen: dict[tuple[int, float], float]) -> None:
    """Note the CPU seconds so far of a process and of all below it."""
    try:
        processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for each in processes:
        try:
            times = each.cpu_times()
            seen[each.pid, each.create_time()] = times.user + times.system
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue


def report(n: int, one: dict[str, Cost], all_of: dict[str, Cost], two: dict[str, Cost], again: Cost) -> list[str]:
    """Write the tables and the model."""
    each_s = {engine: (all_of[engine].cpu_s - one[engine].cpu_s) / (n - 1) for engine in one}
    least_s = each_s.get("serial", min(each_s.values()))
    lines = [
        "# Scoring many studies",
        "",
        f"Made by `make many`: {n} simulated studies of {COARSE.matrix} x {COARSE.matrix} x {COARSE.n_slices} "
        f"voxels, on a machine of {os.cpu_count()} cores that did other work too; CPU seconds of all processes.",
        "",
        "| engine | start, CPU s | a study, CPU s | more than serial, CPU s | 1 worker, wall s | 2, wall s |",
        "|---|---|---|---|---|---|",
    ]
    for engine, cost in all_of.items():
        start_s = one[engine].cpu_s - each_s[engine]
        wall = f"{two[engine].wall_s:.1f}" if engine in two else ""
        lines.append(
            f"| {engine} | {start_s:.1f} | {each_s[engine]:.2f} | {each_s[engine] - least_s:+.2f} | "
            f"{cost.wall_s:.1f} | {wall} |"
        )
    told_s = again.cpu_s / n
    return [
        *lines,
        "",
        f"A study that was scored before: {told_s:.2f} CPU s with the start of the run.",
        "",
        *model(),
    ]


def model() -> list[str]:
    """Say what follows for a cluster."""
    cores = N_NODES * N_CORES
    hours = {
        f"cores: {CASE_CPU_S:g} CPU s a study, {cores:,} cores": N_STUDIES * CASE_CPU_S / cores / 3600,
        f"shared disk: {STUDY_MB:g} MB a study, {DISK_MB_S / 1000:g} GB/s": N_STUDIES
        * STUDY_MB
        / DISK_MB_S
        / 3600,
        f"hand-over: {HAND_OVER_S * 1e3:g} ms of the one driver a study": N_STUDIES * HAND_OVER_S / 3600,
        f"tables at the end: {TABLE_S * 1e3:g} ms of the driver a study": N_STUDIES * TABLE_S / 3600,
    }
    slowest = max(hours, key=hours.__getitem__)
    fed = DISK_MB_S / STUDY_MB * CASE_CPU_S
    return [
        f"## {N_STUDIES:,} studies on {N_NODES} nodes of {N_CORES} cores (a model, not measured)",
        "",
        "| what, and what is assumed | hours |",
        "|---|---|",
        *(f"| {what} | {each_h:.2f} |" for what, each_h in hours.items()),
        "",
        f"The bottleneck is the {slowest.partition(':')[0]}. This disk feeds {fed:.0f} cores: more only wait, "
        "unless studies lie on the nodes' own disks or a faster one. The driver is not the bottleneck before "
        f"{CASE_CPU_S / HAND_OVER_S:,.0f} cores.",
    ]


if __name__ == "__main__":
    main()
