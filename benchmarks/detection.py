"""Measure the detector on simulated studies with a known tumour, and on a real study with a known box.

    python benchmarks/detection.py --n 40                         simulated studies, sizes as in the clinic
    python benchmarks/detection.py --n 40 --sizes log             simulated studies, as many small as large
    python benchmarks/detection.py --study STUDY.zip --box 47 82 90 124 83 100   a real study: 1-based rows,
                                                                  columns, slices from the head
    python benchmarks/detection.py --n 20 --spacings 1.5 2 2.5 3  choose the search grid

The floor beside every time is what SimpleITK needs only to resample all phases to the search grid.
Times are processor seconds, so that a busy machine does not change them; set OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import argparse
import json
import time
import tracemalloc
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813  the abbreviation its own documentation uses

from deeptepp.domain.geometry import Grid
from deeptepp.domain.lesion import BoxMm, Lesion
from deeptepp.domain.study import Study
from deeptepp.errors import DetectionError
from deeptepp.imaging.breast import SEARCH_SPACING_MM
from deeptepp.imaging.detection.detect import detect_lesions
from deeptepp.imaging.phase import choose_phase
from deeptepp.imaging.resample import block_factors, coarse_grid, resample_to
from deeptepp.imaging.roi import lesion_on

SIZES_MM = (6.0, 60.0)
"""Longest diameters of the simulated tumours with ``--sizes log``, evenly spaced in the logarithm."""

BINS_MM = (0.0, 10.0, 20.0, 30.0, 50.0, 100.0)
"""Edges of the size classes of the table."""


@dataclass(frozen=True)
class Row:
    """What happened on one study."""

    size_mm: float
    rank: int
    """Rank of the candidate whose centre lies in the truth; 0 for none."""
    dice: float
    iou: float
    n_listed: int
    n_false: int
    volume_ratio: float
    is_ambiguous: bool
    confidence: float
    seconds: float


def main() -> None:
    """Parse the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=40, help="number of simulated studies")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--protocol", default="ruijin", help="name of a simulated protocol, or 'all' to cycle")
    parser.add_argument(
        "--sizes",
        choices=("cohort", "log"),
        default="cohort",
        help="drawn from the simulated cohort, or 6 to 60 mm",
    )
    parser.add_argument("--spacings", type=float, nargs="+", default=[SEARCH_SPACING_MM], help="search grids, mm")
    parser.add_argument("--study", type=Path, help="a DICOM zip or folder instead of simulated studies")
    parser.add_argument("--box", type=int, nargs=6, metavar="N", help="rows, columns, slices of the truth")
    parser.add_argument("--threads", type=int, default=1, help="SimpleITK threads")
    parser.add_argument("--json", action="store_true", help="print one JSON object per search grid")
    options = parser.parse_args()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(options.threads)
    if options.study is not None:
        _real(options)
    else:
        _simulated(options)


def _simulated(options: argparse.Namespace) -> None:
    """Run on simulated studies, each simulated once and searched at every spacing."""
    from deeptepp.simulate import protocols
    from deeptepp.simulate.simulated_study import simulate_study

    known = {v.name: v for v in vars(protocols).values() if isinstance(v, protocols.Protocol)}
    names = sorted(known) if options.protocol == "all" else [options.protocol]
    sizes = _sizes_mm(options)
    rows: dict[float, list[Row]] = {s: [] for s in options.spacings}
    study = None
    for k, size_mm in enumerate(sizes):
        rng = np.random.default_rng([options.seed, k])
        simulated = simulate_study(
            latent_risk=float(rng.standard_normal()),
            tumour_size_mm=float(size_mm),
            rng=rng,
            protocol=known[names[k % len(names)]],
        )
        study = simulated.study
        for spacing in options.spacings:
            row = _measure(study, simulated.lesion, float(size_mm), spacing)
            rows[spacing].append(row)
            if row.rank != 1:
                print(f"  missed: study {k}, {names[k % len(names)]}, {size_mm:.1f} mm, rank {row.rank}")
    for spacing in options.spacings:
        _print_table(rows[spacing], spacing, as_json=options.json)
    if study is not None:
        _print_cost(study, options.spacings[0])


def _sizes_mm(options: argparse.Namespace) -> np.ndarray:
    """Give the longest diameter of each tumour, ascending, mm."""
    if options.sizes == "log":
        return np.geomspace(*SIZES_MM, options.n)
    from deeptepp.simulate.simulated_cohort import simulate_cohort

    drawn = np.asarray(simulate_cohort(seed=options.seed)["tumour_size_mm"], dtype=float)
    return np.sort(np.random.default_rng(options.seed).choice(drawn, options.n))


def _measure(study: Study, truth: Lesion, size_mm: float, spacing_mm: float) -> Row:
    """Detect on one study and compare with its truth."""
    start = time.process_time()
    try:
        detection = detect_lesions(study, choose_phase(study), search_spacing_mm=spacing_mm)
    except DetectionError:
        return Row(size_mm, 0, 0.0, 0.0, 0, 0, 0.0, False, 0.0, time.process_time() - start)
    seconds = time.process_time() - start
    hits = [truth.contains(c.centroid_mm) for c in detection.candidates]
    rank = hits.index(True) + 1 if any(hits) else 0
    dice, iou = _overlap(detection.candidates[max(rank, 1) - 1], truth)
    first = detection.candidates[0]
    ratio = detection.candidates[max(rank, 1) - 1].volume_ml / truth.volume_ml
    n_false = len(hits) - sum(hits)
    return Row(
        size_mm, rank, dice, iou, len(hits), n_false, ratio, detection.is_ambiguous, first.confidence, seconds
    )


def _overlap(found: Lesion, truth: Lesion) -> tuple[float, float]:
    """Give Dice and intersection over union on the grid of the truth."""
    a, b = lesion_on(found, truth.grid), truth.mask
    both, either = int((a & b).sum()), int((a | b).sum())
    return 2 * both / max(1, int(a.sum()) + int(b.sum())), both / max(1, either)


def _print_table(rows: list[Row], spacing_mm: float, *, as_json: bool) -> None:
    """Print hit rate, overlap, false positives and time, by size of the tumour."""
    table = []
    for low, high in [*pairwise(BINS_MM), (0.0, 1000.0)]:
        group = [r for r in rows if low <= r.size_mm < high]
        if not group:
            continue
        hits = [r for r in group if r.rank == 1]
        mean = lambda values: float(np.mean(values)) if values else float("nan")  # noqa: E731
        table.append(
            {
                "size_mm": f"{low:g}-{high:g}" if high < 1000 else "all",
                "n": len(group),
                "share": round(len(group) / len(rows), 2),
                "hit_rate": round(len(hits) / len(group), 3),
                "hit_in_5": round(mean([r.rank > 0 for r in group]), 3),
                "dice": round(mean([r.dice for r in hits]), 3),
                "iou": round(mean([r.iou for r in hits]), 3),
                "volume_ratio": round(float(np.median([r.volume_ratio for r in hits] or [np.nan])), 3),
                "listed": round(mean([r.n_listed for r in group]), 2),
                "false_per_case": round(mean([r.n_false for r in group]), 2),
                "ambiguous": round(mean([r.is_ambiguous for r in group]), 2),
                "seconds": round(float(np.median([r.seconds for r in group])), 2),
                "seconds_max": round(max(r.seconds for r in group), 2),
            }
        )
    if as_json:
        print(json.dumps({"search_spacing_mm": spacing_mm, "rows": table}))
        return
    print(f"\nSearch grid {spacing_mm:g} mm; SIMULATED. hit_rate: centre of the first candidate in the truth.")
    print("  ".join(f"{name:>14}" for name in table[0]))
    for line in table:
        print("  ".join(f"{value!s:>14}" for value in line.values()))


def _print_cost(study: Study, spacing_mm: float) -> None:
    """Print time and memory of one study beside the floor of resampling alone."""
    seconds, floor = [], []
    grid = coarse_grid(study.grid, block_factors(study.grid, spacing_mm))
    for _ in range(3):
        start = time.process_time()
        detect_lesions(study, choose_phase(study), search_spacing_mm=spacing_mm)
        seconds.append(time.process_time() - start)
        start = time.process_time()
        for phase in study.phases:
            resample_to(phase.volume, grid)
        floor.append(time.process_time() - start)
    tracemalloc.start()
    detect_lesions(study, choose_phase(study), search_spacing_mm=spacing_mm)
    peak_mb = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    size_mb = sum(p.volume.voxels.nbytes for p in study.phases) / 1e6
    print(f"\n{len(study.phases)} phases of {study.grid.shape}, {size_mb:.0f} MB")
    print(f"detection, median of 3             {np.median(seconds):6.2f} s")
    print(f"floor: SimpleITK resamples phases  {np.median(floor):6.2f} s")
    print(f"peak memory on top of the study    {peak_mb:6.0f} MB")


def _real(options: argparse.Namespace) -> None:
    """Run on a real study and compare with a box, if one is given."""
    from deeptepp.dicom.read_dicom import read_study

    study = read_study(options.study).study
    box = _box_mm(study.grid, options.box) if options.box else None
    for spacing in options.spacings:
        detection = detect_lesions(study, choose_phase(study), search_spacing_mm=spacing)
        print(f"\nSearch grid {spacing:g} mm, ambiguous: {detection.is_ambiguous}")
        for k, found in enumerate(detection.candidates, start=1):
            print(_describe(k, found, box))
    _print_cost(study, options.spacings[0])


def _describe(rank: int, found: Lesion, box: BoxMm | None) -> str:
    """Describe one candidate in one line."""
    centre = found.centroid_mm
    inside = (
        "" if box is None else " in box " if bool(((centre > box.low) & (centre < box.high)).all()) else " outside"
    )
    return (
        f"{rank}{inside} centre {np.round(centre, 1)} mm, {found.volume_ml:.2f} ml, "
        f"{found.longest_diameter_mm:.0f} mm, confidence {found.confidence:.2f}"
    )


def _box_mm(grid: Grid, box: list[int]) -> BoxMm:
    """Turn 1-based rows, columns and slices from the head into LPS mm on an axial grid that ascends in z."""
    row0, row1, column0, column1, slice0, slice1 = box
    n = grid.shape[0]
    corners = grid.to_mm(
        [[n - slice1 - 0.5, row0 - 1.5, column0 - 1.5], [n - slice0 + 0.5, row1 - 0.5, column1 - 0.5]]
    )
    low, high = corners.min(axis=0), corners.max(axis=0)
    return BoxMm((low[0], low[1], low[2]), (high[0], high[1], high[2]))


if __name__ == "__main__":
    main()
