"""Tissue fractions on a grid, painted one structure over the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.domain.geometry import Grid
from deeptepp.simulate.kinetics import Tissue
from deeptepp.simulate.texture import Field

Box = tuple[slice, slice, slice]


class Canvas:
    """Fractions of each tissue, air being what remains.

    ``grid``: axial grid of the fractions; ``rng``: source of randomness for what is painted. ``fractions``,
    (n_tissues, z, y, x) float32: in the order of ``Tissue``; ``z``, ``y``, ``x``: LPS coordinates in mm, shaped to
    broadcast to (z, y, x).
    """

    def __init__(self, grid: Grid, rng: np.random.Generator) -> None:
        self.grid = grid
        self.rng = rng
        self.fractions: Field = np.zeros((len(Tissue), *grid.shape), dtype=np.float32)
        nz, ny, nx = grid.shape
        x0, y0, z0 = grid.affine[:3, 3]
        dz, dy, dx = grid.spacing_mm
        self.z: Field = (z0 + dz * np.arange(nz)).astype(np.float32)[:, None, None]
        self.y: Field = (y0 + dy * np.arange(ny)).astype(np.float32)[None, :, None]
        self.x: Field = (x0 + dx * np.arange(nx)).astype(np.float32)[None, None, :]
        self._painted: set[Tissue] = set()

    @property
    def pitch_mm(self) -> npt.NDArray[Any]:
        """Voxel size (dz, dy, dx) in mm."""
        return np.asarray(self.grid.spacing_mm)

    def box(self, low_mm: tuple[float, float, float], high_mm: tuple[float, float, float]) -> Box:
        """Slices (z, y, x) that cover a box of LPS corners (x, y, z) in mm; at least one voxel each."""
        ends = np.array([low_mm, high_mm], dtype=float)[:, ::-1]
        origin = self.grid.affine[2::-1, 3]
        index = np.rint((ends - origin) / self.pitch_mm).astype(int)
        last = np.asarray(self.grid.shape) - 1
        start, stop = np.clip(index[0], 0, last), np.clip(index[1], 0, last) + 1
        z, y, x = (slice(int(a), int(max(b, a + 1))) for a, b in zip(start, stop, strict=True))
        return z, y, x

    def axes(self, box: Box) -> tuple[Field, Field, Field]:
        """Coordinates (z, y, x) in mm inside a box, shaped to broadcast."""
        return self.z[box[0]], self.y[:, box[1]], self.x[:, :, box[2]]

    def paint(self, tissue: Tissue, share: Field, box: Box | None = None) -> None:
        """Replace a share of whatever lies in a box by one tissue.

        ``share``, (z, y, x) float32: in [0, 1], on the box.
        """
        here = box or (slice(None), slice(None), slice(None))
        for other in self._painted:
            layer = self.fractions[(int(other), *here)]
            layer -= layer * share
        self.fractions[(int(tissue), *here)] += share
        self._painted.add(tissue)
