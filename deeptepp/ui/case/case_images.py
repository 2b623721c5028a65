"""The screen of an open case: slices with the candidates on the left, clinical facts on the right."""

from __future__ import annotations

import streamlit as st

from deeptepp.domain.lesion import BoxMm, Lesion, LesionOrigin
from deeptepp.domain.risk import Finding, Severity
from deeptepp.errors import DetectionError, FramesGone
from deeptepp.report.case.series_names import pace_name, proposal_name
from deeptepp.report.format import percent
from deeptepp.report.names import SIDES
from deeptepp.scoring.images import CaseImages
from deeptepp.scoring.unknowns import seen_fields
from deeptepp.store.frames import build_frames, default_frames
from deeptepp.ui.background.loaded import loaded_bundle
from deeptepp.ui.background.session import Session
from deeptepp.ui.case.case_form import SeenHere, clinical_form
from deeptepp.ui.case.case_reading import read_again, show_other_breast
from deeptepp.ui.case.case_steps import draw_lesion, score, select_lesion
from deeptepp.ui.case.leaving import start_over_button
from deeptepp.ui.case.other_study import ask_whose_facts
from deeptepp.ui.case.series_table import choose_scored_phase, choose_series, series_table
from deeptepp.ui.parts.cards import facts_list, findings_list, said
from deeptepp.ui.parts.page_focus import skip_links
from deeptepp.ui.viewer.slice_viewer import slice_viewer
from deeptepp.ui.words.language import say, t
from deeptepp.ui.words.screen_words import plural

_DOUBTS = ("roles.", "dicom.side-not-read")
"""Rules whose warnings stand above the images: they ask whether these are the right ones."""


def images_screen(session: Session) -> None:
    """Show the case and score it when the form is sent."""
    case = session.case
    if case.images is None:
        return
    _heading(session, case.images)
    note = session.take_note()
    if note:
        st.info(note, icon=":material/info:")
    _other_images(session, case.images)
    doubts = [finding for finding in case.images.findings if _is_doubt(finding)]
    if doubts:
        findings_list(doubts)
    left, right = st.columns([4, 3], gap="medium")
    with left:
        _viewer(session)
        _lesion_choice(session)
    with right:
        _facts(session, case.images)
    _study_details(session, case.images)


def _facts(session: Session, images: CaseImages) -> None:
    """Ask for the facts, keep what is entered, and score when the button is pressed."""
    case, bundle = session.case, loaded_bundle()
    if session.is_asked_whose:
        ask_whose_facts(session, images.study)
        return
    seen = SeenHere(
        fields=seen_fields(bundle),
        features=bundle.features,
        lesion=case.lesion,
        is_ambiguous=images.is_ambiguous and case.selected == 0 and not case.is_confirmed,
        acquisition=images.study.acquisition,
    )
    answer = clinical_form(
        case.profile, key=case.id, submit_label=t("Score this case"), seen=seen, draft=case.draft
    )
    case.profile, case.draft = answer.profile or case.profile, answer.draft
    if answer.is_submitted and case.lesion is None:
        st.error(t("There is no tumour to score yet. Draw a box on the images first."), icon=":material/draw:")
    elif answer.is_submitted:
        session.drafts = {}
        score(session)
        st.rerun()


def describe(lesion: Lesion) -> str:
    """Where a lesion is and how large.

    Returns for example ``Left breast, 26 mm, 4.1 ml``.
    """
    volume = f"{lesion.volume_ml:.1f}" if lesion.volume_ml >= 0.1 else f"{lesion.volume_ml:.2f}"
    return f"{t(SIDES[lesion.side])}, {lesion.longest_diameter_mm:.0f} mm, {volume} ml"


def _heading(session: Session, images: CaseImages) -> None:
    """Show what is open, and the way out."""
    facts = images.study.acquisition
    tesla = f"{facts.field_strength_t:g} T" if facts.field_strength_t else ""
    known = [text for text in (facts.manufacturer, facts.model_name, tesla) if text]
    known.append(plural(len(images.study.phases), "phase"))
    known += [t(SIDES[images.side])] if images.side is not None else []
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        with st.container(width="content", gap=None):
            st.title(t("Demo case") if session.case.is_demo else t("Case"), anchor=False)
            kind = f"{t('Simulated study.')} " if session.case.is_demo else ""
            st.caption(kind + ", ".join(known))
        skip_links(
            {
                t("Skip to the clinical facts"): ".st-key-case-facts input",
                t("Skip to the button that scores"): f".st-key-case-submit-{session.case.id} button",
            }
        )
        start_over_button(session, key="case-start-over")


def _is_doubt(finding: Finding) -> bool:
    """Whether a finding asks whether these are the right images."""
    return finding.severity is Severity.WARNING and finding.rule.startswith(_DOUBTS)


def _other_images(session: Session, images: CaseImages) -> None:
    """Offer what the study holds beside the images that are shown: the other breast, other dynamic series."""
    other = images.other_side
    if other is not None:
        best = percent(other.candidates[0].confidence, decimals=0) if other.candidates else t("none")
        with st.container(horizontal=True, vertical_alignment="center", key="case-other-breast"):
            st.info(
                t(
                    "Each breast was imaged by itself, and both were searched. Detector confidence of the best "
                    "candidate in the other one, {side}: {value}.",
                    side=t(SIDES[other.side]),
                    value=best,
                ),
                icon=":material/swap_horiz:",
            )
            if st.button(t("Show the other breast"), key="case-show-other-breast"):
                show_other_breast(session)
                st.rerun()
    for number, proposal in enumerate(images.alternatives):
        with st.container(horizontal=True, vertical_alignment="center", key=f"case-alternative-{number}"):
            st.info(
                t(
                    "Another dynamic series is in this study: {pace} ({name}).",
                    pace=say(pace_name(proposal, session.case.series)),
                    name=say(proposal_name(proposal, session.case.series)),
                ),
                icon=":material/dynamic_feed:",
            )
            if st.button(t("Use it instead"), key=f"case-use-alternative-{number}"):
                read_again(session, proposal.keys, proposal.side)
                st.rerun()


def _viewer(session: Session) -> None:
    """Show the slices; a box that the reader drew becomes the lesion."""
    case = session.case
    box = _show_slices(session)
    if box is None:
        return
    try:
        n_before = len(case.lesions)
        draw_lesion(session, box)
    except DetectionError as error:
        st.warning(said(error), icon=":material/info:")
        return
    if len(case.lesions) > n_before:
        session.note = t("Your box is used: {lesion}.", lesion=describe(case.lesions[-1]))
        st.rerun()


def _show_slices(session: Session) -> BoxMm | None:
    """Show the viewer, building its slices anew when they had left the memory."""
    case = session.case
    for _attempt in range(2):
        try:
            return slice_viewer(
                case.frames_token, key=f"case-viewer-{case.id}", candidates=case.lesions, selected=case.selected
            )
        except FramesGone:
            if case.images is None:
                break
            frames = build_frames(case.images.study, case.images.phase, case.images.candidates)
            case.frames_token = default_frames().put(case.id, frames)
    return None


def _lesion_choice(session: Session) -> None:
    """Let the reader accept a candidate or choose another; drawing happens on the slices."""
    case = session.case
    if not case.lesions:
        st.warning(
            t(
                "No tumour was found by itself. Go to the slice where it is best seen, choose **Draw box** in the "
                "viewer, and drag a box around it."
            ),
            icon=":material/draw:",
        )
        return
    # Words, since a widget keeps what it is given until after the visit.
    names = [f"{i + 1}. {describe(each)}, {_origin(each)}" for i, each in enumerate(case.lesions)]
    index = st.radio(
        t("Tumour that is scored"),
        range(len(case.lesions)),
        index=case.selected,
        format_func=names.__getitem__,
        key=f"case-lesion-{case.id}-{len(case.lesions)}",
        help=t("Candidates that the detector found, best first. Not among them? Choose Draw box in the viewer."),
    )
    if index is not None and index != case.selected:
        select_lesion(session, index)
        st.rerun()
    case.is_confirmed = st.checkbox(
        t("I have looked at the outline: this is the tumour"),
        value=case.is_confirmed,
        key=f"case-confirmed-{case.id}-{case.selected}-{len(case.lesions)}",
    )


def _origin(lesion: Lesion) -> str:
    """Who found a lesion, and how sure that is."""
    if lesion.origin is LesionOrigin.READER:
        return f":gray[{t('inside the box you drew')}]"
    if lesion.origin is LesionOrigin.EXPERT:
        return f":gray[{t('outlined by an expert')}]"
    return f":gray[{t('detector confidence {value}', value=percent(lesion.confidence, decimals=0))}]"


def _study_details(session: Session, images: CaseImages) -> None:
    """Show series, phases and what became of the headers."""
    used = [one for one in session.case.series if one.role != "not used"]
    summary = t("Series and phases")
    if session.case.series:
        n_series = plural(len(session.case.series), "series")
        summary = t("Series and phases, {n} of {series} used", n=len(used), series=n_series)
    with st.expander(summary, key="case-series"):
        choose_scored_phase(session, images.study, images.phase)
        if session.case.series:
            series_table(session.case.series)
            choose_series(session)
    report = images.deidentified
    if report is not None:
        with st.expander(t("De-identification: {fields} removed", fields=plural(len(report.removed), "field"))):
            facts_list(
                {
                    t("Removed"): ", ".join(report.removed),
                    t("Replaced"): ", ".join(report.replaced),
                    t("Kept"): ", ".join(report.kept),
                    t("Private fields removed"): report.n_private_removed,
                    t("Method"): "; ".join(report.method),
                }
            )
    spoken = [f for f in images.findings if f.severity is not Severity.REFUSAL and not _is_doubt(f)]
    if spoken:
        with st.expander(t("Image quality: {remarks}", remarks=plural(len(spoken), "remark"))):
            findings_list(spoken)
