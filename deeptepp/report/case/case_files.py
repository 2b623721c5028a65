"""The files of one result: JSON, PDF and DICOM objects, the same from the screen and from the command line."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from deeptepp.domain.labels import checked_label
from deeptepp.domain.risk import Assessment
from deeptepp.errors import NoSourceImages
from deeptepp.file_sets import writing_set
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
    folder: Path, images: CaseImages | None, assessment: Assessment, bundle: ModelBundle | None, *, label: str = ""
) -> tuple[ResultObject, ...]:
    """Write all files of a result into a folder, in place of the result before, as a whole.

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
    FolderInUse
        The folder holds anything but one result.
    DiskFull
        There is no room; nothing is left behind.
    """
    answer = json.dumps(assessment_to_dict(assessment, bundle, label=label), indent=2, allow_nan=False) + "\n"
    picture = case_picture(images, assessment)
    files = {
        JSON_NAME: answer.encode(),
        PDF_NAME: case_pdf(assessment, bundle, label=label, picture_png=picture),
        ONE_PAGE_NAME: case_one_page(assessment, bundle, label=label, picture_png=picture),
    }
    objects: tuple[ResultObject, ...] = ()
    without_source = None
    if images is not None and bundle is not None:
        try:
            objects = case_objects(images, assessment, bundle, label=label)
        except NoSourceImages as error:
            without_source = error
    files |= {f"{each.name}.dcm": each.to_bytes() for each in objects}
    with writing_set(folder, _about(assessment, files[JSON_NAME])) as part:
        for name, content in files.items():
            (part / name).write_bytes(content)
    if without_source is not None:
        raise without_source
    return objects


def _about(assessment: Assessment, answer: bytes) -> dict[str, str]:
    """Say of which images and which assessment the files are, by digests."""
    receipt = assessment.receipt
    images = {"images": receipt.input_sha256, "inputs": receipt.inputs_sha256} if receipt else {}
    return {**images, "assessment": sha256(answer).hexdigest()}


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
