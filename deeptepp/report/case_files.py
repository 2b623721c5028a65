"""The files of one result: JSON, PDF and DICOM objects, the same from the screen and from the command line."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from deeptepp.domain.risk import Assessment
from deeptepp.imaging.thumbnail import roi_thumbnail
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.case_pdf import case_pdf
from deeptepp.report.document import assessment_to_dict
from deeptepp.scoring.images import CaseImages

if TYPE_CHECKING:
    from deeptepp.dicom.objects import ResultObject

JSON_NAME, PDF_NAME = "assessment.json", "report.pdf"
"""Names of two of the files; a DICOM object is called after what it is."""

_OBJECT_NAMES = ("segmentation", "measurements", "report", "card")
_ZIP_TIME = (2000, 1, 1, 0, 0, 0)
"""Time of the files in the archive, so that the same objects give the same bytes."""


def case_report(images: CaseImages | None, assessment: Assessment, bundle: ModelBundle | None) -> bytes:
    """Write the PDF, with the picture of the tumour where there is one.

    Parameters
    ----------
    images : CaseImages or None
        What was scored; None where nothing could be read.
    assessment : Assessment
        The answer.
    bundle : ModelBundle or None
        The model.

    Returns
    -------
    bytes
        A PDF.
    """
    return case_pdf(assessment, bundle, picture_png=_picture(images, assessment))


def case_objects(images: CaseImages, assessment: Assessment, bundle: ModelBundle) -> tuple[ResultObject, ...]:
    """Make the DICOM objects.

    Parameters
    ----------
    images : CaseImages
        What was scored.
    assessment : Assessment
        The answer.
    bundle : ModelBundle
        The model.

    Returns
    -------
    tuple of ResultObject
        Segmentation and measurements where there is a lesion, report and card.

    Raises
    ------
    NoSourceImages
        The files lack valid UIDs.
    """
    # The library behind it takes a second to load, which a screen without this wish should not wait for.
    from deeptepp.dicom.objects import result_objects
    from deeptepp.report.case_card import case_card

    return result_objects(
        images.study,
        images.source,
        assessment,
        bundle.tiers,
        report=case_report(images, assessment, bundle),
        card=case_card(assessment, bundle, picture_png=_picture(images, assessment)),
    )


def objects_zip(objects: Sequence[ResultObject]) -> bytes:
    """Put objects into a zip archive.

    Parameters
    ----------
    objects : sequence of ResultObject
        Of one result.

    Returns
    -------
    bytes
        The archive; the same objects give the same bytes.
    """
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in objects:
            archive.writestr(zipfile.ZipInfo(f"{each.name}.dcm", _ZIP_TIME), each.to_bytes(), zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def write_case_files(
    folder: Path, images: CaseImages | None, assessment: Assessment, bundle: ModelBundle | None
) -> tuple[ResultObject, ...]:
    """Write all files of a result into a folder; DICOM objects of an earlier result are removed from it.

    Parameters
    ----------
    folder : Path
        Is made where absent.
    images : CaseImages or None
        What was scored; without it there are no DICOM objects.
    assessment : Assessment
        The answer.
    bundle : ModelBundle or None
        The model.

    Returns
    -------
    tuple of ResultObject
        The DICOM objects written.

    Raises
    ------
    NoSourceImages
        The files lack valid UIDs; JSON and PDF are written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in _OBJECT_NAMES:
        (folder / f"{name}.dcm").unlink(missing_ok=True)
    answer = assessment_to_dict(assessment, bundle)
    (folder / JSON_NAME).write_text(json.dumps(answer, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    (folder / PDF_NAME).write_bytes(case_report(images, assessment, bundle))
    if images is None or bundle is None:
        return ()
    objects = case_objects(images, assessment, bundle)
    for each in objects:
        (folder / f"{each.name}.dcm").write_bytes(each.to_bytes())
    return objects


def _picture(images: CaseImages | None, assessment: Assessment) -> bytes:
    """Draw the tumour in its middle slice; empty where there is none."""
    if images is None or assessment.lesion is None:
        return b""
    return roi_thumbnail(images.study, images.phase, assessment.lesion)
