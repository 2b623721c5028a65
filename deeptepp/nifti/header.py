"""The header of a NIfTI-1 or NIfTI-2 file, in either byte order, as it stands: nothing is mended or chosen here.

Layout: nifti1.h and nifti2.h of the NIfTI Data Format Working Group.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

from deeptepp.domain.geometry import FloatArray
from deeptepp.errors import DamagedNifti, UnsupportedNifti

HEADER_BYTES = 540
"""Bytes that hold the header of either version."""

MAX_SIDE = 4096
"""Largest number of voxels along an axis; breast MR has at most 1024."""

MAX_VOLUMES = 500
"""Largest number of volumes in one file; an ultrafast breast series has about 60."""

_NIFTI_1 = 348
_NIFTI_2 = 540
_SINGLE = {_NIFTI_1: (344, b"n+1\0"), _NIFTI_2: (4, b"n+2\0\r\n\x1a\n")}
_PAIR = {_NIFTI_1: (344, b"ni1\0"), _NIFTI_2: (4, b"ni2\0\r\n\x1a\n")}
"""Where the magic stands and what it is, by version; of one file, and of a .hdr beside an .img."""

_DTYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4", 1024: "i8", 1280: "u8"}
"""Datatype codes of one real number per voxel, as numpy knows them."""

_OTHER_KINDS = {1: "single bits", 128: "colours", 2304: "colours", 1536: "128-bit numbers"}
_COMPLEX = (32, 1792, 2048)

_VECTOR_INTENTS = range(1004, 1008)
"""Intent codes of matrices, symmetric matrices, displacements and vectors."""

_MM = (0, 2)
"""Codes of lengths in mm, or of nothing said: then mm, as every reader takes it."""


@dataclass(frozen=True, slots=True, eq=False)
class NiftiHeader:
    """What the header says, numbers as stored.

    ``shape``, (x, y, z): voxels along the stored axes, fastest first; ``n_volumes``: volumes along the fourth
    axis; 1 for a 3-D file; ``dtype``: of a stored voxel, with its byte order; ``offset``: bytes before the first
    voxel; ``slope``, ``intercept``: from stored to true intensity; 1 and 0 where the header gives none;
    ``pixdim``, (8,) float64: handedness of the qform, then the size of a voxel, as stored; ``quaternion``,
    ``q_offset``, (3,) float64: of the qform; ``sform``, (3, 4) float64: voxel index (x, y, z, 1) to RAS;
    ``qform_code``, ``sform_code``: 0 where the transform is not set; ``units``: xyzt_units.
    """

    shape: tuple[int, int, int]
    n_volumes: int
    dtype: np.dtype[Any]
    offset: int
    slope: float
    intercept: float
    pixdim: FloatArray
    quaternion: FloatArray
    q_offset: FloatArray
    sform: FloatArray
    qform_code: int
    sform_code: int
    units: int

    @property
    def volume_bytes(self) -> int:
        """Stored size of one volume in bytes."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize

    @property
    def total_bytes(self) -> int:
        """Stored size of all volumes in bytes."""
        return self.volume_bytes * self.n_volumes

    @property
    def is_in_mm(self) -> bool:
        """Whether lengths are millimetres, or nothing is said of them."""
        return self.units & 0x07 in _MM


def is_nifti_head(head: bytes) -> bool:
    """Tell whether bytes begin a NIfTI file, of one or of two files.

    ``head``: at least the first 348 bytes, unpacked. True where size and magic are those of NIfTI-1 or NIfTI-2, in
    either byte order.
    """
    version = _version(head)
    return version is not None and any(_has_magic(head, kinds[version]) for kinds in (_SINGLE, _PAIR))


def parse_header(head: bytes) -> NiftiHeader:
    """Read a header.

    ``head``: the first 540 bytes, unpacked; 348 do for NIfTI-1. Raises DamagedNifti where no NIfTI header, or one
    that contradicts itself; UnsupportedNifti where two files, colours, complex numbers, vectors, or not three
    dimensions.
    """
    version = _version(head)
    if version is None or len(head) < version:
        raise DamagedNifti(reason="it ends within its header")
    if _has_magic(head, _PAIR[version]):
        raise UnsupportedNifti(value="a header without its image (.hdr and .img apart)")
    if not _has_magic(head, _SINGLE[version]):
        raise DamagedNifti(reason="its first bytes are not those of NIfTI")
    return _header(_fields(head, version), _order(head), version)


@dataclass(frozen=True, slots=True)
class _Fields:
    """Raw fields of either version."""

    dim: tuple[int, ...]
    intent: int
    datatype: int
    pixdim: tuple[float, ...]
    offset: float
    slope: float
    intercept: float
    codes: tuple[int, int]
    quaternion: tuple[float, ...]
    sform: tuple[float, ...]
    units: int


def _fields(head: bytes, version: int) -> _Fields:
    """Take the fields from their places."""
    order = _order(head)

    def at(place: int, kind: str) -> tuple[Any, ...]:
        """Read numbers at a place."""
        return struct.unpack_from(order + kind, head, place)

    if version == _NIFTI_1:
        slope, intercept = at(112, "2f")
        return _Fields(
            *(at(40, "8h"), at(68, "h")[0], at(70, "h")[0], at(76, "8f"), at(108, "f")[0], slope, intercept),
            *((at(252, "h")[0], at(254, "h")[0]), at(256, "6f"), at(280, "12f"), head[123]),
        )
    slope, intercept = at(176, "2d")
    return _Fields(
        *(at(16, "8q"), at(504, "i")[0], at(12, "h")[0], at(104, "8d"), at(168, "q")[0], slope, intercept),
        *((at(344, "i")[0], at(348, "i")[0]), at(352, "6d"), at(400, "12d"), at(500, "i")[0]),
    )


def _header(fields: _Fields, order: str, version: int) -> NiftiHeader:
    """Check the fields that say how to read the voxels."""
    shape, n_volumes = _dimensions(fields)
    slope, intercept = _scaling(fields)
    least = version + 4
    if not least <= fields.offset <= 2**30:
        raise DamagedNifti(reason="its voxels begin within its header, or nowhere")
    return NiftiHeader(
        shape=shape,
        n_volumes=n_volumes,
        dtype=_dtype(fields.datatype, order),
        offset=int(fields.offset),
        slope=slope,
        intercept=intercept,
        pixdim=np.array(fields.pixdim, dtype=np.float64),
        quaternion=np.array(fields.quaternion[:3], dtype=np.float64),
        q_offset=np.array(fields.quaternion[3:], dtype=np.float64),
        sform=np.array(fields.sform, dtype=np.float64).reshape(3, 4),
        qform_code=fields.codes[0],
        sform_code=fields.codes[1],
        units=fields.units,
    )


def _dimensions(fields: _Fields) -> tuple[tuple[int, int, int], int]:
    """Shape (x, y, z) and the number of volumes."""
    n_axes = fields.dim[0]
    if not 1 <= n_axes <= 7:
        raise DamagedNifti(reason="its number of dimensions is none")
    sides = (*fields.dim[1 : n_axes + 1], *[1] * (7 - n_axes))
    if min(sides) < 1 or max(sides[:3]) > MAX_SIDE or sides[3] > MAX_VOLUMES:
        raise DamagedNifti(reason="its dimensions are none that an image can have")
    if min(sides[:3]) == 1:
        raise UnsupportedNifti(value="a single slice")
    if max(sides[4:]) > 1:
        raise UnsupportedNifti(value="more than four dimensions")
    if fields.intent in _VECTOR_INTENTS:
        raise UnsupportedNifti(value="vectors or matrices")
    return (sides[0], sides[1], sides[2]), sides[3]


def _dtype(code: int, order: str) -> np.dtype[Any]:
    """Translate the datatype code."""
    if code in _COMPLEX:
        raise UnsupportedNifti(value="complex numbers")
    if code in _OTHER_KINDS:
        raise UnsupportedNifti(value=_OTHER_KINDS[code])
    if code not in _DTYPES:
        raise DamagedNifti(reason="its type of voxel is unknown")
    return np.dtype(order + _DTYPES[code])


def _scaling(fields: _Fields) -> tuple[float, float]:
    """Slope and intercept; a slope of 0, or not a number as some programs write it, stands for none."""
    slope, intercept = fields.slope, fields.intercept
    if slope == 0 or np.isnan(slope):
        return 1.0, 0.0
    if not np.isfinite([slope, intercept]).all():
        raise DamagedNifti(reason="its intensity scale is no number")
    return slope, intercept


def _order(head: bytes) -> str:
    """Byte order as ``struct`` and numpy write it."""
    return "<" if int.from_bytes(head[:4], "little") in _SINGLE else ">"


def _version(head: bytes) -> int | None:
    """Size of the header that stands in its first field, in either byte order."""
    sizes = {int.from_bytes(head[:4], "little"), int.from_bytes(head[:4], "big")} if len(head) >= 4 else set()
    return next(iter(sizes & set(_SINGLE)), None)


def _has_magic(head: bytes, magic: tuple[int, bytes]) -> bool:
    """Whether the magic stands at its place."""
    place, text = magic
    return head[place : place + len(text)] == text
