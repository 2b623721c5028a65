"""Small downloads of public collections in the layouts of their archives, made from a simulated patient.

Every patient is the same simulated woman, a little brighter than the one before, so that her files are her own.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import phantoms_nifti
import public_tables
from openpyxl import Workbook

from deeptepp.dicom.write import write_study
from deeptepp.domain.study import Study
from deeptepp.imaging.roi import lesion_on
from deeptepp.simulate.protocols import RUIJIN
from deeptepp.simulate.simulated_study import SimulatedStudy, simulate_study

TINY = replace(RUIJIN, name="tiny", matrix=88, n_slices=28, slice_mm=3.8)
RECURRED = "Recurrence event(s)"
DISTANT = "Days to distant recurrence(from the date of diagnosis) "


@cache
def simulated() -> SimulatedStudy:
    """Simulate a 26 mm tumour in few voxels; once for all tests of a process, which only read it."""
    return simulate_study(latent_risk=0.5, tumour_size_mm=26.0, rng=np.random.default_rng(3), protocol=TINY)


def of_patient(number: int) -> Study:
    """The study of one patient."""
    study = simulated().study
    phases = tuple(
        replace(phase, volume=replace(phase.volume, voxels=np.rint(phase.volume.voxels * (1 + number / 50))))
        for phase in study.phases
    )
    return replace(study, phases=phases, digest="")


def write_tcia(study: Study, examination: Path, series: Sequence[str], *, is_one: bool = False) -> None:
    """Write a study as the data retriever names it: a folder of each series, files by number."""
    parts = examination.with_name("parts")
    write_study(study, parts, description="dyn", patient_key="SIM")
    for phase, folder in enumerate(sorted(parts.iterdir())):
        target = examination / series[0 if is_one else phase]
        target.mkdir(parents=True, exist_ok=True)
        for k, path in enumerate(sorted(folder.iterdir()), start=1 + len(list(target.iterdir()))):
            path.rename(target / f"1-{k:03d}.dcm")
        folder.rmdir()
    parts.rmdir()


def duke_box() -> list[int]:
    """Rows, columns and slices of the tumour, from 1."""
    truth, grid = simulated().lesion, simulated().study.grid
    where = np.argwhere(lesion_on(truth, grid))
    (z0, y0, x0), (z1, y1, x1) = where.min(axis=0), where.max(axis=0)
    return [int(value) + 1 for value in (y0, y1, x0, x1, z0, z1)]


def write_duke(root: Path, *, n_patients: int = 4) -> Path:
    """Write patients of Duke with their boxes, every second one with a recurrence; another one has no images."""
    root.mkdir(parents=True)
    changes = [{RECURRED: i % 2, DISTANT: 400 + i if i % 2 else "NP"} for i in range(n_patients + 1)]
    public_tables.write_public("duke", root, *changes, {"HER2": 0})
    boxes = Workbook()
    edges = [f"{end} {name}" for name in ("Row", "Column", "Slice") for end in ("Start", "End")]
    boxes.active.append(["Patient ID", *edges])
    for i in range(n_patients):
        subject = f"Breast_MRI_900-{i}"
        boxes.active.append([subject, *duke_box()])
        examination = root / "manifest-1" / "Duke-Breast-Cancer-MRI" / subject / "01-01-1990-NA-MRI BREAST-1"
        series = [f"{k}.000000-ax dyn {k} pass-{k}" for k in range(len(simulated().study.phases))]
        write_tcia(of_patient(i), examination, series)
    boxes.save(root / "Annotation_Boxes.xlsx")
    return root


def write_mama_mia(root: Path, *, n_patients: int = 4, **change: object) -> Path:
    """Write patients of MAMA-MIA with outlines, every second one with a recurrence; ``change`` is of all."""
    root.mkdir(parents=True)
    times = str([round(phase.time_s) for phase in simulated().study.phases])
    changes = [
        {"patient_id": f"DUKE_{900 + i}", "days_to_recurrence": 400 * (i % 2), "acquisition_times": times} | change
        for i in range(n_patients)
    ]
    public_tables.write_public("mama-mia", root, *changes)
    outline = lesion_on(simulated().lesion, simulated().study.grid).astype("u1")
    for i, patient in enumerate(changes):
        study, subject = of_patient(i), str(patient["patient_id"])
        for k, phase in enumerate(study.phases):
            path = root / "images" / subject / f"{subject.lower()}_{k:04d}.nii.gz"
            phantoms_nifti.save_volume(phase.volume.voxels.astype("f4"), study.grid, path)
        path = root / "segmentations" / "expert" / f"{subject.lower()}.nii.gz"
        phantoms_nifti.save_volume(outline, study.grid, path)
    return root


def write_ispy2(root: Path, *, n_patients: int = 4) -> Path:
    """Write patients of I-SPY 2 before and during treatment; every second one is HER2-negative."""
    root.mkdir(parents=True)
    public_tables.write_public("ispy2", root, *({"HER2": i % 2} for i in range(n_patients)))
    for i in range(n_patients):
        place = root / "manifest-1" / "ISPY2" / f"ISPY2-{9001 + i}"
        series = ["61800.000000-ISPY2 VOLSER bi-lateral original DCE-1"]
        write_tcia(of_patient(i), place / f"04-04-2001-{9001 + i}T0-ISPY2MRIT0-1", series, is_one=True)
        (place / f"06-04-2001-{9001 + i}T1-ISPY2MRIT1-2").mkdir()
    return root
