"""Reads a breast DCE-MR study from a zip, a folder or a list of files.

Two passes: the headers of all files, from which volumes and phases are found; then the pixels of the phases only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from deeptepp.dicom.digest import study_digest
from deeptepp.dicom.files.archive import open_members
from deeptepp.dicom.files.member import Member
from deeptepp.dicom.fingerprints import Fingerprints
from deeptepp.dicom.first_pass import Headers, read_headers
from deeptepp.dicom.header.deidentify import (
    CleanHeader,
    DeidentificationReport,
    acquisition_of,
    clean_description,
    deidentify,
    report_on,
)
from deeptepp.dicom.header.headers import Frame
from deeptepp.dicom.pixels.decode import Voxels, read_volumes
from deeptepp.dicom.pixels.scale import scale_factors
from deeptepp.dicom.roles.chosen_phases import chosen_phases
from deeptepp.dicom.roles.doubts import other_orders
from deeptepp.dicom.roles.identity import check_patients
from deeptepp.dicom.roles.phases import propose_phases
from deeptepp.dicom.roles.rows import Proposal, Row, rows_of
from deeptepp.dicom.source import SourceReference, phase_of, source_of
from deeptepp.dicom.volumes.slabs import with_slabs
from deeptepp.dicom.volumes.sort import stacks_of
from deeptepp.dicom.volumes.stack import Stack
from deeptepp.domain.geometry import Volume
from deeptepp.domain.progress import Progress, Step, StepReport, checkpoint, silent
from deeptepp.domain.risk import Finding, Severity
from deeptepp.domain.study import (
    KEY_DIGITS,
    Phase,
    PhaseProposal,
    SeriesSummary,
    Side,
    Study,
    clock_time,
    phase_name,
)
from deeptepp.errors import RolesDoubtful, UnreadablePixels
from deeptepp.imaging.roles.role_question import check_study_roles, other_ways
from deeptepp.wording.sentence import sentence

HEADER_SHARE = 0.4
"""Share of the reading step that the headers take; measured on a study of 841 files in a zip."""


@dataclass(frozen=True, slots=True)
class StudyReading:
    """A study and how it was found.

    ``study``: phases in order of time, without an identifier; ``series``: every volume of the files, used or not,
    with the reason; ``findings``: what the user should know; ``deidentified``: what was kept, replaced and
    removed; ``source``: which images the phases are; None where the files lack valid UIDs; ``alternatives``: other
    dynamic series of the study, best first; ``sign``: what tells the order of the phases, in the keywords of
    DICOM; empty where the user chose them.
    """

    study: Study
    series: tuple[SeriesSummary, ...]
    findings: tuple[Finding, ...]
    deidentified: DeidentificationReport
    source: SourceReference | None = None
    alternatives: tuple[PhaseProposal, ...] = ()
    sign: str = ""


def read_study(
    source: Path | Sequence[Path],
    *,
    phase_keys: Sequence[str] | None = None,
    side: Side | None = None,
    progress: Progress = silent,
) -> StudyReading:
    """Read the dynamic series of a study.

    ``source``: a zip archive, a folder, one DICOM file, or a list of files; ``phase_keys``: keys of the series
    table in the order pre, post 1, post 2 ..., overrides the proposal; ``side``: the breast that is meant, where
    each has images of its own; ``progress``: is told how far the work is, may raise ``JobCancelled``. Returns the
    study, the table of series, findings and the de-identification report. Raises ArchiveError: the archive cannot
    be opened safely; DicomError: the files make no dynamic series: the subclass says why.
    """
    with open_members(source) as members:
        headers = read_headers(members, lambda f: progress(StepReport(Step.READ, HEADER_SHARE * f)))
        check_patients(headers.frames)
        rows, proposal = _propose(headers, members, phase_keys, side)
        if proposal.refusal is not None:
            raise proposal.refusal
        stacks = [row.stack for row in proposal.phases]
        voxels = read_volumes(
            stacks,
            members,
            factors=scale_factors(stacks),
            advance=lambda f: progress(StepReport(Step.READ, HEADER_SHARE + (1 - HEADER_SHARE) * f)),
        )
    phases = _phases(proposal, voxels)
    with ThreadPoolExecutor(max_workers=1) as worker:
        # Hashing leaves the interpreter free, so that the rest is done meanwhile.
        digest = worker.submit(study_digest, phases)
        cleaned = _deidentify(headers)
        acquisition = acquisition_of(cleaned[proposal.phases[0].stack.series.series_uid].dataset)
        study = Study(phases, "", acquisition, has_times=proposal.has_times)
        role_findings = _role_findings(study, proposal, phase_keys)
        study = replace(study, key=digest.result()[:KEY_DIGITS], digest=digest.result())
    progress(StepReport(Step.READ, 1.0, sentence("{n} files, {m} volumes", n=headers.n_files, m=len(rows))))
    progress(StepReport(Step.PHASES, 1.0, _found(study)))
    return StudyReading(
        study=study,
        series=_summaries(rows, proposal),
        findings=(*_findings(headers, rows), *proposal.findings, *role_findings),
        deidentified=_report(headers, cleaned),
        source=source_of(stacks, study),
        alternatives=proposal.alternatives,
        sign=proposal.sign,
    )


def list_series(source: Path | Sequence[Path]) -> tuple[SeriesSummary, ...]:
    """List what the files hold, even where no study can be made of them.

    ``source``: a zip archive, a folder, one DICOM file, or a list of files. One row for each volume, with the role
    proposed and the reason. Raises ArchiveError where the archive cannot be opened safely; NoDicomFound where no
    DICOM among the files.
    """
    with open_members(source) as members:
        headers = read_headers(members, lambda _: None)
        rows, proposal = _propose(headers, members, None, None)
    return _summaries(rows, proposal)


def check_study(
    source: Path | Sequence[Path], *, phase_keys: Sequence[str] | None = None, side: Side | None = None
) -> int:
    """Look at the headers alone: what ``read_study`` would refuse before it reads a pixel.

    ``source``: a zip archive, a folder, one DICOM file, or a list of files. Raises ArchiveError where the archive
    cannot be opened safely; DicomError where the files make no dynamic series: the subclass says why.
    """
    with open_members(source) as members:
        headers = read_headers(members, lambda _: None)
        check_patients(headers.frames)
        _, proposal = _propose(headers, members, phase_keys, side)
    if proposal.refusal is not None:
        raise proposal.refusal
    return len(proposal.phases)


def keys_in(source: Path | Sequence[Path], reference: SourceReference) -> tuple[str, ...]:
    """Find phases that were read before: their keys in the table of series, empty where one was changed."""
    with open_members(source) as members:
        rows = rows_in(read_headers(members, lambda _: None).frames, Fingerprints(members))
    keys = {phase_of(row.stack): row.key for row in rows}
    return tuple(keys[phase] for phase in reference.phases) if keys.keys() >= set(reference.phases) else ()


def rows_in(frames: Iterable[Frame], prints: Fingerprints) -> tuple[Row, ...]:
    """Make the rows of the series table: a key means the same volume wherever it is used."""
    return rows_of(with_slabs(stacks_of(frames, prints.of_plane)), prints.of_stack)


def _propose(
    headers: Headers, members: Sequence[Member], phase_keys: Sequence[str] | None, side: Side | None
) -> tuple[tuple[Row, ...], Proposal]:
    """Find the phases in the headers; pixels are looked at only to tell copies."""
    prints = Fingerprints(members)
    rows = rows_in(headers.frames, prints)
    if phase_keys is not None:
        return rows, chosen_phases(rows, phase_keys)
    return rows, propose_phases(rows, fingerprint=prints.of_row, side=side)


def _deidentify(headers: Headers) -> dict[str, CleanHeader]:
    """Clean the example header of each series."""
    cleaned = {}
    for uid, dataset in sorted(headers.examples.items()):
        checkpoint()
        cleaned[uid] = deidentify(dataset)
    return cleaned


def _phases(proposal: Proposal, voxels: Sequence[Voxels]) -> tuple[Phase, ...]:
    """Join voxels, grid and times."""
    first = proposal.phases[0].stack
    if first.grid is None:
        raise UnreadablePixels(value=len(first.frames), reason="no volume")
    return tuple(Phase(Volume(v, first.grid), time_s) for v, time_s in zip(voxels, proposal.times_s, strict=True))


def _summaries(rows: Sequence[Row], proposal: Proposal) -> tuple[SeriesSummary, ...]:
    """Write the table of series."""
    roles = {row.key: phase_name(i) for i, row in enumerate(proposal.phases)}
    starts = [row.stack.clock.acquired_s for row in rows if row.stack.clock.acquired_s is not None]
    start = min(starts, default=0.0)
    return tuple(_summary(row, roles.get(row.key, "not used"), proposal, start) for row in rows)


def _summary(row: Row, role: str, proposal: Proposal, start_s: float) -> SeriesSummary:
    """Write one row of the table."""
    stack = row.stack
    acquired_s = stack.clock.acquired_s
    return SeriesSummary(
        key=row.key,
        description=clean_description(stack.series.description),
        modality=stack.series.modality,
        n_images=len(stack.frames),
        rows=stack.frames[0].rows or None,
        columns=stack.frames[0].columns or None,
        spacing_mm=_spacing_mm(stack),
        acquisition_time_s=None if acquired_s is None else round(acquired_s - start_s, 3),
        role=role,
        reason=proposal.reasons.get(row.key, "Not needed."),
    )


def _spacing_mm(stack: Stack) -> tuple[float, float, float] | None:
    """Give (dz, dy, dx) to a tenth of a micrometre."""
    if stack.grid is None:
        return None
    dz, dy, dx = (round(s, 4) for s in stack.grid.spacing_mm)
    return dz, dy, dx


def _found(study: Study) -> str:
    """Which phases were found."""
    times = ", ".join(clock_time(phase.time_s) for phase in study.phases)
    n, m = len(study.phases), study.grid.shape[0]
    if study.has_times:
        return sentence("{n} phases of {m} slices, begun at {times}", n=n, m=m, times=times)
    return sentence("{n} phases of {m} slices, in order, without times", n=n, m=m)


def _findings(headers: Headers, rows: Sequence[Row]) -> tuple[Finding, ...]:
    """Tell about files that were left out."""
    found = []
    n_copies = sum(row.stack.n_copies for row in rows)
    if n_copies:
        message = sentence("{n} image(s) occur twice; each was read once.", n=n_copies)
        found.append(Finding("dicom.copies", Severity.NOTE, message, n_copies, 0))
    if headers.n_unreadable:
        message = sentence("{n} DICOM file(s) have a damaged header and were left out.", n=headers.n_unreadable)
        found.append(Finding("dicom.damaged-files", Severity.WARNING, message, headers.n_unreadable, 0))
    return tuple(found)


def _role_findings(study: Study, proposal: Proposal, phase_keys: Sequence[str] | None) -> tuple[Finding, ...]:
    """Hold the roles that headers give against the images; a reader's own choice is warned of, never refused."""
    others = other_orders(proposal.phases, proposal.phases)
    ways = other_ways(
        [row.key for row in proposal.phases],
        proposal.spare,
        earlier_reason="With a volume before them that the headers make another sequence.",
        as_said="As the headers say, although the images speak against it.",
    )
    return check_study_roles(
        study, (*others, *proposal.alternatives, *ways), is_chosen=phase_keys is not None, question=RolesDoubtful
    )


def _report(headers: Headers, cleaned: dict[str, CleanHeader]) -> DeidentificationReport:
    """Sum up the de-identification."""
    burned_in = any(frame.series.has_burned_in_text for frame in headers.frames)
    return report_on(cleaned.values(), has_burned_in_text=burned_in)
