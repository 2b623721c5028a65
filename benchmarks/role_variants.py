"""Studies with one thing wrong with the roles of their phases, or with less of them, made from a right one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from deeptepp.domain.geometry import Grid, Volume

Image = npt.NDArray[np.float32]
Phases = list[Image]


def thinned(volume: Volume, step: int) -> Volume:
    """Keep every n-th slice."""
    dz, dy, dx = volume.grid.spacing_mm
    kept = volume.voxels[::step]
    return Volume(kept, Grid.axial(kept.shape, (dz * step, dy, dx)))


def variants(volumes: Sequence[Volume]) -> Iterator[tuple[str, list[Volume]]]:
    """Give each variant with its name; the first is the study itself."""
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
        yield name, volumes_of([phases[k] for k in order], spacing)
    for name, make in _changes(spacing).items():
        changed = make(phases)
        yield name, volumes_of(changed, spacing)
    yield "every 2nd slice", [thinned(v, 2) for v in volumes]


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


def volumes_of(phases: Phases, spacing_mm: tuple[float, float, float]) -> list[Volume]:
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
