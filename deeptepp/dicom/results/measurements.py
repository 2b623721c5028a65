"""Score, tier and measurements as a structured report by TID 1500, for machines and for PACS.

The lesion is there twice under one tracking UID: as polygons on the slices, which viewers draw without knowing
anything of segmentations, with all numbers; and as a reference to the segmentation.

What has a code of SNOMED CT, UCUM or DICOM bears it; score, tier and marks have codes of our own, ``99DEEPTEPP``.
The report is PRELIMINARY, PARTIAL and UNVERIFIED: nobody who answers for it has signed it.

References
----------
DICOM PS3.16 TID 1500 (Measurement Report), TID 1411 (Volumetric ROI), TID 4019 (Algorithm Identification).
"""

from __future__ import annotations

import numpy as np
from highdicom.sr import (
    AlgorithmIdentification,
    CodedConcept,
    Comprehensive3DSR,
    DeviceObserverIdentifyingAttributes,
    FindingSite,
    GraphicTypeValues,
    ImageRegion,
    Measurement,
    MeasurementReport,
    ObservationContext,
    ObserverContext,
    QualitativeEvaluation,
    ReferencedSegment,
    SourceImageForRegion,
    SourceSeriesForSegmentation,
    TrackingIdentifier,
    VolumetricROIMeasurementsAndQualitativeEvaluations,
)
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import MRImageStorage
from scipy.ndimage import binary_fill_holes
from skimage.measure import find_contours

from deeptepp.dicom.header_values import quiet
from deeptepp.dicom.results.result_header import (
    FIRST_SERIES_NUMBER,
    MAKER,
    ResultContext,
    make_repeatable,
    set_patient_and_study,
    set_series,
)
from deeptepp.dicom.results.segmentation import SIDE_CODES, mask_on_grid, name_frames, source_headers, stand_in
from deeptepp.dicom.source import SourcePhase
from deeptepp.domain.lesion import Lesion, LesionOrigin
from deeptepp.domain.risk import (
    OUTSIDE_INTENDED_USE,
    RESEARCH_USE,
    RESEARCH_USE_ONLY,
    SIMULATED_COHORT,
    Assessment,
    Severity,
    TierScheme,
)

NAME = "score and measurements"
"""What the series holds."""

SCHEME = "99DEEPTEPP"
"""Coding scheme of what no standard names."""

_LETTERS = 64
"""Longest CodeMeaning (LO)."""

_MR_OF_BREAST = CodedConcept("241615005", "SCT", "Magnetic resonance imaging of breast")
_MILLILITRE = CodedConcept("ml", "UCUM", "milliliter")

RISK_SCORE = CodedConcept("RISK_SCORE", SCHEME, "Risk score, 0 to 1")
PERCENTILE = CodedConcept("PERCENTILE", SCHEME, "Reference cohort with a lower score")
TIER = CodedConcept("TIER", SCHEME, "Risk tier")
OUTCOME = CodedConcept("OUTCOME", SCHEME, "Outcome of the assessment")
MARK = CodedConcept("MARK", SCHEME, "Mark")
FINDINGS = {
    Severity.REFUSAL: CodedConcept("REFUSAL", SCHEME, "Rule that refused"),
    Severity.WARNING: CodedConcept("WARNING", SCHEME, "Rule that warned"),
}
"""Names of findings; notes are in the PDF."""

_ORIGINS = {
    LesionOrigin.DETECTOR: "the software",
    LesionOrigin.READER: "a reader's box",
    LesionOrigin.EXPERT: "an expert, by hand",
}
"""Who outlined the lesion."""


def measurements_of(
    assessment: Assessment,
    lesion: Lesion,
    segmentation: Dataset,
    context: ResultContext,
    *,
    phase_index: int,
    tiers: TierScheme,
    number: int,
) -> Comprehensive3DSR:
    """Make the structured report.

    ``assessment``: scored or refused; without a score the report holds the measurements and the rules that
    refused; ``number``: which of the objects it is, from 0.
    """
    phase = context.source.phases[phase_index]
    headers, regions = source_headers(context, phase), _outlines(lesion, context, phase)
    drawn_on = {str(each.ContentSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID) for each in regions}
    with quiet():
        content = MeasurementReport(
            observation_context=_observer(context),
            procedure_reported=_MR_OF_BREAST,
            imaging_measurements=[
                _drawn(assessment, lesion, context, regions, tiers),
                _segment(segmentation, context, lesion, phase.series_uid),
            ],
            title=codes.DCM.ImagingMeasurementReport,
            # All images of the phase are evidence; the library describes those that the lesion is drawn on.
            referenced_images=[each for each in headers if str(each.SOPInstanceUID) in drawn_on],
        )
        made = Comprehensive3DSR(
            evidence=[*headers, segmentation],
            content=content[0],
            series_instance_uid=str(context.uid_of(f"{NAME} series")),
            series_number=FIRST_SERIES_NUMBER + number,
            sop_instance_uid=str(context.uid_of(NAME)),
            instance_number=1,
            manufacturer=MAKER,
            is_complete=False,
            is_final=False,
            is_verified=False,
        )
        set_patient_and_study(made, context)
        set_series(made, context, NAME, number)
        name_frames(made, context, phase)
        make_repeatable(made, context)
    return made


def _observer(context: ResultContext) -> ObservationContext:
    """Name the software as the one who observed."""
    device = DeviceObserverIdentifyingAttributes(
        uid=str(context.uid_of("device")), name=MAKER, manufacturer_name=MAKER, model_name=MAKER
    )
    return ObservationContext(observer_device_context=ObserverContext(codes.DCM.Device, device))


def _drawn(
    assessment: Assessment, lesion: Lesion, context: ResultContext, regions: list[ImageRegion], tiers: TierScheme
) -> VolumetricROIMeasurementsAndQualitativeEvaluations:
    """Collect everything about the lesion, drawn on the slices that it was seen on."""
    return VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=_tracking(context),
        referenced_regions=regions,
        finding_type=codes.SCT.Lesion,
        finding_sites=[_site(lesion)],
        algorithm_id=_algorithm(assessment, lesion, tiers),
        measurements=_measurements(assessment, lesion),
        qualitative_evaluations=_evaluations(assessment),
    )


def _segment(
    segmentation: Dataset, context: ResultContext, lesion: Lesion, series_uid: str
) -> VolumetricROIMeasurementsAndQualitativeEvaluations:
    """Name the segment that shows the same lesion."""
    return VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=_tracking(context),
        # From the segmentation itself the library cannot make it where there is one segment only.
        referenced_segment=ReferencedSegment(
            sop_class_uid=segmentation.SOPClassUID,
            sop_instance_uid=segmentation.SOPInstanceUID,
            segment_number=1,
            source_series=SourceSeriesForSegmentation(series_uid),
        ),
        finding_type=codes.SCT.Lesion,
        finding_sites=[_site(lesion)],
    )


def _tracking(context: ResultContext) -> TrackingIdentifier:
    """Name the lesion as the segmentation does."""
    return TrackingIdentifier(uid=str(context.uid_of("lesion")), identifier="Tumour")


def _site(lesion: Lesion) -> FindingSite:
    """The breast, with its side where that is known."""
    side = None if lesion.side is None else SIDE_CODES[lesion.side]
    return FindingSite(anatomic_location=codes.SCT.Breast, laterality=side)


def _outlines(lesion: Lesion, context: ResultContext, phase: SourcePhase) -> list[ImageRegion]:
    """Draw around the mask on each slice that it meets; the slice with the largest area first, which viewers open.

    Points are (column, row) from the upper left corner of the upper left pixel, so that its centre is (0.5, 0.5).
    """
    mask = mask_on_grid(lesion, context.study.grid)
    found = []
    for k in np.flatnonzero(mask.any(axis=(1, 2))):
        # A rim of nothing closes outlines at the edge of the image; holes are no outlines.
        whole = np.pad(binary_fill_holes(mask[k]), 1)
        image = SourceImageForRegion(MRImageStorage, stand_in(context, phase, int(k)))
        for line in find_contours(whole, 0.5):
            region = ImageRegion(GraphicTypeValues.POLYLINE, line[:, ::-1] - 0.5, image)
            found.append((int(mask[k].sum()), len(line), region))
    found.sort(key=lambda each: each[:2], reverse=True)
    return [region for *_, region in found]


def _algorithm(assessment: Assessment, lesion: Lesion, tiers: TierScheme) -> AlgorithmIdentification:
    """What made the numbers, and what reproduces them."""
    parameters = [
        RESEARCH_USE_ONLY,
        *([SIMULATED_COHORT] if assessment.is_simulated else []),
        f"Cut-offs: Low below {tiers.low_below:.4f}, High from {tiers.high_from:.4f}",
        f"Outline by {_ORIGINS[lesion.origin]}; volume and diameter are of its voxels of "
        f"{' x '.join(f'{mm:g}' for mm in lesion.grid.spacing_mm)} mm",
    ]
    if assessment.stability is not None:
        moved = assessment.stability
        parameters.append(
            f"Score {moved.low:.4f} to {moved.high:.4f} with the outline shifted {moved.shift_mm:g} mm"
        )
    receipt = assessment.receipt
    if receipt is not None:
        parameters += [
            f"Model {receipt.bundle_name}, SHA-256 {receipt.bundle_sha256}",
            f"Images, SHA-256 {receipt.input_sha256}",
            f"All inputs, SHA-256 {receipt.inputs_sha256}",
        ]
    return AlgorithmIdentification(MAKER, receipt.code_version if receipt else "unknown", parameters=parameters)


def _measurements(assessment: Assessment, lesion: Lesion) -> list[Measurement]:
    """Write every number with its unit."""
    found = [
        Measurement(codes.SCT.Volume, round(lesion.volume_ml, 4), _MILLILITRE),
        Measurement(codes.SCT.LongAxis, round(lesion.longest_diameter_mm, 2), codes.UCUM.Millimeter),
    ]
    if assessment.score is not None:
        found.append(Measurement(RISK_SCORE, round(assessment.score.probability, 6), codes.UCUM.NoUnits))
    if assessment.percentile is not None:
        found.append(Measurement(PERCENTILE, round(assessment.percentile, 2), codes.UCUM.Percent))
    return found


def _evaluations(assessment: Assessment) -> list[QualitativeEvaluation]:
    """Write outcome, tier, marks, and the rules that refused or warned."""
    marks = {"RESEARCH_USE_ONLY": RESEARCH_USE.capitalize()}
    marks |= {"SIMULATED_COHORT": SIMULATED_COHORT} if assessment.is_simulated else {}
    marks |= {"OUTSIDE_USE": OUTSIDE_INTENDED_USE.capitalize()} if assessment.is_override else {}
    outcome = assessment.outcome.value
    found = [QualitativeEvaluation(OUTCOME, CodedConcept(outcome, SCHEME, outcome.replace("-", " ")))]
    if assessment.tier is not None:
        # The code says what the words say: an unstable tier is a concept of its own, such as TIER_MODERATE_HIGH.
        code = "_".join(("TIER", *assessment.tier_name.tiers)).upper()
        tier = CodedConcept(code, SCHEME, assessment.tier_text)
        found.append(QualitativeEvaluation(TIER, tier))
    found += [QualitativeEvaluation(MARK, CodedConcept(code, SCHEME, words)) for code, words in marks.items()]
    for finding in assessment.findings:
        if finding.severity in FINDINGS:
            rule = CodedConcept(finding.rule, SCHEME, _short(finding.message))
            found.append(QualitativeEvaluation(FINDINGS[finding.severity], rule))
    return found


def _short(text: str) -> str:
    """Cut a sentence to what a code meaning holds."""
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS - 3].rstrip()}..."
