"""What a case may do next once it is read; with ``case_reading``, the only code that changes a session."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from deeptepp.domain.audit import LedgerKind
from deeptepp.domain.lesion import BoxMm
from deeptepp.domain.people import Action
from deeptepp.domain.progress import Progress
from deeptepp.domain.risk import Assessment, Outcome
from deeptepp.errors import StudyError, TooManyJobs
from deeptepp.scoring.case import assess_case
from deeptepp.scoring.receipt import inputs_digest
from deeptepp.store.uploads import default_store
from deeptepp.ui.background.jobs import JobState, JobView, default_runner
from deeptepp.ui.background.loaded import loaded_bundle
from deeptepp.ui.background.session import Case, KeptHere, Screen, Session
from deeptepp.ui.board.board_rows import CASE_PARAMETER
from deeptepp.ui.case.case_reading import Opened
from deeptepp.ui.case.keep_case import Reopened, keeper_of, settle_reopened
from deeptepp.ui.case.other_study import meet_study
from deeptepp.ui.guard import current_person, require
from deeptepp.ui.parts.cards import said
from deeptepp.ui.recording import keep_receipts, record
from deeptepp.ui.words.language import t


def select_lesion(session: Session, index: int) -> None:
    """Choose the lesion that is scored."""
    session.case.selected = index
    session.case.is_confirmed = True


def draw_lesion(session: Session, box: BoxMm) -> None:
    """Outline the enhancing tissue in a box that the reader drew, and choose it; the same box is drawn once.

    Raises LesionOutsideVolume: the box holds no tissue.
    """
    case = session.case
    if case.images is None or box == case.drawn_box:
        return
    case.drawn_box = box
    lesion = case.images.lesion_in(box)
    case.lesions = (*case.lesions, lesion)
    select_lesion(session, len(case.lesions) - 1)


def score(session: Session, *, allow_ineligible: bool = False) -> None:
    """Score the chosen lesion with the facts entered; an answer computed before is shown at once.

    ``allow_ineligible``: score although an eligibility rule refuses.
    """
    require(Action.SCORE_CASES)
    case, bundle = session.case, loaded_bundle()
    if case.images is None:
        return
    images, profile = case.images, case.profile
    # Handing in no lesion lets the detector's first one stand, with a warning where it is ambiguous.
    is_detectors_own = bool(images.candidates) and case.selected == 0 and not case.is_confirmed
    lesion = None if is_detectors_own else case.lesion
    digest = inputs_digest(
        images.study, images.phase, profile, bundle, case.lesion, allow_ineligible=allow_ineligible
    )
    key, keep = f"{digest}-{case.is_confirmed}", keeper_of(case, bundle)
    if key in case.scores:
        known = case.scores[key]
        # Estimates of others may have changed since; they are no input of the score.
        case.assessment = known if known.profile == profile else replace(known, profile=profile)
        if not (case.kept.row and case.shown and case.shown[-1].receipt == known.receipt):
            case.kept = keep(case.assessment)
        session.screen = Screen.RESULT
        return

    who = current_person().subject

    def work(progress: Progress) -> object:
        answer = assess_case(
            images, profile, bundle, lesion=lesion, allow_ineligible=allow_ineligible, who=who, progress=progress
        )
        # Here, so that the score outlives a page that is closed meanwhile.
        return key, answer, keep(answer)

    try:
        session.job_id, session.screen = default_runner().submit(session.id, work), Screen.SCORING
    except TooManyJobs as error:
        session.note = said(error)


def advance(session: Session) -> bool:
    """Move on when the work under way has ended."""
    if not session.job_id:
        return False
    runner = default_runner()
    if runner.look(session.job_id, session.id) is None:
        session.job_id = ""
        session.note = t("The work was interrupted on the server. Please start it again.")
        session.screen = _screen_before(session.case)
        return True
    view = runner.take(session.job_id, session.id)
    if view is None:
        return False
    session.job_id = ""
    _settle(session, view)
    return True


def cancel(session: Session) -> None:
    """Stop the work under way and go back to where it was started."""
    default_runner().cancel(session.job_id, session.id)
    if session.screen is Screen.SCORING or session.case.images is not None:
        session.job_id, session.screen = "", Screen.IMAGES
        return
    start_over(session)
    # A thread cannot be ended from outside: its files go at its next checkpoint.
    session.note = t("Stopped. The uploaded files are deleted when the step under way has ended, within seconds.")


def start_over(session: Session) -> None:
    """Forget the case: its images, its slices and its answers.

    ``session``: goes back to the start.
    """
    session.erase()
    st.query_params.pop(CASE_PARAMETER, None)


def _screen_before(case: Case) -> Screen:
    """Where work that ended early leaves a case; of a kept one without images the result is there."""
    if case.images is not None:
        return Screen.IMAGES
    return Screen.START if case.assessment is None else Screen.RESULT


def _settle(session: Session, view: JobView) -> None:
    """Put the outcome of a job where the screens look for it."""
    if view.state is JobState.BROKEN:
        session.incident, session.screen = view.incident, Screen.BROKEN
    elif view.state is JobState.REFUSED:
        session.refusal, session.screen = view.refusal, Screen.REFUSED
    elif view.state is JobState.CANCELLED:
        session.screen = _screen_before(session.case)
    elif isinstance(view.result, Opened):
        _settle_opened(session, view.result)
    elif isinstance(view.result, Reopened):
        settle_reopened(session, view.result)
    else:
        _settle_answer(session, *view.result)


def _settle_answer(session: Session, key: str, answer: Assessment, kept: KeptHere) -> None:
    """Take over an answer; a case that is scored needs its files no more."""
    session.case.kept = kept
    session.case.remember(key, answer)
    if answer.receipt is not None:
        keep_receipts(session, answer.receipt)
    session.case.assessment, session.screen = answer, Screen.RESULT
    if answer.outcome is not Outcome.REFUSED:
        default_store().delete(session.case.upload_id)


def _settle_opened(session: Session, opened: Opened) -> None:
    """Take over what reading found."""
    case = session.case
    case.series, case.previews = opened.series, opened.previews
    if opened.images is None:
        session.refusal = opened.refusal
        is_question = isinstance(opened.refusal, StudyError) and bool(opened.refusal.proposals)
        session.screen = Screen.QUESTION if is_question else Screen.REFUSED
        return
    case.images, case.frames_token, case.lesions = opened.images, opened.frames_token, opened.images.candidates
    case.selected, case.is_confirmed, case.drawn_box, case.assessment = 0, False, None, None
    record(LedgerKind.CASE_OPENED, about=opened.images.study.digest)
    meet_study(session, opened.images)
    session.screen = Screen.IMAGES
    if session.is_asked_whose:
        session.tab_note = ""
    elif session.drafts:
        session.tab_note = t("Restored what you had entered. Another patient? Start over, which erases it.")
