"""The page of the PACS: search for a study, look at what was sent here, and open one as a case.

What is typed and found stays in the memory of this visit: no address, log, file or tab keeps it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st

from deeptepp.config import Settings, load_settings
from deeptepp.dicom.archive.arrived import ArrivedStudies, arrived_studies
from deeptepp.dicom.archive.fetch import fetch_study
from deeptepp.dicom.archive.pacs import Pacs, configured_pacs
from deeptepp.dicom.archive.query import StudyQuery, find_studies
from deeptepp.domain.progress import Progress
from deeptepp.errors import BadSetting, BundleError, DeepTeppError
from deeptepp.store.uploads import default_store
from deeptepp.ui.background.jobs import bare
from deeptepp.ui.background.loaded import loaded_bundle
from deeptepp.ui.background.session import current_session
from deeptepp.ui.case.case_reading import open_fetched
from deeptepp.ui.parts.cards import bundle_card, said
from deeptepp.ui.words.language import t
from deeptepp.ui.words.page_list import PAGES_FOLDER
from deeptepp.ui.worklist.worklist_rows import study_row
from deeptepp.ui.worklist.worklist_state import WorklistState, worklist_state

_CASE_PAGE = PAGES_FOLDER / "case.py"
_MODALITIES = ("MR", "")
"""What is searched for: studies with MR, or any."""


def worklist_page() -> None:
    """Show the search, what it found, and what arrived by itself."""
    try:
        loaded_bundle()
    except BundleError as error:
        bundle_card(error)
        return
    st.title(t("Worklist"))
    settings = load_settings()
    try:
        pacs = configured_pacs(settings)
    except BadSetting as error:
        st.warning(said(error))
        return
    if pacs is None and settings.dicom_folder is None:
        _nothing_set()
        return
    if current_session().has_work:
        st.warning(
            t("A case is open. Opening a study here takes its place, and what was not saved of it is gone.")
        )
    if settings.dicom_folder is not None:
        _arrived(settings)
    if pacs is not None:
        _search(worklist_state(), pacs)


def _nothing_set() -> None:
    """That there is no PACS, and the way on without one."""
    st.info(
        t(
            "This installation has no PACS to search. Whoever runs it can set `pacs_url` or `dicom_folder` in "
            "deeptepp.toml; until then, hand the study in on the first page."
        ),
        icon=":material/info:",
    )


def _search(state: WorklistState, pacs: Pacs) -> None:
    """Ask for what narrows the search, and show what was found."""
    st.header(t("Search {name}", name=pacs.name), anchor="search")
    with st.form("worklist-search", border=True):
        with st.container(horizontal=True):
            accession = st.text_input(
                t("Accession number"), key="worklist-accession", autocomplete="off", width=230
            )
            patient_id = st.text_input(t("Patient number"), key="worklist-patient", autocomplete="off", width=230)
            first = st.date_input(t("First day"), value=None, key="worklist-first", format="YYYY-MM-DD", width=170)
            last = st.date_input(t("Last day"), value=None, key="worklist-last", format="YYYY-MM-DD", width=170)
            modality = st.selectbox(
                t("Kind"),
                _MODALITIES,
                format_func=lambda each: each or t("Any"),
                key="worklist-modality",
                width=120,
            )
        is_asked = st.form_submit_button(t("Search"), type="primary")
    st.caption(t("What you type is sent to {name} alone, and kept nowhere.", name=pacs.name))
    if is_asked:
        _ask(
            state,
            pacs,
            StudyQuery(
                accession=accession,
                patient_id=patient_id,
                first_day=first,
                last_day=last,
                modality=modality,
            ),
        )
    _answer(state, pacs)


def _ask(state: WorklistState, pacs: Pacs, query: StudyQuery) -> None:
    """Search, and keep the answer or why there is none."""
    state.erase()
    if query.is_open:
        st.warning(t("Give an accession number, a patient number or a day."))
        return
    with st.spinner(t("Searching {name} ...", name=pacs.name)):
        try:
            state.found = find_studies(query, pacs)
        except DeepTeppError as error:
            state.refusal = bare(error)


def _answer(state: WorklistState, pacs: Pacs) -> None:
    """Show the studies, or say why there are none."""
    if state.refusal is not None:
        st.warning(said(state.refusal))
        return
    if state.found is None:
        return
    if not state.found.rows:
        st.info(
            t("{name} finds no such study. Look at the numbers once more, or search for any kind.", name=pacs.name)
        )
        return
    if state.found.has_more:
        n = len(state.found.rows)
        st.warning(
            t("There are more studies than these {n}, the latest of which are shown. Narrow the search.", n=n)
        )
    for number, row in enumerate(state.found.rows):
        if study_row(row, key=f"worklist-open-{number}", button=t("Fetch and open")):
            _open(partial(_fetch, row.study_uid, pacs))


def _arrived(settings: Settings) -> None:
    """Show the studies that were sent to this installation."""
    folder = arrived_studies(settings)
    st.header(t("Studies that arrived"), anchor="arrived")
    found = folder.studies() if folder is not None else ()
    if folder is None or not found:
        st.caption(t("None is waiting. What is sent to this installation by C-STORE appears here."))
        return
    for number, study in enumerate(found):
        button = t("Open") if study.is_complete else t("Still arriving")
        is_pressed = study_row(
            study.row, key=f"worklist-arrived-{number}", button=button, is_ready=study.is_complete
        )
        if is_pressed:
            _open(partial(_take, study.name, folder))
    hours = settings.dicom_max_age_s / 3600
    st.caption(t("Each is deleted {hours:.0f} hours after its last image came in.", hours=hours))
    if st.button(t("Look again"), key="worklist-look"):
        st.rerun()


def _take(name: str, studies: ArrivedStudies, folder: Path, _progress: Progress) -> None:
    """Copy a study that arrived to the case."""
    studies.copy_to(name, folder)


def _open(fetch: Callable[[Path, Progress], object]) -> None:
    """Begin to fetch a study and go to the page of the case."""
    open_fetched(current_session(), fetch)
    worklist_state().erase()
    st.switch_page(_CASE_PAGE)


def _fetch(study_uid: str, pacs: Pacs, folder: Path, progress: Progress) -> None:
    """Fetch a study within the limits of an upload."""
    store = default_store()
    fetch_study(study_uid, pacs, folder, max_bytes=store.max_bytes, max_files=store.max_files, progress=progress)
