"""How a case is read: from an upload, the demo, or another phase of the study at hand, always as a job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from weakref import WeakValueDictionary

from deeptepp.config import load_settings
from deeptepp.dicom.series_preview import Previews, draw_planes, previews_of
from deeptepp.domain.audit import LedgerKind
from deeptepp.domain.people import Action, Person
from deeptepp.domain.progress import Progress, Step, StepReport
from deeptepp.domain.study import PhaseProposal, SeriesSummary, Side
from deeptepp.errors import DeepTeppError, StudyError, TooManyJobs, UploadGone
from deeptepp.nifti.read_nifti import is_nifti
from deeptepp.nifti.volume_preview import middle_slices
from deeptepp.scoring.case import open_case
from deeptepp.scoring.images import list_files
from deeptepp.scoring.search import CaseImages, search_again
from deeptepp.simulate.simulated_study import demo_profile, demo_study
from deeptepp.store import own_ledger
from deeptepp.store.frames import build_frames, default_frames
from deeptepp.store.uploads import default_store
from deeptepp.ui.background.jobs import Work, bare, default_runner
from deeptepp.ui.background.session import Case, Screen, Session
from deeptepp.ui.case.other_study import forget_entries
from deeptepp.ui.guard import require
from deeptepp.ui.words.screen_words import plural

_DEMO: WeakValueDictionary[str, CaseImages] = WeakValueDictionary()
"""The demo while anybody has it open: it never changes, and twenty copies of it would fill the memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """What reading a study left behind: images and slices, or a refusal and its series, with pictures."""

    series: tuple[SeriesSummary, ...]
    images: CaseImages | None = None
    frames_token: str = ""
    refusal: DeepTeppError | None = None
    previews: Previews | None = None


def open_upload(session: Session, upload_id: str) -> None:
    """Read an uploaded study, with the phases that the reader chose before where there are any.

    Its files stay until the case is scored, so that other phases can be chosen without handing it in again.
    ``session``: moves on to the progress screen.
    """
    _read_upload(session, upload_id, session.phase_keys, session.phase_side)


def open_fetched(session: Session, fetch: Callable[[Path, Progress], object]) -> None:
    """Fetch a study from elsewhere into the place of an upload, and read it as one.

    ``fetch``: fills a folder. ``session``: moves on to the progress screen.
    """
    upload_id = default_store().new_id()
    case = Case(profile=session.case.profile, draft=session.case.draft, upload_id=upload_id)
    who = require(Action.SCORE_CASES)
    replace_case(session, case)

    def work(progress: Progress) -> Opened:
        try:
            return fetched(
                upload_id, fetch, lambda source: _opened(source, case.id, (), None, progress), who, progress
            )
        except BaseException:
            default_store().delete(upload_id)
            raise

    begin_reading(session, work)


def fetched(
    upload_id: str,
    fetch: Callable[[Path, Progress], object],
    read: Callable[[Path], Opened],
    who: Person,
    progress: Progress,
) -> Opened:
    """Fetch a study into the place of an upload and read it.

    The audit trail is told who fetched it, also where it cannot be read, by the digest of its images alone.
    """
    digest = ""
    with default_store().filling(upload_id) as folder:
        fetch(folder, progress)
        n_files = sum(1 for _ in folder.iterdir())
    try:
        with default_store().reading(upload_id) as source:
            opened = read(source)
        digest = opened.images.study.digest if opened.images else ""
        return opened
    finally:
        own_ledger.record(LedgerKind.PULLED, who, about=digest, files=n_files)


def read_again(session: Session, phase_keys: Sequence[str], side: Side | None = None) -> None:
    """Read the study at hand again, with the chosen series as phases.

    ``session``: moves on to the progress screen, where the files are gone, back to the drop zone, which will read
    the same study so; ``side``: the breast that they show, where each breast has volumes of its own.
    """
    case = session.case
    if case.upload_id in default_store():
        _read_upload(session, case.upload_id, tuple(phase_keys), side)
        return
    ask_for_study(session)
    session.phase_keys, session.phase_side = tuple(phase_keys), side


def ask_for_study(session: Session) -> None:
    """Go back to the drop zone with all that was entered, to hand in the same study once more."""
    case, drafts = session.case, session.drafts
    again = Case(profile=case.profile, draft=case.draft, kept=case.kept, label=case.label if case.kept.row else "")
    names, name = session.entered_for, session.study_name
    session.erase()
    session.case, session.drafts, session.entered_for, session.study_name = again, drafts, names, name


def open_demo(session: Session) -> None:
    """Open the built-in simulated study with its clinical facts.

    ``session``: moves on to the progress screen.
    """
    forget_entries(session)
    session.entered_for = frozenset()
    case = Case(is_demo=True, profile=demo_profile())
    replace_case(session, case)

    begin_reading(session, lambda progress: _with_frames(case.id, demo_images(progress), progress))


def demo_images(progress: Progress) -> CaseImages:
    """Images of the demo, made unless somebody has it open."""
    progress(StepReport(Step.READ, 0.0))
    images = _DEMO.get("images")
    if images is None:
        study = demo_study().study
        progress(StepReport(Step.READ, 1.0, "simulated study, made on this server"))
        images = _DEMO["images"] = open_case(study, progress=progress)
    return images


def choose_phase_again(session: Session, index: int) -> None:
    """Score another phase of the study at hand, and look for the tumour in that one."""
    old, case_id = session.case.images, session.case.id
    if old is None:
        return

    def work(progress: Progress) -> Opened:
        progress(StepReport(Step.READ, 1.0, "already in memory"))
        return _with_frames(case_id, search_again(old, index, progress=progress), progress)

    begin_reading(session, work)


def show_other_breast(session: Session) -> None:
    """Put the other breast in the place of the one at hand; both were read and searched."""
    images, case_id = session.case.images, session.case.id
    if images is None or images.other_side is None:
        return
    other = replace(images.other_side, other_side=replace(images, other_side=None))

    def work(progress: Progress) -> Opened:
        for step in (Step.READ, Step.PHASES, Step.BREAST):
            progress(StepReport(step, 1.0, "already in memory"))
        return _with_frames(case_id, other, progress)

    begin_reading(session, work)


def replace_case(session: Session, case: Case) -> None:
    """Put a new case in the place of the one at hand, whose slices are dropped, and its upload unless shared."""
    default_frames().drop(session.case.id)
    if session.case.upload_id != case.upload_id:
        default_store().delete(session.case.upload_id)
    session.case.empty()
    session.case, session.refusal, session.phase_keys, session.phase_side = case, None, (), None


def _read_upload(session: Session, upload_id: str, keys: tuple[str, ...], side: Side | None) -> None:
    """Queue the reading of an upload, which is deleted where nothing more can be read from it."""
    before = session.case
    case = Case(profile=before.profile, draft=before.draft, upload_id=upload_id, kept=before.kept)
    case.label = before.label if before.kept.row else ""
    replace_case(session, case)
    try:
        release = default_store().claim(upload_id)
    except UploadGone as error:
        session.refusal, session.screen = error, Screen.REFUSED
        return

    def work(progress: Progress) -> Opened:
        try:
            with default_store().reading(upload_id) as source:
                return _opened(source, case.id, keys, side, progress)
        except BaseException:
            default_store().delete(upload_id)
            raise

    begin_reading(session, work, release)


def _opened(source: Path, case_id: str, keys: tuple[str, ...], side: Side | None, progress: Progress) -> Opened:
    """Read a study, or say why not with all that a reader needs to choose its phases."""
    try:
        images = open_case(source, phase_keys=keys or None, side=side, progress=progress)
    except StudyError as error:
        refused = _refused(source, error)
        if not refused.series:
            raise
        return refused
    return _with_frames(case_id, images, progress)


def _refused(source: Path, error: StudyError) -> Opened:
    """List and draw the series of a study that was refused, as far as they can be read."""
    bare(error)
    try:
        series = list_files(source)
        proposals = [each for each in error.proposals if isinstance(each, PhaseProposal)]
        return Opened(series, refusal=error, previews=_previews(source, proposals))
    except DeepTeppError:
        return Opened(())


def _previews(source: Path, proposals: Sequence[PhaseProposal]) -> Previews:
    """Draw the rows of the series table and the proposals."""
    return draw_planes(middle_slices(source), proposals) if is_nifti(source) else previews_of(source, proposals)


def begin_reading(
    session: Session,
    work: Work,
    on_end: Callable[[], object] | None = None,
    *,
    action: Action = Action.SCORE_CASES,
) -> None:
    """Queue the reading of a case, or refuse when the queue is full; ``action``: what it is done for."""
    require(action)
    try:
        most_s = load_settings().reading_max_s
        session.job_id = default_runner().submit(session.id, work, on_end=on_end, most_s=most_s)
        session.screen = Screen.READING
    except TooManyJobs as error:
        default_store().delete(session.case.upload_id)
        session.refusal, session.screen = error, Screen.REFUSED


def _with_frames(case_id: str, images: CaseImages, progress: Progress) -> Opened:
    """Add the slices that the viewer shows, unless the work was stopped meanwhile."""
    frames = build_frames(images.study, images.phase, images.candidates)
    n = len(images.candidates)
    first = f", the first {images.candidates[0].longest_diameter_mm:.0f} mm long" if n else ""
    progress(StepReport(Step.DETECT, 1.0, f"{plural(n, 'candidate')}{first}"))
    return Opened(images.series, images, default_frames().put(case_id, frames))
