"""What was entered for one study never goes on to another one without a question.

Entries outlive their images: over a restarted server, a long absence, or a study that has to be handed in again.
The study that comes next is the same by content or upload; UIDs decide nothing, since copies share them.
"""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from deeptepp.domain.clinical import RANGES, ClinicalProfile, Sex
from deeptepp.domain.study import Study
from deeptepp.scoring.images import CaseImages
from deeptepp.ui.background.drafts import OF_THE_CASE
from deeptepp.ui.background.session import KeptHere, Session
from deeptepp.ui.words.language import t

NAME_DIGITS = 16
"""Hexadecimal digits of the digest of its images by which a tab knows a study, as in its pseudonymous key."""


def meet_study(session: Session, images: CaseImages) -> None:
    """Note which study is at hand, and whether what was entered may belong to another one.

    Sex and age are taken from its headers where they were not entered.
    """
    case = session.case
    known = frozenset({images.study.digest[:NAME_DIGITS], case.upload_id} - {""})
    is_other = bool(session.entered_for) and not known & session.entered_for
    session.is_asked_whose = is_other and has_entries(session)
    if is_other:
        # What is kept of one study is never added to that of another.
        case.kept, case.label = KeptHere(), ""
    session.entered_for, session.study_name = known, images.study.digest[:NAME_DIGITS]
    if not session.is_asked_whose:
        case.profile = _prefilled(case.profile, images.study)


def has_entries(session: Session) -> bool:
    """Whether anything was entered about a patient.

    Returns True also for what was typed and never sent.
    """
    case = session.case
    typed = any(text for key, text in session.drafts.items() if key.startswith(OF_THE_CASE))
    return typed or bool(case.draft) or case.profile != ClinicalProfile()


def ask_whose_facts(session: Session, study: Study) -> None:
    """Ask whether facts of another study are those of this patient; nothing of them is shown or used before."""
    with st.container(border=True, key="case-whose-facts"):
        st.header(t("Is this the same patient?"), anchor=False)
        st.write(
            t(
                "The facts that were entered belong to another study. They are used only if this study is of the "
                "same patient."
            )
        )
        with st.container(horizontal=True):
            if st.button(t("Another patient: erase them"), type="primary", key="whose-other"):
                forget_entries(session)
                _answered(session, study)
            if st.button(t("Same patient: keep them"), key="whose-same"):
                _answered(session, study)


def forget_entries(session: Session) -> None:
    """Forget every fact and label that was entered, here and in the tab."""
    session.case.profile, session.case.draft = ClinicalProfile(), {}
    for prefix in OF_THE_CASE:
        session.forget_typed(prefix, prefix)


def _answered(session: Session, study: Study) -> None:
    """Go on to the form."""
    session.is_asked_whose = False
    session.case.profile = _prefilled(session.case.profile, study)
    st.rerun()


def _prefilled(profile: ClinicalProfile, study: Study) -> ClinicalProfile:
    """Take sex and age from the images where they were not entered."""
    facts = study.acquisition
    sex = profile.sex or next((s for s in Sex if s.value == facts.patient_sex), None)
    age, (low, high) = facts.patient_age_years, RANGES["age_years"]
    if profile.age_years is not None or age is None or not low <= age <= high:
        age = profile.age_years
    return replace(profile, sex=sex, age_years=age)
