"""Digests of pixels, by which copies are told: made only where headers leave it open, and remembered."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from deeptepp.dicom.files.member import Member
from deeptepp.dicom.header.headers import Frame
from deeptepp.dicom.pixels.decode import Voxels, read_plane
from deeptepp.dicom.roles.rows import Row
from deeptepp.dicom.volumes.stack import Stack
from deeptepp.domain.progress import checkpoint
from deeptepp.errors import InputError


class Fingerprints:
    """Digests of the planes of one study.

    ``members``: the files that frames point into.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        self._members = members
        self._known: dict[tuple[int, int], bytes] = {}

    def of_plane(self, frame: Frame) -> bytes:
        """Digest the pixels of a plane.

        The same for equal pixels; of its own where they cannot be read.
        """
        address = frame.source, frame.index
        if address not in self._known:
            plane = self._read(frame)
            self._known[address] = repr(address).encode() if plane is None else _digest(plane)
        return self._known[address]

    def of_row(self, row: Row) -> bytes:
        """Digest the middle plane of a volume.

        The same for equal pixels; empty where all pixels are of one value, which says nothing.
        """
        return self.of_stack(row.stack)

    def of_stack(self, stack: Stack) -> bytes:
        """Digest the middle plane of a volume that has no key yet."""
        middle = stack.frames[len(stack.frames) // 2]
        plane = self._read(middle)
        return b"" if plane is None or plane.min() == plane.max() else _digest(plane)

    def _read(self, frame: Frame) -> Voxels | None:
        """Decode a plane; None where it cannot be."""
        checkpoint()
        try:
            return read_plane(self._members[frame.source], frame)
        except InputError:
            return None


def _digest(plane: Voxels) -> bytes:
    """Digest values, whatever their type."""
    return hashlib.sha256(np.ascontiguousarray(plane, dtype="<f4").data).digest()
