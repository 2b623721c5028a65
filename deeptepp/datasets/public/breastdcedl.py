"""Tumour slices of public breast MR (BreastDCEDL) with HER2 status and follow-up, made into a dataset of slices.

The collection holds up to three 8-bit slices a patient, red, green and blue being the pre-contrast, the early and
the late phase in a window of 80 mm. Its patients come from two studies that differ in scanner and plane, so that
the picture tells the study; the column ``source`` keeps them apart in every split.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from deeptepp.datasets.folder import COHORT_FILE, DATASET_FILE, SLICE_FOLDER, key_of, write_json, write_whole
from deeptepp.datasets.public.public_table import DAYS_PER_MONTH, UNKNOWN_ARM
from deeptepp.domain.cohort import (
    ARM,
    HER2_POSITIVE,
    KEY,
    OS_EVENT,
    OS_MONTHS,
    RFS_EVENT,
    RFS_MONTHS,
    SOURCE,
    SUBJECT,
    Arm,
    Cohort,
)
from deeptepp.domain.progress import Progress, Step, StepReport, silent
from deeptepp.errors import MissingColumn, UnreadableCohort
from deeptepp.tables import write_cohort

WINDOW_MM = 80.0
"""Edge of a slice, mm."""

PHASES = ("pre", "early", "late")
"""Channels of a slice."""

LICENCES = {
    "duke": "CC BY-NC 4.0; Saha et al. 2018, doi 10.7937/TCIA.e3sv-re93",
    "ispy1": "CC BY 3.0; Newitt and Hylton 2016, I-SPY 1, doi 10.7937/K9/TCIA.2016.HdHpgJLK",
}
"""Licence and citation of each source."""

_SOURCES = {"duke": "duke", "spy1": "ispy1"}
"""Names of the studies in the table, and ours."""

_COLUMNS = (
    "pid",
    "cohort",
    "tum_vol",
    "age",
    "menopause",
    "HER2",
    "rfs_days",
    "rfs_event",
    "adj_antiher2",
    "n_stage",
    "nottingham_grade",
    "er",
    "pr",
)
"""Columns of ``patients.csv`` that are read."""

_Row = Mapping[str, str]


def prepare_breastdcedl(folder: Path, out: Path, *, progress: Progress = silent) -> Path:
    """Make a dataset folder of the tumour slices.

    Parameters
    ----------
    folder : Path
        Holds ``patients.csv`` and ``images/<pid>/*.webp``.
    out : Path
        Folder to write.
    progress : Progress
        Hears how many patients are done.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    UnreadableCohort
        The table or an image is absent or damaged, or a source is unknown.
    MissingColumn
        The table lacks a column.
    """
    rows = _read_rows(folder / "patients.csv")
    (out / SLICE_FOLDER).mkdir(parents=True, exist_ok=True)
    keys = [key_of("breastdcedl", row["pid"]) for row in rows]
    for done, (row, key) in enumerate(zip(rows, keys, strict=True), start=1):
        slices = _read_slices(folder / "images" / row["pid"], done)
        write_whole(out / SLICE_FOLDER / f"{key}.npz", lambda path, slices=slices: _write(path, slices))  # type: ignore[misc]
        progress(StepReport(Step.READ, done / len(rows), f"{done} of {len(rows)} patients"))
    cohort = _cohort(rows, keys)
    write_whole(out / COHORT_FILE, lambda path: write_cohort(cohort, path))
    write_json(out / DATASET_FILE, _description(cohort))
    return out


def _read_rows(path: Path) -> list[_Row]:
    """Read the table of patients."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            rows: list[_Row] = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableCohort(reason=f"{path.name} is absent or not a CSV table") from error
    missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise MissingColumn(value=", ".join(missing))
    unknown = sorted({row["cohort"] for row in rows} - set(_SOURCES))
    if unknown or not rows:
        raise UnreadableCohort(reason=f"{path.name} holds {len(rows)} patients, {len(unknown)} unknown source(s)")
    return rows


def _read_slices(folder: Path, row: int) -> npt.NDArray[np.uint8]:
    """Read the slices of one patient in the order of their names, (m, 3, h, w)."""
    slices = []
    try:
        for path in sorted(folder.glob("*.webp")):
            with Image.open(path) as image:
                slices.append(np.asarray(image.convert("RGB")).transpose(2, 0, 1))
    except (OSError, UnidentifiedImageError) as error:
        raise UnreadableCohort(reason=f"an image of the patient in row {row + 1} is damaged") from error
    if not slices or any(each.shape != slices[0].shape for each in slices):
        raise UnreadableCohort(reason=f"the patient in row {row + 1} has no images, or images of several sizes")
    return np.stack(slices)


def _write(path: Path, slices: npt.NDArray[np.uint8]) -> None:
    """Write the slices of one patient."""
    with path.open("wb") as stream:
        np.savez_compressed(stream, slices=slices)


def _cohort(rows: list[_Row], keys: list[str]) -> Cohort:
    """Translate the table; what is not known stays unknown."""
    months = _numbers(rows, "rfs_days") / DAYS_PER_MONTH
    volume_mm3 = 1000 * _numbers(rows, "tum_vol")
    menopause = {0.0: "pre", 1.0: "post"}
    columns: dict[str, npt.NDArray[Any]] = {
        SUBJECT: np.array([row["pid"] for row in rows], dtype=object),
        KEY: np.array(keys, dtype=object),
        SOURCE: np.array([_SOURCES[row["cohort"]] for row in rows], dtype=object),
        ARM: np.array([_arm(row) for row in rows], dtype=object),
        RFS_MONTHS: months,
        RFS_EVENT: (_numbers(rows, "rfs_event") == 1) & np.isfinite(months),
        OS_MONTHS: np.full(len(rows), np.nan),
        OS_EVENT: np.zeros(len(rows), dtype=bool),
        HER2_POSITIVE: _numbers(rows, "HER2"),
        "age_years": _numbers(rows, "age"),
        "menopause": np.array([menopause.get(value) for value in _numbers(rows, "menopause")], dtype=object),
        # The table has T, but no size: the diameter of a sphere of the segmented volume stands in.
        "tumour_size_mm": np.cbrt(6 * volume_mm3 / np.pi),
        "node_stage": np.array([_node_stage(value) for value in _numbers(rows, "n_stage")], dtype=object),
        "grade": _numbers(rows, "nottingham_grade"),
        "er_positive": _numbers(rows, "er"),
        "pr_positive": _numbers(rows, "pr"),
    }
    return Cohort(columns, is_simulated=False)


def _numbers(rows: list[_Row], name: str) -> npt.NDArray[np.float64]:
    """Read one column of numbers, NaN where empty."""
    try:
        return np.array([float(row[name]) if row[name].strip() else np.nan for row in rows])
    except ValueError as error:
        raise UnreadableCohort(reason=f"column {name} of patients.csv holds what is no number") from error


def _arm(row: _Row) -> str:
    """Name the adjuvant treatment; the table does not tell pertuzumab from trastuzumab, nor all that was given."""
    given = row["adj_antiher2"].strip()
    return Arm.T.value if given == "1.0" else Arm.NONE.value if given == "0.0" else UNKNOWN_ARM


def _node_stage(value: float) -> str | None:
    """Name the N category."""
    return None if np.isnan(value) else f"N{int(value)}"


def _description(cohort: Cohort) -> dict[str, Any]:
    """Say what the folder holds and where it comes from."""
    sources = sorted(set(cohort[SOURCE].tolist()))
    return {
        "kind": "slices",
        "is_simulated": False,
        "slice_settings": {"window_mm": WINDOW_MM, "channels": list(PHASES)},
        "collection": "BreastDCEDL, tumour slices",
        "licences": {name: LICENCES[name] for name in sources},
        "n_by_source": {name: int((cohort[SOURCE] == name).sum()) for name in sources},
        "tumour_size_mm": "diameter of a sphere of the segmented volume",
        "is_complete": True,
    }
