"""A result leaves the screen: as PDF, as DICOM objects, as JSON, and to the PACS."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING

import streamlit as st

from deeptepp.config import load_settings
from deeptepp.dicom.results.pacs import Pacs, configured_pacs
from deeptepp.domain.audit import LedgerKind
from deeptepp.domain.people import Action
from deeptepp.domain.progress import Progress
from deeptepp.domain.risk import Assessment
from deeptepp.errors import BadSetting, DeepTeppError
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.case.case_files import case_objects, file_name, objects_zip
from deeptepp.report.case.case_one_page import case_one_page
from deeptepp.report.case.case_pdf import case_pdf
from deeptepp.report.case.document import assessment_to_dict
from deeptepp.scoring.images import CaseImages
from deeptepp.store import own_ledger
from deeptepp.ui.background.jobs import bare
from deeptepp.ui.background.session import Case, Session
from deeptepp.ui.case.case_whose import picture_of
from deeptepp.ui.guard import current_person, offers, require
from deeptepp.ui.parts.cards import said
from deeptepp.ui.parts.fragments import fragment
from deeptepp.ui.words.language import speech, t

if TYPE_CHECKING:
    from deeptepp.dicom.results.dicomweb import Delivery

_POLL_S = 0.5
"""Seconds between two looks at a delivery under way."""

_SEND = "send-"
"""How the key of a delivery begins."""

_OBJECTS: dict[str, str] = {
    "segmentation": "tumour outline (SEG)",
    "measurements": "score and measurements (SR)",
    "report": "report (PDF)",
    "card": "card (picture)",
}
"""What each DICOM object is called."""


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
    st.download_button(
        t("One page (PDF)"),
        lambda: case_one_page(
            assessment, bundle, label=named, picture_png=picture_of(case, assessment), speech=spoken
        ),
        file_name=file_name(named, assessment, "one-page.pdf"),
        mime="application/pdf",
        on_click="ignore",
        key="result-one-page",
        type="primary",
        width="stretch",
    )
    st.download_button(
        t("Full report (PDF)"),
        lambda: case_pdf(
            assessment, bundle, label=named, picture_png=picture_of(case, assessment), language=spoken.language
        ),
        file_name=file_name(named, assessment, "report.pdf"),
        mime="application/pdf",
        on_click="ignore",
        key="result-pdf",
        width="stretch",
    )
    st.download_button(
        t("Save as JSON"),
        json.dumps(assessment_to_dict(assessment, bundle, label=named), indent=2, allow_nan=False),
        file_name=file_name(named, assessment, "assessment.json"),
        mime="application/json",
        on_click="ignore",
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
    st.download_button(
        t("DICOM objects (zip)"),
        lambda: _zipped(case, assessment, bundle),
        file_name=file_name(case.label, assessment, "dicom.zip"),
        mime="application/zip",
        on_click="ignore",
        key="result-dicom",
        width="stretch",
    )
    try:
        pacs = configured_pacs(load_settings())
    except BadSetting as error:
        st.warning(said(error))
        pacs = None
    if pacs is not None and offers(Action.SEND_RESULTS):
        _pacs(session, images, assessment, bundle, pacs)
    st.caption(
        t(
            "DICOM objects hold the UIDs of the study, so that a PACS files them beside its images, and a "
            "pseudonym in place of the name; no name, date or number of the patient."
        )
    )


def _zipped(case: Case, assessment: Assessment, bundle: ModelBundle) -> bytes:
    """Make the objects when they are asked for; nothing of a case that was erased meanwhile."""
    if case.images is None:
        return b""
    return objects_zip(case_objects(case.images, assessment, bundle, label=case.label))


def _pacs(session: Session, images: CaseImages, assessment: Assessment, bundle: ModelBundle, pacs: Pacs) -> None:
    """Send on request, off this thread, and say what became of it."""
    extra, named = session.case.extra, session.case.label
    key, person = _key(assessment, bundle, named), current_person()
    receipt = assessment.receipt.id if assessment.receipt else ""
    extra.settle(session.id, lambda _key, _answer: None, only=_SEND)

    def work(_progress: Progress) -> object:
        # The library behind it takes a second to load.
        from deeptepp.dicom.results.dicomweb import send_objects

        try:
            delivery = send_objects(case_objects(images, assessment, bundle, label=named), pacs)
        except DeepTeppError as error:
            # Kept whole, to be said in the language of the visitor.
            return bare(error)
        own_ledger.record(LedgerKind.SENT, person, about=receipt, objects=delivery.stored)
        return delivery

    if key in extra.jobs:
        _poll(session, key, pacs)
        return
    answer = extra.answers.get(key)
    _answered(answer)
    if key in extra.notes:
        st.warning(t(extra.notes[key]))
    label = t("Send again") if answer is not None else t("Send to {name}", name=pacs.name)
    if st.button(label, key="result-send", width="stretch"):
        require(Action.SEND_RESULTS)
        extra.answers.pop(key, None)
        extra.start(session.id, key, work)
        st.rerun(scope="fragment")


def _answered(answer: Delivery | DeepTeppError | None) -> None:
    """What the PACS answered, or why there is no answer."""
    if isinstance(answer, DeepTeppError):
        st.warning(said(answer))
    elif answer is not None:
        sent = ", ".join(t(_OBJECTS[name]) for name in answer.stored)
        words = t("{name} stored {n} objects: {sent}.", name=answer.name, n=len(answer.stored), sent=sent)
        st.success(words, icon=":material/check:")
        if answer.n_warnings:
            st.warning(t("The archive stored {n} of them with a warning; ask who runs it.", n=answer.n_warnings))


@fragment(run_every=_POLL_S)
def _poll(session: Session, key: str, pacs: Pacs) -> None:
    """Look at the delivery, and draw the page again when it has ended."""
    view = session.case.extra.look(session.id, key)
    if view is None or view.is_over:
        st.rerun()
    st.info(t("Sending to {name} ...", name=pacs.name))


def _key(assessment: Assessment, bundle: ModelBundle, named: str) -> str:
    """Name a delivery by what is sent."""
    content = json.dumps(assessment_to_dict(assessment, bundle, label=named), sort_keys=True)
    return f"{_SEND}{sha256(content.encode()).hexdigest()[:16]}"
