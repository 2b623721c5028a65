"""Processor seconds of an explanation beside those of the whole network, and how far the two are apart.

Run as ``OMP_NUM_THREADS=1 python benchmarks/explanation.py [--n 8] [--peer CHECKOUT] [--out FILE.md]``. Every
study is a simulated patient with another tumour, the protocols in turn. Its region of interest is explained in one
process as the product does, and as it does where a network cannot be cut: by captum, whole and in float32.
``--peer`` names a checkout of an earlier commit, which explains the same region, with the bundle that it holds, in
a process of its own. ``--fine N`` also measures how far both are from the integral by N points in float32, which
takes N / 16 times as long. The first study warms every process up and is left out. The program ends with 1 where a
limit is missed.
"""

from __future__ import annotations

import argparse
import os
import pickle
import platform
import subprocess
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from unittest import mock

import numpy as np
import numpy.typing as npt
import torch
from read import Ratio, commit_of, published
from throughput import started

from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.lesion import Roi
from deeptepp.domain.risk import RESEARCH_USE_ONLY, SIMULATED_COHORT
from deeptepp.imaging.roi import crop_roi
from deeptepp.model import frozen_net as frozen
from deeptepp.model.bundle import ModelBundle, load_bundle
from deeptepp.model.frozen_net import frozen_net
from deeptepp.scoring import attribution
from deeptepp.scoring.explain import N_STEPS, Explanation, explain_roi
from deeptepp.scoring.search import scored_phase
from deeptepp.simulate.protocols import PROTOCOLS
from deeptepp.simulate.simulated_study import simulate_study

MOST_SECONDS = 0.4
"""Largest processor time, in units of the earlier commit's."""

MOST_APART = 0.02
"""Largest distance of the heat from that of the whole network, in units of its length."""

_PROFILE = ClinicalProfile(tumour_size_mm=30.0, er_positive=True)

EARLIER = """
import pickle, sys, time
import torch
from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.model.bundle import load_bundle
from deeptepp.scoring.explain import explain_roi
torch.set_num_threads(1)
bundle, profile = load_bundle(None), ClinicalProfile(tumour_size_mm=30.0, er_positive=True)
for line in sys.stdin:
    with open(line.strip(), "rb") as file:
        roi = pickle.load(file)
    at = time.process_time()
    explain_roi(roi, profile, bundle)
    print(time.process_time() - at, flush=True)
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One study: processor seconds; distances of the heat and of its voxels, in units of the plain ones.

    ``off``, ``plain_off``: distance from the finer integral of ours and of the whole network, nan without one.
    """

    protocol: str
    ours_s: float
    plain_s: float
    earlier_s: float
    apart: float
    at_most: float
    total: float
    missed: float
    plain_missed: float
    off: float
    plain_off: float


def region(k: int, bundle: ModelBundle) -> tuple[str, Roi]:
    """Simulate the study of number ``k`` and cut the region of interest around its tumour."""
    name, protocol = list(PROTOCOLS.items())[k % len(PROTOCOLS)]
    rng = np.random.default_rng([15, k])
    size_mm, risk = float(np.exp(rng.uniform(*np.log((10.0, 50.0))))), float(rng.normal())
    made = simulate_study(latent_risk=risk, tumour_size_mm=size_mm, rng=rng, protocol=protocol)
    phase = scored_phase(made.study, None, lambda report: None)
    return name, crop_roi(made.study, phase, made.lesion, bundle.roi)


def timed(roi: Roi, bundle: ModelBundle) -> tuple[Explanation, float]:
    """Explain a region, and give the processor seconds."""
    began = time.process_time()
    found = explain_roi(roi, _PROFILE, bundle)
    return found, time.process_time() - began


def fine_heat(roi: Roi, bundle: ModelBundle, n_points: int) -> npt.NDArray[np.float32]:
    """Explain a region by more points, in float32."""
    with mock.patch.object(frozen, "_multiplies_bfloat16", return_value=False):
        net = frozen_net.__wrapped__(bundle.net)
    with mock.patch.object(attribution, "frozen_net", return_value=net):
        return explain_roi(roi, _PROFILE, bundle, n_steps=n_points).heat


def measure(
    k: int, bundle: ModelBundle, earlier: subprocess.Popen[str] | None, folder: Path, n_fine: int
) -> Measured:
    """Explain one region in every way."""
    name, roi = region(k, bundle)
    ours, ours_s = timed(roi, bundle)
    with mock.patch.object(attribution, "frozen_net", return_value=None):
        plain, plain_s = timed(roi, bundle)
    earlier_s = float("nan")
    if earlier is not None and earlier.stdin is not None and earlier.stdout is not None:
        path = folder / "roi.pickle"
        path.write_bytes(pickle.dumps(roi))
        print(path, file=earlier.stdin, flush=True)
        earlier_s = float(earlier.stdout.readline())
    off, heat = ours.heat - plain.heat, plain.heat
    apart, at_most = np.linalg.norm(off) / np.linalg.norm(heat), np.abs(off).max() / np.abs(heat).max()
    one = (float(apart), float(at_most), plain.total, ours.missed, plain.missed)
    offs = (float("nan"), float("nan"))
    if n_fine and k:
        fine = fine_heat(roi, bundle, n_fine)
        length = float(np.linalg.norm(fine))
        offs = (float(np.linalg.norm(ours.heat - fine)) / length, float(np.linalg.norm(heat - fine)) / length)
    return Measured(name, ours_s, plain_s, earlier_s, *one, *offs)


def table(found: list[Measured]) -> str:
    """Write the studies as a Markdown table."""
    lines = [
        "| protocol | ours | whole network | earlier | heat apart | voxel apart at most | log odds shared out "
        "| missed | missed by the whole network | ours from the finer integral | whole network from it |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {x.protocol} | {x.ours_s:.2f} s | {x.plain_s:.2f} s | {x.earlier_s:.2f} s | {x.apart:.2%} "
        f"| {x.at_most:.2%} | {x.total:.3f} | {x.missed:.3f} | {x.plain_missed:.3f} "
        f"| {x.off:.2%} | {x.plain_off:.2%} |"
        for x in found
    ]
    return "\n".join(lines)


def ratios(found: list[Measured]) -> list[Ratio]:
    """Hold times and distances against what was asked."""
    ours, plain, earlier = (sum(getattr(x, name) for x in found) for name in ("ours_s", "plain_s", "earlier_s"))
    kept = [Ratio("seconds, ours / whole network in this version", ours / plain, None, is_kept=True)]
    if np.isfinite(earlier):
        kept.append(
            Ratio("seconds, ours / earlier, at most", ours / earlier, MOST_SECONDS, ours <= MOST_SECONDS * earlier)
        )
    for what, worst in (("heat", max(x.apart for x in found)), ("a voxel", max(x.at_most for x in found))):
        kept.append(
            Ratio(f"{what} apart in the worst study, %", 100 * worst, 100 * MOST_APART, worst <= MOST_APART)
        )
    return kept


def facts(n: int, n_fine: int, commit: str, load: tuple[float, float], bundle: ModelBundle) -> str:
    """Say what was measured and with what."""
    net = frozen_net(bundle.net)
    return (
        f"**{SIMULATED_COHORT}.** **{RESEARCH_USE_ONLY.upper()}**\n\n"
        f"`OMP_NUM_THREADS=1 python benchmarks/explanation.py --n {n} --fine {n_fine} --peer CHECKOUT --out "
        "docs/results/explanation.md`, without `--peer` also `make explanation`\n\n"
        f"{n} simulated studies; {N_STEPS} points for each of {len(bundle.views.names)} views of `{bundle.name}`; "
        f"one thread of torch, processor seconds; the cut network in {net.precision if net else 'nothing'}. "
        "Distance of the heat: root of the sum of squares; of a voxel: in units of the hottest. "
        f"Earlier: {commit or 'none'}, with its own bundle. Finer integral: {n_fine or 'no'} points, float32.\n"
        f"{os.cpu_count()} cores; load {load[0]:.1f} at the start, {load[1]:.1f} at the end: others on the "
        "machine lengthen the processor seconds of all.\n"
        f"Python {platform.python_version()}, torch {version('torch')}, captum {version('captum')}."
    )


def main() -> int:
    """Measure, print the page and give 1 where a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=8, help="studies")
    parser.add_argument("--peer", type=Path, help="checkout of an earlier commit to compare with")
    parser.add_argument("--fine", type=int, default=0, metavar="N", help="points of a finer integral; 0 for none")
    parser.add_argument("--out", type=Path, help="Markdown file to write")
    options = parser.parse_args()
    torch.set_num_threads(1)
    bundle, load = load_bundle(None), os.getloadavg()[0]
    checkout = options.peer.resolve() if options.peer else None
    with started(checkout, EARLIER) as earlier, tempfile.TemporaryDirectory() as name:
        found = []
        for k in range(options.n + 1):
            found.append(measure(k, bundle, earlier, Path(name), options.fine))
            print(f"{k}/{options.n}", found[-1], flush=True)
    kept = ratios(found[1:])
    sections = [
        "# The explanation: seconds and distance from the plain one",
        facts(
            options.n, options.fine, commit_of(checkout) if checkout else "", (load, os.getloadavg()[0]), bundle
        ),
        table(found[1:]),
    ]
    return published(sections, kept, options.out)


if __name__ == "__main__":
    raise SystemExit(main())
