"""Results as DICOM objects: segmentation, structured report, PDF and card, each one file.

They are a study of their own under the pseudonym of the case, and name the study and the images that were scored,
so that they can be filed beside them, see ``filing``. They are made only on request.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import (
    Comprehensive3DSRStorage,
    EncapsulatedPDFStorage,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
)

from deeptepp.dicom.header_values import UNREADABLE, quiet
from deeptepp.dicom.results.documents import card_object, report_object
from deeptepp.dicom.results.filing import own_study, place, series_uid, source_study
from deeptepp.dicom.results.measurements import measurements_of
from deeptepp.dicom.results.result_header import MAKER, ResultContext, made_at
from deeptepp.dicom.results.segmentation import segmentation_of
from deeptepp.dicom.source import SourceReference
from deeptepp.dicom.uids import UidSource
from deeptepp.domain.risk import Assessment, TierScheme
from deeptepp.domain.study import Study
from deeptepp.errors import MixedResults, NoSourceImages, NotAResultObject
from deeptepp.wording.sentence import sentence

NAMES = ("segmentation", "measurements", "report", "card")
"""Names of the objects of a whole result; without a lesion there are the last two."""

_KINDS: dict[str, str] = dict(
    zip(
        (SegmentationStorage, Comprehensive3DSRStorage, EncapsulatedPDFStorage, SecondaryCaptureImageStorage),
        NAMES,
        strict=True,
    )
)


@dataclass(frozen=True, slots=True, eq=False)
class ResultObject:
    """One DICOM object of a result.

    ``name``: ``segmentation``, ``measurements``, ``report`` or ``card``; names its file; ``dataset``: with file
    meta information.
    """

    name: str
    dataset: Dataset

    def to_bytes(self) -> bytes:
        """Object as a DICOM file."""
        stream = io.BytesIO()
        with quiet():
            self.dataset.save_as(stream, enforce_file_format=True)
        return stream.getvalue()


def result_objects(
    study: Study,
    source: SourceReference | None,
    assessment: Assessment,
    tiers: TierScheme,
    *,
    report: bytes,
    card: npt.NDArray[np.uint8] | None = None,
    label: str = "",
) -> tuple[ResultObject, ...]:
    """Make the DICOM objects of one result; the same inputs give the same UIDs, so that sending twice stores once.

    ``card``, (rows, columns, 3) uint8: a picture of the result; ``label``: what report and card call the case.
    Gives segmentation and measurements where there is a lesion; the report; the card where there is one. Raises
    NoSourceImages where the files lack valid UIDs, or nothing was assessed.
    """
    receipt = assessment.receipt
    if source is None or receipt is None:
        raise NoSourceImages
    context = ResultContext(
        study=study,
        source=source,
        uid_of=UidSource(_digest(assessment, label), study.key),
        version=receipt.code_version,
        made=made_at(receipt.created_utc),
        is_simulated=assessment.is_simulated,
        bundle_sha256=receipt.bundle_sha256,
    )
    made: list[ResultObject] = []
    if assessment.lesion is not None and assessment.phase is not None:
        lesion, index = assessment.lesion, assessment.phase.index
        segmentation = segmentation_of(lesion, index, context, number=0)
        measured = measurements_of(
            assessment, lesion, segmentation, context, phase_index=index, tiers=tiers, number=1
        )
        made += [ResultObject("segmentation", segmentation), ResultObject("measurements", measured)]
    made.append(
        ResultObject("report", report_object(report, context, title=context.description("report"), number=2))
    )
    if card is not None:
        made.append(ResultObject("card", card_object(card, context, number=3)))
    _make_own_study([each.dataset for each in made], own_study(study.key, source.study_uid), source.study_uid)
    return tuple(made)


def _make_own_study(made: Sequence[Dataset], study_uid: str, source_uid: str) -> None:
    """Put objects into a study of their own that names the one that was scored."""
    series = {str(each.SeriesInstanceUID): series_uid(each, study_uid) for each in made}
    for each in made:
        each.SeriesInstanceUID = series[str(each.SeriesInstanceUID)]
        for item in each.get("CurrentRequestedProcedureEvidenceSequence", []):
            for named in item.ReferencedSeriesSequence:
                named.SeriesInstanceUID = series.get(str(named.SeriesInstanceUID), named.SeriesInstanceUID)
        place(each, study_uid, source_uid, set(series.values()))


def read_objects(files: Sequence[bytes]) -> tuple[ResultObject, ...]:
    """Read the objects of one result back, and refuse anything else: images may name a patient, and are not ours.

    Raises NotAResultObject where a file is no DICOM object of this software; MixedResults where they are not all
    those of one result.
    """
    found = tuple(_read_object(content) for content in files)
    names = [each.name for each in found]
    if sorted(names) not in (sorted(NAMES), sorted(NAMES[2:])):
        raise MixedResults(
            value=sentence("{found} instead of {wanted}", found=_listed(names), wanted=_listed(NAMES))
        )
    if len({_result_of(each.dataset) for each in found}) != 1:
        raise MixedResults(value=sentence("they come from several runs or cases"))
    return found


def _read_object(content: bytes) -> ResultObject:
    """Read one object back. Raises NotAResultObject: it was not made by this software, or names a patient."""
    try:
        with quiet():
            dataset = dcmread(io.BytesIO(content))
            is_ours = (dataset.get("Manufacturer"), dataset.get("PatientIdentityRemoved")) == (MAKER, "YES")
            name = _KINDS.get(str(dataset.SOPClassUID), "") if is_ours and source_study(dataset) else ""
    except UNREADABLE:
        name = ""
    if not name:
        raise NotAResultObject
    return ResultObject(name, dataset)


def _result_of(dataset: Dataset) -> tuple[str, ...]:
    """What all objects of one result share: study, model, software and the time at which it was computed."""
    keywords = ("StudyInstanceUID", "DeviceSerialNumber", "SoftwareVersions", "ContentDate", "ContentTime")
    return tuple(str(dataset.get(keyword)) for keyword in keywords)


def _listed(names: Sequence[str]) -> str:
    """Names of objects by commas."""
    return ", ".join(sorted(names)) or "-"


def _digest(assessment: Assessment, label: str) -> str:
    """Digest what the objects say, but for the moment: the same case scored again is the same result."""
    stability, receipt = assessment.stability, assessment.receipt
    parts = [
        [receipt.inputs_sha256, receipt.code_version] if receipt else [],
        [stability.low, stability.high] if stability else None,
        sorted(assessment.profile.to_mapping().items(), key=str),
        assessment.lesion.origin if assessment.lesion else "",
        label,
    ]
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()
