"""The images of one case for the screen, kept in bounded memory behind tokens that cannot be guessed.

All phases share one intensity window, so that they compare and can be subtracted on the screen.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from deeptepp.domain.geometry import Grid
from deeptepp.domain.lesion import Lesion
from deeptepp.domain.study import PhaseChoice, Study
from deeptepp.errors import FramesGone
from deeptepp.store import stacks
from deeptepp.store.stacks import Stack

FRAMES_PATH = "/api/v1/frames"
"""Route that serves the stacks: the token follows, then the number of the stack."""

_BUDGET_BYTES = 60_000_000
"""Sum of all stacks of a case; voxels grow until it is kept."""
_MAX_PHASES = 8
"""More phases than this are thinned out for the screen."""
_MAX_OUTLINES = 16
"""Outlines remembered per case."""


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """A lesion on the grid of the stacks.

    ``start`` (z, y, x): index of the first voxel of the patch; ``mask`` (z, y, x): the patch, every face of it
    touches the lesion.
    """

    lesion: Lesion
    start: tuple[int, int, int]
    mask: npt.NDArray[np.bool_]
    volume_ml: float
    diameter_mm: float


@dataclass(frozen=True, slots=True, eq=False)
class ViewerFrames:
    """What the slice viewer shows.

    ``stacks`` (z, y, x): one per shown phase, slices from feet to head, rows from front to back, columns from
    right to left; ``phase_indices``: index into ``Study.phases`` of each stack; ``times_s``: seconds after the
    pre-contrast acquisition of each stack; ``chosen``: which stack is the phase that is scored; ``window``:
    scanner units shown as 0 and 255; ``outlines``: lesion candidates, best first; ``has_times``: False where the
    order of the phases is known but not their times.
    """

    stacks: tuple[Stack, ...]
    grid: Grid
    phase_indices: tuple[int, ...]
    times_s: tuple[float, ...]
    chosen: int
    window: tuple[float, float]
    outlines: tuple[Outline, ...] = ()
    has_times: bool = True

    @property
    def n_bytes(self) -> int:
        """Size of all stacks."""
        return sum(stack.nbytes for stack in self.stacks)


def build_frames(study: Study, phase: PhaseChoice, candidates: Sequence[Lesion]) -> ViewerFrames:
    """Make the stacks of one study.

    ``candidates``: outlined on the stacks, on any grid. The result is at most 60 MB, cropped to the body.
    """
    shown = _shown_phases(len(study.phases), phase.index)
    order, signs, grid = stacks.radiological(study.grid)
    turned = [stacks.turn(study.phases[index].volume.voxels, order, signs) for index in shown]
    start, stop = stacks.body_block(turned, grid, [lesion.centroid_mm for lesion in candidates])
    block = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
    cropped = [voxels[block] for voxels in turned]
    weights, grid = stacks.fit_voxels(grid.crop(start, stop), _BUDGET_BYTES // len(shown))
    low, high = stacks.window(cropped)
    return ViewerFrames(
        stacks=tuple(stacks.to_uint8(stacks.resample(voxels, weights), low, high) for voxels in cropped),
        grid=grid,
        phase_indices=shown,
        times_s=tuple(study.phases[index].time_s for index in shown),
        has_times=study.has_times,
        chosen=shown.index(phase.index),
        window=(low, high),
        outlines=tuple(outline(lesion, grid) for lesion in candidates),
    )


def outline(lesion: Lesion, grid: Grid) -> Outline:
    """Put a lesion on the grid of the stacks.

    The result is never empty: a lesion smaller than a voxel becomes the nearest voxel.
    """
    inside = np.asarray(grid.shape) - 1
    index = np.clip(np.rint(grid.to_index(lesion.points_mm)).astype(int), 0, inside)
    start = np.clip(index.min(axis=0) - 1, 0, inside)
    shape = np.clip(index.max(axis=0) + 1, 0, inside) + 1 - start
    to_lesion = np.linalg.inv(lesion.grid.affine) @ grid.affine
    share = ndimage.affine_transform(
        lesion.mask.astype(np.float32),
        to_lesion[:3, :3],
        to_lesion[:3, :3] @ start + to_lesion[:3, 3],
        tuple(shape.tolist()),
        order=1,
    )
    mask = share >= 0.5
    if not mask.any():
        mask[tuple(np.rint(index.mean(axis=0)).astype(int) - start)] = True
    used = np.argwhere(mask)
    first, last = used.min(axis=0), used.max(axis=0) + 1
    k, j, i = (start + first).tolist()
    patch = mask[tuple(slice(a, b) for a, b in zip(first, last, strict=True))]
    return Outline(lesion, (k, j, i), patch, lesion.volume_ml, lesion.longest_diameter_mm)


def _shown_phases(n_phases: int, chosen: int) -> tuple[int, ...]:
    """Keep the pre-contrast, the chosen and the last phase, and some evenly between."""
    spread = np.rint(np.linspace(0, n_phases - 1, min(n_phases, _MAX_PHASES - 1))).astype(int)
    return tuple(sorted({chosen, *spread.tolist()}))


@dataclass(slots=True, eq=False)
class _Entry:
    """Frames of one case and the outlines made so far."""

    case_id: str
    frames: ViewerFrames
    outlines: list[Outline]
    used_at_s: float


class FrameStore:
    """Frames of the open cases; the least recently used go first when memory is full.

    ``max_bytes``: stacks that may be kept.
    """

    def __init__(self, max_bytes: int = 512 * 1024**2) -> None:
        self._max_bytes = max_bytes
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, case_id: str, frames: ViewerFrames) -> str:
        """Keep the frames of a case; earlier ones of the same case are dropped.

        Returns token that fetches them, cannot be guessed.
        """
        token = secrets.token_urlsafe(24)
        with self._lock:
            self._forget(case_id)
            self._entries[token] = _Entry(case_id, frames, list(frames.outlines), time.monotonic())
            while len(self._entries) > 1 and self._n_bytes() > self._max_bytes:
                self._entries.popitem(last=False)
        return token

    def drop(self, case_id: str) -> None:
        """Remove the frames of a case; nothing happens when there are none."""
        with self._lock:
            self._forget(case_id)

    def sweep(self, max_age_s: float) -> int:
        """Remove what nobody asked for during a while.

        ``max_age_s``: seconds since the frames were last used.
        """
        oldest = time.monotonic() - max_age_s
        with self._lock:
            old = [token for token, entry in self._entries.items() if entry.used_at_s < oldest]
            for token in old:
                del self._entries[token]
        return len(old)

    def __contains__(self, token: object) -> bool:
        """Whether the frames of this token are here."""
        return token in self._entries

    def get(self, token: str) -> ViewerFrames:
        """Frames of a token.

        Raises FramesGone: unknown token, or pushed out of memory.
        """
        return self._entry(token).frames

    def outlines(self, token: str, lesions: Sequence[Lesion]) -> tuple[Outline, ...]:
        """Outline lesions on the frames; each is worked out once.

        ``lesions``: candidates or a reader's lesion. The result is in the order of ``lesions``. Raises FramesGone:
        unknown token, or pushed out of memory.
        """
        entry = self._entry(token)
        known = {id(o.lesion): o for o in entry.outlines}
        result = [known.get(id(lesion)) or outline(lesion, entry.frames.grid) for lesion in lesions]
        fresh = [o for o in result if id(o.lesion) not in known]
        entry.outlines = [*entry.outlines, *fresh][-_MAX_OUTLINES:]
        return tuple(result)

    def _entry(self, token: str) -> _Entry:
        """Find an entry and mark it as used."""
        with self._lock:
            if token not in self._entries:
                raise FramesGone
            self._entries.move_to_end(token)
            self._entries[token].used_at_s = time.monotonic()
            return self._entries[token]

    def _forget(self, case_id: str) -> None:
        """Remove the entries of a case; the lock is held."""
        for token in [token for token, entry in self._entries.items() if entry.case_id == case_id]:
            del self._entries[token]

    def _n_bytes(self) -> int:
        """Add up what is kept; the lock is held."""
        return sum(entry.frames.n_bytes for entry in self._entries.values())


@cache
def default_frames() -> FrameStore:
    """Frame store of this process."""
    return FrameStore()
