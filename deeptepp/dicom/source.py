"""Which images a study was read from: what result objects must name, so that a PACS files them with the study.

UIDs identify (PS3.15), so they travel apart from the ``Study``: in memory, beside the images of one case, and into
nothing but the DICOM objects that a user asks for. They are in no log, ``repr``, digest, JSON or receipt, and
in the store only encrypted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pydicom.uid import MRImageStorage

from deeptepp.dicom.digest import study_digest
from deeptepp.dicom.uids import UidSource
from deeptepp.dicom.volumes.stack import Stack
from deeptepp.domain.study import Study

_UID = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))+")
"""Form of a UID, PS3.5 section 9.1. Of the library's own check the warning quotes the value."""

_LONGEST_UID = 64
"""Characters of the longest UID."""


@dataclass(frozen=True, slots=True)
class SourceImage:
    """One slice of one phase.

    ``instance_uid``: SOPInstanceUID; ``frame``: number of the frame in a multi-frame file, from 1; 0 for a classic
    file.
    """

    instance_uid: str = field(repr=False)
    frame: int = 0


@dataclass(frozen=True, slots=True)
class SourcePhase:
    """The images of one phase.

    ``series_uid``: SeriesInstanceUID; ``sop_class``: SOPClassUID; ``images``: in the order of the slices of the
    volume.
    """

    series_uid: str = field(repr=False)
    sop_class: str
    images: tuple[SourceImage, ...]


@dataclass(frozen=True, slots=True)
class SourceReference:
    """The images of a study by their UIDs.

    ``study_uid``: StudyInstanceUID; ``frame_of_reference_uid``: of the phases; made from the content where the
    files name none; ``phases``: in the order of the phases of the study.
    """

    study_uid: str = field(repr=False)
    frame_of_reference_uid: str = field(repr=False)
    phases: tuple[SourcePhase, ...]


def source_of(stacks: Sequence[Stack], study: Study) -> SourceReference | None:
    """Collect the UIDs of the phases that were read.

    None where the files lack a valid UID, so that nothing can refer to them.
    """
    first = stacks[0].series
    made = UidSource(study.digest, study.key)("frame of reference")
    reference = SourceReference(
        study_uid=first.study_uid,
        frame_of_reference_uid=first.frame_of_reference if _is_uid(first.frame_of_reference) else str(made),
        phases=tuple(phase_of(stack) for stack in stacks),
    )
    return reference if all(map(_is_uid, _uids(reference))) else None


def derived_source(study: Study) -> SourceReference:
    """Make UIDs for a study that never was a file: those that ``write_study`` gives images under its own key."""
    uid_of = UidSource(study.digest or study_digest(study.phases), study.key)
    phases = tuple(
        SourcePhase(
            series_uid=uid_of(f"series {i}"),
            sop_class=MRImageStorage,
            images=tuple(SourceImage(uid_of(f"image {i + 1} {k}")) for k in range(study.grid.shape[0])),
        )
        for i in range(len(study.phases))
    )
    return SourceReference(uid_of("study"), uid_of("frame of reference"), phases)


def phase_of(stack: Stack) -> SourcePhase:
    """Collect the UIDs of one phase; several images from one file are frames of it."""
    instances = [frame.identity.rpartition("#")[0] for frame in stack.frames]
    is_multi_frame = len(set(instances)) < len(instances) or any(frame.index for frame in stack.frames)
    images = tuple(
        SourceImage(uid, frame.index + 1 if is_multi_frame else 0)
        for uid, frame in zip(instances, stack.frames, strict=True)
    )
    return SourcePhase(stack.series.series_uid, stack.series.sop_class, images)


def _uids(reference: SourceReference) -> list[str]:
    """List every UID."""
    uids = [reference.study_uid]
    for phase in reference.phases:
        uids += [phase.series_uid, phase.sop_class, *(image.instance_uid for image in phase.images)]
    return uids


def _is_uid(text: str) -> bool:
    """Whether a text is a UID: digits and dots only, so nothing that names anybody."""
    return len(text) <= _LONGEST_UID and _UID.fullmatch(text) is not None
