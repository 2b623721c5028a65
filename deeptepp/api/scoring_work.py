"""Cases of the API: the study that waits for an answer, the work on it, and what came out."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from deeptepp.api.asks import CheckedAsk
from deeptepp.domain.people import Person
from deeptepp.domain.progress import Progress, bounds, within
from deeptepp.domain.risk import Assessment, Finding, Outcome, Severity
from deeptepp.domain.study import PhaseProposal
from deeptepp.errors import ApiCaseGone, DeepTeppError, TakesTooLong
from deeptepp.model.bundle import ModelBundle
from deeptepp.report.case.document import assessment_to_dict, proposal_to_dict, proposals_of
from deeptepp.scoring.case import assess_case, open_case, refuse
from deeptepp.scoring.images import lesion_in_box
from deeptepp.service.counted_metrics import note_result
from deeptepp.service.engine import ScoringEngine, WorkView
from deeptepp.store import own_ledger
from deeptepp.store.uploads import UploadStore

_N_CASES = 2000
"""Cases that are remembered; the oldest are forgotten beyond."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What the work on a case found, as data: images and outlines are let go.

    ``document``: as ``deeptepp score --json`` prints it; ``refusal``: the finding that refused, None where it is
    scored.
    """

    document: dict[str, Any]
    refusal: Finding | None

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
        case = ApiCase(secrets.token_urlsafe(16), person, upload_id)
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

    def delete(self, case: ApiCase) -> None:
        """Stop the work on a case and forget it with its study."""
        self.stop(case)
        self._uploads.delete(case.upload_id)
        with self._lock:
            self._cases.pop(case.id, None)

    def _begin(self, case: ApiCase, ask: CheckedAsk) -> ApiCase:
        """Queue the work; the study stays in place while it waits."""
        release = self._uploads.claim(case.upload_id)
        bundle, limit_s = self._engine.bundle, self._engine.reading_max_s

        def work(progress: Progress) -> Answered:
            try:
                with self._uploads.reading(case.upload_id) as source:
                    answer = _answered(source, ask, bundle(), limit_s, case.person, progress)
            except BaseException:
                self._uploads.delete(case.upload_id)
                raise
            if answer.refusal is None:
                # A case that is scored needs its files no more.
                self._uploads.delete(case.upload_id)
            return answer

        job_id = self._engine.queue().submit(case.owner, work, on_end=release)
        begun = replace(case, job_id=job_id)
        with self._lock:
            self._cases.pop(case.id, None)
            self._cases[case.id] = begun
            self._forget_old()
        return begun

    def _forget_old(self) -> None:
        """Forget cases that nobody can ask for any more; the lock is held."""
        oldest = time.monotonic() - 2 * self._engine.kept_s
        keys = list(self._cases)
        for number, key in enumerate(keys):
            if len(keys) - number > _N_CASES or self._cases[key].begun_s < oldest:
                del self._cases[key]


def _answered(
    source: Path, ask: CheckedAsk, bundle: ModelBundle, limit_s: float, person: Person, progress: Progress
) -> Answered:
    """Read and score one study, as the command ``score`` does; a refusal is an answer."""
    said = ask.options
    proposals: tuple[PhaseProposal, ...] = ()
    try:
        with _within_seconds(limit_s):
            images = open_case(
                source,
                phase_keys=tuple(said.phases) if said.phases else None,
                phase_index=said.phase_index,
                side=said.side,
                times_s=tuple(said.times_s) if said.times_s is not None else None,
                progress=progress,
            )
        images, lesion = lesion_in_box(images, ask.box)
        assessment = assess_case(
            images,
            ask.profile,
            bundle,
            lesion=lesion,
            allow_ineligible=said.allow_ineligible,
            measures_stability=said.stability,
            who=person.subject,
            progress=progress,
        )
    except DeepTeppError as error:
        if error.rule.startswith("job."):
            raise
        assessment, proposals = refuse(error, ask.profile), proposals_of(error)
    note_result(assessment)
    if assessment.receipt is not None:
        own_ledger.keep(assessment.receipt, person)
    document = assessment_to_dict(assessment, bundle, label=said.label)
    if proposals:
        document["proposals"] = [proposal_to_dict(each) for each in proposals]
    return Answered({"marks": document["marks"], **document}, _refusal_in(assessment))


def _refusal_in(assessment: Assessment) -> Finding | None:
    """First finding that refused, None where the case is scored."""
    if assessment.outcome is not Outcome.REFUSED:
        return None
    refusing = [each for each in assessment.findings if each.severity is Severity.REFUSAL]
    return (refusing or list(assessment.findings))[0]


@contextmanager
def _within_seconds(limit_s: float) -> Iterator[None]:
    """Stop what takes longer than a visitor's study may; a reader's own bounds stay."""
    outer, end_s = bounds(), time.monotonic() + limit_s

    def check() -> None:
        outer.check()
        if time.monotonic() > end_s:
            raise TakesTooLong(limit=f"{limit_s:g}")

    with within(replace(outer, check=check)):
        yield
