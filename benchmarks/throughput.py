"""Processor seconds of a study from its zip to the tier, beside the same way by pydicom, MONAI and eager torch.

Run as ``OMP_NUM_THREADS=1 python benchmarks/throughput.py [--n 200] [--peer CHECKOUT] [--rows FILE.jsonl] [--out
FILE.md]``. Every study is another simulated patient with another tumour, of the default protocol; it is made in
a temporary folder, read by both pipelines in one process, one after the other, and deleted. Both have the same
network and views, and shift the outline in the same six directions. ``--peer`` names a checkout of an earlier
commit, which takes the same zips in a process of its own. The first study warms every process up and is left
out. ``--rows`` keeps the times of each study as soon as it is done: the same command, run again, goes on where
it was stopped. The program ends with 1 where a ratio is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from peer_monai import peer_open, peer_score
from read import Ratio, commit_of, published
from scipy import stats

from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.progress import Step, StepReport
from deeptepp.model.bundle import ModelBundle, load_bundle
from deeptepp.scoring.case import assess_case, open_case
from deeptepp.scoring.stability import SHIFT_MM
from deeptepp.simulate.simulated_study import write_simulated_study

LEAST_PEER = 3.0
"""Least studies from zip to tier per processor second, in units of those of the pipeline by MONAI."""

MOST_EARLIER = 0.5
"""Largest processor time of a study, its stability included, in units of the earlier commit's."""

TUMOUR_MM = (10.0, 50.0)
"""Smallest and largest tumour, mm: the size is drawn evenly in its logarithm."""

HERE = Path(__file__).resolve().parents[1]
"""The checkout that is measured."""

_FACES = ((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1))
"""Directions in which the outline is shifted."""

_EARLIER = """
import inspect, pathlib, sys, time
import torch
from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.model.bundle import load_bundle
from deeptepp.scoring.case import assess_case, open_case
from deeptepp.scoring.stability import measure_stability
torch.set_num_threads(1)
bundle, profile = load_bundle(None), ClinicalProfile()
# What an earlier commit does not offer, it does its own way: it scores the outline at its place once more.
known = inspect.signature(assess_case).parameters, inspect.signature(measure_stability).parameters
chosen = {"measures_stability": False} if "measures_stability" in known[0] else {}
for line in sys.stdin:
    at = [time.process_time()]
    images = open_case(pathlib.Path(line.strip()))
    at.append(time.process_time())
    score = assess_case(images, profile, bundle, allow_ineligible=True, **chosen).score
    at.append(time.process_time())
    if score is not None:
        here = {"here": score} if "here" in known[1] else {}
        measure_stability(images, images.candidates[0], profile, bundle, **here)
    at.append(time.process_time())
    print(*(b - a for a, b in zip(at, at[1:])), score.probability if score else "nan", flush=True)
"""


@dataclass(frozen=True, slots=True)
class Times:
    """Processor seconds of one study in one pipeline, all threads, and its score; nan where there is none."""

    found_s: float
    scored_s: float
    shifted_s: float
    score: float

    @property
    def tier_s(self) -> float:
        """From the zip to the tier."""
        return self.found_s + self.scored_s

    @property
    def all_s(self) -> float:
        """From the zip to the tier and its stability."""
        return self.tier_s + self.shifted_s


def packed_study(folder: Path, k: int) -> Path:
    """Simulate the study of number ``k`` and pack it."""
    rng = np.random.default_rng([14, k])
    size_mm = float(np.exp(rng.uniform(*np.log(TUMOUR_MM))))
    write_simulated_study(folder / "study", seed=k, latent_risk=float(rng.normal()), tumour_size_mm=size_mm)
    path = folder / "study.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for image in sorted((folder / "study" / "dicom").rglob("*.dcm")):
            archive.write(image, image.relative_to(folder / "study"))
    shutil.rmtree(folder / "study")
    return path


def our_times(path: Path, bundle: ModelBundle) -> Times:
    """Take a study from its zip to the tier and its receipt, with the outline shifted on the way."""
    shifting: list[float] = []

    def watch(report: StepReport) -> None:
        """Note when the shifts begin and end."""
        if report.step is Step.STABILITY:
            shifting.append(time.process_time())

    start = time.process_time()
    images = open_case(path)
    found = time.process_time()
    score = assess_case(images, ClinicalProfile(), bundle, allow_ineligible=True, progress=watch).score
    end = time.process_time()
    shifted_s = shifting[-1] - shifting[0] if shifting else 0.0
    return Times(found - start, end - found - shifted_s, shifted_s, score.probability if score else np.nan)


def peer_times(path: Path, bundle: ModelBundle) -> Times:
    """Do the same with pydicom, MONAI and eager torch."""
    at = [time.process_time()]
    case = peer_open(path)
    at.append(time.process_time())
    score = peer_score(case, bundle)
    at.append(time.process_time())
    for x, y, z in _FACES:
        peer_score(case, bundle, (SHIFT_MM * x, SHIFT_MM * y, SHIFT_MM * z))
    at.append(time.process_time())
    return _times(at, score)


def earlier_times(earlier: subprocess.Popen[str], path: Path) -> Times:
    """Have the earlier commit do it."""
    if earlier.stdin is None or earlier.stdout is None:
        raise ValueError("The earlier commit cannot be talked to")
    print(path, file=earlier.stdin, flush=True)
    return Times(*map(float, earlier.stdout.readline().split()))


def _times(at: list[float], score: float) -> Times:
    """Seconds between the points of time."""
    found_s, scored_s, shifted_s = np.diff(at).tolist()
    return Times(found_s, scored_s, shifted_s, score)


def measure(n: int, earlier: subprocess.Popen[str] | None, rows: Path | None) -> dict[str, list[Times]]:
    """Make and score the studies of ``n`` that no row tells of, and one before them that warms up."""
    pipelines = ["ours", "peer", *(["earlier"] if earlier else [])]
    done = kept_rows(rows, pipelines)
    missing = [k for k in range(1, n + 1) if k not in done]
    bundle = load_bundle(None)
    with tempfile.TemporaryDirectory() as name:
        for k in [0, *missing] if missing else []:
            path = packed_study(Path(name), k)
            one = {"ours": our_times(path, bundle), "peer": peer_times(path, bundle)}
            if earlier is not None:
                one["earlier"] = earlier_times(earlier, path)
            print(f"{k}/{n}", {each: f"{times.all_s:.2f} s" for each, times in one.items()}, flush=True)
            if k:
                done[k] = one
                keep_row(rows, k, one)
    return {each: [done[k][each] for k in range(1, n + 1)] for each in pipelines}


def kept_rows(rows: Path | None, pipelines: list[str]) -> dict[int, dict[str, Times]]:
    """Read the times of the studies that were measured before, by number.

    Raises ValueError where they are of another commit, or of other pipelines.
    """
    lines = rows.read_text(encoding="utf-8").splitlines() if rows and rows.exists() else []
    kept = [json.loads(line) for line in lines]
    if any((row["commit"], list(row["times"])) != (commit_of(HERE), pipelines) for row in kept):
        raise ValueError(f"{rows} was measured at another commit or beside other pipelines; name another file")
    return {row["study"]: {each: Times(*times) for each, times in row["times"].items()} for row in kept}


def keep_row(rows: Path | None, k: int, one: dict[str, Times]) -> None:
    """Add the times of one study to those kept."""
    if rows is not None:
        times = {each: astuple(times) for each, times in one.items()}
        with rows.open("a", encoding="utf-8") as file:
            print(json.dumps({"study": k, "commit": commit_of(HERE), "times": times}), file=file)


@contextmanager
def started(checkout: Path | None, program: str = _EARLIER) -> Iterator[subprocess.Popen[str] | None]:
    """Start the process of an earlier commit, where there is one; ``program``: what it runs."""
    if checkout is None:
        yield None
        return
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=checkout,
        env=os.environ | {"PYTHONPATH": str(checkout)},
    )
    try:
        yield process
    finally:
        process.terminate()


def ratios(measured: dict[str, list[Times]]) -> list[Ratio]:
    """Hold the times against what was asked."""
    tier_s = {name: _mean(times, "tier_s") for name, times in measured.items()}
    all_s = {name: _mean(times, "all_s") for name, times in measured.items()}
    faster, whole = tier_s["peer"] / tier_s["ours"], all_s["peer"] / all_s["ours"]
    found = [
        Ratio("studies per processor second, ours / MONAI, at least", faster, LEAST_PEER, faster >= LEAST_PEER),
        Ratio("the same with the stability of the tier", whole, None, is_kept=True),
    ]
    if "earlier" in measured:
        ours = all_s["ours"] / all_s["earlier"]
        is_kept = ours <= MOST_EARLIER
        found.append(
            Ratio("seconds with the stability of the tier, ours / earlier, at most", ours, MOST_EARLIER, is_kept)
        )
    return found


def _mean(times: list[Times], what: str) -> float:
    """Mean of one measure over the studies."""
    return float(np.mean([getattr(one, what) for one in times]))


def table(measured: dict[str, list[Times]], names: dict[str, str]) -> str:
    """Write the times as a Markdown table."""
    lines = [
        "| pipeline | read and detect | score | zip to tier | stability | all of it | studies per CPU hour |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, times in measured.items():
        stages = ("found_s", "scored_s", "tier_s", "shifted_s", "all_s")
        cells = [f"{_mean(times, stage):.2f} s" for stage in stages]
        lines.append(f"| {names[name]} | {' | '.join(cells)} | {3600 / _mean(times, 'all_s'):.0f} |")
    return "\n".join(lines)


def agreement(measured: dict[str, list[Times]]) -> str:
    """Say how far the scores of the pipelines agree."""
    ours, peer = (np.array([one.score for one in measured[name]]) for name in ("ours", "peer"))
    is_both = np.isfinite(ours) & np.isfinite(peer)
    said = f"{int(np.isfinite(ours).sum())} of {len(ours)} studies have a score of ours."
    if is_both.sum() > 2:
        rank = stats.spearmanr(ours[is_both], peer[is_both]).statistic
        far = np.median(np.abs(ours[is_both] - peer[is_both]))
        said += f" Beside MONAI's: Spearman's rho {rank:.2f}, median difference {far:.4f}."
    return said


def facts(n: int, load: tuple[float, float]) -> str:
    """Say what was measured and with what."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "monai", "pydicom", "numpy", "SimpleITK"))
    return (
        f"`OMP_NUM_THREADS=1 python benchmarks/throughput.py --n {n} --peer CHECKOUT --out "
        "docs/results/throughput.md`, without `--peer` also `make throughput`\n\n"
        f"{n} distinct simulated studies of the default protocol as zips of DICOM files, one process, one thread "
        "of torch; means of processor seconds, all threads.\n"
        f"{os.cpu_count()} cores; load {load[0]:.1f} at the start, {load[1]:.1f} at the end: others on the "
        "machine lengthen the processor seconds of all.\n"
        f"Python {platform.python_version()}, {packages}."
    )


def main() -> int:
    """Measure, print the page and give 1 where a ratio is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=200, help="studies")
    parser.add_argument("--peer", type=Path, help="checkout of an earlier commit to compare with")
    parser.add_argument("--rows", type=Path, help="file to keep the times of each study in, to go on with later")
    parser.add_argument("--out", type=Path, help="Markdown file to write")
    options = parser.parse_args()
    torch.set_num_threads(1)
    names, load = {"ours": "deeptepp", "peer": "pydicom, MONAI, eager torch"}, os.getloadavg()[0]
    checkout = options.peer.resolve() if options.peer else None
    if checkout is not None:
        names["earlier"] = f"deeptepp at {commit_of(checkout)}"
    with started(checkout) as earlier:
        measured = measure(options.n, earlier, options.rows)
    kept = ratios(measured)
    sections = [
        "# Throughput: studies from zip to tier",
        facts(options.n, (load, os.getloadavg()[0])),
        table(measured, names),
        agreement(measured),
    ]
    return published(sections, kept, options.out)


if __name__ == "__main__":
    raise SystemExit(main())
