"""Finds the kindest true reason why no dynamic series can be made of the volumes at hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deeptepp.dicom.volumes.kinds import is_same_sequence
from deeptepp.dicom.volumes.lattice import SAME_DIRECTION, SAME_GRID_MM, are_close
from deeptepp.dicom.volumes.stack import Stack
from deeptepp.domain.geometry import Grid
from deeptepp.domain.study import PhaseProposal, phase_name
from deeptepp.errors import DeepTeppError, MissingPhase, MissingSlice, MixedGeometry, NotDynamic, WrongModality
from deeptepp.wording.sentence import listed, sentence


def no_series_refusal(stacks: Sequence[Stack], fit: Sequence[Stack]) -> DeepTeppError:
    """Why no two volumes are phases of one series."""
    mr = [s for s in stacks if s.series.modality == "MR"]
    if not mr:
        return WrongModality(value=", ".join(sorted({s.series.modality for s in stacks})), limit="MR")
    broken = [s.problem for s in fit if s.problem is not None]
    whole = [s for s in fit if s.grid is not None]
    if broken:
        return broken[0]
    if not whole:
        return NotDynamic(value=len({s.series.series_uid for s in mr}))
    return _absent_end(whole) or moved(whole) or MissingPhase(value=1, limit=2)


def broken_phase(
    phases: Sequence[Stack], rest: Sequence[Stack], proposals: Sequence[PhaseProposal]
) -> DeepTeppError | None:
    """Find a further phase of the series that lacks slices.

    ``rest``: what else could be a phase by its header; ``proposals``: how to go on without it. To be raised; it
    names the phase by its place in time.
    """
    for stack in rest:
        if not _is_same_plane(phases[0], stack) or not is_same_sequence(phases[0].series, stack.series):
            continue
        if isinstance(stack.problem, MissingSlice):
            named = {"phase": _place_in_time(stack, phases), "proposals": tuple(proposals)}
            return MissingSlice(**{**stack.problem.facts, **named})
        if stack.problem is not None:
            return type(stack.problem)(**{**stack.problem.facts, "proposals": tuple(proposals)})
        if is_part_of(stack, phases[0]):
            n_absent = len(phases[0].frames) - len(stack.frames)
            named = {"phase": _place_in_time(stack, phases), "proposals": tuple(proposals)}
            return MissingSlice(value=n_absent, every_mm=_step_mm(phases[0]), **named)
    return None


def other_geometry(
    phases: Sequence[Stack], rest: Sequence[Stack], proposals: Sequence[PhaseProposal]
) -> DeepTeppError | None:
    """Find an earlier volume of the same sequence on another grid: the pre-contrast phase, moved.

    ``rest``: what else could be a phase by its header; ``proposals``: how to go on without it.
    """
    start = phases[0].clock.acquired_s
    for stack in rest:
        earlier = stack.clock.acquired_s
        is_earlier = start is not None and earlier is not None and earlier < start
        if stack.grid is None or is_part_of(stack, phases[0]):
            continue
        if is_earlier and is_same_sequence(phases[0].series, stack.series):
            return moved([stack, phases[0]], proposals)
    return None


def moved(whole: Sequence[Stack], proposals: Sequence[PhaseProposal] = ()) -> DeepTeppError | None:
    """Find two volumes of one sequence on different grids.

    ``proposals``: how to go on without one of them.
    """
    for i, a in enumerate(whole):
        for b in whole[i + 1 :]:
            if a.grid is None or b.grid is None or a.grid.is_close(b.grid, tolerance_mm=SAME_GRID_MM):
                continue
            if is_same_sequence(a.series, b.series):
                return MixedGeometry(value=_difference(a.grid, b.grid), proposals=tuple(proposals))
    return None


def _absent_end(whole: Sequence[Stack]) -> DeepTeppError | None:
    """Find a volume that is a part of another one, short of slices at an end."""
    for i, a in enumerate(whole):
        for j, b in enumerate(whole):
            if i == j or a.grid is None or b.grid is None or not is_same_sequence(a.series, b.series):
                continue
            if _is_part(a.grid, b.grid):
                n_absent = b.grid.shape[0] - a.grid.shape[0]
                step = round(b.grid.spacing_mm[0], 3)
                return MissingSlice(phase=_place_in_time(a, whole), value=n_absent, every_mm=step)
    return None


def _is_part(part: Grid, whole: Grid) -> bool:
    """Whether a grid holds some of the slices of another one, and no other."""
    if part.shape[1:] != whole.shape[1:] or part.shape[0] >= whole.shape[0]:
        return False
    start = round(float(whole.to_index(part.affine[:3, 3])[0]))
    stop = start + part.shape[0]
    inside = start >= 0 and stop <= whole.shape[0]
    return inside and part.is_close(whole.crop((start, 0, 0), (stop, *whole.shape[1:])), tolerance_mm=SAME_GRID_MM)


def _step_mm(stack: Stack) -> float:
    """Slice interval of a volume."""
    return 0.0 if stack.grid is None else round(stack.grid.spacing_mm[0], 3)


def is_part_of(part: Stack, whole: Stack) -> bool:
    """Tell whether a volume, or a single plane, holds some of the slices of another one, and no other.

    False also where they have equally many slices.
    """
    if whole.grid is None or not _is_same_plane(part, whole) or len(part.frames) >= len(whole.frames):
        return False
    if part.grid is not None:
        return _is_part(part.grid, whole.grid)
    place = part.frames[0].position_mm
    return len(part.frames) == 1 and place is not None and whole.grid.contains(place)


def _is_same_plane(a: Stack, b: Stack) -> bool:
    """Whether the planes of two stacks have one size, orientation and pixel spacing."""
    p, q = a.frames[0], b.frames[0]
    if (p.rows, p.columns) != (q.rows, q.columns):
        return False
    return are_close(p.orientation, q.orientation, SAME_DIRECTION) and are_close(
        p.spacing_mm, q.spacing_mm, SAME_DIRECTION
    )


def _place_in_time(stack: Stack, others: Sequence[Stack]) -> str:
    """Name a volume by its place among others in order of time."""
    starts = {s.clock.acquired_s or 0.0 for s in others} | {stack.clock.acquired_s or 0.0}
    return sentence("The {phase} images", phase=phase_name(sorted(starts).index(stack.clock.acquired_s or 0.0)))


def _difference(a: Grid, b: Grid) -> str:
    """Say in what two grids differ."""
    if a.shape != b.shape:
        return sentence(
            "{sizes} voxels (z, y, x)", sizes=listed(" x ".join(str(n) for n in g.shape) for g in (a, b))
        )
    if not np.allclose(a.spacing_mm, b.spacing_mm, atol=1e-3):
        return sentence(
            "{sizes} mm spacing (z, y, x)",
            sizes=listed(" x ".join(f"{s:.3f}" for s in g.spacing_mm) for g in (a, b)),
        )
    apart = float(np.abs(a.corners_mm() - b.corners_mm()).max())
    return sentence("corners {mm:.1f} mm apart", mm=apart)
