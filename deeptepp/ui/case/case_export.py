"""A result leaves the screen: as PDF, as DICOM objects, as JSON, and to the PACS."""

from __future__ import annotations

import json

import streamlit as st

from deeptepp.config import load_settings
from deeptepp.dicom.archive.pacs import configured_pacs
from deeptepp.domain.people import Action
from deeptepp.domain.risk import Assessment
from deeptepp.errors import BadSetting
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.case.case_files import case_objects, file_name, objects_zip
from deeptepp.report.case.case_one_page import case_one_page
from deeptepp.report.case.case_pdf import case_pdf
from deeptepp.report.case.document import assessment_to_dict
from deeptepp.scoring.images import CaseImages
from deeptepp.ui.background.session import Case, Session
from deeptepp.ui.case.case_pacs import pacs_ways
from deeptepp.ui.case.case_whose import picture_of
from deeptepp.ui.guard import offers
from deeptepp.ui.parts.cards import said
from deeptepp.ui.parts.fragments import fragment
from deeptepp.ui.parts.save_button import save_button
from deeptepp.ui.words.language import speech, t


def export_menu(session: Session, assessment: Assessment, bundle: ModelBundle) -> None:
    """Offer the files of a result, and to send it."""
    # The fragment stands inside: one around the menu would take the rest of the line.
    with st.popover(t("Save or send"), key="result-export"):
        _ways(session, assessment, bundle)


@fragment()
def _ways(session: Session, assessment: Assessment, bundle: ModelBundle) -> None:
    """Offer every way; a click here does not draw the rest of the page again."""
    case, images = session.case, session.case.images
    # What a download closes over outlives the visit: the case, which is emptied then, and not its images.
    named, spoken = case.label, speech()
    save_button(
        t("One page (PDF)"),
        lambda: case_one_page(
            assessment, bundle, label=named, picture_png=picture_of(case, assessment), speech=spoken
        ),
        file_name(named, assessment, "one-page.pdf"),
        key="result-one-page",
        kind="primary",
        width="stretch",
    )
    save_button(
        t("Full report (PDF)"),
        lambda: case_pdf(
            assessment, bundle, label=named, picture_png=picture_of(case, assessment), language=spoken.language
        ),
        file_name(named, assessment, "report.pdf"),
        key="result-pdf",
        width="stretch",
    )
    save_button(
        t("Save as JSON"),
        json.dumps(assessment_to_dict(assessment, bundle, label=named), indent=2, allow_nan=False),
        file_name(named, assessment, "assessment.json"),
        key="result-json",
        width="stretch",
    )
    if images is not None and images.source is not None and assessment.receipt is not None:
        _dicom(session, images, assessment, bundle)
    else:
        st.caption(t("The images lack the identifiers (UIDs) that DICOM objects of a result must name."))


def _dicom(session: Session, images: CaseImages, assessment: Assessment, bundle: ModelBundle) -> None:
    """Offer the DICOM objects as a file, and the PACS where there is one."""
    case = session.case
    save_button(
        t("DICOM objects (zip)"),
        lambda: _zipped(case, assessment, bundle),
        file_name(case.label, assessment, "dicom.zip"),
        key="result-dicom",
        width="stretch",
    )
    try:
        pacs = configured_pacs(load_settings())
    except BadSetting as error:
        st.warning(said(error))
        pacs = None
    if pacs is not None and offers(Action.SEND_RESULTS):
        pacs_ways(session, images, assessment, bundle, pacs)
    st.caption(
        t(
            "The files saved here are a study of their own under a pseudonym; they refer to the study that was "
            "scored by its UIDs, and hold no name, date or number of the patient."
        )
    )


def _zipped(case: Case, assessment: Assessment, bundle: ModelBundle) -> bytes:
    """Make the objects when they are asked for; nothing of a case that was erased meanwhile."""
    if case.images is None:
        return b""
    return objects_zip(case_objects(case.images, assessment, bundle, label=case.label))
