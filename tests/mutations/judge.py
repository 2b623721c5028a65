"""Says how a damaged study ended: read as it is, refused by name, or otherwise, and in what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deeptepp.dicom.read_dicom import StudyReading
from deeptepp.domain.geometry import Volume
from deeptepp.errors import DeepTeppError
from mutations.studies import GRID, IDENTIFIERS, SHAPE, TIMES_S, truth

TIME_TOLERANCE_S = 0.01
SAME_SHARE = 1e-3
"""Share of a voxel's value within which it is the same."""


@dataclass(frozen=True)
class Outcome:
    """How a reading ended.

    ``end`` is ``as it is``, ``refused``, ``fewer phases, announced``, ``other, announced`` or ``other, in
    silence``, or a fault: an exception without a name, an identifier said. ``detail`` says in what it differs.
    """

    end: str
    detail: str = ""
    rule: str = ""


Got = StudyReading | BaseException


def outcome_of(got: Got, usual: StudyReading, said: str, *, is_scaled: bool) -> Outcome:
    """Judge what was read, and all that was said, beside the reading of the undamaged study."""
    leaks = [word for word in IDENTIFIERS if word in said]
    if leaks:
        return Outcome("an identifier said", f"{leaks} {getattr(got, 'rule', '')}")
    if isinstance(got, DeepTeppError):
        return Outcome("refused", rule=got.rule)
    if isinstance(got, BaseException):
        return Outcome("an exception without a name", f"{type(got).__name__}: {got}")
    differs = differences(got, is_scaled=is_scaled)
    if not differs:
        return Outcome("as it is")
    is_announced = bool(news(got, usual))
    if is_announced and differs <= {"fewer phases", "no times"}:
        return Outcome("fewer phases, announced", ", ".join(sorted(differs)))
    return Outcome(f"other, {'announced' if is_announced else 'in silence'}", ", ".join(sorted(differs)))


def news(got: StudyReading, usual: StudyReading) -> list[str]:
    """List what the reading says that it does not say of the undamaged study."""
    known = {finding.rule for finding in usual.findings}
    told = [finding.rule for finding in got.findings if finding.rule not in known]
    unused = [sum(row.role == "not used" for row in reading.series) for reading in (got, usual)]
    return told + ["a row not used"] * (unused[0] - unused[1])


def differences(got: StudyReading, *, is_scaled: bool) -> set[str]:
    """Say in what a study differs from the true one."""
    placed = [placed_as_true(phase.volume) for phase in got.study.phases]
    if any(volume is None for volume in placed):
        return {"grid"}
    unit = float(np.mean(placed[0]) / np.mean(truth().voxels[0])) if is_scaled else 1.0
    true = [phase_of(volume / unit) for volume in placed]
    if None in true:
        return {"voxels"}
    found = set()
    if true != sorted(set(true)) or true[0] != 0:
        found.add("order")
    if len(true) < len(TIMES_S):
        found.add("fewer phases")
    times_s = [TIMES_S[i] - TIMES_S[true[0]] for i in true]
    if not got.study.has_times:
        found.add("no times")
    elif not np.allclose([phase.time_s for phase in got.study.phases], times_s, atol=TIME_TOLERANCE_S):
        found.add("times")
    return found


def phase_of(volume: np.ndarray) -> int | None:
    """Tell which true phase a volume is."""
    close = [np.allclose(volume, v, rtol=SAME_SHARE, atol=0.01) for v in truth().voxels]
    return close.index(True) if True in close else None


def placed_as_true(volume: Volume) -> np.ndarray | None:
    """Put voxels in the order of the true ones, None where they lie elsewhere."""
    shape = volume.grid.shape
    if sorted(shape) != sorted(SHAPE):
        return None
    index = np.indices(shape).reshape(3, -1)
    at = (np.linalg.inv(GRID.affine) @ volume.grid.affine @ np.vstack([index, np.ones(index.shape[1])]))[:3]
    k = np.rint(at).astype(int)
    if np.abs(at - k).max() > 0.2 or (k < 0).any() or (k.max(axis=1) + 1 != SHAPE).any():
        return None
    placed = np.full(SHAPE, np.nan)
    placed[tuple(k)] = np.asarray(volume.voxels, dtype=float)[tuple(index)]
    return placed
