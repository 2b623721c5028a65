"""The first pass over the files of a study: every header, no pixels.

What is kept of a header are numbers and codes (``Frame``), and one whole header of each series to de-identify.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pydicom import dcmread
from pydicom.dataset import Dataset

from deeptepp.dicom.files.deflated import inflated
from deeptepp.dicom.files.member import Member
from deeptepp.dicom.files.watched import MAX_HEADER_BYTES, Watched
from deeptepp.dicom.header.headers import Frame, frames_of
from deeptepp.dicom.header.plain import Memo, PlainHeader, read_plain
from deeptepp.dicom.header_values import UNREADABLE, number, quiet
from deeptepp.dicom.pixels.raw_plane import note_raw_plane
from deeptepp.domain.progress import bounds, checkpoint
from deeptepp.errors import ArchiveTooLarge, NoDicomFound, UnreadablePixels
from deeptepp.safe_files import looks_like_dicom
from deeptepp.wording.sentence import sentence

_DIRECTORY = "1.2.840.10008.1.3.10"
"""SOP class of a DICOMDIR."""


@dataclass(slots=True)
class Headers:
    """What the first pass found.

    ``frames``: every image plane of every file, copies included; ``examples``: one whole header of each series,
    the one of least SOPInstanceUID, by SeriesInstanceUID; ``n_files``: DICOM files of a patient; ``n_unreadable``:
    DICOM files whose header is damaged.
    """

    frames: list[Frame] = field(default_factory=list)
    examples: dict[str, Dataset] = field(default_factory=dict)
    n_files: int = 0
    n_unreadable: int = 0


def read_headers(members: Sequence[Member], advance: Callable[[float], None]) -> Headers:
    """Read the headers of all files.

    ``advance``: is told the share of files done, in [0, 1]. Raises NoDicomFound where no DICOM object of a patient
    is among the files; UnreadablePixels where there are some, and the headers of all of them are damaged.
    """
    headers, memo, examples = Headers(), Memo(), dict[str, Dataset | PlainHeader]()
    for source, member in enumerate(members):
        checkpoint()
        advance(source / len(members))
        header = _read_header(member, memo, headers)
        if header is not None:
            headers.n_files += 1
            _remember(header, (source, member), headers, examples)
    for uid, example in examples.items():
        checkpoint()
        headers.examples[uid] = _dataset(example)
    if not headers.frames:
        if headers.n_unreadable:
            raise UnreadablePixels(value=headers.n_unreadable, reason="damaged header")
        raise NoDicomFound(value=len(members))
    return headers


def _check_planes(n_planes: int) -> None:
    """Refuse more image planes than a study may have: one file can hold thousands."""
    limit = bounds().n_files
    if n_planes > limit:
        raise ArchiveTooLarge(value=sentence("{n} images", n=n_planes), limit=sentence("{n} images", n=int(limit)))


def _read_header(member: Member, memo: Memo, headers: Headers) -> Dataset | PlainHeader | None:
    """Parse one file up to its pixels; None where it is no DICOM object of a patient."""
    plain = read_plain(member, memo)
    header = plain if plain is not None else _parsed(member, headers)
    if header is None:
        return None
    try:
        sop_class = header.get("SOPClassUID")
    except UNREADABLE:
        headers.n_unreadable += 1
        return None
    if sop_class in (None, ""):
        headers.n_unreadable += _is_declared(header)
        return None
    return None if sop_class == _DIRECTORY else header


def _is_declared(header: Dataset | PlainHeader) -> bool:
    """Whether the meta information speaks of an object that the header then does not name."""
    with quiet():
        try:
            meta = getattr(_dataset(header), "file_meta", {})
            return meta.get("MediaStorageSOPClassUID") not in (None, "", _DIRECTORY)
        except UNREADABLE:
            return True


def _parsed(member: Member, headers: Headers) -> Dataset | None:
    """Parse the header of one file with pydicom."""
    with member.open() as stream:
        head = stream.read(132)
        if not looks_like_dicom(head):
            return None
        stream.seek(0)
        try:
            with quiet():
                dataset = dcmread(Watched(inflated(stream), MAX_HEADER_BYTES), stop_before_pixels=True, force=True)
                dataset.get("SOPClassUID")
        except ArchiveTooLarge:
            raise
        except UNREADABLE:
            headers.n_unreadable += head[128:] == b"DICM"
            return None
    return dataset


def _remember(
    header: Dataset | PlainHeader,
    file: tuple[int, Member],
    headers: Headers,
    examples: dict[str, Dataset | PlainHeader],
) -> None:
    """Keep the planes of a file, and its header where it is the example of its series."""
    source, member = file
    try:
        # Before the place and time of each is read; a segmentation has frames that are no planes of a study.
        n_said = 0 if header.get("Modality") == "SEG" else int(number(header.get("NumberOfFrames")) or 0)
        _check_planes(len(headers.frames) + n_said)
        frames = _frames(header, source)
        if isinstance(header, PlainHeader):
            note_raw_plane(member, header)
    except ArchiveTooLarge:
        raise
    except UNREADABLE:
        headers.n_unreadable += 1
        return
    headers.frames.extend(frames)
    _check_planes(len(headers.frames))
    uid = frames[0].series.series_uid
    example = examples.get(uid)
    if example is None or str(header.get("SOPInstanceUID")) < str(example.get("SOPInstanceUID")):
        examples[uid] = header


def _frames(header: Dataset | PlainHeader, source: int) -> list[Frame]:
    """Planes of a file."""
    if isinstance(header, PlainHeader):
        # A plain header is silent by itself.
        return list(frames_of(header, source))
    with quiet():
        return list(frames_of(header, source))


def _dataset(example: Dataset | PlainHeader) -> Dataset:
    """Parse the header of an example as a whole."""
    return example.dataset() if isinstance(example, PlainHeader) else example
