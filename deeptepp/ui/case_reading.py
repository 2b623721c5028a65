"""How a case is read: from an upload, the demo, or another phase of the study at hand, always as a job."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from weakref import WeakValueDictionary

from deeptepp.dicom.read import list_series
from deeptepp.domain.progress import Progress, Step, StepReport
from deeptepp.domain.study import SeriesSummary
from deeptepp.errors import DeepTeppError, DicomError, TooManyJobs
from deeptepp.scoring.case import open_case
from deeptepp.scoring.images import CaseImages
from deeptepp.simulate.study import demo_profile, demo_study
from deeptepp.store.frames import build_frames, default_frames
from deeptepp.store.uploads import default_store
from deeptepp.ui.jobs import Work, bare, default_runner
from deeptepp.ui.session import Case, Screen, Session
from deeptepp.ui.words import plural

_DEMO: WeakValueDictionary[str, CaseImages] = WeakValueDictionary()
"""The demo while anybody has it open: it never changes, and twenty copies of it would fill the memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """What reading a study left behind: images and slices, or a refusal and the table of its series."""

    series: tuple[SeriesSummary, ...]
    images: CaseImages | None = None
    frames_token: str = ""
    refusal: DeepTeppError | None = None


def open_upload(session: Session, upload_id: str) -> None:
    """Read an uploaded study; its files are deleted when that ends, well or not.

    Parameters
    ----------
    session : Session
        Moves on to the progress screen.
    upload_id : str
        Name of the upload.
    """
    case, keys = Case(profile=session.case.profile), session.phase_keys
    _replace_case(session, case)

    def work(progress: Progress) -> Opened:
        source = default_store().path_of(upload_id)
        try:
            images = open_case(source, phase_keys=keys or None, progress=progress)
        except DicomError as error:
            return Opened(_series_of(source), refusal=bare(error))
        return _with_frames(case.id, images, progress)

    _begin_reading(session, work, upload_id)


def open_demo(session: Session) -> None:
    """Open the built-in simulated study with its clinical facts.

    Parameters
    ----------
    session : Session
        Moves on to the progress screen.
    """
    case = Case(is_demo=True, profile=demo_profile())
    _replace_case(session, case)

    def work(progress: Progress) -> Opened:
        progress(StepReport(Step.READ, 0.0))
        images = _DEMO.get("images")
        if images is None:
            study = demo_study().study
            progress(StepReport(Step.READ, 1.0, "simulated study, made on this server"))
            images = _DEMO["images"] = open_case(study, progress=progress)
        return _with_frames(case.id, images, progress)

    _begin_reading(session, work)


def choose_phase_again(session: Session, index: int) -> None:
    """Score another phase of the study at hand, and look for the tumour in that one.

    Parameters
    ----------
    session : Session
        Has images.
    index : int
        Index into the phases of the study.
    """
    old, case_id = session.case.images, session.case.id
    if old is None:
        return

    def work(progress: Progress) -> Opened:
        progress(StepReport(Step.READ, 1.0, "already in memory"))
        new = open_case(old.study, phase_index=index, progress=progress)
        kept = tuple(f for f in old.findings if not f.rule.startswith("detection"))
        images = replace(
            new,
            series=old.series,
            deidentified=old.deidentified,
            findings=(*kept, *new.findings),
            source=old.source,
        )
        return _with_frames(case_id, images, progress)

    _begin_reading(session, work)


def _replace_case(session: Session, case: Case) -> None:
    """Put a new case in the place of the one at hand, whose slices are dropped."""
    default_frames().drop(session.case.id)
    session.case.empty()
    session.case, session.refusal, session.phase_keys = case, None, ()


def _begin_reading(session: Session, work: Work, upload_id: str = "") -> None:
    """Queue the reading of a case, or refuse when the queue is full."""
    try:
        session.job_id = default_runner().submit(
            session.id, work, on_end=lambda: default_store().delete(upload_id)
        )
        session.screen = Screen.READING
    except TooManyJobs as error:
        session.refusal, session.screen = error, Screen.REFUSED


def _with_frames(case_id: str, images: CaseImages, progress: Progress) -> Opened:
    """Add the slices that the viewer shows, unless the work was stopped meanwhile."""
    frames = build_frames(images.study, images.phase, images.candidates)
    n = len(images.candidates)
    first = f", the first {images.candidates[0].longest_diameter_mm:.0f} mm long" if n else ""
    progress(StepReport(Step.DETECT, 1.0, f"{plural(n, 'candidate')}{first}"))
    return Opened(images.series, images, default_frames().put(case_id, frames))


def _series_of(source: Path) -> tuple[SeriesSummary, ...]:
    """List the series of a study that was refused, as far as they can be read."""
    try:
        return tuple(list_series(source))
    except DeepTeppError:
        return ()
