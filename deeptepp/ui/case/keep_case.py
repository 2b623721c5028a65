"""A scored case is kept, and a kept one is opened again: what the session and the store hand to each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from deeptepp.config import load_settings
from deeptepp.dicom.archive.fetch import fetch_study
from deeptepp.dicom.archive.pacs import Pacs
from deeptepp.dicom.source import SourceReference
from deeptepp.domain.audit import LedgerKind
from deeptepp.domain.kept_case import CaseChoices, KeptCase, KeptRow, ScoredCase
from deeptepp.domain.lesion import Lesion
from deeptepp.domain.people import Action, Person
from deeptepp.domain.progress import Progress, Step, StepReport
from deeptepp.domain.risk import Assessment
from deeptepp.errors import (
    BadSetting,
    BoardStoreError,
    CaseChanged,
    CaseGone,
    DeepTeppError,
    ImagesGone,
    InputError,
    KeptCaseError,
    PacsError,
)
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.case.answer_to_keep import scored_case
from deeptepp.scoring.images import open_again
from deeptepp.scoring.search import CaseImages, search_again
from deeptepp.store.cases import Board
from deeptepp.store.uploads import default_store
from deeptepp.ui.background.jobs import bare
from deeptepp.ui.background.session import Case, KeptHere, Screen, Session
from deeptepp.ui.board.board_store import open_board
from deeptepp.ui.case.case_reading import Opened, begin_reading, demo_images, fetched, replace_case
from deeptepp.ui.case.other_study import NAME_DIGITS, forget_entries
from deeptepp.ui.guard import current_person, require
from deeptepp.ui.recording import record

_KEPT_ERRORS = (KeptCaseError, BoardStoreError, BadSetting, InputError, PacsError)
"""What a store or the PACS may refuse; the score is shown all the same."""

Keeper = Callable[[Assessment], KeptHere]
"""Keeps an answer and says how it is kept; may be called off the thread of the page."""


def keeper_of(case: Case, bundle: ModelBundle) -> Keeper:
    """Take down what is to be kept of a case as it stands, for an answer that comes later."""
    person, images, choices, before = current_person(), case.images, case.choices, case.kept
    label, is_demo = case.label, case.is_demo
    settings = load_settings()
    is_kept = settings.case_kept_days > 0 and person.may(Action.SCORE_CASES)
    has_images = settings.images_kept_days > 0 and not is_demo

    def keep(answer: Assessment) -> KeptHere:
        if not is_kept or answer.score is None or answer.receipt is None:
            return before
        new = scored_case(answer, bundle, images, choices, label=label, is_demo=is_demo)
        return _kept(new, person, before, images if has_images else None)

    return keep


def _kept(new: ScoredCase, person: Person, before: KeptHere, images: CaseImages | None) -> KeptHere:
    """Write a case; whatever refuses, nothing of anybody is written over and the answer is not lost."""
    row = before.row
    try:
        kept, trouble = open_board().kept.keep(
            new, person, case_id=row.id if row else "", seen=row.version if row else 0, images=images
        )
    except CaseChanged as error:
        return KeptHere(row, error.facts["kept"])  # type: ignore[arg-type]  # the error says what it carries
    except _KEPT_ERRORS as error:
        return KeptHere(row, trouble=bare(error))
    return KeptHere(kept.row, trouble=trouble)


def keep_again(case: Case, bundle: ModelBundle, *, over: KeptRow | None) -> None:
    """Keep the answer at hand once more: after a refusal, or as the newest of a case that others changed.

    ``over``: the case as it was seen, None for a new one.
    """
    if case.assessment is None:
        return
    case.kept = KeptHere(over)
    case.kept = keeper_of(case, bundle)(case.assessment)


def relabel(case: Case, label: str) -> None:
    """Keep another label of a case that is kept."""
    row = case.kept.row
    if row is not None and label:
        _change(case, lambda board: board.kept.relabel(row.id, label, seen=row.version))


def enter_estimates(case: Case) -> None:
    """Keep facts that were entered after the score."""
    row, profile = case.kept.row, case.profile
    if row is not None and case.assessment is not None:
        _change(case, lambda board: board.kept.enter(row.id, profile, seen=row.version))


def _change(case: Case, change: Callable[[Board], KeptRow]) -> None:
    """Change what is kept of a case, or say why not."""
    if not current_person().may(Action.SCORE_CASES):
        return
    try:
        case.kept = KeptHere(change(open_board()))
    except CaseChanged as error:
        case.kept = replace(case.kept, newer=error.facts["kept"])  # type: ignore[arg-type]
    except _KEPT_ERRORS as error:
        case.kept = replace(case.kept, trouble=bare(error))


@dataclass(frozen=True, slots=True, eq=False)
class Reopened:
    """Images of a kept case with what the reader chose in them, or why they are not there."""

    choices: CaseChoices
    images: CaseImages | None = None
    trouble: DeepTeppError | None = None


def open_kept(session: Session, case_id: str) -> None:
    """Open a kept case in the place of the one at hand; its images are read beside the screen.

    Raises KeptCaseError, BoardStoreError, BadSetting: it cannot be opened; the case at hand stays.
    """
    if not current_person().may(Action.READ_CASES):
        raise CaseGone()
    kept = open_board().kept.open(case_id)
    record(LedgerKind.CASE_OPENED, about=kept.row.id)
    show_kept(session, kept)


def show_kept(session: Session, kept: KeptCase) -> None:
    """Put a case as it is kept in the place of the one at hand."""
    row = kept.row
    _put(session, kept)

    def find(progress: Progress) -> CaseImages:
        progress(StepReport(Step.READ, 0.0))
        found = demo_images(progress) if row.is_demo else open_board().kept.images(row.id)
        progress(StepReport(Step.READ, 1.0))
        return found

    if row.images_utc or row.is_demo:
        _find_images(session, kept, find, Action.READ_CASES)


def fetch_again(session: Session, row: KeptRow, reference: SourceReference, pacs: Pacs) -> None:
    """Fetch the images of a kept case from the PACS, and go on with it as it was left.

    They are taken only where their digest is that of the images that were scored. Raises AccessError,
    KeptCaseError, BoardStoreError, BadSetting: it cannot be begun; the case at hand stays.
    """
    who, store = require(Action.SCORE_CASES), default_store()
    kept = open_board().kept.open(row.id)
    _put(session, kept)

    def fetch(folder: Path, progress: Progress) -> None:
        limits = {"max_bytes": store.max_bytes, "max_files": store.max_files}
        fetch_study(reference.study_uid, pacs, folder, **limits, progress=progress)

    def find(progress: Progress) -> CaseImages:
        upload_id = store.new_id()

        def read(source: Path) -> Opened:
            found = open_again(source, reference, kept.row.study_digest, progress=progress)
            return Opened(found.series, found)

        try:
            opened = fetched(upload_id, fetch, read, who, progress)
        finally:
            store.delete(upload_id)
        if opened.images is None:
            raise ImagesGone
        return opened.images

    _find_images(session, kept, find, Action.SCORE_CASES)


def _put(session: Session, kept: KeptCase) -> None:
    """Put a case as it is kept, yet without images, in the place of the one at hand."""
    row, newest = kept.row, kept.scores[-1].assessment
    answer = replace(newest, profile=kept.profile)
    digest = answer.receipt.inputs_sha256 if answer.receipt else ""
    forget_entries(session)
    name = row.study_digest[:NAME_DIGITS]
    session.entered_for, session.study_name = frozenset({name}), name
    case = Case(is_demo=row.is_demo, profile=kept.profile, assessment=answer, kept=KeptHere(row))
    case.label, case.overridden, case.picture = row.label, kept.choices.overridden, (digest, kept.picture_png)
    case.shown = tuple(each.assessment for each in kept.scores)
    replace_case(session, case)
    session.screen = Screen.RESULT


def _find_images(session: Session, kept: KeptCase, find: Callable[[Progress], CaseImages], action: Action) -> None:
    """Bring the images of the case at hand, beside the screen; ``action``: what whoever asks must be allowed."""
    answer = kept.scores[-1].assessment

    def work(progress: Progress) -> Reopened:
        try:
            found = find(progress)
        except _KEPT_ERRORS as error:
            return Reopened(kept.choices, trouble=bare(error))
        if answer.phase is not None and answer.phase.index != found.phase.index:
            # Another phase of the same images was scored after they were written.
            found = search_again(found, answer.phase.index, progress=progress)
        return Reopened(kept.choices, found)

    begin_reading(session, work, action=action)


def settle_reopened(session: Session, reopened: Reopened) -> None:
    """Take over the images of a kept case, with the lesion that was scored."""
    case, images = session.case, reopened.images
    row, trouble = case.kept.row, reopened.trouble
    if row is not None and isinstance(trouble, ImagesGone):
        row, trouble = replace(row, images_utc=None), None
    case.kept = KeptHere(row, trouble=trouble)
    session.screen = Screen.RESULT
    if images is None:
        return
    choices = reopened.choices
    case.images, case.series = images, images.series
    lesions = (*images.candidates, *choices.drawn)
    case.selected, case.lesions = _place_of(case.assessment, lesions, choices.selected)
    case.is_confirmed = choices.is_confirmed


def _place_of(
    answer: Assessment | None, lesions: tuple[Lesion, ...], selected: int
) -> tuple[int, tuple[Lesion, ...]]:
    """Find the lesion that was scored; it is put behind the others where images that were read anew lack it."""
    scored = answer.lesion if answer is not None else None
    if scored is None:
        return min(selected, max(len(lesions) - 1, 0)), lesions
    for place in (selected, *range(len(lesions))):
        if place < len(lesions) and np.array_equal(lesions[place].mask, scored.mask):
            return place, lesions
    return len(lesions), (*lesions, scored)
