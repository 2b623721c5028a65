"""Reads a breast DCE-MR study from NIfTI files: one per phase, one for all phases, or a patient of MAMA-MIA.

NIfTI says neither what was imaged nor, as a rule, when. What it does not say stays unknown here; what names leave
in doubt is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np

from deeptepp.domain.geometry import Grid, Volume
from deeptepp.domain.lesion import Lesion
from deeptepp.domain.progress import Progress, Step, StepReport, silent
from deeptepp.domain.risk import Finding, Severity
from deeptepp.domain.study import KEY_DIGITS, Phase, PhaseProposal, SeriesSummary, Study, phase_name
from deeptepp.errors import DamagedNifti, NiftiError, NiftiOrderUnknown, NiftiRolesDoubtful
from deeptepp.imaging.roles.role_question import check_study_roles, other_ways
from deeptepp.nifti.files import NamedFile, is_nifti, open_files
from deeptepp.nifti.header import NiftiHeader
from deeptepp.nifti.outline import expert_outline
from deeptepp.nifti.phase_choice import PhaseSet, chosen_set, proposed_set, spare_volumes
from deeptepp.nifti.times import checked_times, header_times, plausible, published_times, side_facts, volume_starts
from deeptepp.nifti.volumes import NiftiVolume, volumes_of
from deeptepp.nifti.voxels import Voxels, read_voxels
from deeptepp.wording.sentence import sentence

__all__ = ["NiftiReading", "check_nifti", "is_nifti", "list_nifti", "read_nifti"]

READ_AT_ONCE = 4
"""Files that are unpacked at the same time; unpacking gzip leaves Python's lock."""

Digest = Callable[[Sequence[Phase]], str]
"""Hashes phases: SHA-256 in hexadecimal."""


@dataclass(frozen=True, slots=True)
class NiftiReading:
    """A study and how it was found.

    ``study``: phases in order of time, without an identifier; ``series``: every volume of the files, used or not,
    with the reason; ``findings``: what the user should know; ``mask``: the outline of an expert that lay beside
    the images; ``alternatives``: None: of two dynamic series the reader is asked.
    """

    study: Study
    series: tuple[SeriesSummary, ...]
    findings: tuple[Finding, ...]
    mask: Lesion | None = None
    alternatives: tuple[PhaseProposal, ...] = ()


def read_nifti(
    source: Path | Sequence[Path],
    *,
    digest_of: Digest,
    times_s: Sequence[float] | None = None,
    phase_keys: Sequence[str] | None = None,
    progress: Progress = silent,
) -> NiftiReading:
    """Read the phases of a study from NIfTI files.

    ``source``: a file of several volumes, a folder, a zip archive, or a list of files; ``digest_of``: hashes the
    phases, the study is named by it; ``times_s``: seconds of the phases in their order, on any clock, else looked
    for in side files and headers; ``phase_keys``: keys of the series table in the order pre, post 1, post 2 ...,
    overrides what the names say; ``progress``: is told how far the work is, may raise ``JobCancelled``. Returns
    the study, the table of volumes, findings and the outline. Raises ArchiveError: the source cannot be opened
    safely; NiftiOrderUnknown: a question: ``proposals`` are the ways to go on; NiftiRolesDoubtful: a question: the
    images speak against the roles that the names give them; NiftiError: the files make no dynamic series: the
    subclass says why.
    """
    with open_files(source) as files:
        volumes = volumes_of(files)
        chosen = proposed_set(volumes) if phase_keys is None else chosen_set(volumes, phase_keys)
        times, findings = _times(chosen, files, times_s)
        study = _study(chosen, _voxels(chosen, progress), times, digest_of)
        findings = (*findings, *_role_findings(study, chosen, volumes, is_chosen=phase_keys is not None))
        mask, about_mask = expert_outline(volumes, chosen.volumes, study.grid)
    progress(StepReport(Step.READ, 1.0, sentence("{n} volumes", n=len(volumes))))
    progress(
        StepReport(
            Step.PHASES, 1.0, sentence("{n} phases of {m} slices", n=len(study.phases), m=study.grid.shape[0])
        )
    )
    return NiftiReading(study, _summaries(volumes, chosen, times), (*findings, *about_mask), mask)


def list_nifti(source: Path | Sequence[Path]) -> tuple[SeriesSummary, ...]:
    """List the volumes of NIfTI files, even where no study can be made of them.

    ``source``: a file, a folder, a zip archive, or a list of files. One row for each volume, with the role
    proposed and the reason. Raises ArchiveError where the source cannot be opened safely; NoNiftiFound,
    SeveralNiftiPatients, NiftiTooLarge where there is nothing to list, or too much.
    """
    with open_files(source) as files:
        volumes = volumes_of(files)
        try:
            chosen = proposed_set(volumes)
            times, _ = _times(chosen, files, None)
        except NiftiError:
            chosen, times = PhaseSet((), ""), None
    return _summaries(volumes, chosen, times)


def check_nifti(source: Path | Sequence[Path], *, phase_keys: Sequence[str] | None = None) -> None:
    """Look at names and headers alone: what ``read_nifti`` would refuse before it reads a voxel.

    ``source``: a file, a folder, a zip archive, or a list of files. Raises ArchiveError where the source cannot be
    opened safely; NiftiError where the files make no dynamic series, NiftiOrderUnknown a question among them.
    """
    with open_files(source) as files:
        volumes = volumes_of(files)
        _ = proposed_set(volumes) if phase_keys is None else chosen_set(volumes, phase_keys)


def _voxels(chosen: PhaseSet, progress: Progress) -> list[Voxels]:
    """Read the chosen volumes, several files at once."""
    wanted: dict[int, tuple[NamedFile, NiftiHeader, set[int]]] = {}
    for volume in chosen.volumes:
        if volume.header is not None:
            wanted.setdefault(id(volume.file), (volume.file, volume.header, set()))[2].add(volume.index)
    with ThreadPoolExecutor(max_workers=READ_AT_ONCE) as pool:
        # A thread has no bounds of its own, so that each is given those of the work.
        jobs = {pool.submit(partial(copy_context().run, read_voxels, *job)): key for key, job in wanted.items()}
        try:
            for done, _ in enumerate(as_completed(jobs), start=1):
                progress(StepReport(Step.READ, done / len(jobs)))
            read = {key: job.result() for job, key in jobs.items()}
        finally:
            pool.shutdown(cancel_futures=True)
    return [read[id(volume.file)][volume.index] for volume in chosen.volumes]


def _study(
    chosen: PhaseSet, voxels: Sequence[Voxels], times: tuple[float, ...] | None, digest_of: Digest
) -> Study:
    """Join voxels, the grid of the first phase and times to a study."""
    grid = _grid(chosen)
    if any(np.array_equal(one, other) for one, other in pairwise(voxels)):
        reason = sentence("two that follow each other are equal in every voxel")
        raise NiftiOrderUnknown(value=len(voxels), reason=reason)
    counted = times or tuple(float(i) for i in range(len(voxels)))
    phases = tuple(Phase(Volume(v, grid), time_s) for v, time_s in zip(voxels, counted, strict=True))
    digest = digest_of(phases)
    return Study(phases, key=digest[:KEY_DIGITS], digest=digest, has_times=times is not None)


def _role_findings(
    study: Study, chosen: PhaseSet, volumes: Sequence[NiftiVolume], *, is_chosen: bool
) -> tuple[Finding, ...]:
    """Hold the roles that names and times give against the images, as for DICOM."""
    ways = other_ways(
        [volume.key for volume in chosen.volumes],
        [volume.key for volume in spare_volumes(volumes, chosen)],
        earlier_reason="With a volume before them whose name makes it no phase.",
        as_said="As names and times say.",
    )
    return check_study_roles(study, ways, is_chosen=is_chosen, question=NiftiRolesDoubtful)


def _grid(chosen: PhaseSet) -> Grid:
    """Grid that the phases share."""
    grid = chosen.volumes[0].grid
    if grid is None:
        raise DamagedNifti(reason="its place is unknown")
    return grid


def _times(
    chosen: PhaseSet, files: Sequence[NamedFile], given_s: Sequence[float] | None
) -> tuple[tuple[float, ...] | None, tuple[Finding, ...]]:
    """Find the times of the phases: those given, else those of side files, else those of a header, else none."""
    n_phases = len(chosen.volumes)
    if given_s is not None:
        return checked_times(given_s, n_phases), ()
    of_file = volume_starts(side_facts(chosen.volumes[0].file, files)) if _is_one_file(chosen) else None
    times = of_file if _is_one_file(chosen) else _times_of_each(chosen, files)
    if times is not None and len(times) == n_phases:
        return times, ()
    header = chosen.volumes[0].header
    if _is_one_file(chosen) and header is not None and (times := header_times(header)) is not None:
        message = sentence(
            "The header gives one step of {n:g} s between all phases; the first may be longer.", n=times[1]
        )
        return times, (Finding("nifti.even-times", Severity.NOTE, message, times[1]),)
    return None, (_without_times(chosen),)


def _without_times(chosen: PhaseSet) -> Finding:
    """Warn that the phases are known by their order alone, and why."""
    if None not in [volume.clock_s for volume in chosen.volumes]:
        message = "The times in the side files are none of phases in this order; only their order is used."
        return Finding("nifti.times-contradict", Severity.WARNING, message)
    message = "The NIfTI files hold no times; the phases are known by their order alone."
    return Finding("nifti.no-times", Severity.WARNING, message)


def _is_one_file(chosen: PhaseSet) -> bool:
    """Whether the phases are all volumes of one file, in its order."""
    first = chosen.volumes[0]
    whole = [(id(first.file), index) for index in range(first.n_in_file)]
    return [(id(volume.file), volume.index) for volume in chosen.volumes] == whole


def _times_of_each(chosen: PhaseSet, files: Sequence[NamedFile]) -> tuple[float, ...] | None:
    """Read the time of each file from its own side file, or of all from MAMA-MIA."""
    clocks = [volume.clock_s for volume in chosen.volumes]
    if None not in clocks:
        return plausible([clock for clock in clocks if clock is not None])
    # The published times count all phases from 0000 on, in this order.
    patient = chosen.volumes[0].name.patient
    numbers = [volume.file.stem[-4:] for volume in chosen.volumes]
    if patient is None or numbers != [f"{index:04d}" for index in range(len(numbers))]:
        return None
    return published_times(patient, files)


def _summaries(
    volumes: Sequence[NiftiVolume], chosen: PhaseSet, times: tuple[float, ...] | None
) -> tuple[SeriesSummary, ...]:
    """Write the table of volumes."""
    places = {volume.key: index for index, volume in enumerate(chosen.volumes)}
    return tuple(
        _summary(volume, number, places.get(volume.key), chosen.reason, times)
        for number, volume in enumerate(volumes, start=1)
    )


def _summary(
    volume: NiftiVolume, number: int, place: int | None, reason: str, times: tuple[float, ...] | None
) -> SeriesSummary:
    """Write one row of the table."""
    roles = sentence("not used") if place is None else phase_name(place)
    grid = volume.grid
    dz, dy, dx = (round(mm, 4) for mm in grid.spacing_mm) if grid else (0.0, 0.0, 0.0)
    return SeriesSummary(
        key=volume.key,
        description=sentence("NIfTI outline {n}" if volume.labels is not None else "NIfTI volume {n}", n=number),
        modality="MR",
        n_images=grid.shape[0] if grid else 1,
        rows=grid.shape[1] if grid else None,
        columns=grid.shape[2] if grid else None,
        spacing_mm=(dz, dy, dx) if grid else None,
        acquisition_time_s=None if times is None or place is None else times[place],
        role=roles,
        reason=reason if place is not None else _why_not(volume),
    )


def _why_not(volume: NiftiVolume) -> str:
    """Why a volume is no phase."""
    if volume.refusal is not None:
        return str(volume.refusal)
    if volume.labels is not None:
        return "It holds labels, not intensities."
    return "Its name says that it is no phase." if volume.is_other else "Not needed."
