"""The intensities of a NIfTI image, streamed volume by volume, checked, scaled; and whether it is an outline."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from deeptepp.domain.progress import bounds, checkpoint
from deeptepp.errors import DamagedNifti, NiftiTooLarge, NotFiniteNifti
from deeptepp.nifti.files import NamedFile
from deeptepp.nifti.header import NiftiHeader
from deeptepp.safe_files import DAMAGE, MAX_TOTAL_BYTES, in_words
from deeptepp.wording.sentence import sentence

MAX_VOLUME_BYTES = 512 * 1024**2
"""Largest unpacked volume in bytes; 512 x 512 x 256 voxels of float64 fill it."""

MAX_RATIO = 200.0
"""Largest unpacked over stored size of all images together; MR packs 2 to 5 times, a bomb 1000 times."""

RATIO_FROM_BYTES = 1024**3
"""Unpacked size in bytes below which the ratio is not looked at: an empty outline packs 1000 times."""

MAX_LABELS = 16
"""An image of at most so many different values holds labels; one slice of MR has hundreds."""

_TAIL_BYTES = 4096
"""Bytes that may follow the last voxel: some programs fill up a block."""

_CHUNK_BYTES = 1024**2
"""Bytes looked at together to count different values."""

Voxels = npt.NDArray[Any]
"""Intensities of one volume, (z, y, x)."""


def check_size(images: Sequence[tuple[NamedFile, NiftiHeader]]) -> None:
    """Refuse what a study cannot be, before anything is unpacked.

    Raises NiftiTooLarge where a volume, all of them, or what they unpack to is too large.
    """
    largest = max((header.volume_bytes for _, header in images), default=0)
    if largest > MAX_VOLUME_BYTES:
        raise NiftiTooLarge(
            value=sentence("{size} a volume", size=in_words(largest)), limit=in_words(MAX_VOLUME_BYTES)
        )
    limit = int(min(MAX_TOTAL_BYTES, bounds().voxel_bytes))
    total, stored = sum(header.total_bytes for _, header in images), sum(file.size_bytes for file, _ in images)
    if total > limit:
        raise NiftiTooLarge(value=in_words(total), limit=in_words(limit))
    if total > max(RATIO_FROM_BYTES, MAX_RATIO * stored):
        raise NiftiTooLarge(
            value=sentence("{n:.0f} times their size", n=total / max(stored, 1)),
            limit=sentence("{n:.0f} times", n=MAX_RATIO),
        )


def read_voxels(file: NamedFile, header: NiftiHeader, wanted: Container[int]) -> dict[int, Voxels]:
    """Read volumes of a file.

    By index, (z, y, x); integers of 8 and 16 bits as stored where there is no scale, else float32. Raises
    DamagedNifti where the file ends early, goes on behind its last voxel, or does not match its checksum;
    NotFiniteNifti where a voxel is no number.
    """
    kept = {}
    with _voxel_bytes(file, header) as stream:
        for index in range(header.n_volumes):
            checkpoint()
            stored = _filled(stream, header.volume_bytes)
            if index in wanted:
                kept[index] = _scaled(stored.view(header.dtype), header).reshape(header.shape[::-1])
        # Reading to the end also compares the checksum of gzip.
        if len(stream.read(_TAIL_BYTES + 1)) > _TAIL_BYTES:
            raise DamagedNifti(reason="it holds more bytes than its dimensions say")
    return kept


def labels_of(file: NamedFile, header: NiftiHeader) -> tuple[float, ...] | None:
    """Find the few values of an image of labels.

    Gives the stored values in order; None for an image of intensities, which is read no further than that needs.
    """
    seen: set[float] = set()
    left = header.total_bytes
    with _voxel_bytes(file, header) as stream:
        while left and len(seen) <= MAX_LABELS:
            checkpoint()
            chunk = _filled(stream, min(left, _CHUNK_BYTES)).view(header.dtype)
            left -= chunk.nbytes
            seen.update(np.unique(chunk)[: MAX_LABELS + 1].tolist())
    return tuple(sorted(seen)) if len(seen) <= MAX_LABELS else None


@contextmanager
def _voxel_bytes(file: NamedFile, header: NiftiHeader) -> Iterator[BinaryIO]:
    """Open a file at its first voxel; what breaks on the way is damage."""
    try:
        with file.unpacked() as stream:
            if len(stream.read(header.offset)) < header.offset:
                raise DamagedNifti(reason="it ends before its first voxel")
            yield stream
    except DAMAGE:
        raise DamagedNifti(reason="it ends early, or its bytes do not match their checksum") from None


def _filled(stream: BinaryIO, n_bytes: int) -> npt.NDArray[np.uint8]:
    """Read exactly so many bytes."""
    filled = np.empty(n_bytes, dtype=np.uint8)
    view, done = filled.data, 0
    while done < n_bytes:
        checkpoint()
        got = stream.readinto(view[done:])  # type: ignore[attr-defined]
        if not got:
            raise DamagedNifti(reason="it ends before its last voxel")
        done += got
    return filled


def _scaled(stored: Voxels, header: NiftiHeader) -> Voxels:
    """Intensities in this machine's byte order."""
    is_plain = (header.slope, header.intercept) == (1.0, 0.0)
    if is_plain and stored.dtype.kind in "iu" and stored.dtype.itemsize <= 2:
        return stored.astype(stored.dtype.newbyteorder("="), copy=False)
    with np.errstate(over="ignore", invalid="ignore"):
        values = stored if is_plain else stored * header.slope + header.intercept
        scaled: npt.NDArray[np.float32] = values.astype(np.float32)
    n_broken = scaled.size - int(np.isfinite(scaled).sum())
    if n_broken:
        raise NotFiniteNifti(value=n_broken)
    return scaled
