"""A folder of simulated patients with their regions of interest, made by the way a real upload goes.

Each patient's MR is simulated, the detector that serves real studies looks for the tumour, and the cube around
what it found is stored. Where it missed, the true tumour stands in, so that no patient is lost, and the record
says so. A patient's images depend on the seed and on her row in the full cohort only: a subset, a resumed run and
another number of processes give the same files.

::

    <folder>/cohort.parquet        the cohort, with protocol, image_risk and is_detected beside the clinical facts
    <folder>/rois/<subject>.npz    one region of interest per patient
    <folder>/records/<subject>.json  what was true and what was detected
    <folder>/dataset.json          the recipe, the hit rate, and that all of it is simulated
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.dataset_folder import COHORT_FILE, DATASET_FILE, RECORD_FOLDER, ROI_FOLDER, write_json, write_whole
from deeptepp.domain.cohort import ARM, LATENT_RISK, RFS_EVENT, SUBJECT, Cohort
from deeptepp.domain.lesion import Lesion
from deeptepp.domain.progress import Progress, Step, StepReport, silent
from deeptepp.domain.study import PhaseChoice
from deeptepp.errors import BadSetting, DetectionError, WorkerLost
from deeptepp.imaging.detection.detect import detect_lesions
from deeptepp.imaging.phase import choose_phase
from deeptepp.imaging.roi import RoiSettings, crop_roi, write_roi
from deeptepp.processes import Workers, done_by
from deeptepp.simulate.protocols import PROTOCOLS, SHARES, Protocol
from deeptepp.simulate.simulated_cohort import simulate_cohort
from deeptepp.simulate.simulated_study import SimulatedStudy, simulate_study
from deeptepp.tables import write_cohort

N_DRAWS = 10
"""Cohorts of the published size that one folder may be made of."""

GENERATOR = 2
"""Version of the simulated images; raised whenever the same seed gives other images."""

ProtocolTable = dict[str, Protocol]


@dataclass(frozen=True, slots=True)
class _Patient:
    """What one worker needs to know."""

    subject: str
    row: int
    latent_risk: float
    tumour_size_mm: float
    age_years: float
    protocol: Protocol


def write_dataset(
    folder: Path,
    *,
    preset: str = "paper",
    seed: int = 0,
    n_patients: int | None = None,
    image_correlation: float = 0.95,
    roi_settings: RoiSettings | None = None,
    n_jobs: int = 1,
    progress: Progress = silent,
    protocols: ProtocolTable | None = None,
    scanners: Sequence[str] = (),
) -> Path:
    """Simulate patients and their MR, detect each tumour, and store the regions of interest.

    ``folder``: written to; patients that are already there, from the same recipe, are kept; ``preset``: outcome
    model of ``simulate_cohort``; ``n_patients``: size of a subset stratified by arm and RFS event, of as many
    draws of 726 as it needs, with the seeds from ``seed`` on; all of one draw when omitted;
    ``image_correlation``: correlation in [0, 1] of what the images show with the latent risk;
    ``roi_settings``: how the cubes are cut; the defaults when omitted; ``progress``: hears how many patients are
    done and how many tumours were detected; ``protocols``: Stand-ins for ``PROTOCOLS`` under the same names;
    ``scanners``: names of the protocols of other centres, in equal shares; those of ``SHARES`` when empty.
    Raises BadSetting where the recipe is invalid, or the folder holds patients of another recipe; JobCancelled
    where ``progress`` stopped the work; what is done is kept.
    """
    settings = roi_settings or RoiSettings()
    if not 0 <= image_correlation <= 1:
        raise BadSetting(key="image_correlation", value=image_correlation, limit="in [0, 1]")
    unknown = sorted(set(scanners) - set(SHARES))
    if unknown:
        raise BadSetting(key="scanners", value=", ".join(unknown), limit=", ".join(SHARES))
    shares = {name: 1 / len(scanners) for name in scanners} or SHARES
    cohort = _draw(preset, seed, n_patients or 0)
    rows = _choose_rows(cohort, n_patients, seed)
    recipe = {
        "is_simulated": True,
        "generator": GENERATOR,
        "preset": preset,
        "seed": seed,
        "n_patients": len(rows),
        "image_correlation": image_correlation,
        "roi_settings": asdict(settings) | {"channels": list(settings.channels)},
        **({"scanners": list(scanners)} if scanners else {}),
    }
    _open_folder(folder, recipe)
    dealt = _deal_protocols(len(cohort), shares, seed)
    patients = _patients(cohort, rows, dealt, protocols or PROTOCOLS)
    work = _Worker(folder, seed, image_correlation, settings)
    _run(work, patients, n_jobs=n_jobs, progress=progress)
    _finish(folder, cohort.where(np.isin(np.arange(len(cohort)), rows)), recipe)
    return folder


def _draw(preset: str, seed: int, n_patients: int) -> Cohort:
    """Draw one cohort, or several in a row that are enough for a number of patients, numbered through."""
    first = simulate_cohort(preset=preset, seed=seed)
    n_draws = min(-(-n_patients // len(first)), N_DRAWS)
    if n_draws < 2:
        return first
    draws = [first, *(simulate_cohort(preset=preset, seed=seed + k) for k in range(1, n_draws))]
    columns = {name: np.concatenate([draw[name] for draw in draws]) for name in first.columns}
    numbers = range(1, n_draws * len(first) + 1)
    return Cohort(columns | {SUBJECT: np.array([f"SIM-{number:04d}" for number in numbers])}, is_simulated=True)


def _choose_rows(cohort: Cohort, n_patients: int | None, seed: int) -> npt.NDArray[np.int64]:
    """Choose rows, ascending: all, or a subset with the arms and events in proportion."""
    if n_patients is None or n_patients == len(cohort):
        return np.arange(len(cohort))
    if not 1 <= n_patients < len(cohort):
        raise BadSetting(key="n_patients", value=n_patients, limit=f"1 to {len(cohort)}")
    rng = np.random.default_rng([seed, 1])
    strata = np.char.add(cohort[ARM].astype(str), np.where(cohort[RFS_EVENT], "+", "-"))
    names, stratum, sizes = np.unique(strata, return_inverse=True, return_counts=True)
    exact = n_patients * sizes / len(cohort)
    counts = np.floor(exact).astype(int)
    counts[np.argsort(-(exact - counts), kind="stable")[: n_patients - counts.sum()]] += 1
    chosen = [rng.permutation(np.flatnonzero(stratum == i))[: counts[i]] for i in range(len(names))]
    return np.sort(np.concatenate(chosen))


def _deal_protocols(n: int, shares: Mapping[str, float], seed: int) -> list[str]:
    """Deal protocols over the full cohort in fixed proportions, one name for each patient."""
    edges = np.rint(np.cumsum(list(shares.values())) * n).astype(int)
    dealt = np.searchsorted(edges, np.random.default_rng([seed, 2]).permutation(n), side="right")
    names = list(shares)
    return [names[int(k)] for k in dealt]


def _patients(
    cohort: Cohort, rows: npt.NDArray[np.int64], dealt: Sequence[str], protocols: ProtocolTable
) -> list[_Patient]:
    """Patients of the chosen rows, each with the protocol that was dealt to her."""
    return [
        _Patient(
            subject=str(cohort[SUBJECT][row]),
            row=int(row),
            latent_risk=float(cohort[LATENT_RISK][row]),
            tumour_size_mm=float(cohort["tumour_size_mm"][row]),
            age_years=float(cohort["age_years"][row]),
            protocol=protocols[dealt[row]],
        )
        for row in rows
    ]


def _open_folder(folder: Path, recipe: dict[str, Any]) -> None:
    """Make the folder, or check that it was begun with the same recipe."""
    for name in (ROI_FOLDER, RECORD_FOLDER):
        (folder / name).mkdir(parents=True, exist_ok=True)
    path = folder / DATASET_FILE
    if path.is_file():
        begun = json.loads(path.read_text(encoding="utf-8"))
        other = [key for key, value in recipe.items() if begun.get(key) != value]
        if other:
            raise BadSetting(
                key=other[0], value=recipe[other[0]], limit=f"{begun.get(other[0])}, as this folder was begun with"
            )
        return
    write_json(path, recipe | {"is_complete": False})


@dataclass(frozen=True, slots=True)
class _Worker:
    """Makes one patient; travels to other processes."""

    folder: Path
    seed: int
    image_correlation: float
    settings: RoiSettings

    def __call__(self, patient: _Patient) -> bool:
        """Make the files of one patient unless they are there; tells whether her tumour was detected."""
        record_path = self.folder / RECORD_FOLDER / f"{patient.subject}.json"
        roi_path = self.folder / ROI_FOLDER / f"{patient.subject}.npz"
        if not (record_path.is_file() and roi_path.is_file()):
            self._make(patient, roi_path, record_path)
        return bool(json.loads(record_path.read_text(encoding="utf-8"))["is_detected"])

    def _make(self, patient: _Patient, roi_path: Path, record_path: Path) -> None:
        """Simulate, detect, crop and write one patient; the record last, because it says that all is there."""
        simulated = simulate_study(
            latent_risk=patient.latent_risk,
            tumour_size_mm=patient.tumour_size_mm,
            rng=np.random.default_rng([self.seed, 3, patient.row]),
            protocol=patient.protocol,
            image_correlation=self.image_correlation,
            age_years=patient.age_years,
        )
        phase = choose_phase(simulated.study)
        lesion, found = _look(simulated, phase)
        roi = crop_roi(simulated.study, phase, lesion, self.settings)
        write_whole(roi_path, lambda path: write_roi(roi, path))
        record = simulated.truth() | found | {"phase": phase.index, "phase_rule": phase.rule}
        write_json(record_path, record)


def _look(simulated: SimulatedStudy, phase: PhaseChoice) -> tuple[Lesion, dict[str, Any]]:
    """Detected lesion, or the true one where it was missed, and what to record of it."""
    truth = simulated.lesion
    try:
        detection = detect_lesions(simulated.study, phase)
    except DetectionError as error:
        return truth, {"is_detected": False, "missed_by": error.rule}
    hits = [truth.contains(candidate.centroid_mm) for candidate in detection.candidates]
    found: dict[str, Any] = {
        "is_detected": hits[0],
        "hit_rank": hits.index(True) + 1 if any(hits) else None,
        "is_ambiguous": detection.is_ambiguous,
        "detected_volume_ml": detection.candidates[0].volume_ml,
    }
    return (detection.candidates[0] if hits[0] else truth), found


def _run(work: _Worker, patients: list[_Patient], *, n_jobs: int, progress: Progress) -> None:
    """Make all patients and report after each."""
    n_detected = 0
    for done, (_, is_detected) in enumerate(done_by(Workers.here(n_jobs), work, patients), start=1):
        if is_detected is None:
            raise WorkerLost
        n_detected += is_detected
        found = f"{done} of {len(patients)} simulated patients, {n_detected} tumours detected"
        progress(StepReport(Step.ROI, done / len(patients), found))


def _finish(folder: Path, cohort: Cohort, recipe: dict[str, Any]) -> None:
    """Write the cohort table and the final description."""
    paths = [folder / RECORD_FOLDER / f"{subject}.json" for subject in cohort[SUBJECT]]
    records = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    detected = np.array([record["is_detected"] for record in records])
    protocol = np.array([record["protocol"] for record in records])
    complete = cohort.with_columns(
        protocol=protocol, image_risk=np.array([record["image_risk"] for record in records]), is_detected=detected
    )
    write_whole(folder / COHORT_FILE, lambda path: write_cohort(complete, path))
    names, counts = np.unique(protocol, return_counts=True)
    outcome = {
        "n_detected": int(detected.sum()),
        "hit_rate": float(detected.mean()),
        "n_by_protocol": {str(name): int(n) for name, n in zip(names, counts, strict=True)},
        "is_complete": True,
    }
    write_json(folder / DATASET_FILE, recipe | outcome)
