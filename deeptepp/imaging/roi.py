"""The cube around a lesion that everything downstream sees, cut from the full volume and normalised."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from deeptepp.domain.geometry import FloatArray, Grid, Volume
from deeptepp.domain.lesion import Lesion, Roi
from deeptepp.domain.study import PhaseChoice, Study
from deeptepp.errors import BadSetting, LesionOutsideVolume
from deeptepp.imaging.body import BoolImage
from deeptepp.imaging.normalise import Intensities
from deeptepp.imaging.resample import FloatImage, resample_to
from deeptepp.wording.sentence import joined, sentence

Channel = Literal["pre", "post", "subtraction", "late"]
"""``post`` is the chosen phase, ``subtraction`` is ``post`` minus ``pre``, ``late`` is the last phase."""


@dataclass(frozen=True, slots=True)
class RoiSettings:
    """Size and content of the cube.

    ``size_mm``: edge of the cube; 72 mm holds a sphere of 64 mm under any rotation and 3 mm of jitter (METHOD
    section 5); ``spacing_mm``: isotropic spacing; ``channels``: ``pre``, ``post``, ``subtraction`` or ``late``, in
    order. Raises BadSetting where a size is not positive, or a channel is unknown.
    """

    size_mm: float = 72.0
    spacing_mm: float = 1.0
    channels: tuple[str, ...] = ("post",)

    def __post_init__(self) -> None:
        if not 0 < self.spacing_mm <= self.size_mm:
            raise BadSetting(
                key="roi.spacing_mm", value=self.spacing_mm, limit="positive and not above roi.size_mm"
            )
        known = get_args(Channel)
        if not self.channels or not set(self.channels) <= set(known):
            raise BadSetting(
                key="roi.channels",
                value=self.channels,
                limit=sentence("one or more of {known}", known=joined(", ", known)),
            )

    @property
    def n_voxels(self) -> int:
        """Voxels along each edge."""
        return max(1, round(self.size_mm / self.spacing_mm))


def crop_roi(images: Study | Intensities, phase: PhaseChoice, lesion: Lesion, settings: RoiSettings) -> Roi:
    """Cut the cube around a lesion out of the full volume.

    ``images``: all phases, or their intensities where they were measured; the scale is pooled over them;
    ``phase``: which phase is ``post``. Gives (c, z, y, x) float32, normalised; outside of the images it holds air.
    Raises LesionOutsideVolume where the centroid of the lesion lies outside of the images.
    """
    intensities = Intensities(images) if isinstance(images, Study) else images
    study = intensities.study
    centre = lesion.centroid_mm
    if not study.grid.contains(centre):
        raise LesionOutsideVolume()
    # An isotropic cube around the centroid, of one size for all.
    grid = _cube(centre, settings)
    # One intensity scale for all phases, so that enhancement stays.
    scale = intensities.scale
    index = {"pre": 0, "post": phase.index, "late": study.n_post}
    sampled: dict[int, FloatImage] = {}

    def normalised(k: int) -> FloatImage:
        if k not in sampled:
            sampled[k] = scale.apply(resample_to(study.phases[k].volume, grid, fill=scale.low).voxels)
        return sampled[k]

    channels = [
        normalised(phase.index) - normalised(0) if name == "subtraction" else normalised(index[name])
        for name in settings.channels
    ]
    return Roi(np.stack(channels), lesion_on(lesion, grid), grid)


def _cube(centre_mm: FloatArray, settings: RoiSettings) -> Grid:
    """Make an axial isotropic grid centred on a point."""
    n, spacing = settings.n_voxels, settings.spacing_mm
    return Grid.axial((n, n, n), (spacing,) * 3, [float(c) - (n - 1) / 2 * spacing for c in centre_mm])


def lesion_on(lesion: Lesion, grid: Grid) -> BoolImage:
    """Draw a lesion on another grid.

    Gives (z, y, x) bool: Nearest-neighbour mask; a voxel of the lesion never gets lost between voxels of a coarser
    grid.
    """
    block = Volume(lesion.mask.astype(np.uint8), lesion.grid)
    mask: BoolImage = resample_to(block, grid, order=0).voxels > 0
    index = np.rint(grid.to_index(lesion.points_mm)).astype(int)
    inside = index[((index >= 0) & (index < grid.shape)).all(axis=1)]
    mask[tuple(inside.T)] = True
    return mask


def write_roi(roi: Roi, path: Path) -> None:
    """Write a region of interest as one compressed ``.npz`` file, voxels as float16.

    ``roi``: normalised intensities; float16 keeps three significant digits of them; ``path``: file to write;
    replaced when it exists.
    """
    with path.open("wb") as stream:
        np.savez_compressed(
            stream, voxels=roi.voxels.astype(np.float16), mask=np.packbits(roi.mask), affine=roi.grid.affine
        )


def read_roi(path: Path) -> Roi:
    """Read a region of interest written by ``write_roi``.

    ``path``: the ``.npz`` file; pickled content is refused by numpy. Gives voxels as float32.
    """
    with np.load(path, allow_pickle=False) as stored:
        voxels = stored["voxels"].astype(np.float32)
        shape = voxels.shape[1:]
        mask = np.unpackbits(stored["mask"], count=int(np.prod(shape))).astype(bool).reshape(shape)
        return Roi(voxels, mask, Grid(shape, stored["affine"]))
