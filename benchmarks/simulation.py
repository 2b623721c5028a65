"""Time and memory of one simulated study per protocol, and of the steps that make a dataset.

Run as ``python benchmarks/simulation.py [--n 3]``; set ``OMP_NUM_THREADS=1`` for the figures of one core.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np

from deeptepp.errors import DetectionError
from deeptepp.imaging.detection.detect import detect_lesions
from deeptepp.imaging.phase import choose_phase
from deeptepp.imaging.roi import RoiSettings, crop_roi
from deeptepp.simulate.protocols import PROTOCOLS, Protocol
from deeptepp.simulate.simulated_study import simulate_study


def measure(protocol: Protocol, seed: int) -> tuple[float, float, float, bool]:
    """Give CPU seconds to simulate, to detect and to crop one study, and whether the detection hit the tumour."""
    rng = np.random.default_rng(seed)
    start = time.process_time()
    case = simulate_study(latent_risk=0.5, tumour_size_mm=22.0, rng=rng, protocol=protocol)
    simulated = time.process_time()
    phase = choose_phase(case.study)
    try:
        hit = case.lesion.contains(detect_lesions(case.study, phase).candidates[0].centroid_mm)
    except DetectionError:
        hit = False
    detected = time.process_time()
    crop_roi(case.study, phase, case.lesion, RoiSettings())
    cropped = time.process_time()
    return simulated - start, detected - simulated, cropped - detected, hit


def main() -> None:
    """Print one line per protocol, and the peak memory of the process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=3, help="studies per protocol")
    n = parser.parse_args().n
    print(f"{'protocol':<10}{'voxels':>18}{'simulate s':>12}{'detect s':>10}{'crop s':>8}{'hits':>7}")
    for name, protocol in PROTOCOLS.items():
        rows = np.array([measure(protocol, seed) for seed in range(n)], dtype=float)
        seconds = np.median(rows, axis=0)
        shape = "x".join(str(v) for v in (protocol.n_phases, *protocol.grid.shape))
        times = f"{seconds[0]:>12.2f}{seconds[1]:>10.2f}{seconds[2]:>8.2f}"
        print(f"{name:<10}{shape:>18}{times}{int(rows[:, 3].sum()):>5}/{n}")
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak_mib:.0f} MiB")


if __name__ == "__main__":
    main()
