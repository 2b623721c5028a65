"""Synthetic NIfTI of known geometry and voxels, header bytes laid by hand, without the package's reader."""

import gzip
import struct
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from phantoms_dicom import voxels_of
from scipy.spatial.transform import Rotation

from deeptepp.domain.geometry import Grid

SHAPE = (6, 8, 10)
"""(z, y, x) of a phantom."""

NAME = "doe_jane_19620314"
"""An identifier that must never leave the reader."""

CODES = {
    "u1": 2,
    "i2": 4,
    "i4": 8,
    "f4": 16,
    "c8": 32,
    "f8": 64,
    "i1": 256,
    "u2": 512,
    "u4": 768,
    "i8": 1024,
    "u8": 1280,
}


def ras_affine(rotation: Rotation | None = None, *, mirrored: bool = False) -> np.ndarray:
    """Give voxel index (x, y, z, 1) to RAS mm with unequal spacings."""
    affine = np.eye(4)
    turn = np.eye(3) if rotation is None else rotation.as_matrix()
    affine[:3, :3] = turn @ np.diag([0.7, 0.8, -2.0 if mirrored else 2.0])
    affine[:3, 3] = (12.0, -31.0, 44.0)
    return affine


def grid_of_affine(affine: np.ndarray, shape: tuple[int, int, int] = SHAPE) -> Grid:
    """Give the grid that a RAS affine of (x, y, z) stands for: LPS, (z, y, x)."""
    return Grid(shape, np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine[:, [2, 1, 0, 3]])


@dataclass(frozen=True)
class Raw:
    """Everything that a header says, each part free to be wrong."""

    voxels: np.ndarray
    """(z, y, x) or (t, z, y, x), in the stored type."""
    sform: np.ndarray | None = None
    qform: np.ndarray | None = None
    sform_code: int = 1
    qform_code: int = 1
    version: int = 1
    order: str = "<"
    pixdim: tuple[float, ...] | None = None
    step: float = 0.0
    units: int = 2
    slope: float = 0.0
    intercept: float = 0.0
    intent: int = 0
    datatype: int | None = None
    dim: tuple[int, ...] | None = None
    offset: int | None = None
    magic: bytes | None = None


def encoded(raw: Raw) -> bytes:
    """Give the bytes of a file."""
    affine = next((a for a in (raw.qform, raw.sform) if a is not None and a.any()), np.eye(4))
    sizes = np.linalg.norm(affine[:3, :3], axis=0)
    turn = affine[:3, :3] / sizes
    handed = -1.0 if np.linalg.det(turn) < 0 else 1.0
    b, c, d, a = Rotation.from_matrix(turn * [1.0, 1.0, handed]).as_quat()
    quaternion = np.array([b, c, d]) * (-1.0 if a < 0 else 1.0)
    pixdim = (handed, *(raw.pixdim or sizes), raw.step, 0.0, 0.0, 0.0)
    shape = raw.voxels.shape[::-1]
    dim = raw.dim or (len(shape), *shape, *[1] * (7 - len(shape)))
    codes = (raw.qform_code if raw.qform is not None else 0, raw.sform_code if raw.sform is not None else 0)
    srow = np.zeros(12) if raw.sform is None else raw.sform[:3].ravel()
    q_offset = affine[:3, 3]
    kind = raw.voxels.dtype.str[1:]
    datatype = CODES[kind] if raw.datatype is None else raw.datatype
    n = 348 if raw.version == 1 else 540
    offset = n + 4 if raw.offset is None else raw.offset
    head, put = bytearray(n + 4), struct.pack_into
    o = raw.order
    put(o + "i", head, 0, n)
    if raw.version == 1:
        put(o + "8h", head, 40, *dim)
        put(o + "hhh", head, 68, raw.intent, datatype, raw.voxels.itemsize * 8)
        put(o + "8f", head, 76, *pixdim)
        put(o + "3f", head, 108, offset, raw.slope, raw.intercept)
        head[123] = raw.units
        put(o + "2h6f12f", head, 252, *codes, *quaternion, *q_offset, *srow)
        head[344:348] = raw.magic or b"n+1\0"
    else:
        head[4:12] = raw.magic or b"n+2\0\r\n\x1a\n"
        put(o + "hh", head, 12, datatype, raw.voxels.itemsize * 8)
        put(o + "8q8d", head, 16, *dim, *pixdim)
        put(o + "qdd", head, 168, offset, raw.slope, raw.intercept)
        put(o + "2i6d12d", head, 344, *codes, *quaternion, *q_offset, *srow)
        put(o + "2i", head, 500, raw.units, raw.intent)
    # NIfTI stores x fastest, which is the order of a (z, y, x) array.
    return bytes(head) + np.ascontiguousarray(raw.voxels).astype(raw.voxels.dtype.newbyteorder(o)).tobytes()


def save(raw: Raw, path: Path) -> Path:
    """Write a file, packed where its name ends in .gz."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = encoded(raw)
    path.write_bytes(gzip.compress(content, 1) if path.suffix == ".gz" else content)
    return path


def volumes(n_phases: int = 3) -> tuple[np.ndarray, ...]:
    """Give random 12-bit volumes, each phase brighter than the one before."""
    return tuple((v + np.uint16(500 * i)).astype("u2") for i, v in enumerate(voxels_of(SHAPE, n_phases)))


def plain(voxels: np.ndarray, **changes: object) -> Raw:
    """Give a file whose two transforms agree."""
    affine = ras_affine()
    return replace(Raw(voxels, sform=affine, qform=affine), **changes)


def save_phases(folder: Path, names: list[str], n_phases: int | None = None, **changes: object) -> list[Path]:
    """Write one file per phase."""
    made = volumes(n_phases or len(names))
    return [save(plain(v, **changes), folder / name) for v, name in zip(made, names, strict=True)]


def outline(*points: tuple[int, int, int], value: int = 1) -> np.ndarray:
    """Give a mask, (z, y, x) uint8."""
    mask = np.zeros(SHAPE, dtype="u1")
    for point in points:
        mask[point] = value
    return mask


def save_volume(voxels: np.ndarray, grid: Grid, path: Path) -> Path:
    """Write voxels of any axial grid, (z, y, x)."""
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ grid.affine[:, [2, 1, 0, 3]]
    return save(Raw(voxels, sform=affine, qform=affine), path)
