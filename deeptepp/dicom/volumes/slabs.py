"""Parts volumes that leave the same wide gap in every phase: the slabs of two breasts in one series."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from deeptepp.dicom.header.headers import Frame
from deeptepp.dicom.volumes.lattice import SAME_GRID_MM, axes_of, irregularity, volume_of
from deeptepp.dicom.volumes.stack import Stack
from deeptepp.domain.geometry import FloatArray

MIN_SLAB_PLANES = 3
"""Fewer planes between two gaps are the rest of a volume with slices missing, not a slab."""

MIN_GAP_INTERVALS = 2.5
"""A gap of fewer slice intervals is slices missing; between two breasts there are 30 mm or more."""

_Pattern = tuple[tuple[float, float, int], ...]
"""First place and last place in mm, and number of planes, of each run of planes."""


def with_slabs(stacks: Sequence[Stack]) -> tuple[Stack, ...]:
    """Replace volumes that have the same gap in two phases or more by their slabs.

    Whole volumes as they are; volumes with a gap of their own keep their problem.
    """
    runs = [_runs(stack) for stack in stacks]
    alike: dict[_Pattern, list[int]] = defaultdict(list)
    for i, found in enumerate(runs):
        if found:
            alike[_rounded(found)].append(i)
    in_slabs = {i for group in alike.values() if len(group) > 1 for i in group}
    parted = []
    for i, stack in enumerate(stacks):
        parted.extend(_volumes(runs[i]) if i in in_slabs else [stack])
    return tuple(parted)


def _runs(stack: Stack) -> list[list[Frame]]:
    """Runs of planes between wide gaps; none where the planes make a volume, or no regular runs."""
    if stack.problem is None or len(stack.frames) < 2 * MIN_SLAB_PLANES:
        return []
    axes = axes_of(stack.frames) if all(f.position_mm and f.orientation for f in stack.frames) else None
    if axes is None:
        return []
    points = np.array([frame.position_mm for frame in stack.frames])
    intervals = np.diff(points @ axes[:, 0])
    step = float(np.median(intervals))
    cuts = np.flatnonzero(intervals > MIN_GAP_INTERVALS * step) + 1
    pieces = np.split(np.arange(len(points)), cuts)
    if step <= 0 or len(pieces) < 2 or not all(_is_slab(points[piece], axes[:, 0]) for piece in pieces):
        return []
    return [[stack.frames[i] for i in piece] for piece in pieces]


def _is_slab(points: FloatArray, normal: FloatArray) -> bool:
    """Whether planes, (n, 3) mm, are enough and regular."""
    return len(points) >= MIN_SLAB_PLANES and irregularity(points, normal) is None


def _rounded(runs: Sequence[Sequence[Frame]]) -> _Pattern:
    """Where runs begin and end, so that those of two phases can be compared."""
    normal = _normal(runs[0])
    ends = [[float(np.dot(f.position_mm or (0, 0, 0), normal)) for f in (run[0], run[-1])] for run in runs]
    return tuple(
        (round(low / (4 * SAME_GRID_MM)), round(high / (4 * SAME_GRID_MM)), len(run))
        for (low, high), run in zip(ends, runs, strict=True)
    )


def _normal(frames: Sequence[Frame]) -> FloatArray:
    """Common normal of planes."""
    axes = axes_of(frames)
    return np.zeros(3) if axes is None else axes[:, 0]


def _volumes(runs: Sequence[Sequence[Frame]]) -> list[Stack]:
    """Make a volume of each run."""
    axes = axes_of([frame for run in runs for frame in run])
    return [] if axes is None else [volume_of(run, axes) for run in runs]
