"""Results as DICOM objects of the study that was scored: segmentation, structured report, PDF and card.

They carry the pseudonym of the study instead of the patient, and the original UIDs of study, series and images:
with them a PACS files the objects beside the images, without them nobody could. They are made only on request.
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

from deeptepp.dicom.header_values import UNREADABLE, quiet
from deeptepp.dicom.results.documents import card_object, report_object
from deeptepp.dicom.results.measurements import measurements_of
from deeptepp.dicom.results.result_header import MAKER, ResultContext, made_at
from deeptepp.dicom.results.segmentation import segmentation_of
from deeptepp.dicom.source import SourceReference
from deeptepp.dicom.uids import UidSource
from deeptepp.domain.risk import Assessment, TierScheme
from deeptepp.domain.study import Study
from deeptepp.errors import NoSourceImages, NotAResultObject


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
) -> tuple[ResultObject, ...]:
    """Make the DICOM objects of one result; the same result gives the same objects, so that sending twice is once.

    ``card``, (rows, columns, 3) uint8: a picture of the result. Gives segmentation and measurements where there is
    a lesion; the report; the card where there is one. Raises NoSourceImages where the files lack valid UIDs, or
    nothing was assessed.
    """
    receipt = assessment.receipt
    if source is None or receipt is None:
        raise NoSourceImages
    context = ResultContext(
        study=study,
        source=source,
        uid_of=UidSource(_digest(assessment, report), study.key),
        version=receipt.code_version,
        made=made_at(receipt.created_utc),
        is_simulated=assessment.is_simulated,
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
    return tuple(made)


def read_objects(files: Sequence[bytes]) -> tuple[ResultObject, ...]:
    """Read result objects back, refusing anything else: images may name a patient, and are not ours to send.

    Raises NotAResultObject where a file is no DICOM object of this software.
    """
    found = []
    for content in files:
        try:
            with quiet():
                dataset = dcmread(io.BytesIO(content))
                is_ours = (dataset.get("Manufacturer"), dataset.get("PatientIdentityRemoved")) == (MAKER, "YES")
        except UNREADABLE:
            is_ours = False
        if not is_ours:
            raise NotAResultObject
        found.append(ResultObject(str(dataset.get("Modality")).lower(), dataset))
    return tuple(found)


def _digest(assessment: Assessment, report: bytes) -> str:
    """Digest what the objects say."""
    stability = assessment.stability
    parts = [
        assessment.receipt.inputs_sha256 if assessment.receipt else "",
        assessment.receipt.created_utc if assessment.receipt else "",
        [stability.low, stability.high] if stability else None,
        hashlib.sha256(report).hexdigest(),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
