"""First half of the use case: read a study, choose the phase, find the lesions. Needs no model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from deeptepp.dicom.digest import study_digest
from deeptepp.dicom.header.deidentify import DeidentificationReport
from deeptepp.dicom.read_dicom import StudyReading, check_study, keys_in, list_series, read_study
from deeptepp.dicom.source import SourceReference, derived_source
from deeptepp.domain.lesion import BoxMm, Lesion
from deeptepp.domain.progress import Progress, silent
from deeptepp.domain.risk import Finding, Severity
from deeptepp.domain.study import PhaseChoice, PhaseProposal, SeriesSummary, Side, Study
from deeptepp.errors import (
    DicomError,
    LesionOutsideVolume,
    NiftiTimesDiffer,
    NoBreast,
    OtherImages,
    StudyError,
    TwoSides,
)
from deeptepp.nifti.read_nifti import NiftiReading, is_nifti, list_nifti, read_nifti
from deeptepp.scoring.search import CaseImages, in_breast, scored_phase, search
from deeptepp.wording.sentence import sentence

__all__ = ["CaseImages", "Reading", "list_files", "open_case", "read_files"]

Reading = StudyReading | NiftiReading
"""A study as it was read, of either kind of files."""


def open_case(
    source: Path | Sequence[Path] | Study,
    *,
    phase_keys: Sequence[str] | None = None,
    phase_index: int | None = None,
    side: Side | None = None,
    times_s: Sequence[float] | None = None,
    progress: Progress = silent,
) -> CaseImages:
    """Read a study, choose the phase and find the lesions.

    Parameters
    ----------
    source : Path, sequence of Path, or Study
        A zip archive, a folder, a DICOMDIR, DICOM or NIfTI files, or a study in memory.
    phase_keys : sequence of str, optional
        Keys of the series table that replace the proposed phases, pre-contrast first.
    phase_index : int, optional
        Phase to score instead of the one the rule chooses.
    side : Side, optional
        The breast that is meant; both are searched where none is given. In volumes of both, its candidates alone
        are kept; of a study in memory, the breast that it shows.
    times_s : sequence of float, optional
        Seconds of the phases of NIfTI files in their order, on any clock.
    progress : Progress
        Told of every step.

    Returns
    -------
    CaseImages
        With no detection, and the refusal among the findings, when no lesion was found. Where each breast has
        volumes of its own, the breast whose best candidate is more confident, and the other in ``other_side``.
        An expert's outline that lies beside NIfTI files is the first candidate.

    Raises
    ------
    InputError
        The files cannot become a study, or times were given for images that hold their own.
    JobCancelled
        ``progress`` stopped the work.
    """
    if isinstance(source, Study):
        phase = scored_phase(source, phase_index, progress)
        images = CaseImages(source, (), None, (), phase, None, derived_source(source), side=side)
        return search(images, progress)
    if is_nifti(source):
        return in_breast(_open_nifti(source, progress, phase_keys, phase_index, times_s), side)
    _check_no_times(times_s)
    return _open_dicom(source, progress, phase_keys, phase_index, side)


def open_again(
    source: Path, reference: SourceReference, digest: str, *, progress: Progress = silent
) -> CaseImages:
    """Read the images that were scored before, whatever phases and breast a reader chose in them then.

    ``reference``: the phases by their UIDs; ``digest``: of the study that was scored. Raises OtherImages: they are
    not among the files, or were changed.
    """
    try:
        found = open_case(source, progress=progress)
        if found.study.digest == digest:
            return found
        other = found.other_side
        if other is not None and other.study.digest == digest:
            return replace(other, other_side=replace(found, other_side=None))
    except StudyError:
        pass  # a reader answered a question then
    keys = keys_in(source, reference)
    if keys:
        found = open_case(source, phase_keys=keys, progress=progress)
        if found.study.digest == digest:
            return found
    raise OtherImages


def list_files(source: Path | Sequence[Path]) -> tuple[SeriesSummary, ...]:
    """List what DICOM or NIfTI files hold, even where no study can be made of them.

    Returns one row for each volume, with the role proposed and the reason. Raises InputError: there is nothing to
    list.
    """
    return list_nifti(source) if is_nifti(source) else list_series(source)


def read_files(source: Path | Sequence[Path], *, times_s: Sequence[float] | None = None) -> Reading:
    """Read DICOM or NIfTI files without a choice of the reader, and search nothing.

    Raises InputError: as for ``open_case``.
    """
    if is_nifti(source):
        return read_nifti(source, digest_of=study_digest, times_s=times_s)
    _check_no_times(times_s)
    return read_study(source)


def _check_no_times(times_s: Sequence[float] | None) -> None:
    """Refuse times for images that hold their own."""
    if times_s is not None:
        raise NiftiTimesDiffer(value="the images are DICOM", limit="none, since DICOM holds them")


def _open_dicom(
    source: Path | Sequence[Path],
    progress: Progress,
    phase_keys: Sequence[str] | None,
    phase_index: int | None,
    side: Side | None,
) -> CaseImages:
    """Read a DICOM study, of both breasts or of each by itself."""
    if phase_keys is not None:
        shown = side if _is_of_side(source, phase_keys, side) else None
        images = _open_files(source, progress, phase_keys=phase_keys, phase_index=phase_index, side=shown)
        return in_breast(images, side)
    try:
        return in_breast(_open_files(source, progress, phase_index=phase_index), side)
    except TwoSides as question:
        sides = _sides_in(question)
        if not sides:
            raise
    if side is not None:
        return _open_files(source, progress, phase_index=phase_index, side=side)
    return _open_both(source, sides, phase_index, progress)


def _sides_in(question: TwoSides) -> dict[Side, tuple[str, ...]]:
    """Keys of the volumes of each breast."""
    ways = [each for each in question.proposals if isinstance(each, PhaseProposal)]
    return {each.side: each.keys for each in ways if each.side is not None}


def _is_of_side(source: Path | Sequence[Path], keys: Sequence[str], side: Side | None) -> bool:
    """Whether chosen volumes show one breast alone by the headers; a name that was given proves nothing."""
    if side is None:
        return False
    try:
        check_study(source)
    except TwoSides as question:
        own = _sides_in(question).get(side, ())
        return all(key in own for key in keys)
    except DicomError:
        return False
    return False


def _open_files(
    source: Path | Sequence[Path],
    progress: Progress,
    *,
    phase_keys: Sequence[str] | None = None,
    phase_index: int | None = None,
    side: Side | None = None,
) -> CaseImages:
    """Read the volumes of one examination, or of one breast of it, and search them."""
    reading = read_study(source, phase_keys=phase_keys, side=side, progress=progress)
    images = _images_of(reading, reading.deidentified, scored_phase(reading.study, phase_index, progress))
    return search(replace(images, source=reading.source, side=side), progress)


def _open_nifti(
    source: Path | Sequence[Path],
    progress: Progress,
    phase_keys: Sequence[str] | None,
    phase_index: int | None,
    times_s: Sequence[float] | None,
) -> CaseImages:
    """Read NIfTI files and search them; no DICOM object can be made of them, since they name no images."""
    reading = read_nifti(source, digest_of=study_digest, times_s=times_s, phase_keys=phase_keys, progress=progress)
    images = _images_of(reading, None, scored_phase(reading.study, phase_index, progress))
    return search(replace(images, outline=reading.mask), progress)


def _images_of(reading: Reading, deidentified: DeidentificationReport | None, phase: PhaseChoice) -> CaseImages:
    """Take what was read, before it is searched."""
    return CaseImages(
        reading.study,
        reading.series,
        deidentified,
        reading.findings,
        phase,
        detection=None,
        alternatives=reading.alternatives,
    )


def _open_both(
    source: Path | Sequence[Path], sides: Iterable[Side], phase_index: int | None, progress: Progress
) -> CaseImages:
    """Read and search each breast; the one whose best candidate is more confident comes first."""
    opened: list[CaseImages] = []
    refused: list[tuple[Side, DicomError]] = []
    for side in sides:
        try:
            opened.append(_open_files(source, progress, phase_index=phase_index, side=side))
        except DicomError as error:
            if error.proposals:
                raise _asked_of(error, side) from None
            refused.append((side, error))
    if not opened:
        raise refused[0][1]
    # A breast that cannot be read is never taken for one without a tumour.
    warned = tuple(_unread(side, error) for side, error in refused)
    best, *others = sorted(opened, key=_confidence, reverse=True)
    other = others[0] if others else None
    warned += tuple(_unsearched(each) for each in others if _is_unsearched(each))
    return replace(best, findings=(*best.findings, *warned), other_side=other)


def lesion_in_box(images: CaseImages, box: BoxMm | None) -> tuple[CaseImages, Lesion | None]:
    """Outline the tumour in a reader's box, in the images of the breast that the box lies in.

    ``images``: of one study, maybe each breast by itself; ``box``: None where the detector's candidates stand.
    Returns images: those that hold the box; lesion: None without a box. Raises LesionOutsideVolume: the box lies
    outside of all images.
    """
    if box is None:
        return images, None
    try:
        return images, images.lesion_in(box)
    except LesionOutsideVolume:
        if images.other_side is None:
            raise
        return images.other_side, images.other_side.lesion_in(box)


def _is_unsearched(images: CaseImages) -> bool:
    """Whether no breast was found in the volumes of one breast."""
    return images.detection is None and any(f.rule == NoBreast.rule for f in images.findings)


def _unsearched(images: CaseImages) -> Finding:
    """Warn that no breast was found where one must be, so that it was not searched."""
    message = sentence(
        "No breast was found in the images of the left breast, so it was not searched."
        if images.side is Side.LEFT
        else "No breast was found in the images of the right breast, so it was not searched."
    )
    return Finding("dicom.side-not-searched", Severity.WARNING, message)


def _asked_of(error: DicomError, side: Side) -> DicomError:
    """Put the side into the ways to go on that a question about one breast knows."""
    ways = [each for each in error.proposals if isinstance(each, PhaseProposal)]
    return type(error)(**{**error.facts, "proposals": tuple(replace(each, side=side) for each in ways)})


def _confidence(images: CaseImages) -> float:
    """Confidence of the best candidate, below every other where there is none."""
    return images.candidates[0].confidence if images.candidates else -1.0


def _unread(side: Side, error: DicomError) -> Finding:
    """Warn that one breast was not searched."""
    message = sentence(
        "The images of the left breast could not be read, so it was not searched: {reason}"
        if side is Side.LEFT
        else "The images of the right breast could not be read, so it was not searched: {reason}",
        reason=str(error),
    )
    return Finding("dicom.side-not-read", Severity.WARNING, message)
