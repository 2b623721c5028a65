"""Reads pixels from their files straight into volumes, where they lie there as they are shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.dicom.files.member import Member
from deeptepp.dicom.header.headers import Frame
from deeptepp.dicom.pixels.raw_plane import RawPlane, raw_plane_of
from deeptepp.dicom.volumes.stack import Stack

Voxels = npt.NDArray[Any]

_N_WORKERS = 2
"""Planes read at a time."""

_BATCH = 16
"""Planes that one worker reads in a row; after each batch the progress is told, and reading can be stopped."""


@dataclass(frozen=True, slots=True)
class Task:
    """One plane to read.

    ``stack``, ``place``: index of its stack, and its place in it; ``frame``: the plane; ``raw``: where its pixels
    lie, where they are read straight into the volume.
    """

    stack: int
    place: int
    frame: Frame
    raw: RawPlane | None = None


def parted(
    stacks: Sequence[Stack], members: Sequence[Member], volumes: list[Voxels | None]
) -> tuple[list[Task], dict[int, list[Task]]]:
    """Part the planes that can be read straight into their volume from the others.

    ``volumes``: one for each stack; made here, of zeros, where a plane can be read straight into it.
    """
    direct: list[Task] = []
    others: dict[int, list[Task]] = defaultdict(list)
    for i, stack in enumerate(stacks):
        for k, frame in enumerate(stack.frames):
            raw = raw_plane_of(members[frame.source])
            if raw is not None and raw.is_as_shown and raw.shows(frame):
                shape = (len(stack.frames), raw.rows, raw.columns)
                volume = np.zeros(shape, raw.dtype) if volumes[i] is None else volumes[i]
                volumes[i] = volume
                if volume is not None and (volume.dtype, volume.shape) == (raw.dtype, shape):
                    direct.append(Task(i, k, frame, raw))
                    continue
            others[frame.source].append(Task(i, k, frame))
    return sorted(direct, key=lambda task: task.frame.source), others


def read_direct(
    tasks: Sequence[Task], members: Sequence[Member], volumes: Sequence[Voxels | None]
) -> Iterator[int]:
    """Read raw planes straight into their volumes, several at a time.

    ``volumes``: one for each stack; those of the tasks are filled. Raises UnreadablePixels where a file ends
    before its pixels do; DamagedArchive where the archive's bytes do not match its checksums.
    """

    def read(batch: Sequence[Task]) -> int:
        """Read some planes one after the other."""
        for task in batch:
            volume = volumes[task.stack]
            if volume is not None and task.raw is not None:
                task.raw.read_into(members[task.frame.source], volume[task.place])
        return len(batch)

    batches = [tasks[i : i + _BATCH] for i in range(0, len(tasks), _BATCH)]
    # Reading and inflating leave the interpreter to others.
    pool = ThreadPoolExecutor(_N_WORKERS)
    try:
        yield from pool.map(read, batches)
    finally:
        # Whoever stops here, by cancelling or by an error, waits for no plane that is not begun.
        pool.shutdown(cancel_futures=True)
