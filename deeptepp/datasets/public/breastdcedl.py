"""Tumour slices of public breast MR (BreastDCEDL) with HER2 status and follow-up, made into a dataset of slices.

The collection holds up to three 8-bit slices a patient, red, green and blue being the pre-contrast, the early and
the late phase in a window of 80 mm. Its patients come from two studies that differ in scanner and plane, so that
the picture tells the study; the column ``source`` keeps them apart in every split.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from deeptepp.dataset_folder import COHORT_FILE, DATASET_FILE, SLICE_FOLDER, key_of, write_json, write_whole
from deeptepp.datasets.cohort_values import DAYS_PER_MONTH
from deeptepp.datasets.public.public_table import UNKNOWN_ARM, PublicTable, read_comma_separated
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
from deeptepp.errors import UnreadableCohort
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

_ARMS = {"1.0": Arm.T.value, "0.0": Arm.NONE.value}
"""Adjuvant treatment; the table does not tell pertuzumab from trastuzumab, nor all that was given."""

_COLUMNS = (
    *("pid", "cohort", "tum_vol", "age", "menopause", "HER2", "rfs_days", "rfs_event", "adj_antiher2", "n_stage"),
    *("nottingham_grade", "er", "pr"),
)
"""Columns of ``patients.csv`` that are read."""


def prepare_breastdcedl(folder: Path, out: Path, *, progress: Progress = silent) -> Path:
    """Make a dataset folder of the tumour slices.

    ``folder``: holds ``patients.csv`` and ``images/<pid>/*.webp``. Raises UnreadableCohort where the table or an
    image is absent or damaged, or a source is unknown; MissingColumn where the table lacks a column.
    """
    table = _read_table(folder / "patients.csv")
    (out / SLICE_FOLDER).mkdir(parents=True, exist_ok=True)
    subjects = table.columns["pid"]
    keys = [key_of("breastdcedl", subject) for subject in subjects]
    for done, (subject, key) in enumerate(zip(subjects, keys, strict=True), start=1):
        slices = _read_slices(folder / "images" / subject, done)
        write_whole(out / SLICE_FOLDER / f"{key}.npz", lambda path, slices=slices: _write(path, slices))  # type: ignore[misc]
        progress(StepReport(Step.READ, done / table.n, f"{done} of {table.n} patients"))
    cohort = _cohort(table, keys)
    write_whole(out / COHORT_FILE, lambda path: write_cohort(cohort, path))
    write_json(out / DATASET_FILE, _description(cohort))
    return out


def _read_table(path: Path) -> PublicTable:
    """Read the table of patients."""
    table = read_comma_separated(path)
    table.require(_COLUMNS)
    unknown = set(table.columns["cohort"]) - set(_SOURCES)
    if unknown:
        raise UnreadableCohort(reason=f"{path.name} holds {len(unknown)} unknown source(s)")
    return table


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


def _cohort(table: PublicTable, keys: list[str]) -> Cohort:
    """Translate the table; what is not known stays unknown."""
    months = _numbers(table, "rfs_days") / DAYS_PER_MONTH
    volume_mm3 = 1000 * _numbers(table, "tum_vol")
    menopause = {0.0: "pre", 1.0: "post"}
    columns: dict[str, npt.NDArray[Any]] = {
        SUBJECT: np.array(table.columns["pid"], dtype=object),
        KEY: np.array(keys, dtype=object),
        SOURCE: np.array([_SOURCES[study] for study in table.columns["cohort"]], dtype=object),
        ARM: np.array([_ARMS.get(given, UNKNOWN_ARM) for given in table.columns["adj_antiher2"]], dtype=object),
        RFS_MONTHS: months,
        RFS_EVENT: (_numbers(table, "rfs_event") == 1) & np.isfinite(months),
        OS_MONTHS: np.full(table.n, np.nan),
        OS_EVENT: np.zeros(table.n, dtype=bool),
        HER2_POSITIVE: _numbers(table, "HER2"),
        "age_years": _numbers(table, "age"),
        "menopause": np.array([menopause.get(value) for value in _numbers(table, "menopause")], dtype=object),
        # The table has T, but no size: the diameter of a sphere of the segmented volume stands in.
        "tumour_size_mm": np.cbrt(6 * volume_mm3 / np.pi),
        "node_stage": np.array([_node_stage(value) for value in _numbers(table, "n_stage")], dtype=object),
        "grade": _numbers(table, "nottingham_grade"),
        "er_positive": _numbers(table, "er"),
        "pr_positive": _numbers(table, "pr"),
    }
    return Cohort(columns, is_simulated=False)


def _numbers(table: PublicTable, name: str) -> npt.NDArray[np.float64]:
    """Read one column of numbers, NaN where empty."""
    try:
        return np.array([float(cell) if cell else np.nan for cell in table.columns[name]])
    except ValueError as error:
        raise UnreadableCohort(reason=f"column {name} of patients.csv holds what is no number") from error


def _node_stage(value: float) -> str | None:
    """Name the N category."""
    return None if np.isnan(value) else f"N{int(value)}"


def _description(cohort: Cohort) -> dict[str, Any]:
    """What the folder holds and where it comes from."""
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
