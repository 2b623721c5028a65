"""Oblique planes through a lesion: which ones, their axes, and the slices sampled along them.

A view is a stack of M parallel slices across the tumour, seen along a normal n. The field of view is fixed in
millimetres, so that the picture still tells the size of the tumour, and every view is cut to the same ball, so
that no empty corner can tell from which angle it was taken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isqrt, pi, sqrt

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from deeptepp.domain.geometry import FloatArray
from deeptepp.domain.lesion import Roi
from deeptepp.errors import BadSetting
from deeptepp.views.slices import MIN_AREA_FRACTION, slice_positions_mm

_H = 1 / sqrt(2)

CANONICAL_VIEWS: dict[str, tuple[float, float, float]] = {
    "axial": (0.0, 0.0, 1.0),
    "coronal": (0.0, 1.0, 0.0),
    "sagittal": (1.0, 0.0, 0.0),
    "diagonal-l-p": (_H, _H, 0.0),
    "diagonal-r-p": (_H, -_H, 0.0),
    "diagonal-l-s": (_H, 0.0, _H),
    "diagonal-r-s": (_H, 0.0, -_H),
    "diagonal-p-s": (0.0, _H, _H),
    "diagonal-a-s": (0.0, _H, -_H),
}
"""Unit normal (x, y, z) LPS of each canonical view: the nine planes of symmetry of a cube. The first three are
orthogonal, the first eight make the eight-fold augmentation.

References
----------
Setio et al., IEEE Trans Med Imaging 2016, doi 10.1109/TMI.2016.2536809: nine planes of symmetry of a cube.
"""

FIBONACCI_VIEWS = "fibonacci-<i>-of-<k>"
"""Pattern of the names of any number of views spread over a hemisphere: the i-th of k, from 1."""

MAX_FIBONACCI_VIEWS = 999
"""Most views of a hemisphere."""

PADDING = 0.0
"""Intensity outside of the ball: 0 is the mean of the normalised study, the same in every view and patient."""

MAX_TILT_DEG = 10.0
"""Largest jitter of a normal, in degrees."""

MAX_OFFSET_MM = 3.0
"""Largest jitter of the centre, in mm along any direction; the ball must still fit in the Roi."""

MAX_GAMMA = 1.2
"""Gamma of the intensities is drawn log-uniformly between its inverse and this."""

_LR_LIMIT = 0.9
"""Above this cosine between normal and left-right axis the antero-posterior axis takes its place."""


def view_normal(name: str) -> tuple[float, float, float]:
    """Give the normal of a view by its name.

    ``name``: a key of ``CANONICAL_VIEWS``, or ``fibonacci-<i>-of-<k>``, the i-th of k views spread evenly over the
    hemisphere towards superior; the other hemisphere would show the same planes from behind. Gives (x, y, z): unit
    LPS normal. Raises BadSetting where there is no such view. The i-th of k normals has z = (i - 1/2) / k, so that
    all stand for equal areas of the hemisphere, and turns by the golden angle from the one before.
    """
    if name in CANONICAL_VIEWS:
        return CANONICAL_VIEWS[name]
    found = re.fullmatch(r"fibonacci-([1-9]\d{0,2})-of-([1-9]\d{0,2})", name)
    if found is None or int(found[1]) > int(found[2]):
        limit = f"{', '.join(CANONICAL_VIEWS)}, or {FIBONACCI_VIEWS} with k up to {MAX_FIBONACCI_VIEWS}"
        raise BadSetting(key="views.names", value=name, limit=limit)
    i, k = int(found[1]), int(found[2])
    z = (i - 0.5) / k
    angle, radius = (i - 1) * pi * (3 - sqrt(5)), sqrt(1 - z * z)
    return radius * float(np.cos(angle)), radius * float(np.sin(angle)), z


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewSettings:
    """Which views are made, and how finely.

    ``names``: views that ``view_normal`` knows, in the order in which the network is given them; ``fov_mm``: side
    of the square field of view and diameter of the ball, in mm; ``n_slices``: slices per view; a square number,
    since they are laid out as a square mosaic; ``tile_px``: side of one slice, in pixels; ``min_area_fraction``:
    slices with less tumour area than this share of the largest are left out; 0 keeps all. Raises BadSetting where
    a name is unknown or given twice, or a number is not usable.
    """

    names: tuple[str, ...] = tuple(CANONICAL_VIEWS)
    fov_mm: float = 64.0
    n_slices: int = 16
    tile_px: int = 28
    min_area_fraction: float = MIN_AREA_FRACTION

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.names))
        if not self.names or len(set(self.names)) < len(self.names):
            limit = "different names, at least one"
            raise BadSetting(key="views.names", value=", ".join(self.names) or "empty", limit=limit)
        for name in self.names:
            view_normal(name)
        if not 0 <= self.min_area_fraction < 1:
            raise BadSetting(key="views.min_area_fraction", value=self.min_area_fraction, limit="in [0, 1)")
        if self.n_slices < 1 or isqrt(self.n_slices) ** 2 != self.n_slices:
            raise BadSetting(key="views.n_slices", value=self.n_slices, limit="a square number")
        if self.tile_px < 2:
            raise BadSetting(key="views.tile_px", value=self.tile_px, limit="at least 2")
        if not self.fov_mm > 0:
            raise BadSetting(key="views.fov_mm", value=self.fov_mm, limit="positive")

    @property
    def tiles_per_side(self) -> int:
        """Number of slices along one side of the mosaic."""
        return isqrt(self.n_slices)

    @property
    def mosaic_px(self) -> int:
        """Side of the mosaic in pixels."""
        return self.tiles_per_side * self.tile_px


@dataclass(frozen=True, slots=True, kw_only=True)
class Jitter:
    """A small random departure from a canonical view; the default changes nothing.

    ``tilt_deg``: angle between the jittered normal and the canonical one, in degrees; ``azimuth_deg``: direction
    of that tilt about the canonical normal, in degrees; ``rotation_deg``: rotation of both in-plane axes about the
    normal, in degrees; ``flip_u``: mirror along the columns; ``flip_v``: mirror along the rows; ``offset_mm``, (x,
    y, z): shift of the centre, LPS mm; ``gamma``: exponent of the intensities after they are scaled to [0, 1]
    within the view, then scaled back.
    """

    tilt_deg: float = 0.0
    azimuth_deg: float = 0.0
    rotation_deg: float = 0.0
    flip_u: bool = False
    flip_v: bool = False
    offset_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    gamma: float = 1.0

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Jitter:
        """Draw a jitter: uniform in tilt, angles, flips and offset, log-uniform in gamma.

        Gives the departure, the same distribution whatever the label of the patient.
        """
        direction = rng.normal(size=3)
        x, y, z = direction / np.linalg.norm(direction) * rng.uniform(0, MAX_OFFSET_MM)
        return cls(
            tilt_deg=rng.uniform(0, MAX_TILT_DEG),
            azimuth_deg=rng.uniform(0, 360),
            rotation_deg=rng.uniform(0, 360),
            flip_u=bool(rng.integers(2)),
            flip_v=bool(rng.integers(2)),
            offset_mm=(float(x), float(y), float(z)),
            gamma=float(MAX_GAMMA ** rng.uniform(-1, 1)),
        )


def plane_axes(normal: npt.ArrayLike, jitter: Jitter | None = None) -> FloatArray:
    """Give the axes of a plane: columns of the picture, rows of the picture, normal.

    ``normal``, (3,): LPS direction (x, y, z) of any length but 0. Gives (3, 3) float64: rows e1 (along columns,
    towards the left where possible), e2 (along rows) and e3 = n, unit LPS vectors. Right-handed unless one flip is
    on. e1 is the left-right axis made perpendicular to n, or the antero-posterior axis where |x . n| > 0.9; e2 = n
    x e1. An axial picture therefore has its columns towards the left and its rows towards posterior.
    """
    n = np.asarray(normal, dtype=np.float64)
    axes = _axes_of(n / np.linalg.norm(n))
    if jitter is None:
        return axes
    # Tilt the normal towards a direction in the plane, then turn the plane about it, then mirror.
    if jitter.tilt_deg:
        around, tilt = np.deg2rad([jitter.azimuth_deg, jitter.tilt_deg])
        sideways = np.cos(around) * axes[0] + np.sin(around) * axes[1]
        axes = _axes_of(np.cos(tilt) * axes[2] + np.sin(tilt) * sideways)
    angle = np.deg2rad(jitter.rotation_deg)
    e1 = np.cos(angle) * axes[0] + np.sin(angle) * axes[1]
    e2 = np.cos(angle) * axes[1] - np.sin(angle) * axes[0]
    return np.stack([-e1 if jitter.flip_u else e1, -e2 if jitter.flip_v else e2, axes[2]])


def _axes_of(n: FloatArray) -> FloatArray:
    """Complete a unit normal to the (3, 3) axes of its plane."""
    reference = np.array([1.0, 0.0, 0.0] if abs(n[0]) <= _LR_LIMIT else [0.0, 1.0, 0.0])
    e1 = reference - (reference @ n) * n
    e1 /= np.linalg.norm(e1)
    return np.stack([e1, np.cross(n, e1), n])


def sample_view(
    roi: Roi, normal: npt.ArrayLike, settings: ViewSettings, *, jitter: Jitter | None = None
) -> npt.NDArray[np.float32]:
    """Sample the slices of one view by trilinear interpolation.

    ``roi``: normalised cube around the lesion; the ball around its centre, jitter included, must fit in it;
    ``normal``, (3,): LPS direction along which the slices follow each other. Gives (M, c, T, T) float32: slices in
    ascending position along the normal; ``PADDING`` outside of the ball of diameter ``fov_mm``. Raises BadSetting
    where the ball does not fit in the Roi. p(u, v, w) = c + u e1 + v e2 + w n for the pixel centres u, v of the
    field of view and the slice positions w. The centre c is that of the cube, which was cut around the centroid of
    the lesion.
    """
    jitter = jitter or Jitter()
    inside, index = view_index(roi, normal, settings, jitter=jitter)
    view = np.full((len(roi.voxels), settings.n_slices, settings.tile_px, settings.tile_px), PADDING, np.float32)
    for channel, voxels in zip(view, roi.voxels, strict=True):
        values = ndimage.map_coordinates(voxels, index, order=1, mode="nearest", prefilter=False)
        channel[inside] = _with_gamma(values, jitter.gamma)
    return np.ascontiguousarray(view.swapaxes(0, 1))


def view_index(
    roi: Roi, normal: npt.ArrayLike, settings: ViewSettings, *, jitter: Jitter | None = None
) -> tuple[npt.NDArray[np.bool_], FloatArray]:
    """Tell where in the cube the pixels of one view lie.

    ``roi``: normalised cube around the lesion; the ball around its centre, jitter included, must fit in it;
    ``normal``, (3,): LPS direction along which the slices follow each other. Gives tuple of (M, T, T) bool and (3,
    n) float64: pixels inside of the ball, and the (z, y, x) index of each of them in the cube, in raster order.
    Raises BadSetting where the ball does not fit in the Roi.
    """
    jitter = jitter or Jitter()
    _check_room(roi, settings, jitter)
    axes = plane_axes(normal, jitter)
    centre_mm = roi.grid.centre_mm + np.asarray(jitter.offset_mm)
    # Positions of the slices along the normal, and of the pixels across it.
    w = slice_positions_mm(
        roi,
        axes[2],
        centre_mm,
        n_slices=settings.n_slices,
        radius_mm=settings.fov_mm / 2,
        min_area_fraction=settings.min_area_fraction,
    )
    u = ((np.arange(settings.tile_px) + 0.5) / settings.tile_px - 0.5) * settings.fov_mm
    # Only pixels in the ball, as points in mm and then as indices of the cube.
    inside = w[:, None, None] ** 2 + u[None, :, None] ** 2 + u[None, None, :] ** 2 <= (settings.fov_mm / 2) ** 2
    k, row, column = np.nonzero(inside)
    offsets = np.stack([u[column], u[row], w[k]])
    to_index = np.linalg.inv(roi.grid.affine[:3, :3])
    index = (to_index @ axes.T) @ offsets + roi.grid.to_index(centre_mm)[:, None]
    return inside, index


def _check_room(roi: Roi, settings: ViewSettings, jitter: Jitter) -> None:
    """Refuse a ball that reaches out of the cube: the missing corner would tell the angle of the view."""
    half_mm = float(((np.asarray(roi.grid.shape) - 1) * roi.grid.spacing_mm).min()) / 2
    needed_mm = settings.fov_mm / 2 + float(np.linalg.norm(jitter.offset_mm))
    if needed_mm > half_mm + 1e-6:
        limit = f"at most {2 * (half_mm - (needed_mm - settings.fov_mm / 2)):g} for this region of interest"
        raise BadSetting(key="views.fov_mm", value=settings.fov_mm, limit=limit)


def _with_gamma(values: npt.NDArray[np.float32], gamma: float) -> npt.NDArray[np.float32]:
    """Raise intensities (n,) to a power on their own range."""
    low, high = values.min(), values.max()
    if gamma == 1.0 or low == high:
        return values
    return np.asarray(low + (high - low) * ((values - low) / (high - low)) ** gamma, dtype=np.float32)
