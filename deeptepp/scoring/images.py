"""First half of the use case: read a study, choose the phase, find the lesions. Needs no model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deeptepp.dicom.deidentify import DeidentificationReport
from deeptepp.dicom.read import read_study
from deeptepp.dicom.source import SourceReference, derived_source
from deeptepp.domain.lesion import Lesion
from deeptepp.domain.progress import Progress, Step, StepReport, silent
from deeptepp.domain.risk import Finding
from deeptepp.domain.study import PhaseChoice, SeriesSummary, Study
from deeptepp.errors import DetectionError
from deeptepp.imaging.detect import Detection, detect_lesions
from deeptepp.imaging.phase import choose_phase


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
    """

    study: Study
    series: tuple[SeriesSummary, ...]
    deidentified: DeidentificationReport | None
    findings: tuple[Finding, ...]
    phase: PhaseChoice
    detection: Detection | None
    source: SourceReference | None = None

    @property
    def candidates(self) -> tuple[Lesion, ...]:
        """Lesions found, best first; empty when none."""
        return self.detection.candidates if self.detection else ()


def open_case(
    source: Path | Sequence[Path] | Study,
    *,
    phase_keys: Sequence[str] | None = None,
    phase_index: int | None = None,
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
    progress : Progress
        Told of every step.

    Returns
    -------
    CaseImages
        With no detection, and the refusal among the findings, when no lesion was found.

    Raises
    ------
    InputError
        The files cannot become a study.
    JobCancelled
        ``progress`` stopped the work.
    """
    series: tuple[SeriesSummary, ...] = ()
    findings: tuple[Finding, ...] = ()
    deidentified: DeidentificationReport | None = None
    reference: SourceReference | None
    if isinstance(source, Study):
        study, reference = source, derived_source(source)
    else:
        reading = read_study(source, phase_keys=phase_keys, progress=progress)
        study, series, findings = reading.study, reading.series, reading.findings
        deidentified, reference = reading.deidentified, reading.source
    phase = choose_phase(study, index=phase_index)
    progress(StepReport(Step.PHASES, 1.0, phase.reason))
    detection: Detection | None = None
    try:
        detection = detect_lesions(study, phase, progress=progress)
    except DetectionError as error:
        findings = (*findings, Finding.from_error(error))
        progress(StepReport(Step.DETECT, 1.0, str(error)))
    return CaseImages(study, series, deidentified, findings, phase, detection, reference)
