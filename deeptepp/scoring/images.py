"""First half of the use case: read a study, choose the phase, find the lesions. Needs no model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from deeptepp.dicom.deidentify import DeidentificationReport
from deeptepp.dicom.read import read_study
from deeptepp.dicom.source import SourceReference, derived_source
from deeptepp.domain.lesion import BoxMm, Lesion
from deeptepp.domain.progress import Progress, Step, StepReport, silent
from deeptepp.domain.risk import Finding, Severity
from deeptepp.domain.study import PhaseChoice, PhaseProposal, SeriesSummary, Side, Study
from deeptepp.errors import DetectionError, DicomError, NoBreast, TwoSides
from deeptepp.imaging.breast import find_breasts
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
        The breast that is meant, where each has volumes of its own; both are searched where none is given.
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
        return _searched(
            CaseImages(
                source,
                (),
                None,
                (),
                _phase(source, phase_index, progress),
                None,
                derived_source(source),
                side=side,
            ),
            progress,
        )
    try:
        return _open_files(source, phase_keys, phase_index, side, progress)
    except TwoSides as question:
        sides = [each for each in question.proposals if isinstance(each, PhaseProposal) and each.side is not None]
        if side is not None or not sides:
            raise
    return _open_both(source, sides, phase_index, progress)


def _phase(study: Study, index: int | None, progress: Progress) -> PhaseChoice:
    """Choose the phase that is scored and tell of it."""
    phase = choose_phase(study, index=index)
    progress(StepReport(Step.PHASES, 1.0, phase.reason))
    return phase


def _open_files(
    source: Path | Sequence[Path],
    phase_keys: Sequence[str] | None,
    phase_index: int | None,
    side: Side | None,
    progress: Progress,
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
    source: Path | Sequence[Path], sides: Sequence[PhaseProposal], phase_index: int | None, progress: Progress
) -> CaseImages:
    """Read and search each breast; the one whose best candidate is more confident comes first."""
    opened: list[CaseImages] = []
    refused: list[tuple[Side | None, DicomError]] = []
    for each in sides:
        try:
            opened.append(_open_files(source, each.keys, phase_index, each.side, progress))
        except DicomError as error:
            refused.append((each.side, error))
    if not opened:
        raise refused[0][1]
    # A breast that cannot be read is never taken for one without a tumour.
    warned = tuple(_unread(side, error) for side, error in refused)
    best, *others = sorted(opened, key=_confidence, reverse=True)
    other = others[0] if others else None
    return replace(best, findings=(*best.findings, *warned), other_side=other)


def _confidence(images: CaseImages) -> float:
    """Give the confidence of the best candidate, below every other where there is none."""
    return images.candidates[0].confidence if images.candidates else -1.0


def _unread(side: Side | None, error: DicomError) -> Finding:
    """Warn that one breast was not searched."""
    message = f"The images of the {side} breast could not be read, so it was not searched: {error}"
    return Finding("dicom.side-not-read", Severity.WARNING, message)
