"""Decodes the pixels of chosen planes into volumes, one file in memory at a time."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import generate_frames
from pydicom.pixels.utils import iter_pixels
from pydicom.uid import (
    JPEG2000,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
)

from deeptepp.dicom.files.deflated import inflated
from deeptepp.dicom.files.member import Member
from deeptepp.dicom.files.watched import Watched
from deeptepp.dicom.header.headers import Frame
from deeptepp.dicom.header_values import UNREADABLE, first, number, quiet
from deeptepp.dicom.pixels.codestream import coded_image
from deeptepp.dicom.pixels.direct import Voxels as Voxels
from deeptepp.dicom.pixels.direct import parted, read_direct
from deeptepp.dicom.pixels.frame_stream import LONG_BYTES, frame_stream
from deeptepp.dicom.pixels.pixel_end import check_end
from deeptepp.dicom.pixels.raw_plane import raw_plane_of
from deeptepp.dicom.pixels.scale import Factor
from deeptepp.dicom.volumes.stack import Stack
from deeptepp.domain.progress import bounds, checkpoint
from deeptepp.errors import InputError, StudyTooLarge, UnreadablePixels
from deeptepp.safe_files import MAX_TOTAL_BYTES, check_total, in_words

_GDCM = "gdcm"

Scale = tuple[float | None, float | None]
"""RescaleSlope and RescaleIntercept."""

_DECODERS = {
    JPEGBaseline8Bit: _GDCM,
    JPEGExtended12Bit: _GDCM,
    JPEGLossless: _GDCM,
    JPEGLosslessSV1: _GDCM,
    JPEGLSLossless: "pyjpegls",
    JPEGLSNearLossless: "pyjpegls",
    JPEG2000: "pylibjpeg",
    JPEG2000Lossless: "pylibjpeg",
}
"""Decoder of each transfer syntax. GDCM, else tried for all, ends the whole process on some damaged images of
JPEG-LS and JPEG 2000, so that it is left those which no other decoder here can read."""

_UNCOMPRESSED = frozenset(
    {ImplicitVRLittleEndian, ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian}
)

_OTHER_SIZE = "the size differs from the header"

_OTHER_NUMBER = "the number of frames differs from the header"

_NOT_FINITE = "intensities that are no numbers"

MAX_PLANE_BYTES = 64 * 1024**2
"""Largest single slice that is decoded to be looked at; one of 2048 x 2048 has 8 MiB."""

_BYTES_PER_VOXEL = 2
"""Least size in bytes of a decoded voxel."""


def read_volumes(
    stacks: Sequence[Stack],
    members: Sequence[Member],
    *,
    advance: Callable[[float], None],
    factors: Sequence[Factor] | None = None,
) -> tuple[Voxels, ...]:
    """Decode the voxels of each stack.

    ``advance``: is told the share of files done, in [0, 1]; ``factors``: one for each stack, or each of its
    planes, by which rescaled intensities are multiplied; None or 1 leaves them as they are. Gives tuple of (z, y,
    x) arrays: int16, uint16 or int32 where rescaling gives whole numbers and no factor is applied, else float32.
    Raises UnreadablePixels where pixel data are truncated, of another size, or cannot be decoded; StudyTooLarge
    where the headers declare more voxels than a study can have.
    """
    _check_size(sum(map(_least_bytes, stacks, factors or [None] * len(stacks))))
    volumes: list[Voxels | None] = [None] * len(stacks)
    direct, others = parted(stacks, members, volumes)
    n_sources = len({task.frame.source for task in direct}) + len(others)
    n_done = 0
    for n_read in read_direct(direct, members, volumes):
        n_done += n_read
        advance(min(n_done / n_sources, 1.0))
    for source in sorted(others):
        advance(min(n_done / n_sources, 1.0))
        tasks = sorted(others[source], key=lambda task: task.frame.index)
        with quiet():
            for task, plane in zip(tasks, _planes(members[source], [task.frame for task in tasks]), strict=True):
                n_planes = len(stacks[task.stack].frames)
                volumes[task.stack] = _placed(volumes[task.stack], plane, task.place, n_planes)
        n_done += 1
    read = [volume for volume in volumes if volume is not None]
    return tuple(map(_multiplied, read, factors or [None] * len(read)))


def _least_bytes(stack: Stack, factor: Factor) -> int:
    """Least bytes of the voxels of a stack, of twice the size where they are multiplied."""
    n_bytes = _BYTES_PER_VOXEL * sum(frame.rows * frame.columns for frame in stack.frames)
    return n_bytes if factor is None or np.all(np.equal(factor, 1)) else 2 * n_bytes


def _multiplied(volume: Voxels, factor: Factor) -> Voxels:
    """Apply a factor to a whole volume, or one to each of its planes."""
    if factor is None or np.all(np.equal(factor, 1)):
        return volume
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = volume.astype(np.float32) * np.asarray(factor, dtype=np.float32).reshape(-1, 1, 1)
    if not np.isfinite(scaled).all():
        raise UnreadablePixels(value=len(volume), reason=_NOT_FINITE)
    return scaled


def read_plane(member: Member, frame: Frame) -> Voxels:
    """Decode one plane, rescaled.

    Gives (y, x) array: as in ``read_volumes``. Raises UnreadablePixels where pixel data are truncated, of another
    size, or cannot be decoded; StudyTooLarge where the header declares more pixels than a slice of MR has.
    """
    n_bytes = _BYTES_PER_VOXEL * frame.rows * frame.columns
    if n_bytes > MAX_PLANE_BYTES:
        raise StudyTooLarge(value=in_words(n_bytes), limit=in_words(MAX_PLANE_BYTES))
    with quiet():
        return next(_planes(member, [frame]))


def _check_size(n_bytes: int) -> None:
    """Refuse pixels that would fill the memory, before the first of them is read."""
    limit = int(min(MAX_TOTAL_BYTES, bounds().voxel_bytes))
    if n_bytes > limit:
        raise StudyTooLarge(value=in_words(n_bytes), limit=in_words(limit))


def _placed(volume: Voxels | None, plane: Voxels, k: int, n_planes: int) -> Voxels:
    """Write a plane into its volume, which is made or widened as its dtype asks."""
    if volume is None:
        volume = np.zeros((n_planes, *plane.shape), dtype=plane.dtype)
    elif plane.dtype != volume.dtype:
        volume = volume.astype(_common(volume.dtype, plane.dtype), copy=False)
    volume[k] = plane
    return volume


def _common(a: np.dtype[Any], b: np.dtype[Any]) -> np.dtype[Any]:
    """Smallest of int32 and float32 that holds both, if neither does."""
    if a.kind == "f" or b.kind == "f":
        return np.dtype(np.float32)
    return np.promote_types(a, b)


def _planes(member: Member, frames: Sequence[Frame]) -> Iterator[Voxels]:
    """Decode the wanted frames of one file, in ascending order, rescaled."""
    raw = raw_plane_of(member)
    if raw is not None and all(map(raw.shows, frames)):
        plane = np.empty((raw.rows, raw.columns), raw.dtype)
        raw.read_into(member, plane)
        yield from (_rescaled(plane, raw.slope, raw.intercept) for _ in frames)
        return
    try:
        for frame, (plane, scale) in zip(frames, _stored(member, [each.index for each in frames]), strict=True):
            checkpoint()
            found = _rescaled(plane, *scale)
            if found.shape != (frame.rows, frame.columns):
                raise UnreadablePixels(value=1, reason=_OTHER_SIZE)
            yield found
    except InputError:
        raise
    except UNREADABLE as error:
        raise UnreadablePixels(value=1, reason=_reason(error)) from None


def _stored(member: Member, indices: Sequence[int]) -> Iterator[tuple[Voxels, Scale]]:
    """Decode frames as they are stored, with their slope and intercept."""
    _check_size(member.size_bytes)
    if member.size_bytes > LONG_BYTES:
        with member.open() as stream:
            long = frame_stream(stream, member.size_bytes)
            if long is not None:
                yield from ((long.plane(index), _scale(long.header, index)) for index in indices)
                long.read_on()
                return
    dataset = _whole(member)
    for index, plane in zip(indices, _pixels(dataset, indices), strict=True):
        yield plane, _scale(dataset, index)


def _whole(member: Member) -> FileDataset:
    """Read a file as a whole: it is in memory twice until it is read."""
    _check_size(2 * member.size_bytes)
    stream = inflated(io.BytesIO(member.read()))
    dataset = dcmread(Watched(stream), force=True)
    check_end(dataset, stream)
    return dataset


def _pixels(dataset: FileDataset, indices: Sequence[int]) -> Iterator[Voxels]:
    """Decode frames one by one, with the transfer syntax guessed where it is not declared."""
    if "TransferSyntaxUID" not in dataset.file_meta:
        implicit, little = dataset.original_encoding
        dataset.set_original_encoding(bool(implicit), bool(little))
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    n_frames = int(number(dataset.get("NumberOfFrames")) or 1)
    check_total(0, _BYTES_PER_VOXEL * n_frames * int(dataset.Rows) * int(dataset.Columns))
    if len(dataset.get("PerFrameFunctionalGroupsSequence") or [None] * n_frames) != n_frames:
        raise UnreadablePixels(value=n_frames, reason=_OTHER_NUMBER)
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax in _UNCOMPRESSED:
        _check_filled(dataset, n_frames)
    decoder = _DECODERS.get(syntax, "")
    if decoder:
        _check_coded(dataset, n_frames, is_depth_fixed=decoder == _GDCM)
    return iter_pixels(dataset, indices=indices, decoding_plugin=decoder)


def _check_filled(dataset: Dataset, n_frames: int) -> None:
    """Refuse more pixels than the header says, which lie in rows of another length; one byte may be padding."""
    n_bits = n_frames * int(dataset.Rows) * int(dataset.Columns) * int(dataset.BitsAllocated)
    n_bits *= int(dataset.get("SamplesPerPixel") or 1)
    if len(dataset.get("PixelData") or b"") > n_bits // 8 + 1:
        raise UnreadablePixels(value=1, reason=_OTHER_SIZE)


def _check_coded(dataset: Dataset, n_frames: int, *, is_depth_fixed: bool) -> None:
    """Refuse compressed frames of another size than the header says; GDCM also needs the very depth."""
    allocated = int(dataset.BitsAllocated)
    for frame in generate_frames(dataset.PixelData, number_of_frames=n_frames):
        coded = coded_image(frame)
        if coded is None:
            raise UnreadablePixels(value=1, reason="damaged")
        depth = 8 if coded.bits <= 8 else 16
        is_same = (coded.rows, coded.columns, coded.n_samples) == (dataset.Rows, dataset.Columns, 1)
        if not is_same or depth > allocated or (is_depth_fixed and depth != allocated):
            raise UnreadablePixels(value=1, reason=_OTHER_SIZE)


def _scale(dataset: Dataset, index: int) -> Scale:
    """RescaleSlope and RescaleIntercept of one frame."""
    places = [*_transformations(dataset, index), dataset]
    return number(first(places, "RescaleSlope")), number(first(places, "RescaleIntercept"))


def _rescaled(plane: Voxels, slope: float | None, intercept: float | None) -> Voxels:
    """Apply rescale slope and intercept, keeping whole numbers where they stay whole."""
    intercept = intercept or 0.0
    slope = 1.0 if slope is None or slope == 0 else slope
    is_whole = plane.dtype.kind in "iub" and slope == 1
    if is_whole and intercept == 0 and plane.dtype.itemsize <= 2:
        return plane.astype(_native(plane.dtype), copy=False)
    if is_whole and intercept.is_integer():
        return _narrowed(plane.astype(np.int64) + int(intercept))
    with np.errstate(over="ignore", invalid="ignore"):
        rescaled = (plane * slope + intercept).astype(np.float32)
    if not np.isfinite(rescaled).all():
        raise UnreadablePixels(value=1, reason=_NOT_FINITE)
    return rescaled


def _transformations(dataset: Dataset, index: int) -> list[Dataset]:
    """Pixel value transformation of one frame of an enhanced file."""
    found = []
    per_frame = dataset.get("PerFrameFunctionalGroupsSequence") or []
    shared = dataset.get("SharedFunctionalGroupsSequence") or []
    for item in [*per_frame[index : index + 1], *shared[:1]]:
        found.extend(list(item.get("PixelValueTransformationSequence") or [])[:1])
    return found


def _native(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """16-bit type of native byte order that holds a stored type."""
    return np.dtype(np.int16 if dtype.kind == "i" else np.uint16)


def _narrowed(values: npt.NDArray[np.int64]) -> Voxels:
    """Whole numbers in the first of int16, uint16, int32 that holds them, else float32."""
    low, high = int(values.min()), int(values.max())
    for dtype in (np.int16, np.uint16, np.int32):
        if np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max:
            return values.astype(dtype)
    return values.astype(np.float32)


def _reason(error: Exception) -> str:
    """Say in words that hold no header value why decoding failed."""
    text = str(error).lower()
    if "length" in text or "bytes" in text or isinstance(error, EOFError):
        return "truncated"
    return "unknown encoding" if isinstance(error, (NotImplementedError, RuntimeError)) else "damaged"
