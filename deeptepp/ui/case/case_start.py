"""The first screen of a case: what this is, where the study goes in, and a demo one click away."""

from __future__ import annotations

import streamlit as st

from deeptepp.config import Settings, load_settings
from deeptepp.domain.people import Action
from deeptepp.ui.background.loaded import loaded_bundle
from deeptepp.ui.background.session import Session, is_kept
from deeptepp.ui.case.case_reading import open_demo, open_upload
from deeptepp.ui.guard import offers
from deeptepp.ui.own_model.own_model_link import own_model_link
from deeptepp.ui.viewer.study_drop import study_drop
from deeptepp.ui.words.language import t
from deeptepp.ui.words.screen_words import plural


def start_screen(session: Session) -> None:
    """Show the drop zone and the demo.

    ``session``: moves on when a study has arrived or the demo was asked for.
    """
    st.title(t("Score a case"))
    st.markdown(
        t(
            "From a breast MR study with contrast and a few clinical facts, DeepTEPP computes a recurrence risk "
            "score for HER2-positive early breast cancer, and shows how patients of the same risk tier fared by "
            "treatment."
        ),
        width=860,
    )
    _whom_it_is_for()
    _show_note(session)
    left, right = st.columns([3, 2], gap="large")
    with left:
        if offers(Action.SCORE_CASES):
            _ways_in(session)
    with right:
        _what_is_accepted()


def _ways_in(session: Session) -> None:
    """Take a study, or the demo."""
    upload_id = study_drop(key=f"case-drop-{session.case.id}")
    if upload_id:
        open_upload(session, upload_id)
        st.rerun()
    _demo(session)


def _whom_it_is_for() -> None:
    """Say before the upload which studies the model refuses, and the way on."""
    if loaded_bundle().is_simulated:
        st.info(
            t(
                "The model on this server learnt from simulated patients: it shows what DeepTEPP does. It refuses "
                "real studies; for research one can be scored all the same, and every result is then marked."
            )
            + f" {own_model_link()}",
            icon=":material/school:",
            width=860,
        )


def _show_note(session: Session) -> None:
    """Say once what just happened, and which series were chosen for the next reading."""
    note = session.take_note()
    if note:
        st.info(note, icon=":material/info:")
    if session.phase_keys:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info(
                t(
                    "Drop the same study once more: {series} of your choice will be read as its phases. "
                    "The files are no longer here.",
                    series=plural(len(session.phase_keys), "series"),
                ),
                icon=":material/info:",
            )
            if st.button(t("Use the proposal instead"), key="case-forget-series"):
                session.phase_keys, session.phase_side = (), None
                st.rerun()


def _what_is_accepted() -> None:
    """Say for whom the score was made, which files work, and what becomes of them."""
    st.markdown("## " + t("Whom it is for"))
    st.markdown(
        t(
            "- **HER2-positive, invasive, stage I to III**, no systemic treatment before surgery\n"
            "- **MR before any biopsy**, as in the published cohort. Where HER2 is known from a biopsy that came "
            "before the MR, the case is refused first, and scored for research only"
        )
    )
    st.markdown("## " + t("What to drop"))
    st.markdown(
        t(
            "- **One study**, as a zip, a folder, or all its DICOM files\n"
            "- **T1-weighted MR before and after contrast**, at least two phases; other series do no harm\n"
            "- Names and order of DICOM files do not matter; NIfTI files are told by their names"
        )
    )
    settings = load_settings()
    st.markdown("## " + t("What happens to it"))
    st.markdown(
        t(
            "- Names, dates and numbers of the patient are removed while reading\n"
            "- The files are deleted once the case is scored, and after {minutes:.0f} minutes at the latest\n"
            "- The images, and the UIDs by which a PACS knows them, stay in memory until you start over, or "
            "{away:.0f} minutes after the page is closed\n"
            "- What you type stays in the memory of this browser tab, so that a reload loses nothing; closing the "
            "tab erases it",
            minutes=settings.upload_max_age_s / 60,
            away=settings.visitor_max_away_s / 60,
        )
    )
    st.markdown(_kept_words(settings))
    if not is_kept():
        st.caption(
            t("This browser keeps nothing for its tabs (session storage is blocked): a reload begins a new case.")
        )


def _kept_words(settings: Settings) -> str:
    """Say what is kept of a case that was scored, and for how long."""
    if settings.case_kept_days <= 0:
        return t("- Nothing else is kept: this installation keeps no cases")
    words = t(
        "- A scored case is kept in My cases for {days:.0f} days after its last change: facts, scores and a "
        "picture of the tumour. You can delete it at any time",
        days=settings.case_kept_days,
    )
    if settings.images_kept_days <= 0:
        return words
    kept = t("- Its images are kept encrypted for {days:.0f} days", days=settings.images_kept_days)
    return f"{words}\n{kept}"


def _demo(session: Session) -> None:
    """Offer the built-in study."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(t("Open the demo study"), key="case-demo"):
            open_demo(session)
            st.rerun()
        st.caption(t("No study at hand? A simulated patient with a known tumour; takes about half a minute."))
