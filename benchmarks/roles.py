"""Measure what the images say of the roles of their phases, in normal studies and in variants with wrong roles.

python benchmarks/roles.py --n 40 --seed 31              simulated studies on all protocols, unchanged
python benchmarks/roles.py --variants --n 4              simulated studies, every variant
python benchmarks/roles.py --variants --study STUDY.zip  a real study, every variant
python benchmarks/roles.py --slices FOLDER               tumour slices as RGB images: pre, early, late phase

Prints Markdown. Needs minutes, because every variant is made at full size.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from deeptepp.domain.geometry import Grid, Volume
from deeptepp.imaging.role_measures import (
    arrival_of,
    contrast_of,
    curve_of,
    differences,
    log_ratios,
    scale_of,
)
from deeptepp.imaging.role_sample import sample_roles
from deeptepp.imaging.role_shift import shifts_mm
from deeptepp.imaging.roles import check_roles

Image = npt.NDArray[np.float32]
Phases = list[Image]

COLUMNS = (
    "study",
    "change",
    "correlation (width)",
    "tissue ratio",
    "peak (width)",
    "air ratio",
    "rise, %",
    "rise / fall",
    "curve",
    "unlike, %",
    "shift, mm",
    "failed",
)


def main() -> None:
    """Parse the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=4, help="number of simulated studies; protocols are cycled")
    parser.add_argument("--seed", type=int, default=31)
    parser.add_argument("--thin", type=int, default=1, help="keep every n-th slice of simulated studies")
    parser.add_argument("--variants", action="store_true", help="every variant instead of the unchanged study")
    parser.add_argument("--only", nargs="+", help="names of the variants to make")
    parser.add_argument("--study", type=Path, help="a DICOM zip or folder instead of simulated studies")
    parser.add_argument("--slices", type=Path, help="a folder of patients with RGB slices")
    options = parser.parse_args()
    if options.slices is not None:
        _print_slices(options.slices)
        return
    print("| " + " | ".join(COLUMNS) + " |\n|" + " --- |" * len(COLUMNS))
    for name, volumes in _studies(options):
        changed = _variants(volumes) if options.variants else iter([("none", volumes)])
        for change, phases in changed:
            if not options.only or change in options.only:
                print(_row(name, change, phases), flush=True)


def _studies(options: argparse.Namespace) -> Iterator[tuple[str, list[Volume]]]:
    """Read the real study, or simulate."""
    if options.study is not None:
        from deeptepp.dicom.read import read_study

        yield "real", [p.volume for p in read_study(options.study).study.phases]
        return
    from deeptepp.simulate.protocols import PROTOCOLS
    from deeptepp.simulate.study import simulate_study

    sizes_mm = np.geomspace(6.0, 60.0, max(2, options.n // len(PROTOCOLS)))
    for k in range(options.n):
        name = sorted(PROTOCOLS)[k % len(PROTOCOLS)]
        rng = np.random.default_rng([options.seed, k])
        size_mm = float(sizes_mm[k // len(PROTOCOLS) % len(sizes_mm)])
        risk = float(rng.standard_normal())
        made = simulate_study(latent_risk=risk, tumour_size_mm=size_mm, rng=rng, protocol=PROTOCOLS[name]).study
        phases = [_thinned(p.volume, options.thin) for p in made.phases]
        yield f"{name} {k}, {size_mm:.0f} mm", phases


def _thinned(volume: Volume, step: int) -> Volume:
    """Keep every n-th slice."""
    dz, dy, dx = volume.grid.spacing_mm
    kept = volume.voxels[::step]
    return Volume(kept, Grid.axial(kept.shape, (dz * step, dy, dx)))


def _variants(volumes: Sequence[Volume]) -> Iterator[tuple[str, list[Volume]]]:
    """Make the study with one thing wrong, or with less of it, each."""
    spacing = volumes[0].grid.spacing_mm
    phases = [np.asarray(v.voxels, dtype=np.float32) for v in volumes]
    n = len(phases)
    orders: dict[str, list[int]] = {
        "none": list(range(n)),
        "two posts": [0, 1, 2],
        "one post": [0, 1],
        "post-only": list(range(1, n)),
        "post-only, two": [1, 2],
        "post-only, late": [2, 3],
        "pre and post 1 swapped": [1, 0, *range(2, n)],
        "pre last": [*range(1, n), 0],
        "pre in the middle": [1, 2, 0, *range(3, n)],
        "reversed": list(range(n))[::-1],
        "posts swapped": [0, 2, 1, *range(3, n)],
        "copies appended": [*range(n), *range(n)],
        "post copies appended": [*range(n), *range(1, n)],
        "one copy": [*range(n), n - 1],
    }
    for name, order in orders.items():
        yield name, _volumes([phases[k] for k in order], spacing)
    for name, make in _changes(spacing).items():
        changed = make(phases)
        yield name, _volumes(changed, spacing)
    yield "every 2nd slice", [_thinned(v, 2) for v in volumes]


def _changes(spacing_mm: tuple[float, float, float]) -> dict[str, Callable[[Phases], Phases]]:
    """Name what is done to the voxels."""
    made: dict[str, Callable[[Phases], Phases]] = {
        "second baseline": lambda p: [p[0], _scanned_again(p[0]), *p[1:]],
        "second baseline, moved": lambda p: [p[0], np.roll(_scanned_again(p[0]), _step(3, spacing_mm), 1), *p[1:]],
        "fat as pre": lambda p: [_fat(p[0]), *p[1:]],
        "fat as post 2": lambda p: [*p[:2], _fat(p[0]), *p[3:]],
        "water + fat as pre": lambda p: [p[0] + _fat(p[0]), *p[1:]],
        "subtraction as post 2": lambda p: [*p[:2], np.maximum(p[2] - p[0], 0), *p[3:]],
        "percent map as post 2": lambda p: [*p[:2], _percent(p[0], p[2]), *p[3:]],
        "power 0.7 of pre": lambda p: [_power(p[0], 0.7), *p[1:]],
        "power 1.3 of pre": lambda p: [_power(p[0], 1.3), *p[1:]],
        "mirrored pre, moved": lambda p: [np.roll(p[0][:, :, ::-1], _step(6, spacing_mm), 1), *p[1:]],
        "motion-corrected copies": lambda p: [*p, *(_interpolated(q) for q in p[1:])],
        "two injections": lambda p: [*p, _between(p[0], p[-1], 0.3), *p[1:]],
        "8 % of post 1 as post 1": lambda p: [p[0], _between(p[0], p[1], 0.08), *p[1:]],
        "no air": lambda p: [np.where(q < 0.06 * np.percentile(q[::4, ::4, ::4], 99), 0, q) for q in p],
        "float in 0 to 1": lambda p: [q / 5000.0 for q in p],
        "left half": lambda p: [q[:, :, : q.shape[2] // 2] for q in p],
        "right half": lambda p: [q[:, :, q.shape[2] // 2 :] for q in p],
        "left breast": lambda p: [q[:, : q.shape[1] * 9 // 20, : q.shape[2] // 2] for q in p],
        "right breast": lambda p: [q[:, : q.shape[1] * 9 // 20, q.shape[2] // 2 :] for q in p],
    }
    for factor in (0.6, 0.8, 0.9, 1.1, 1.3, 1.7, 2.0):
        made[f"pre x {factor}"] = lambda p, f=factor: [p[0] * np.float32(f), *p[1:]]
    for mm in (3, 8, 15):
        for axis, name in enumerate("zyx"):
            steps = max(1, round(mm / spacing_mm[axis]))
            made[f"pre moved {mm} mm in {name}"] = lambda p, s=steps, a=axis: [np.roll(p[0], s, a), *p[1:]]
    return made


def _volumes(phases: Phases, spacing_mm: tuple[float, float, float]) -> list[Volume]:
    """Put voxels on an axial grid."""
    grid = Grid.axial(phases[0].shape, spacing_mm)
    return [Volume(p, grid) for p in phases]


def _step(mm: float, spacing_mm: tuple[float, float, float]) -> int:
    """Give whole pixels of a distance."""
    return round(mm / spacing_mm[1])


def _scanned_again(image: Image) -> Image:
    """Add the noise of one scan, taken from neighbouring pixels."""
    step = np.diff(image[::4], axis=2)
    noise = float(np.median(np.abs(step))) / 0.6745 / np.sqrt(2)
    drawn = np.random.default_rng(0).standard_normal(image.shape, dtype=np.float32)
    return np.maximum(image + np.float32(noise) * drawn, 0)


def _fat(image: Image) -> Image:
    """Turn bright and dark within the body."""
    top = float(np.percentile(image[::4, ::4, ::4], 99.5))
    body = image > 0.15 * top
    return np.where(body, np.clip(top - image, 0.1 * top, None) * 1.3, image).astype(np.float32)


def _power(image: Image, exponent: float) -> Image:
    """Bend the contrast, as another flip angle does."""
    top = float(np.percentile(image[::4, ::4, ::4], 99))
    return np.asarray((image / top) ** exponent * top, dtype=np.float32)


def _percent(before: Image, after: Image) -> Image:
    """Give the enhancement in percent."""
    return np.asarray(100 * np.clip(after - before, 0, None) / np.maximum(before, 20), dtype=np.float32)


def _interpolated(image: Image) -> Image:
    """Shift by half a pixel, as motion correction smooths."""
    return (image + np.roll(image, 1, axis=2)) / 2


def _between(a: Image, b: Image, share: float) -> Image:
    """Mix two phases."""
    return np.asarray((1 - share) * a + share * b, dtype=np.float32)


def _row(name: str, change: str, volumes: Sequence[Volume]) -> str:
    """Measure one study and print it as a row."""
    sample = sample_roles(volumes)
    if sample is None:
        return f"| {name} | {change} | not judged |"
    changes = log_ratios(sample.tissue)
    n = len(volumes)
    contrasts = [contrast_of(sample.tissue[0], t) for t in sample.tissue[1:]]
    scales = [scale_of(sample, k) for k in range(1, n)]
    arrivals = [arrival_of(c) for c in changes[1:]]
    unlike = differences(changes)
    near = min(unlike[j, k] for k in range(n) for j in range(k))
    checks = check_roles(volumes)
    cells = [
        name,
        change,
        " ".join(f"{c.correlation:.2f} ({c.width:.2f})" for c in contrasts),
        _list([s.tissue for s in scales]),
        " ".join(f"{s.peak:.2f} ({s.width:.2f})" for s in scales[:2]),
        _list([s.air for s in scales if s.air is not None]) or "-",
        _list([a.rise_pct for a in arrivals], 0),
        _list([a.rise / max(a.fall, 0.01) for a in arrivals], 1),
        _list(list(curve_of(changes, by_rise=True))),
        f"{100 * near:.1f}",
        _list(list(shifts_mm(sample.blocks, sample.spacing_mm)), 1),
        ", ".join(f"{c.rule.removeprefix('roles.')} {c.phase}" for c in checks if not c.is_passed) or "none",
    ]
    return "| " + " | ".join(cells) + " |"


def _list(values: Sequence[float], decimals: int = 2) -> str:
    """Print numbers in a row."""
    return " ".join(f"{v:.{decimals}f}" for v in values)


def _print_slices(folder: Path) -> None:
    """Print quantiles of the measures over patients of whom single slices are at hand."""
    from PIL import Image as Picture

    rows: dict[str, list[float]] = {}
    failed: list[str] = []
    n = 0
    for patient in sorted(folder.iterdir()):
        stack = np.stack([np.asarray(Picture.open(f), dtype=np.float32) for f in sorted(patient.glob("*.webp"))])
        # 224 pixels are 80 mm; slices are repeated so that they are a volume of some thickness.
        phases = [np.repeat(stack[..., c], 8, axis=0) for c in range(3)]
        volumes = _volumes(phases, (4.0, 80 / 224, 80 / 224))
        sample = sample_roles(volumes)
        if sample is None:
            continue
        n += 1
        changes = log_ratios(sample.tissue)
        for k in (1, 2):
            arrival = arrival_of(changes[k])
            scale = scale_of(sample, k)
            values = {
                "correlation": contrast_of(sample.tissue[0], sample.tissue[k]).correlation,
                "tissue ratio": scale.tissue,
                "width of the peak": scale.width,
                "rise, %": arrival.rise_pct,
                "rise / fall": arrival.rise / max(arrival.fall, 0.01),
                "curve": float(curve_of(changes, by_rise=True)[k]),
            }
            for key, value in values.items():
                rows.setdefault(f"{key}, {('early', 'late')[k - 1]}", []).append(value)
        failed += [f"{c.rule} {c.phase}" for c in check_roles(volumes) if not c.is_passed]
    print(f"{n} patients\n\n| measure | min | 2 % | 5 % | median | 95 % | 98 % | max |\n|" + " --- |" * 8)
    for key, found in rows.items():
        print(
            f"| {key} | "
            + _list(list(np.quantile(found, [0, 0.02, 0.05, 0.5, 0.95, 0.98, 1]))).replace(" ", " | ")
            + " |"
        )
    print("\nfailed:", {rule: failed.count(rule) for rule in sorted(set(failed))} or "none")


def print_time(volumes: Sequence[Volume], *, repeats: int = 5) -> None:
    """Print the processor time of the checks."""
    spent = []
    for _ in range(repeats):
        start = time.process_time()
        check_roles(volumes)
        spent.append(time.process_time() - start)
    print(f"\ncheck_roles: median {np.median(spent):.3f} s of {repeats}")


if __name__ == "__main__":
    main()
