"""First half of the use case: read a study, choose the phase, find the lesions. Needs no model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from deeptepp.dicom.deidentify import DeidentificationReport
from deeptepp.dicom.read import check_study, read_study
from deeptepp.dicom.source import SourceReference, derived_source
from deeptepp.domain.lesion import BoxMm, Lesion
from deeptepp.domain.progress import Progress, Step, StepReport, silent
from deeptepp.domain.risk import Finding, Severity
from deeptepp.domain.study import PhaseChoice, PhaseProposal, SeriesSummary, Side, Study
from deeptepp.errors import DetectionError, DicomError, NoBreast, NoLesion, TwoSides
from deeptepp.imaging.breast import find_breasts
from deeptepp.imaging.candidates import MIN_VOLUME_MM3
from deeptepp.imaging.detect import Detection, detect_lesions, lesion_from_box
from deeptepp.imaging.phase import choose_phase
from deeptepp.imaging.side import side_of


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class CaseImages:
    """What was found in the images of one case, before any clinical fact is known.

    Parameters
    ----------
    study : Study
        Phases on one grid.
    series : tuple of SeriesSummary
        The table of series, with the role proposed for each.
    deidentified : DeidentificationReport or None
        What was kept, replaced and removed; None for a study that never was a file.
    findings : tuple of Finding
        Of reading and of detection.
    phase : PhaseChoice
        The phase that is scored.
    detection : Detection or None
        Candidates; None when no lesion was found, and ``findings`` says why.
    source : SourceReference or None
        The images by their UIDs, for DICOM objects made of the result; None where the files lack valid ones.
    alternatives : tuple of PhaseProposal
        Other dynamic series of the study, which were left out.
    side : Side or None
        The breast that the volumes show, where each breast has volumes of its own.
    other_side : CaseImages or None
        The other breast, then; its best candidate is the less confident one.
    """

    study: Study
    series: tuple[SeriesSummary, ...]
    deidentified: DeidentificationReport | None
    findings: tuple[Finding, ...]
    phase: PhaseChoice
    detection: Detection | None
    source: SourceReference | None = None
    alternatives: tuple[PhaseProposal, ...] = ()
    side: Side | None = None
    other_side: CaseImages | None = None

    @property
    def candidates(self) -> tuple[Lesion, ...]:
        """Lesions found, best first; empty when none."""
        return self.detection.candidates if self.detection else ()

    def lesion_in(self, box: BoxMm) -> Lesion:
        """Outline the enhancing tissue in a reader's box, and say its side.

        Parameters
        ----------
        box : BoxMm
            LPS millimetres.

        Returns
        -------
        Lesion
            Of origin reader.

        Raises
        ------
        LesionOutsideVolume
            The box holds no tissue.
        """
        lesion = lesion_from_box(self.study, self.phase, box)
        if self.side is not None:
            return replace(lesion, side=self.side)
        try:
            breasts = self.detection.breasts if self.detection else find_breasts(self.study)
        except NoBreast:
            return lesion
        return replace(lesion, side=side_of(lesion, breasts))


def open_case(
    source: Path | Sequence[Path] | Study,
    *,
    phase_keys: Sequence[str] | None = None,
    phase_index: int | None = None,
    side: Side | None = None,
    progress: Progress = silent,
) -> CaseImages:
    """Read a study, choose the phase and find the lesions.

    Parameters
    ----------
    source : Path, sequence of Path, or Study
        A zip archive, a folder, DICOM files, or a study in memory.
    phase_keys : sequence of str, optional
        Keys of the series table that replace the proposed phases, pre-contrast first.
    phase_index : int, optional
        Phase to score instead of the one the rule chooses.
    side : Side, optional
        The breast that is meant; both are searched where none is given. In volumes of both, its candidates alone
        are kept; of a study in memory, the breast that it shows.
    progress : Progress
        Told of every step.

    Returns
    -------
    CaseImages
        With no detection, and the refusal among the findings, when no lesion was found. Where each breast has
        volumes of its own, the breast whose best candidate is more confident, and the other in ``other_side``.

    Raises
    ------
    InputError
        The files cannot become a study.
    JobCancelled
        ``progress`` stopped the work.
    """
    if isinstance(source, Study):
        phase = _phase(source, phase_index, progress)
        images = CaseImages(source, (), None, (), phase, None, derived_source(source), side=side)
        return _searched(images, progress)
    if phase_keys is not None:
        shown = side if _is_of_side(source, phase_keys, side) else None
        images = _open_files(source, progress, phase_keys=phase_keys, phase_index=phase_index, side=shown)
        return _in_breast(images, side)
    try:
        return _in_breast(_open_files(source, progress, phase_index=phase_index), side)
    except TwoSides as question:
        sides = _sides_in(question)
        if not sides:
            raise
    if side is not None:
        return _open_files(source, progress, phase_index=phase_index, side=side)
    return _open_both(source, sides, phase_index, progress)


def _sides_in(question: TwoSides) -> dict[Side, tuple[str, ...]]:
    """Give the keys of the volumes of each breast."""
    ways = [each for each in question.proposals if isinstance(each, PhaseProposal)]
    return {each.side: each.keys for each in ways if each.side is not None}


def _is_of_side(source: Path | Sequence[Path], keys: Sequence[str], side: Side | None) -> bool:
    """Tell whether chosen volumes show one breast alone by the headers; a name that was given proves nothing."""
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


def _in_breast(images: CaseImages, side: Side | None) -> CaseImages:
    """Keep the candidates that may lie in the breast that is meant, in volumes that show both."""
    if side is None or images.side is not None or images.detection is None:
        return images
    kept = tuple(lesion for lesion in images.candidates if lesion.side in (side, None))
    if not kept:
        absent = NoLesion(value=f"no candidate in the {side} breast", limit=MIN_VOLUME_MM3 / 1000)
        return replace(images, detection=None, findings=(*images.findings, Finding.from_error(absent)))
    is_ambiguous = images.detection.is_ambiguous and len(kept) > 1
    return replace(images, detection=replace(images.detection, candidates=kept, is_ambiguous=is_ambiguous))


def _phase(study: Study, index: int | None, progress: Progress) -> PhaseChoice:
    """Choose the phase that is scored and tell of it."""
    phase = choose_phase(study, index=index)
    progress(StepReport(Step.PHASES, 1.0, phase.reason))
    return phase


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
    images = CaseImages(
        study=reading.study,
        series=reading.series,
        deidentified=reading.deidentified,
        findings=reading.findings,
        phase=_phase(reading.study, phase_index, progress),
        detection=None,
        source=reading.source,
        alternatives=reading.alternatives,
        side=side,
    )
    return _searched(images, progress)


def _searched(images: CaseImages, progress: Progress) -> CaseImages:
    """Find the lesions and say the side of each."""
    try:
        found = detect_lesions(images.study, images.phase, progress=progress)
    except DetectionError as error:
        progress(StepReport(Step.DETECT, 1.0, str(error)))
        return replace(images, findings=(*images.findings, Finding.from_error(error)))
    sided = tuple(replace(each, side=images.side or side_of(each, found.breasts)) for each in found.candidates)
    return replace(images, detection=replace(found, candidates=sided))


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
    return replace(best, findings=(*best.findings, *warned), other_side=other)


def _asked_of(error: DicomError, side: Side) -> DicomError:
    """Put the side into the ways to go on that a question about one breast knows."""
    ways = [each for each in error.proposals if isinstance(each, PhaseProposal)]
    return type(error)(**{**error.facts, "proposals": tuple(replace(each, side=side) for each in ways)})


def _confidence(images: CaseImages) -> float:
    """Give the confidence of the best candidate, below every other where there is none."""
    return images.candidates[0].confidence if images.candidates else -1.0


def _unread(side: Side, error: DicomError) -> Finding:
    """Warn that one breast was not searched."""
    message = f"The images of the {side} breast could not be read, so it was not searched: {error}"
    return Finding("dicom.side-not-read", Severity.WARNING, message)
