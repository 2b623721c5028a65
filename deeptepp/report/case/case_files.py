"""The files of one result: JSON, PDF and DICOM objects, the same from the screen and from the command line."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from deeptepp.domain.labels import checked_label
from deeptepp.domain.risk import Assessment
from deeptepp.imaging.thumbnail import roi_thumbnail
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.case.case_one_page import case_one_page
from deeptepp.report.case.case_pdf import case_pdf
from deeptepp.report.case.document import assessment_to_dict
from deeptepp.scoring.images import CaseImages
from deeptepp.wording.catalogue import Language

if TYPE_CHECKING:
    from deeptepp.dicom.results.objects import ResultObject

JSON_NAME, PDF_NAME, ONE_PAGE_NAME = "assessment.json", "report.pdf", "one-page.pdf"
"""Names of three of the files; a DICOM object is called after what it is."""

_OBJECT_NAMES = ("segmentation", "measurements", "report", "card")
_ZIP_TIME = (2000, 1, 1, 0, 0, 0)
"""Time of the files in the archive, so that the same objects give the same bytes."""


def case_report(
    images: CaseImages | None,
    assessment: Assessment,
    bundle: ModelBundle | None,
    *,
    label: str = "",
    language: Language = Language.ENGLISH,
) -> bytes:
    """Write the full PDF, with the picture of the tumour where there is one.

    ``images``: what was scored, None where nothing could be read; ``label``: of the case, may be empty.
    """
    picture = case_picture(images, assessment)
    return case_pdf(assessment, bundle, label=label, picture_png=picture, language=language)


def case_objects(
    images: CaseImages, assessment: Assessment, bundle: ModelBundle, *, label: str = ""
) -> tuple[ResultObject, ...]:
    """Make the DICOM objects.

    ``label``: of the case, may be empty. Returns segmentation and measurements where there is a lesion, report and
    card. Raises NoSourceImages: the files lack valid UIDs.
    """
    # The library behind it takes a second to load, which a screen without this wish should not wait for.
    from deeptepp.dicom.results.objects import result_objects
    from deeptepp.report.case.case_card import case_card

    return result_objects(
        images.study,
        images.source,
        assessment,
        bundle.tiers,
        report=case_report(images, assessment, bundle, label=label),
        card=case_card(assessment, bundle, picture_png=case_picture(images, assessment)),
        label=label,
    )


def objects_zip(objects: Sequence[ResultObject]) -> bytes:
    """Put objects into a zip archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in objects:
            archive.writestr(zipfile.ZipInfo(f"{each.name}.dcm", _ZIP_TIME), each.to_bytes(), zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def write_case_files(
    folder: Path,
    images: CaseImages | None,
    assessment: Assessment,
    bundle: ModelBundle | None,
    *,
    label: str = "",
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
    label : str
        Of the case, see ``domain.labels``; may be empty.

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
    answer = assessment_to_dict(assessment, bundle, label=label)
    (folder / JSON_NAME).write_text(json.dumps(answer, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    picture = case_picture(images, assessment)
    (folder / PDF_NAME).write_bytes(case_pdf(assessment, bundle, label=label, picture_png=picture))
    one_page = case_one_page(assessment, bundle, label=label, picture_png=picture)
    (folder / ONE_PAGE_NAME).write_bytes(one_page)
    if images is None or bundle is None:
        return ()
    objects = case_objects(images, assessment, bundle, label=label)
    for each in objects:
        (folder / f"{each.name}.dcm").write_bytes(each.to_bytes())
    return objects


def case_picture(images: CaseImages | None, assessment: Assessment) -> bytes:
    """Draw the tumour in its middle slice, with its outline.

    ``images``: what was scored, None where nothing could be read. Returns PNG, empty where there is no tumour.
    """
    if images is None or assessment.lesion is None:
        return b""
    return roi_thumbnail(images.study, images.phase, assessment.lesion, has_outline=True)


def file_name(label: str, assessment: Assessment, kind: str) -> str:
    """Name a file of a result so that it is found again.

    ``label``: of the case, see ``domain.labels``, may be empty. Returns for example
    ``deeptepp-Case-7-2026-11-29-one-page.pdf``, without a label ``deeptepp-case-2026-...``.
    """
    plain = re.sub(r"[^\w]+", "-", checked_label(label)).strip("-_")
    day = [assessment.receipt.created_utc[:10]] if assessment.receipt else []
    return "-".join(("deeptepp", plain or "case", *day, kind))
