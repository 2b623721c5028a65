"""Whether each slice of a phase lies where the same slice of the other phases lies, by the images.

A damaged or exchanged header puts a slice at the place of another one, and no header tells. What lies at one place
in all phases looks alike, however contrast runs through it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from deeptepp.domain.geometry import Volume
from deeptepp.domain.progress import checkpoint

_BLOCK_MM = 8.0
"""Side of the blocks of a slice that are compared, mm: motion at edges fades within them."""

_FEWEST_BLOCKS = 25
"""Slices with fewer blocks than this are not judged."""

NEAREST_SLICES = 2
"""Slices that look like one so many places away are out of place; neighbours look alike, and a patient moves."""

SURE_SHARE = 0.5
"""What a slice differs from another place, as a share of what it differs from its own, to be out of place."""

UNLIKE = 0.7
"""One less the correlation above which a slice shows nothing of its place; a real study has 0.2 and less."""

LEAST_CONTENT = 0.25
"""Slices with less structure than this share of the usual one are not asked to be like another."""

LARGEST_JUMP = 0.4
"""Largest step of a slice's scale from that of its neighbours, as a logarithm; a real study has 0.04."""

_NEIGHBOURS = 2
"""Slices on either side whose median scale a slice is held against."""


def misplaced_slices(volumes: Sequence[Volume]) -> tuple[tuple[int, int], ...]:
    """Find slices that look like the other phases at another place, or at none."""
    if len(volumes) < 2:
        return ()
    slices = np.stack([_slices(volume) for volume in volumes])
    if slices.shape[-1] < _FEWEST_BLOCKS:
        return ()
    found = []
    for phase in range(len(slices)):
        checkpoint()
        others = _usual(np.delete(slices, phase, axis=0))
        found += [(phase, k) for k in _out_of_place(slices[phase], others)]
    return tuple(found)


def _usual(slices: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Average phases, (n_phases, n_slices, n_blocks), without the largest and the least where there are enough."""
    n = len(slices)
    total: npt.NDArray[np.float32] = slices.sum(axis=0)
    if n < 3:
        return total / np.float32(n)
    total -= slices.max(axis=0)
    total -= slices.min(axis=0)
    return total / np.float32(n - 2)


def _slices(volume: Volume) -> npt.NDArray[np.float32]:
    """Blocks of each slice, without their mean, (n_slices, n_blocks) float32."""
    _, dy, dx = volume.grid.spacing_mm
    fy, fx = max(1, round(_BLOCK_MM / dy)), max(1, round(_BLOCK_MM / dx))
    z, y, x = volume.voxels.shape
    ny, nx = y // fy, x // fx
    # Two rows and two columns of each block stand for all of it, at a fraction of the time.
    rows, columns = {fy // 4, fy * 3 // 4}, {fx // 4, fx * 3 // 4}
    sums = np.zeros((z, ny, nx), dtype=np.float32)
    checkpoint()
    # One slice after the other, so that its rows stay in the cache of the processor.
    for total, image in zip(sums, volume.voxels, strict=True):
        for i in rows:
            for j in columns:
                total += image[i : ny * fy : fy, j : nx * fx : fx]
    blocks = sums.reshape(z, -1)
    blocks -= blocks.mean(axis=1, keepdims=True)
    return blocks


def _unit(slices: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Each slice unit length, so that a product of two is their correlation."""
    lengths = np.linalg.norm(slices, axis=1, keepdims=True)
    made: npt.NDArray[np.float32] = slices / np.maximum(lengths, 1e-6)
    return made


def _out_of_place(slices: npt.NDArray[np.float32], others: npt.NDArray[np.float32]) -> list[int]:
    """Find slices that agree better with another place than with their own, or with none."""
    # One less the correlation of each slice with each place.
    differ = 1 - _unit(slices) @ _unit(others).T
    places = np.arange(len(slices))
    best = differ.argmin(axis=1)
    # A patient who moved along the slices moved all of them, and some out of the volume.
    expected = places + int(np.median(best - places))
    inside = (expected >= 0) & (expected < len(slices))
    places, expected, best, differ = places[inside], expected[inside], best[inside], differ[inside]
    own = differ[np.arange(len(places)), expected]
    is_elsewhere = (np.abs(best - expected) >= NEAREST_SLICES) & (differ.min(axis=1) < SURE_SHARE * own)
    # Air beside the body is noise, which is like nothing.
    strengths, usual = (np.linalg.norm(s, axis=1) for s in (slices[places], others[expected]))
    has_content = usual > LEAST_CONTENT * np.median(usual)
    is_odd = has_content & ((own > UNLIKE) | (_jumps(strengths, usual) > LARGEST_JUMP))
    return [int(k) for k in places[is_elsewhere | is_odd]]


def _jumps(strengths: npt.NDArray[np.float32], others: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """How far the scale of each slice lies from that of its neighbours, as a logarithm."""
    ratios = np.log(np.maximum(strengths, 1e-6) / np.maximum(others, 1e-6))
    padded = np.pad(ratios, _NEIGHBOURS, mode="edge")
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * _NEIGHBOURS + 1)
    jumps: npt.NDArray[np.float32] = np.abs(ratios - np.median(around, axis=1))
    return jumps
