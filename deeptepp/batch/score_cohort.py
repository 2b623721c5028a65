"""``deeptepp score-cohort``: from many studies to a table of assessments, on one machine or a cluster.

::

    <folder>/run.json              what the run is of
    <folder>/results/ab/<key>.json  one result, as ``deeptepp score --json`` prints it
    <folder>/receipts/ab/<key>.json its receipt, for ``deeptepp replay``
    <folder>/assessments.parquet   all results, one row per study
    <folder>/refusals.csv          what was not scored, and why
    <folder>/questions.csv         what waits for an answer, and the cells of the manifest that give it

A key stands for images, facts, choices, model, code and settings, so that a run that was stopped, or is started
with another manifest, takes what is there and scores the rest.
"""

from __future__ import annotations

import fcntl
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deeptepp import __version__
from deeptepp.batch.batch_tables import NotScored, write_tables
from deeptepp.batch.study_list import StudyList
from deeptepp.batch.study_task import PART, RESULTS, RUN_FILE, StudyOutcome, StudyTask, code_at_hand
from deeptepp.dataset_folder import write_json
from deeptepp.domain.progress import Progress, Step, StepReport, silent
from deeptepp.errors import FolderInUse, RunUnderWay, WorkerLost
from deeptepp.model.bundle import ModelBundle
from deeptepp.processes import Workers, done_by
from deeptepp.wording.sentence import sentence

MADE_BY = "deeptepp score-cohort"


@dataclass(frozen=True, slots=True)
class RunCounts:
    """What became of the studies of a run: each is counted once, and ``n_kept`` of them were there before."""

    n: int
    n_scored: int
    n_refused: int
    n_questions: int
    n_kept: int

    def __str__(self) -> str:
        """Say it in one line."""
        return (
            f"{self.n} studies: {self.n_scored} scored, {self.n_refused} refused, {self.n_questions} question(s); "
            f"{self.n_kept} from before"
        )


def score_cohort(
    listed: StudyList,
    out: Path,
    bundle: Path,
    model: ModelBundle,
    workers: Workers,
    *,
    allow_ineligible: bool = False,
    with_shifts: bool = True,
    progress: Progress = silent,
) -> RunCounts:
    """Score the studies that were not scored before, and write the tables of all.

    ``bundle``: folder of the model. One bad study never stops the run; where the run itself is stopped, every
    result that was made stays. Raises FolderInUse: ``out`` holds other files; RunUnderWay; EngineMissing;
    ClusterUnreachable; DiskFull.
    """
    out = out.resolve()
    _check_out(out)
    with _alone_in(out):
        write_json(out / RUN_FILE, _description(model, workers, allow_ineligible, with_shifts))
        task = StudyTask(
            out,
            bundle.resolve(),
            model.sha256,
            code_at_hand(),
            workers.memory_mb,
            allow_ineligible=allow_ineligible,
            with_shifts=with_shifts,
        )
        made: list[StudyOutcome] = []
        for study, outcome in done_by(workers, task, listed.studies):
            lost = StudyOutcome(study.images.row, rule=WorkerLost.rule, message=str(WorkerLost()))
            made.append(outcome or lost)
            found = f"{len(made)} of {len(listed.studies)}: {_told(made[-1])}"
            progress(StepReport(Step.SCORE, len(made) / len(listed.studies), found))
        return _finish(listed, made, out)


def _told(outcome: StudyOutcome) -> str:
    """Say what became of one row."""
    what = "scored" if outcome.is_scored else "question" if outcome.is_question else "refused"
    kept = ", from before" if outcome.was_kept else ""
    return f"row {outcome.row} {what}{f' [{outcome.rule}]' if outcome.rule else ''}{kept}"


def _finish(listed: StudyList, made: list[StudyOutcome], out: Path) -> RunCounts:
    """Write the tables of what was made and what could not be tried."""
    untried = [
        NotScored(row, each.rule, f"{each.found} {each.remedy}")
        for each in listed.problems
        if each.is_refusal
        for row in each.rows
    ]
    kept = write_tables(listed.subjects, sorted(made, key=lambda each: each.row), untried, out)
    counts = Counter(kept)
    return RunCounts(
        n=len(listed.subjects),
        n_scored=counts["scored"],
        n_questions=counts["question"],
        n_refused=len(listed.subjects) - counts["scored"] - counts["question"],
        n_kept=sum(each.was_kept for each in made),
    )


def _description(
    model: ModelBundle, workers: Workers, allow_ineligible: bool, with_shifts: bool
) -> dict[str, object]:
    """What the run is of."""
    return {
        "made_by": MADE_BY,
        "code_version": __version__,
        "bundle": model.name,
        "bundle_sha256": model.sha256,
        "engine": workers.engine.value,
        "allow_ineligible": allow_ineligible,
        "with_shifts": with_shifts,
    }


def _check_out(out: Path) -> None:
    """Refuse a folder that holds anything but results of this command."""
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / RUN_FILE).is_file())):
        raise FolderInUse(reason=sentence("it holds other files, or some that were changed"))


@contextmanager
def _alone_in(out: Path) -> Iterator[None]:
    """Hold the lock of the folder, and remove what killed workers left of files that they were writing."""
    out.mkdir(parents=True, exist_ok=True)
    held = os.open(out, os.O_RDONLY)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunUnderWay from None
        for part in out.glob(f"{RESULTS}/*/.*{PART}"):
            part.unlink(missing_ok=True)
        yield
    finally:
        os.close(held)
