"""What is found in the images of one case: the tumours of the detector, and an expert's outline beside them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from deeptepp.dicom.header.deidentify import DeidentificationReport
from deeptepp.dicom.source import SourceReference
from deeptepp.domain.lesion import BoxMm, Lesion
from deeptepp.domain.progress import Progress, Step, StepReport, silent
from deeptepp.domain.risk import Finding, Severity
from deeptepp.domain.study import PhaseChoice, PhaseProposal, SeriesSummary, Side, Study
from deeptepp.errors import DetectionError, NoBreast, NoLesion
from deeptepp.imaging.breast import find_breasts
from deeptepp.imaging.detection.candidates import MIN_VOLUME_MM3
from deeptepp.imaging.detection.detect import Detection, detect_lesions, lesion_from_box
from deeptepp.imaging.phase import choose_phase
from deeptepp.imaging.quality import check_field_of_view
from deeptepp.imaging.side import side_of
from deeptepp.wording.sentence import sentence

_OUTLINE = "nifti.outline"
"""Rule of what is said of an outline that came with the images."""

_OTHER_BREAST = "An outline lies beside the images, in the breast that is not meant; it was not used."
_ELSEWHERE = "No candidate of the detector meets the outline that lies beside the images. Look at both."


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class CaseImages:
    """What was found in the images of one case, before any clinical fact is known.

    ``deidentified``: what was kept, replaced and removed, None for NIfTI, and for a study that never was a file;
    ``detection``: candidates, None when no lesion was found, and ``findings`` says why; ``source``: the images by
    their UIDs, for DICOM objects made of the result, None where the files lack valid ones; ``alternatives``: other
    dynamic series of the study, which were left out; ``side``: the breast that the volumes show, where each breast
    has volumes of its own; ``other_side``: the other breast, then, its best candidate is the less confident one;
    ``outline``: the tumour as an expert outlined it, where that came with the images.
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
    outline: Lesion | None = None

    @property
    def candidates(self) -> tuple[Lesion, ...]:
        """An expert's outline, then the lesions found, best first; empty when none."""
        found = self.detection.candidates if self.detection else ()
        return found if self.outline is None else (self.outline, *found)

    @property
    def is_ambiguous(self) -> bool:
        """Whether another lesion rivals the first, and nobody has said which is meant."""
        return self.outline is None and self.detection is not None and self.detection.is_ambiguous

    def lesion_in(self, box: BoxMm) -> Lesion:
        """Outline the enhancing tissue in a reader's box, and say its side.

        Raises LesionOutsideVolume: the box holds no tissue.
        """
        lesion = lesion_from_box(self.study, self.phase, box)
        return _sided(self, lesion)


def scored_phase(study: Study, index: int | None, progress: Progress) -> PhaseChoice:
    """Choose the phase that is scored and tell of it."""
    phase = choose_phase(study, index=index)
    progress(StepReport(Step.PHASES, 1.0, phase.reason))
    return phase


def search(images: CaseImages, progress: Progress) -> CaseImages:
    """Find the lesions and say the side of each."""
    try:
        found = detect_lesions(images.study, images.phase, progress=progress)
    except DetectionError as error:
        progress(StepReport(Step.DETECT, 1.0, str(error)))
        return _outlined(replace(images, findings=(*images.findings, Finding.from_error(error))))
    sided = tuple(replace(each, side=images.side or side_of(each, found.breasts)) for each in found.candidates)
    findings = (*images.findings, *check_field_of_view(found.breasts))
    return _outlined(replace(images, detection=replace(found, candidates=sided), findings=findings))


def _outlined(images: CaseImages) -> CaseImages:
    """Say the side of an expert's outline, and warn where the detector sees the tumour elsewhere or not at all."""
    if images.outline is None:
        return images
    outline = _sided(images, images.outline)
    found = images.detection.candidates if images.detection else ()
    # What the detector refuses is no refusal here: the tumour is known.
    findings = tuple(
        replace(f, severity=Severity.WARNING) if f.rule.startswith("detection") else f for f in images.findings
    )
    if found and not any(_meet(outline, each) for each in found):
        findings = (*findings, Finding(_OUTLINE, Severity.WARNING, _ELSEWHERE))
    return replace(images, outline=outline, findings=findings)


def _meet(one: Lesion, other: Lesion) -> bool:
    """Whether two lesions share a place: a voxel of one lies in the other."""
    index = np.rint(other.grid.to_index(one.points_mm)).astype(int)
    is_there = np.all((index >= 0) & (index < np.asarray(other.grid.shape)), axis=1)
    return bool(other.mask[tuple(index[is_there].T)].any())


def _sided(images: CaseImages, lesion: Lesion) -> Lesion:
    """In which breast a lesion lies, as far as the images tell."""
    if images.side is not None:
        return replace(lesion, side=images.side)
    try:
        breasts = images.detection.breasts if images.detection else find_breasts(images.study)
    except NoBreast:
        return lesion
    return replace(lesion, side=side_of(lesion, breasts))


def search_again(images: CaseImages, phase_index: int, *, progress: Progress = silent) -> CaseImages:
    """Search another phase of the same images.

    ``progress``: told of every step.
    """
    phase = scored_phase(images.study, phase_index, progress)
    found_before = ("detection", "quality.one-breast")
    kept = tuple(f for f in images.findings if not f.rule.startswith(found_before) and f.message != _ELSEWHERE)
    return search(replace(images, phase=phase, detection=None, findings=kept), progress)


def in_breast(images: CaseImages, side: Side | None) -> CaseImages:
    """Keep the candidates that may lie in the breast that is meant, in volumes that show both."""
    if side is None or images.side is not None:
        return images
    if images.outline is not None and images.outline.side not in (side, None):
        images = _without_outline(images)
    if images.detection is None:
        return images
    kept = tuple(lesion for lesion in images.detection.candidates if lesion.side in (side, None))
    if not kept and images.outline is None:
        absent = NoLesion(
            value=sentence(
                "no candidate in the left breast" if side is Side.LEFT else "no candidate in the right breast"
            ),
            limit=MIN_VOLUME_MM3 / 1000,
        )
        return replace(images, detection=None, findings=(*images.findings, Finding.from_error(absent)))
    is_ambiguous = images.detection.is_ambiguous and len(kept) > 1
    return replace(images, detection=replace(images.detection, candidates=kept, is_ambiguous=is_ambiguous))


def _without_outline(images: CaseImages) -> CaseImages:
    """Leave out an outline in the breast that is not meant; what the detector refused is a refusal again."""
    kept = [f for f in images.findings if f.message != _ELSEWHERE]
    found = [replace(f, severity=Severity.REFUSAL) if f.rule.startswith("detection") else f for f in kept]
    return replace(images, outline=None, findings=(*found, Finding(_OUTLINE, Severity.WARNING, _OTHER_BREAST)))
