"""Reads a layout and says what is wrong with what was read."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deeptepp.dicom.read_dicom import StudyReading, read_study
from deeptepp.domain.geometry import Volume
from deeptepp.domain.risk import Severity
from deeptepp.domain.study import Side
from deeptepp.errors import DeepTeppError
from layouts.expect import Either, Expectation, Phases, Refusal
from layouts.images import NAME, RECORD
from layouts.phantom import TRUE

TIME_TOLERANCE_S = 0.06
"""Times are written to a tenth of a second by some scanners."""

Got = StudyReading | Exception
"""A study, a refusal, or an error that should be none."""


def read(source: Path, *, by_images: bool = False, **how) -> Got:
    """Read an archive or a folder; a refusal is a result."""
    try:
        reading = read_study(source, **how)
        if by_images:
            look_at(reading)
    except Exception as error:  # noqa: BLE001 - the next layout is read whatever this one does
        return error
    return reading


def look_at(reading: StudyReading) -> None:
    """Compare the images with the roles given to them, where reading has not done so already."""


def faults(source: Path, got: Got, expect: Expectation) -> list[str]:
    """Say what is wrong; nothing where all is right."""
    if isinstance(got, Exception) and not isinstance(got, DeepTeppError):
        return [f"ended in {type(got).__name__}: {got}"]
    leaks = [f"{word} is said" for word in (NAME, "DOE", RECORD) if word in said_by(got)]
    return leaks + faults_of(source, got, expect)


def faults_of(source: Path, got: Got, expect: Expectation) -> list[str]:
    """Compare with what is right."""
    if isinstance(expect, Either):
        tried = [faults_of(source, got, way) for way in expect.ways]
        return [] if [] in tried else [f"none of: {' | '.join('; '.join(one) for one in tried)}"]
    if isinstance(expect, Refusal):
        return refusal_faults(source, got, expect)
    if expect.side is not None:
        got = read(source, side=Side(expect.side))
    return phase_faults(got, expect)


def refusal_faults(source: Path, got: Got, expect: Refusal) -> list[str]:
    """Compare a refusal and its ways on."""
    if not isinstance(got, DeepTeppError):
        return [f"read {len(got.study.phases)} phases, {times_of(got)}; a refusal is right"]
    if expect.rules and got.rule not in expect.rules:
        return [f"refused by {got.rule}, not by {' or '.join(expect.rules)}: {got}"]
    return [fault for way in expect.way_on for fault in way_faults(source, got, way)]


def way_faults(source: Path, got: DeepTeppError, way: Phases) -> list[str]:
    """Hand in the keys of each proposal; one must give the phases."""
    proposals = [p for p in getattr(got, "proposals", ()) if way.side in (None, p.side)]
    tried = [phase_faults(read(source, phase_keys=list(p.keys)), way) for p in proposals]
    if [] not in tried:
        return [f"{got.rule}: none of {len(proposals)} proposals gives the phases: {tried} {got}"]
    return [] if way.side is None else phase_faults(read(source, side=Side(way.side)), way)


def phase_faults(got: Got, expect: Phases) -> list[str]:
    """Compare the times, the voxels and the findings."""
    if isinstance(got, Exception):
        return [f"refused by {getattr(got, 'rule', type(got).__name__)}: {got}"]
    times_s = times_of(got)
    if len(got.study.phases) != len(expect.volumes):
        return [f"{len(got.study.phases)} phases at {times_s}, not {len(expect.volumes)}"]
    found = voxel_faults(got, expect)
    if (times_s is None) != (expect.times_s is None) or not close(times_s, expect.times_s):
        found.append(f"times {times_s}, not {expect.times_s}")
    return found + finding_faults(got, expect.says)


def times_of(got: StudyReading) -> list[float] | None:
    """Give the times of the phases, None where there are none."""
    return [phase.time_s for phase in got.study.phases] if got.study.has_times else None


def close(times_s: list[float] | None, right_s: tuple[float, ...] | None) -> bool:
    """Compare times."""
    return times_s is None or right_s is None or np.allclose(times_s, right_s, atol=TIME_TOLERANCE_S)


def voxel_faults(got: StudyReading, expect: Phases) -> list[str]:
    """Compare each phase with the true voxels, at their place in the patient."""
    right = [TRUE[expect.of][i][expect.first_slice : expect.end_slice] for i in expect.volumes]
    placed = [placed_as(phase.volume, expect, right[0].shape) for phase in got.study.phases]
    if any(volume is None for volume in placed):
        return [f"the grid {got.study.grid.shape} does not lie on the true voxels"]
    unit = np.mean(placed[0]) / np.mean(right[0]) if expect.any_unit else 1.0
    pairs = zip(placed, right, strict=True)
    wrong = [n for n, (a, b) in enumerate(pairs) if not np.allclose(a, b * unit, rtol=1e-3, atol=1e-3 * unit)]
    return [f"voxels of phases {wrong} are wrong"] if wrong else []


def placed_as(volume: Volume, expect: Phases, shape: tuple[int, ...]) -> np.ndarray | None:
    """Put the voxels in the order of the true ones, whatever the order of axes; None where they lie elsewhere."""
    n = volume.grid.shape
    if sorted(n) != sorted(shape):
        return None
    index = np.indices(n).reshape(3, -1)
    at_mm = volume.grid.affine @ np.vstack([index, np.ones(index.shape[1])])
    at = (np.linalg.inv(expect.place.affine) @ at_mm)[:3] - [[expect.first_slice], [0], [0]]
    k = np.rint(at).astype(int)
    if np.abs(at - k).max() > 0.2 or (k < 0).any() or (k.max(axis=1) + 1 != shape).any():
        return None
    placed = np.full(shape, np.nan)
    placed[tuple(k)] = np.asarray(volume.voxels, dtype=float)[tuple(index)]
    return placed


def finding_faults(got: StudyReading, says: str | None) -> list[str]:
    """Look for a finding, or for a warning."""
    loud = [f for f in got.findings if says != "warning" or f.severity is not Severity.NOTE]
    return [f"no {says} tells of it"] if says and not loud else []


def said_by(got: Got) -> str:
    """Join all that a user may see."""
    if isinstance(got, Exception):
        return f"{got} {getattr(got, 'proposals', ())}"
    return f"{got.findings} {got.series} {got.study.key}"


def outcome(got: Got) -> tuple[object, ...]:
    """Sum up what must not depend on the order of files or the digits of UIDs."""
    if isinstance(got, Exception):
        return (type(got).__name__, str(got), getattr(got, "proposals", ()))
    found = [(f.rule, f.message) for f in got.findings]
    times_s = None if times_of(got) is None else tuple(np.round(times_of(got), 3))
    return (times_s, got.study.digest, tuple(found), tuple((row.key, row.role, row.reason) for row in got.series))
