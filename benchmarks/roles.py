"""Measure what the images say of the roles of their phases, in normal studies and in variants with wrong roles.

python benchmarks/roles.py --n 40 --seed 31                          ranges of all measures, simulated studies
python benchmarks/roles.py --study STUDY.zip                         the same of a real study, and its time
python benchmarks/roles.py --variants --n 4 [--study STUDY.zip]      which checks fail in each variant
python benchmarks/roles.py --slices FOLDER                           tumour slices, RGB: pre, early, late phase

Prints Markdown. Needs minutes, because every variant is made at full size.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from role_variants import thinned, variants, volumes_of

from deeptepp.domain.geometry import Volume
from deeptepp.imaging.roles.role_measures import (
    arrival_of,
    contrast_of,
    curve_of,
    differences,
    log_ratios,
    scale_of,
)
from deeptepp.imaging.roles.role_sample import sample_roles
from deeptepp.imaging.roles.role_shift import shifts_mm
from deeptepp.imaging.roles.roles import check_roles

Measures = dict[str, list[float]]

SHORT = {"same-contrast": "contrast", "same-scale": "scale", "same-place": "place", "contrast-arrived": "arrived"}
"""How rules are written in the table of variants."""


def main() -> None:
    """Parse the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=0, help="number of simulated studies; protocols are cycled")
    parser.add_argument("--seed", type=int, default=31)
    parser.add_argument("--thin", type=int, default=1, help="keep every n-th slice of simulated studies")
    parser.add_argument("--variants", action="store_true", help="every variant instead of the unchanged study")
    parser.add_argument("--study", type=Path, help="a DICOM zip or folder")
    parser.add_argument("--slices", type=Path, help="a folder of patients with RGB slices")
    options = parser.parse_args()
    if options.slices is not None:
        _print_slices(options.slices)
    elif options.variants:
        _print_variants(options)
    else:
        _print_ranges(options)


def _studies(options: argparse.Namespace) -> Iterator[tuple[str, list[Volume]]]:
    """Read the real study, then simulate; each with the name of its group."""
    if options.study is not None:
        from deeptepp.dicom.read_dicom import read_study

        yield "real", [p.volume for p in read_study(options.study).study.phases]
    from deeptepp.simulate.protocols import PROTOCOLS
    from deeptepp.simulate.simulated_study import simulate_study

    sizes_mm = np.geomspace(6.0, 60.0, max(2, options.n // len(PROTOCOLS)))
    for k in range(options.n):
        name = sorted(PROTOCOLS)[k % len(PROTOCOLS)]
        rng = np.random.default_rng([options.seed, k])
        size_mm = float(sizes_mm[k // len(PROTOCOLS) % len(sizes_mm)])
        risk = float(rng.standard_normal())
        made = simulate_study(latent_risk=risk, tumour_size_mm=size_mm, rng=rng, protocol=PROTOCOLS[name]).study
        yield name, [thinned(p.volume, options.thin) for p in made.phases]


def _print_ranges(options: argparse.Namespace) -> None:
    """Print the range of every measure over the studies of each protocol, and the time of the last study."""
    found: dict[str, list[Measures]] = {}
    failed: dict[str, int] = {}
    volumes: list[Volume] = []
    for name, volumes in _studies(options):
        found.setdefault(name, []).append(_measures(volumes))
        failed[name] = failed.get(name, 0) + (_failed(volumes) != "-")
    names = list(found)
    print("| measure | " + " | ".join(f"{n}, n = {len(found[n])}" for n in names) + " |")
    print("|" + " --- |" * (len(names) + 1))
    for key in found[names[0]][0]:
        values = [np.concatenate([m[key] for m in found[n] if key in m] or [[]]) for n in names]
        print(f"| {key} | " + " | ".join(_range(np.asarray(v)) for v in values) + " |")
    print("| studies with a failed check | " + " | ".join(str(failed[n]) for n in names) + " |")
    _print_time(volumes)


def _range(values: np.ndarray) -> str:
    """Print the smallest and largest value."""
    return f"{values.min():.2f} to {values.max():.2f}" if values.size else "-"


def _print_variants(options: argparse.Namespace) -> None:
    """Print which checks fail, a row for each variant and a column for each study."""
    cells: dict[str, dict[str, str]] = {}
    names: list[str] = []
    for k, (group, volumes) in enumerate(_studies(options)):
        names.append(f"{group} {k}")
        for change, phases in variants(volumes):
            cells.setdefault(change, {})[names[-1]] = _failed(phases)
    print("| variant | " + " | ".join(names) + " |\n|" + " --- |" * (len(names) + 1))
    for change, row in cells.items():
        print(f"| {change} | " + " | ".join(row.get(n, "") for n in names) + " |")


def _failed(volumes: Sequence[Volume]) -> str:
    """Name the failed checks, most telling first, with the phases meant."""
    phases: dict[str, list[str]] = {}
    for check in check_roles(volumes):
        if not check.is_passed:
            rule = check.rule.removeprefix("roles.")
            phases.setdefault(SHORT.get(rule, rule), []).append(str(check.phase))
    return ", ".join(f"{rule} {' '.join(found)}" for rule, found in phases.items()) or "-"


def _measures(volumes: Sequence[Volume]) -> Measures:
    """Measure everything between the pre-contrast images and each later phase."""
    sample = sample_roles(volumes)
    if sample is None:
        return {}
    n = len(volumes)
    changes = log_ratios(sample.tissue)
    contrasts = [contrast_of(sample.tissue[0], t) for t in sample.tissue[1:]]
    scales = [scale_of(sample, k) for k in range(1, n)]
    arrivals = [arrival_of(c) for c in changes[1:]]
    unlike = differences(changes)
    usual = float(np.median([unlike[k, k + 1] for k in range(n - 1)]))
    return {
        "correlation of tissue": [c.correlation for c in contrasts],
        "log width of half of the ratios": [c.width for c in contrasts],
        "ratio of tissue": [s.tissue for s in scales],
        "densest ratio, where sharp (width below 0.045)": [s.peak for s in scales if s.width < 0.045],
        "ratio of air": [s.air for s in scales if s.air is not None],
        "shift, mm": list(shifts_mm(sample.blocks, sample.spacing_mm)),
        "rise of post-contrast 1, %": [arrivals[0].rise_pct],
        "rise of later phases, %": [a.rise_pct for a in arrivals[1:]],
        "rise over fall, post-contrast 1": [arrivals[0].asymmetry],
        "log rise x rise over fall, post-contrast 1": [arrivals[0].evidence],
        "rise over fall, later": [a.asymmetry for a in arrivals[1:]],
        "rise over the largest rise (log)": [a.rise / max(b.rise for b in arrivals) for a in arrivals],
        "curve of the strongest, share of its maximum": list(curve_of(changes, by_rise=True)[1:]),
        "unlikeness of two phases over that of neighbours": [
            float(unlike[k, j]) / usual for k in range(n) for j in range(k)
        ],
    }


def _print_slices(folder: Path) -> None:
    """Print quantiles of the measures over patients of whom single slices are at hand."""
    from PIL import Image as Picture

    rows: dict[str, list[float]] = {}
    failed: list[str] = []
    n = n_failed = 0
    for patient in sorted(folder.iterdir()):
        stack = np.stack([np.asarray(Picture.open(f), dtype=np.float32) for f in sorted(patient.glob("*.webp"))])
        # 224 pixels are 80 mm; slices are repeated, so that they are a volume of some thickness.
        volumes = volumes_of([np.repeat(stack[..., c], 8, axis=0) for c in range(3)], (4.0, 80 / 224, 80 / 224))
        measures = _measures(volumes)
        n += bool(measures)
        for key, values in measures.items():
            rows.setdefault(key, []).extend(values)
        found = [f"{c.rule} {c.phase}" for c in check_roles(volumes) if not c.is_passed]
        failed += found
        n_failed += bool(found)
    print(f"{n} patients\n\n| measure | min | 2 % | 5 % | median | 95 % | 98 % | max |\n|" + " --- |" * 8)
    for key, values in rows.items():
        cells = " | ".join(
            f"{v:.2f}" for v in np.quantile(values or [np.nan], [0, 0.02, 0.05, 0.5, 0.95, 0.98, 1])
        )
        print(f"| {key} | {cells} |")
    counts = ", ".join(f"{rule}: {failed.count(rule)}" for rule in sorted(set(failed)))
    print(f"\n{n_failed} patients with a failed check. {counts}")


def _print_time(volumes: Sequence[Volume], *, repeats: int = 7) -> None:
    """Print the processor time of the checks."""
    spent = []
    for _ in range(repeats):
        start = time.process_time()
        check_roles(volumes)
        spent.append(time.process_time() - start)
    shape = " x ".join(str(v) for v in (len(volumes), *volumes[0].grid.shape))
    print(f"\n{shape} voxels: {min(spent):.3f} s of processor time, the least of {repeats}.")


if __name__ == "__main__":
    main()
