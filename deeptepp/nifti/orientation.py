"""Where the voxels of a NIfTI image are: qform and sform are both looked at, and must agree.

The standard lets a file carry two transforms and does not say which counts; readers differ. Here a file is read
where only one is set, or where both place every corner at one point. NIfTI counts in RAS millimetres with x first;
a ``Grid`` is LPS with z first.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from deeptepp.domain.geometry import FloatArray, Grid
from deeptepp.errors import (
    ImplausibleNifti,
    NiftiGeometriesDiffer,
    NiftiSpacingDiffers,
    NiftiUnits,
    SkewedNifti,
    UnplacedNifti,
)
from deeptepp.imaging.plausible import implausible_length
from deeptepp.nifti.header import NiftiHeader

TOLERANCE_MM = 0.1
"""Corners that lie nearer than this, in mm, are at one place: an eighth of a voxel of breast MR."""

RIGHT_ANGLE = 1e-4
"""Largest cosine between two axes that a ``Grid`` takes as they are."""

_FLOAT32_SQUARES = 4e-7
"""How far 1 - b^2 - c^2 - d^2 can be off when b, c, d are rounded to float32."""

_LARGEST = 1e9
"""A number of a transform that is larger is no length, direction or place."""

_ANATOMICAL = (1, 2)
"""Transform codes of scanner coordinates and of alignment to another image; the higher ones are templates."""

_LENGTH_UNITS = {1: "metres", 3: "micrometres"}

_RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def grid_of(header: NiftiHeader) -> Grid:
    """Place the voxels of a header.

    Gives LPS, (z, y, x), oriented exactly as stored. Raises NiftiUnits where lengths are not in mm; UnplacedNifti
    where no valid transform; NiftiGeometriesDiffer, NiftiSpacingDiffers where the header gives two answers;
    SkewedNifti, ImplausibleNifti where the axes are not at right angles, or a length is none of an image.
    """
    if not header.is_in_mm:
        raise NiftiUnits(value=_LENGTH_UNITS.get(header.units & 0x07, "an unknown unit"))
    affine = _agreed_affine(header)
    _check_pixdim(affine, header)
    nx, ny, nz = header.shape
    # Columns from x, y, z to z, y, x, and rows from RAS to LPS.
    turned = _squared((_RAS_TO_LPS @ affine)[:, [2, 1, 0, 3]], (nz, ny, nx))
    grid = Grid((nz, ny, nx), turned)
    edges = [("The voxel size", mm) for mm in grid.spacing_mm]
    implausible = implausible_length(edges, "The place", float(np.abs(grid.corners_mm()).max()))
    if implausible:
        raise ImplausibleNifti(**implausible)
    return grid


def _agreed_affine(header: NiftiHeader) -> FloatArray:
    """Take the transform that is set; where both are, the sform if the qform says the same."""
    s_affine, q_affine = _sform(header), _qform(header)
    if s_affine is None and q_affine is None:
        raise UnplacedNifti(reason=_why_unplaced(header))
    if s_affine is None or q_affine is None:
        return q_affine if s_affine is None else s_affine  # type: ignore[return-value]
    limit = TOLERANCE_MM + _qform_slack_mm(header, s_affine)
    apart = _apart_mm(s_affine, q_affine, header.shape)
    if not apart <= limit:
        raise NiftiGeometriesDiffer(value=float(f"{apart:.3g}"), limit=TOLERANCE_MM)
    return s_affine


def _why_unplaced(header: NiftiHeader) -> str:
    """Why no transform can be used."""
    codes = (header.qform_code, header.sform_code)
    if codes == (0, 0):
        return "neither qform nor sform is set"
    if max(codes) > max(_ANATOMICAL):
        return "its coordinates are those of a template"
    return "its transforms are no valid ones"


def _sform(header: NiftiHeader) -> FloatArray | None:
    """Sform, voxel index (x, y, z, 1) to RAS mm, or None where it is not set or not valid."""
    if header.sform_code not in _ANATOMICAL or not _are_usable(header.sform):
        return None
    if np.linalg.norm(header.sform[:, :3], axis=0).min() <= 0 or np.linalg.matrix_rank(header.sform[:, :3]) < 3:
        return None
    return np.vstack([header.sform, [0.0, 0.0, 0.0, 1.0]])


def _qform(header: NiftiHeader) -> FloatArray | None:
    """Qform, voxel index (x, y, z, 1) to RAS mm, or None where it is not set or not valid."""
    sizes = header.pixdim[1:4]
    numbers = np.concatenate([header.quaternion, header.q_offset, sizes])
    if header.qform_code not in _ANATOMICAL or not _are_usable(numbers) or sizes.min() <= 0:
        return None
    left = 1.0 - float(header.quaternion @ header.quaternion)
    if left < -1e-4:
        return None
    affine = np.eye(4)
    # pixdim[0] of -1 turns the third axis round; 0 and anything else stand for 1.
    handed = np.array([1.0, 1.0, -1.0 if header.pixdim[0] == -1.0 else 1.0])
    affine[:3, :3] = _rotation(header.quaternion, left) * sizes * handed
    affine[:3, 3] = header.q_offset
    return affine


def _are_usable(numbers: FloatArray) -> bool:
    """Whether all numbers are finite and can be those of a transform."""
    return bool((np.abs(numbers) < _LARGEST).all())


def _rotation(quaternion: FloatArray, left: float) -> FloatArray:
    """Turn b, c, d and the square of a that is left into a matrix; of half a turn a is 0, as in nifti1_io.c."""
    a = 0.0 if left < 1e-7 else float(np.sqrt(left))
    rotation: FloatArray = Rotation.from_quat([*quaternion, a]).as_matrix()
    return rotation


def _qform_slack_mm(header: NiftiHeader, affine: FloatArray) -> float:
    """How far float32 can move a corner of the qform: much only near a turn by 180 degrees, where a is 0."""
    left = max(1.0 - float(header.quaternion @ header.quaternion), 0.0)
    angle_rad = 2 * float(np.sqrt(left + _FLOAT32_SQUARES) - np.sqrt(left))
    diagonal = affine[:3, :3] @ (np.array(header.shape) - 1)
    return angle_rad * float(np.linalg.norm(diagonal))


def _corners(shape: tuple[int, int, int]) -> FloatArray:
    """Indices (x, y, z, 1) of the corner voxels, (4, 8)."""
    ends = np.array(np.meshgrid(*[(0, n - 1) for n in shape], indexing="ij"), dtype=np.float64).reshape(3, -1)
    return np.vstack([ends, np.ones(8)])


def _apart_mm(one: FloatArray, other: FloatArray, shape: tuple[int, int, int]) -> float:
    """Largest distance in mm between where two transforms place a corner."""
    return float(np.linalg.norm(((one - other) @ _corners(shape))[:3], axis=0).max())


def _check_pixdim(affine: FloatArray, header: NiftiHeader) -> None:
    """Refuse a voxel size that is not that of the transform; 0 stands for none."""
    sizes = np.minimum(np.abs(header.pixdim[1:4]), _LARGEST)
    lengths = np.linalg.norm(affine[:3, :3], axis=0)
    is_given = np.isfinite(sizes) & (sizes > 0)
    off = float((np.abs(sizes - lengths) * np.array(header.shape))[is_given].max(initial=0.0))
    if off > TOLERANCE_MM:
        raise NiftiSpacingDiffers(value=float(f"{off:.3g}"), limit=TOLERANCE_MM)


def _squared(affine: FloatArray, shape: tuple[int, int, int]) -> FloatArray:
    """Turn axes that rounding left a little askew to right angles, or refuse where that moves a corner."""
    columns = affine[:3, :3]
    lengths = np.linalg.norm(columns, axis=0)
    unit = columns / lengths
    if np.abs(unit.T @ unit - np.eye(3)).max() < RIGHT_ANGLE:
        return affine
    # The nearest orthogonal matrix to the unit axes.
    left, _, right = np.linalg.svd(unit)
    squared = affine.copy()
    squared[:3, :3] = left @ right * lengths
    moved = _apart_mm(affine, squared, shape)
    if moved > TOLERANCE_MM:
        raise SkewedNifti(value=float(f"{moved:.3g}"), limit=TOLERANCE_MM)
    return squared
