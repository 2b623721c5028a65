"""On a result: how the case is kept, what others made of it meanwhile, and the way to delete it."""

from __future__ import annotations

from datetime import datetime, timedelta

import streamlit as st

from deeptepp.config import load_settings
from deeptepp.dicom.archive.pacs import configured_pacs
from deeptepp.domain.kept_case import KeptCase, KeptRow
from deeptepp.domain.people import Action
from deeptepp.domain.risk import Assessment
from deeptepp.errors import (
    AccessError,
    BadSetting,
    BoardStoreError,
    CaseGone,
    ImagesNotKept,
    KeptCaseError,
)
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.case.case_changes import Change, changes_between, score_change
from deeptepp.ui.background.session import Case, KeptHere, Session
from deeptepp.ui.board.board_store import open_board
from deeptepp.ui.case.case_reading import ask_for_study
from deeptepp.ui.case.case_steps import start_over
from deeptepp.ui.case.keep_case import fetch_again, keep_again, show_kept
from deeptepp.ui.guard import current_person, require
from deeptepp.ui.parts.cards import said
from deeptepp.ui.parts.verbatim import verbatim
from deeptepp.ui.words.language import speech, t


def kept_line(session: Session, bundle: ModelBundle) -> None:
    """Say how the case is kept, and until when; offer to delete it, or what mends that it is not."""
    kept = session.case.kept
    if kept.newer is not None:
        _conflict(session, kept.newer, bundle)
    if kept.trouble is not None:
        _trouble(session.case, kept, bundle)
    if kept.row is not None:
        with st.container(horizontal=True, vertical_alignment="center", key="kept-line"):
            st.caption(_until(kept.row), width="content")
            if current_person().may(Action.SCORE_CASES):
                _delete(session, kept.row)
        if session.case.images is None and not session.job_id:
            _without_images(session, kept.row)


def day(time: datetime) -> str:
    """Write a day as lists have it."""
    return time.astimezone().date().isoformat()


def _until(row: KeptRow) -> str:
    """Write under which label the case is kept, and until when."""
    settings = load_settings()
    end = day(row.changed_utc + timedelta(days=settings.case_kept_days))
    words = t("Kept in My cases as {label} until {day}.", label=verbatim(row.label), day=end)
    if row.images_utc is None:
        return words
    gone = day(row.images_utc + timedelta(days=settings.images_kept_days))
    return f"{words} {t('Its images are kept, encrypted, until {day}.', day=gone)}"


def _delete(session: Session, row: KeptRow) -> None:
    """Offer to delete the case for good."""
    with st.popover(t("Delete this case"), key=f"kept-delete-{row.id}"):
        st.write(
            t(
                "Its facts, scores, pictures and images are deleted from this server, and its link leads nowhere. "
                "What was put on the tumour board stays there. Copies in backups go with the backups. This cannot "
                "be undone."
            )
        )
        if st.button(t("Delete it"), key=f"kept-delete-go-{row.id}"):
            _deleted(session, row)


def _deleted(session: Session, row: KeptRow) -> None:
    """Delete the case and begin anew."""
    try:
        open_board().kept.delete(row.id, require(Action.SCORE_CASES))
    except CaseGone:
        pass
    except (AccessError, KeptCaseError, BoardStoreError) as error:
        st.warning(said(error))
        return
    start_over(session)
    session.note = t("The case is deleted.")
    st.rerun()


def _without_images(session: Session, row: KeptRow) -> None:
    """Say that the images are gone, and how to go on."""
    with st.container(border=True, key="kept-no-images"):
        st.write(
            t(
                "The images of this case are no longer on this server. Result, facts and picture are. To look at "
                "slices, change the tumour or make DICOM objects, bring the same study again; it is known by its "
                "content."
            )
        )
        if not current_person().may(Action.SCORE_CASES):
            return
        with st.container(horizontal=True):
            if st.button(t("Hand in the study again"), key=f"kept-again-{row.id}"):
                ask_for_study(session)
                session.note = t("Hand in the study of {label} again.", label=verbatim(row.label))
                st.rerun()
            _offer_fetching(session, row)


def _offer_fetching(session: Session, row: KeptRow) -> None:
    """Offer to fetch the images where they are known by their UIDs and there is a PACS to ask."""
    try:
        pacs, reference = configured_pacs(load_settings()), open_board().kept.reference(row.id)
        if pacs is None or reference is None:
            return
        words = t("Fetch the images again from {name}", name=pacs.name)
        if st.button(words, key=f"kept-fetch-{row.id}", icon=":material/cloud_download:"):
            fetch_again(session, row, reference, pacs)
            st.rerun()
    except (AccessError, BadSetting, BoardStoreError, KeptCaseError) as error:
        st.warning(said(error))


def _trouble(case: Case, kept: KeptHere, bundle: ModelBundle) -> None:
    """Say why the case is not kept, and let it be tried again."""
    error = kept.trouble
    if error is None:
        return
    is_kept = kept.row is not None and not isinstance(error, BoardStoreError)
    with st.container(border=True, key="kept-trouble"):
        words = said(error) if is_kept else f"{t('This result is not kept.')} {said(error)}"
        st.warning(words, icon=":material/warning:")
        if is_kept and not isinstance(error, (ImagesNotKept, CaseGone)):
            return
        if case.images is not None and st.button(t("Try to keep it again"), key="kept-try-again"):
            keep_again(case, bundle, over=None if isinstance(error, CaseGone) else kept.row)
            st.rerun()


def _conflict(session: Session, newer: KeptCase, bundle: ModelBundle) -> None:
    """Show what somebody else made of the case beside what is here, and let the visitor choose."""
    case, theirs = session.case, newer.scores[-1]
    if case.assessment is None:
        return
    with st.container(border=True, key="kept-conflict"):
        st.markdown("### " + t("Somebody else changed this case meanwhile"))
        who = theirs.by_title or t("somebody at this server")
        st.write(
            t(
                "Yours is below and is not kept yet; theirs ({who}, {day}) is kept. Nothing was written over.",
                who=verbatim(who),
                day=theirs.made_utc.astimezone().strftime("%Y-%m-%d %H:%M"),
            )
        )
        _both(_differences(case, newer, case.assessment))
        with st.container(horizontal=True):
            if st.button(t("Keep mine as the newest; theirs stays in the history"), key="kept-mine"):
                keep_again(case, bundle, over=newer.row)
                st.rerun()
            if st.button(t("Open theirs instead"), key="kept-theirs"):
                show_kept(session, newer)
                st.rerun()


def _differences(case: Case, newer: KeptCase, mine: Assessment) -> list[Change]:
    """List what differs between theirs and mine."""
    theirs, spoken = newer.scores[-1].assessment, speech()
    found = [*changes_between(theirs, mine, spoken), score_change(theirs, mine, spoken)]
    if case.label and case.label != newer.row.label:
        found.insert(0, Change(t("Label"), newer.row.label, case.label))
    return found


def _both(changes: list[Change]) -> None:
    """Set both texts side by side."""
    head = f"| | {t('Theirs')} | {t('Mine')} |\n|---|---|---|"
    rows = (f"| {verbatim(each.what)} | {verbatim(each.before)} | {verbatim(each.after)} |" for each in changes)
    st.markdown("\n".join((head, *rows)))
