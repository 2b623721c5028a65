"""One study on a worker: scored once, and kept under the digest of all that decides its result."""

from __future__ import annotations

import json
import resource
import secrets
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from math import inf
from pathlib import Path
from typing import Any

import torch

from deeptepp.batch.study_list import ListedStudy
from deeptepp.dataset_folder import code_digest, key_of
from deeptepp.datasets.image_columns import Images
from deeptepp.datasets.regions import ABSENT, UNREADABLE
from deeptepp.dicom.files.archive import open_members
from deeptepp.domain.clinical import ClinicalProfile
from deeptepp.domain.lesion import BoxMm, Lesion
from deeptepp.domain.people import LOCAL
from deeptepp.domain.progress import Progress, silent, within_seconds
from deeptepp.domain.risk import Assessment
from deeptepp.domain.study import PhaseProposal, Side
from deeptepp.errors import ArchiveError, DeepTeppError, FolderNotShared, OtherCode, TakesTooMuch
from deeptepp.file_sets import digest_of_stream, naming_full_disks
from deeptepp.model.bundle import ModelBundle, load_bundle
from deeptepp.nifti.files import open_files
from deeptepp.nifti.read_nifti import is_nifti
from deeptepp.report.case.document import assessment_to_dict, proposal_to_dict, proposals_of
from deeptepp.safe_files import in_words
from deeptepp.scoring.case import assess_case, open_case, refuse
from deeptepp.scoring.images import CaseImages, lesion_in_box
from deeptepp.scoring.receipt import versions

RUN_FILE, RESULTS, RECEIPTS = "run.json", "results", "receipts"
"""What a run is of, and the folders of what became of each study, in the folder of results."""

PART = ".part"
"""End of the name of a file that is being written."""

FAILED = "study.failed"
"""Rule of a study at which the software itself failed."""

_MAKERS = ("dicom", "nifti", "imaging", "domain", "views", "model", "scoring")
"""Packages whose code decides a score and the findings beside it."""

_NO_MEMORY = "alloc"
"""What libraries in C++ say, in words of their own, in place of a MemoryError."""


@dataclass(frozen=True, slots=True)
class StudyChoice:
    """What a reader says of a study, how it is scored, and how long it may be read; None where nothing is said."""

    phase_keys: Sequence[str] | None = None
    phase_index: int | None = None
    side: Side | None = None
    times_s: Sequence[float] | None = None
    box: BoxMm | None = None
    allow_ineligible: bool = False
    with_shifts: bool = True
    reading_max_s: float = inf


@dataclass(frozen=True, slots=True, eq=False)
class ScoredStudy:
    """What became of a study: the assessment, images that could be read, a lesion in a box, and ways to go on."""

    assessment: Assessment
    images: CaseImages | None = None
    lesion: Lesion | None = None
    proposals: tuple[PhaseProposal, ...] = ()

    def to_json(self, model: ModelBundle | None, *, label: str = "") -> dict[str, Any]:
        """Plain data, as ``deeptepp score --json`` prints it."""
        ways = {"proposals": [proposal_to_dict(each) for each in self.proposals]} if self.proposals else {}
        return assessment_to_dict(self.assessment, model, label=label) | ways


def score_study(
    source: Path | list[Path],
    profile: ClinicalProfile,
    model: ModelBundle,
    choice: StudyChoice,
    *,
    who: str = LOCAL.subject,
    progress: Progress = silent,
) -> ScoredStudy:
    """Read, search and score one study; a refusal is a result, but for that of work that may go on no longer."""
    images, lesion = None, None
    try:
        with within_seconds(choice.reading_max_s):
            images = open_case(
                source,
                phase_keys=choice.phase_keys,
                phase_index=choice.phase_index,
                side=choice.side,
                times_s=choice.times_s,
                progress=progress,
            )
        images, lesion = lesion_in_box(images, choice.box)
        assessment = assess_case(
            images,
            profile,
            model,
            lesion=lesion,
            allow_ineligible=choice.allow_ineligible,
            measures_stability=choice.with_shifts,
            who=who,
            progress=progress,
        )
    except DeepTeppError as error:
        if error.rule.startswith("job."):
            raise
        return ScoredStudy(refuse(error, profile), images, proposals=proposals_of(error))
    return ScoredStudy(assessment, images, lesion)


@dataclass(frozen=True, slots=True)
class StudyOutcome:
    """What a worker says of one row.

    ``key``: name of the result that is kept; empty where there is none; ``was_kept``: it was there already;
    ``rule``, ``message``: why there is none, and of a result that is a refusal why it is.
    """

    row: int
    key: str = ""
    was_kept: bool = False
    is_scored: bool = False
    is_question: bool = False
    rule: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class StudyTask:
    """Scores studies, one a call; travels to other processes.

    ``out``: folder of results, on a disk that all workers share; ``bundle``: folder of the model, likewise;
    ``code``: see ``code_at_hand``; ``memory_mb``: most memory that a worker may fill with data.
    """

    out: Path
    bundle: Path
    bundle_sha256: str
    code: str
    memory_mb: float
    allow_ineligible: bool = False
    with_shifts: bool = True

    def __call__(self, listed: ListedStudy) -> StudyOutcome:
        """Score a study unless its result is there; whatever goes wrong is told, never raised."""
        row = listed.images.row
        try:
            with _one_thread(), _within(self.memory_mb):
                return self._outcome(listed)
        except DeepTeppError as error:
            return StudyOutcome(row, rule=error.rule, message=str(error))
        except MemoryError:
            return self._too_much(row)
        except FileNotFoundError:
            return StudyOutcome(row, rule=ABSENT[0], message=ABSENT[1])
        except OSError:
            return StudyOutcome(row, rule=UNREADABLE[0], message=UNREADABLE[1])
        except Exception as error:  # noqa: BLE001  one bad study never stops the run; its message may name somebody
            if _NO_MEMORY in str(error).lower():
                return self._too_much(row)
            return StudyOutcome(row, rule=FAILED, message=type(error).__name__)

    def _too_much(self, row: int) -> StudyOutcome:
        """Tell that a study takes more memory than a worker has."""
        error = TakesTooMuch(limit=in_words(int(self.memory_mb * 1e6)))
        return StudyOutcome(row, rule=error.rule, message=str(error))

    def _outcome(self, listed: ListedStudy) -> StudyOutcome:
        """Take the result that is kept, or make it."""
        # 1. The same code, model and disk as where the run was started.
        if not (self.out / RUN_FILE).is_file():
            raise FolderNotShared
        if code_at_hand() != self.code:
            raise OtherCode
        # 2. The name of the result holds all that decides it.
        key = self._key(listed)
        path = result_path(self.out, key)
        kept = read_result(path)
        if kept is None or _refusal_in(kept).startswith(ArchiveError.rule):  # a disk that failed may be well again
            kept = None
            model = _model(self.bundle)
            if model.sha256 != self.bundle_sha256:
                raise OtherCode
            made = score_study(listed.images.path, listed.profile, model, self._choice(listed.images))
            # 3. The receipt first: where there is a result, all of it is there.
            if made.assessment.receipt is not None:
                _write(self.out / RECEIPTS / key[:2] / path.name, made.assessment.receipt.to_file())
            _write(path, json.dumps(made.to_json(model), ensure_ascii=False, allow_nan=False))
        told = kept or json.loads(path.read_text(encoding="utf-8"))
        is_scored = told["score"] is not None
        return StudyOutcome(
            listed.images.row,
            key,
            was_kept=kept is not None,
            is_scored=is_scored,
            is_question="proposals" in told,
            rule="" if is_scored else _refusal_in(told),
        )

    def _key(self, listed: ListedStudy) -> str:
        """Digest images, facts, choices, model, code and settings."""
        images = listed.images
        box = None if images.box is None else [*images.box.low, *images.box.high]
        chosen = [box, images.phase_index, images.phase_keys, images.side]
        settings = [self.allow_ineligible, self.with_shifts]
        facts = listed.profile.to_mapping()
        return key_of("score", content_of(images.path), facts, chosen, self.bundle_sha256, self.code, settings)

    def _choice(self, images: Images) -> StudyChoice:
        """How this study is read and scored."""
        return StudyChoice(
            phase_keys=images.phase_keys,
            phase_index=images.phase_index,
            side=images.side,
            box=images.box,
            allow_ineligible=self.allow_ineligible,
            with_shifts=self.with_shifts,
        )


def _refusal_in(told: dict[str, Any]) -> str:
    """Rule of the first refusal of a result; empty where there is none."""
    return next((str(each["rule"]) for each in told["findings"] if each["severity"] == "refusal"), "")


def result_path(out: Path, key: str) -> Path:
    """Name the file of a result; a folder holds one of 256 parts of them."""
    return out / RESULTS / key[:2] / f"{key}.json"


def read_result(path: Path) -> dict[str, Any] | None:
    """Read a result that is kept; None where there is none, or a full disk or a power cut left a torn one."""
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return told


@cache
def code_at_hand() -> str:
    """Digest the code and the libraries of this machine that decide a score."""
    return key_of(code_digest(*_MAKERS), dict(versions()))


def content_of(path: Path) -> str:
    """Digest the files that a study is read from; an archive as it is, NIfTI files with the names that order them.

    Raises OSError: a file cannot be read; InputError: the archive or folder cannot be opened safely.
    """
    if path.is_file() and zipfile.is_zipfile(path):
        return digest_of_stream(lambda: path.open("rb"))
    if is_nifti(path):
        with open_files(path) as files:
            return key_of(sorted(("/".join(file.parts), digest_of_stream(file.opener)) for file in files))
    path.stat()
    with open_members(path) as members:
        return key_of(sorted(digest_of_stream(member.open) for member in members))


def _write(path: Path, text: str) -> None:
    """Write beside the place and rename; two workers with the same images do not meet."""
    with naming_full_disks():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{secrets.token_hex(4)}{PART}")
        part.write_text(text, encoding="utf-8")
        part.replace(path)


@cache
def _model(folder: Path) -> ModelBundle:
    """Load the model once for each process."""
    return load_bundle(folder)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Compute on one thread, whatever the worker does otherwise, so that scores are the same to the bit."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _within(memory_mb: float) -> Iterator[None]:
    """Let this process hold no more data than so much: what asks for more raises MemoryError."""
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = int(memory_mb * 1e6)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
