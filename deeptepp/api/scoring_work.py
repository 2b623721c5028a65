"""Cases of the API: the study that waits for an answer, the work on it, and what came out."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from deeptepp.api.asks import CheckedAsk
from deeptepp.batch.study_task import StudyChoice, score_study
from deeptepp.config import load_settings
from deeptepp.domain.audit import LedgerKind
from deeptepp.domain.kept_case import CaseChoices, ScoredCase
from deeptepp.domain.people import Person
from deeptepp.domain.progress import Progress
from deeptepp.domain.risk import Assessment, Finding, Outcome, Severity
from deeptepp.errors import ApiCaseGone, BoardStoreError, CaseGone, DeepTeppError, KeptCaseError
from deeptepp.report.case.answer_to_keep import scored_case
from deeptepp.scoring.images import CaseImages
from deeptepp.service.counted_metrics import note_result
from deeptepp.service.engine import ScoringEngine, WorkView
from deeptepp.store import own_ledger
from deeptepp.store.uploads import UploadStore

_LOG = logging.getLogger(__name__)

_N_CASES = 2000
"""Cases that are remembered; the oldest are forgotten beyond."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What the work on a case found, as data: images and outlines are let go.

    ``document``: as ``deeptepp score --json`` prints it; ``refusal``: the finding that refused, None where it is
    scored; ``is_kept``: it is a kept case of this installation, under the same identifier.
    """

    document: dict[str, Any]
    refusal: Finding | None
    is_kept: bool = False

    @property
    def is_question(self) -> bool:
        """Whether somebody must say which images are meant."""
        return self.refusal is not None and bool(self.document.get("proposals"))


@dataclass(frozen=True, slots=True)
class ApiCase:
    """One case: who handed it in, where its study is, and the last piece of work on it."""

    id: str
    person: Person
    upload_id: str
    job_id: str = ""
    begun_s: float = field(default_factory=time.monotonic)

    @property
    def owner(self) -> str:
        """Whose work it is in the queue, apart from that of her pages."""
        return f"api:{self.person.subject}"


class ApiCases:
    """The cases that were handed in to this process; safe to share between threads."""

    def __init__(self, engine: ScoringEngine, uploads: UploadStore) -> None:
        self._engine, self._uploads = engine, uploads
        self._cases: dict[str, ApiCase] = {}
        self._lock = threading.Lock()

    def hand_in(self, person: Person, upload_id: str, ask: CheckedAsk) -> ApiCase:
        """Queue a study that arrived; raises TooManyJobs, and the study is gone then."""
        case = ApiCase(secrets.token_hex(16), person, upload_id)
        try:
            return self._begin(case, ask)
        except DeepTeppError:
            self._uploads.delete(upload_id)
            raise

    def ask_again(self, person: Person, case_id: str, ask: CheckedAsk) -> ApiCase:
        """Queue a case again; raises ApiCaseGone, UploadGone where its study was deleted, and TooManyJobs."""
        return self._begin(replace(self.case(person, case_id), begun_s=time.monotonic()), ask)

    def case(self, person: Person, case_id: str) -> ApiCase:
        """Find a case of this person; raises ApiCaseGone."""
        with self._lock:
            found = self._cases.get(case_id)
        if found is None or found.person.subject != person.subject:
            raise ApiCaseGone
        return found

    def case_of(self, person: Person, job_id: str) -> ApiCase:
        """Find the case of a piece of work; raises ApiCaseGone."""
        with self._lock:
            found = next((each for each in self._cases.values() if each.job_id == job_id), None)
        return self.case(person, found.id if found else "")

    def look(self, case: ApiCase) -> WorkView:
        """See the last piece of work on a case; raises ApiCaseGone where it was forgotten."""
        view = self._engine.queue().look(case.job_id, case.owner)
        if view is None:
            raise ApiCaseGone
        return view

    def stop(self, case: ApiCase) -> None:
        """Stop the work on a case."""
        self._engine.queue().cancel(case.job_id, case.owner)

    def here(self, person: Person, case_id: str) -> ApiCase | None:
        """Find a case of this person that is under way or kept nowhere but here; None where it is not."""
        try:
            case = self.case(person, case_id)
            answer = self.look(case).result
        except ApiCaseGone:
            return None
        return None if isinstance(answer, Answered) and answer.is_kept else case

    def kept_document(self, person: Person, case_id: str) -> dict[str, Any]:
        """Newest answer of a kept case; raises ApiCaseGone, and BoardStoreError where the store is away."""
        try:
            document = _marked(self._engine.kept().document(case_id))
        except CaseGone:
            raise ApiCaseGone from None
        own_ledger.record(LedgerKind.CASE_OPENED, person, about=case_id)
        return document

    def delete(self, person: Person, case_id: str) -> None:
        """Stop the work on a case and delete it with its study, wherever it is; raises as ``kept_document``."""
        try:
            case = self.case(person, case_id)
        except ApiCaseGone:
            case = None
        if case is not None:
            with self._lock:
                self._cases.pop(case.id, None)
            self.stop(case)
            self._uploads.delete(case.upload_id)
        try:
            self._engine.kept().delete(case_id, person)
        except CaseGone:
            if case is None:
                raise ApiCaseGone from None

    def _begin(self, case: ApiCase, ask: CheckedAsk) -> ApiCase:
        """Queue the work; the study stays in place while it waits."""
        release = self._uploads.claim(case.upload_id)

        def work(progress: Progress) -> Answered:
            try:
                with self._uploads.reading(case.upload_id) as source:
                    found = _answered(source, ask, self._engine, case.person, progress)
            except BaseException:
                self._uploads.delete(case.upload_id)
                raise
            if found.answered.refusal is not None:
                return found.answered
            # A case that is scored needs its files no more.
            self._uploads.delete(case.upload_id)
            return replace(found.answered, is_kept=self._keep(case, found))

        job_id = self._engine.queue().submit(case.owner, work, on_end=release)
        begun = replace(case, job_id=job_id)
        with self._lock:
            self._cases.pop(case.id, None)
            self._cases[case.id] = begun
            self._forget_old()
        return begun

    def _keep(self, case: ApiCase, found: _WorkDone) -> bool:
        """Keep a score as long as the installation says; where it cannot be kept, the log says why."""
        settings = load_settings()
        with self._lock:
            is_wanted = case.id in self._cases and settings.case_kept_days > 0
        if found.to_keep is None or not is_wanted:
            return False
        images = found.images if settings.images_kept_days > 0 else None
        try:
            book = self._engine.kept()
            _, trouble = book.keep(found.to_keep, case.person, case_id=case.id, images=images)
        except (BoardStoreError, KeptCaseError) as error:
            _LOG.error("a case of the API was not kept: %s", type(error).__name__)
            return False
        if trouble is not None:
            _LOG.error("the images of a case of the API were not kept: %s", type(trouble).__name__)
        return True

    def _forget_old(self) -> None:
        """Forget cases that nobody can ask for any more; the lock is held."""
        oldest = time.monotonic() - 2 * self._engine.kept_s
        keys = list(self._cases)
        for number, key in enumerate(keys):
            if len(keys) - number > _N_CASES or self._cases[key].begun_s < oldest:
                del self._cases[key]


@dataclass(frozen=True, slots=True, eq=False)
class _WorkDone:
    """An answer, and what is to be kept of it with its images; a refusal is kept nowhere."""

    answered: Answered
    to_keep: ScoredCase | None = None
    images: CaseImages | None = None


def _answered(
    source: Path, ask: CheckedAsk, engine: ScoringEngine, person: Person, progress: Progress
) -> _WorkDone:
    """Read and score one study, as the command ``score`` does; a refusal is an answer."""
    said, bundle = ask.options, engine.bundle()
    choice = StudyChoice(
        phase_keys=tuple(said.phases) if said.phases else None,
        phase_index=said.phase_index,
        side=said.side,
        times_s=tuple(said.times_s) if said.times_s is not None else None,
        box=ask.box,
        allow_ineligible=said.allow_ineligible,
        with_shifts=said.stability,
        reading_max_s=engine.reading_max_s,
    )
    found = score_study(source, ask.profile, bundle, choice, who=person.subject, progress=progress)
    assessment, images, lesion = found.assessment, found.images, found.lesion
    note_result(assessment)
    if assessment.receipt is not None:
        own_ledger.keep(assessment.receipt, person)
    to_keep = None
    if images is not None and assessment.score is not None:
        # A lesion in a reader's box stands behind those that were found, as on the page.
        choices = CaseChoices() if lesion is None else CaseChoices((lesion,), len(images.candidates), True)
        to_keep = scored_case(assessment, bundle, images, choices, label=said.label)
    document = _marked(found.to_json(bundle, label=said.label))
    return _WorkDone(Answered(document, _refusal_in(assessment)), to_keep, images)


def _marked(document: dict[str, Any]) -> dict[str, Any]:
    """Put the marks of an answer first."""
    return {"marks": document["marks"], **document}


def _refusal_in(assessment: Assessment) -> Finding | None:
    """First finding that refused, None where the case is scored."""
    if assessment.outcome is not Outcome.REFUSED:
        return None
    refusing = [each for each in assessment.findings if each.severity is Severity.REFUSAL]
    return (refusing or list(assessment.findings))[0]
