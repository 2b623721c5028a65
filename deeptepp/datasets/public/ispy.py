"""I-SPY 1 (ACRIN 6657): clinical and outcome data of 221 patients treated before surgery."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.datasets.checks import MONTHS_TOLERANCE
from deeptepp.datasets.public.imported import Imported, PublicSource, vetted
from deeptepp.datasets.public.public_table import DAYS_PER_MONTH, STANDS, UNKNOWN_ARM, PublicTable, read_workbook
from deeptepp.domain.cohort import (
    ARM,
    HER2_POSITIVE,
    OS_EVENT,
    OS_MONTHS,
    RFS_EVENT,
    RFS_MONTHS,
    SOURCE,
    SUBJECT,
    Cohort,
)
from deeptepp.errors import UnreadableCohort

ISPY1 = PublicSource(
    name="ispy1",
    title="I-SPY 1 (ACRIN 6657)",
    files=("I-SPY 1 All Patient Clinical and Outcome Data.xlsx",),
    licence="CC BY 3.0",
    citation="Newitt and Hylton 2016, doi 10.7937/K9/TCIA.2016.HdHpgJLK; Hylton et al. Radiology 2012;263:663-672",
    table_from="The Cancer Imaging Archive, collection ISPY1, doi 10.7937/K9/TCIA.2016.HdHpgJLK",
    images_from="DICOM in the same collection of The Cancer Imaging Archive (doi 10.7937/K9/TCIA.2016.HdHpgJLK); "
    "1.5 T, sagittal, one breast",
    rfs="local or distant progression, or death, as the study counted it. From the start of neoadjuvant "
    "chemotherapy.",
    os="death; from study entry.",
    arms="Trastuzumab is not recorded, neither before nor after surgery: the arm is unknown for everybody.",
)

_CLINICAL, _OUTCOMES = "TCIA Patient Clinical Subset", "TCIA Outcomes Subset"
_ID, _SIZE, _SURVIVAL = "SUBJECTID", "MRI LD Baseline", "survDtD2 (tx)"
_RECEPTOR = {"0": 0.0, "1": 1.0, "2": np.nan}
_STATUS = {1.0: "positive", 0.0: "negative"}
_DEAD, _LOST = 8, 9


def read_ispy1(path: Path) -> Imported:
    """Read the table.

    Parameters
    ----------
    path : Path
        ``I-SPY 1 All Patient Clinical and Outcome Data.xlsx``.

    Returns
    -------
    Imported
        221 patients, in the order of the clinical sheet.

    Raises
    ------
    UnreadableCohort
        The file is no such workbook, or its sheets hold different patients.
    MissingColumn
        A sheet lacks a column.
    """
    table = read_workbook(path, _CLINICAL)
    table.require((_ID, "age", "ERpos", "PgRpos", "Her2MostPos", "BilateralCa", _SIZE))
    outcomes = _in_order_of(table, read_workbook(path, _OUTCOMES))
    columns: dict[str, npt.NDArray[Any]] = {
        SUBJECT: np.array([f"ISPY1_{cell}" for cell in table.columns[_ID]], dtype=object),
        SOURCE: np.full(table.n, ISPY1.name, dtype=object),
        ARM: np.full(table.n, UNKNOWN_ARM, dtype=object),
        **_follow_up(table, outcomes),
        **_facts(table),
    }
    return vetted(ISPY1, Cohort(columns, is_simulated=False), table)


def _in_order_of(table: PublicTable, outcomes: PublicTable) -> PublicTable:
    """Bring the outcomes into the order of the clinical sheet."""
    outcomes.require((_ID, "sstat", _SURVIVAL, "RFS", "rfs_ind"))
    place = {cell: i for i, cell in enumerate(outcomes.columns[_ID])}
    ids = table.columns[_ID]
    if len(place) != outcomes.n or set(place) != set(ids):
        raise UnreadableCohort(reason="the clinical and the outcome sheet do not hold the same patients")
    order = [place[cell] for cell in ids]
    columns = {name: tuple(cells[i] for i in order) for name, cells in outcomes.columns.items()}
    return PublicTable(columns, table.n, table.first_row, table.problems)


def _follow_up(table: PublicTable, outcomes: PublicTable) -> dict[str, npt.NDArray[Any]]:
    """Read both endpoints."""
    rfs, os = (outcomes.numbers(name) / DAYS_PER_MONTH for name in ("RFS", _SURVIVAL))
    event = outcomes.flags("rfs_ind")
    status = outcomes.numbers("sstat")
    is_late = rfs > os + MONTHS_TOLERANCE
    found = (
        f"RFS is longer than the survival time, in {int((is_late & (event == 1)).sum())} of them with an event."
    )
    table.warn("cohort.rfs-after-os", found, STANDS, is_late)
    table.warn("ispy1.lost", "The patient was lost to follow-up.", "Censored when last seen.", status == _LOST)
    return {
        RFS_MONTHS: np.where(np.isfinite(event), rfs, np.nan),
        RFS_EVENT: (event == 1) & np.isfinite(rfs),
        OS_MONTHS: np.where(np.isfinite(status), os, np.nan),
        OS_EVENT: (status == _DEAD) & np.isfinite(os),
    }


def _facts(table: PublicTable) -> dict[str, npt.NDArray[Any]]:
    """Translate the clinical facts."""
    her2 = table.flags("Her2MostPos")
    size = table.in_range("tumour_size_mm", table.numbers(_SIZE))
    er, pr = table.flags("ERpos", _RECEPTOR), table.flags("PgRpos", _RECEPTOR)
    table.warn("ispy1.her2-unknown", "HER2 status is empty.", "HER2 status is unknown.", np.isnan(her2))
    found = "ER or PR is empty or 2 (indeterminate)."
    table.warn("ispy1.receptor-unknown", found, "Unknown.", np.isnan(er) | np.isnan(pr))
    found = "The size is the longest diameter on MR of all disease, carcinoma in situ included."
    table.warn("ispy1.size-on-mr", found, "Larger than a size at pathology.", np.isfinite(size))
    is_bilateral = table.numbers("BilateralCa") == 1
    table.warn("ispy1.bilateral", "Both breasts had cancer.", "The index tumour is described.", is_bilateral)
    found = "Everybody had neoadjuvant chemotherapy, by the design of the study."
    table.warn("ispy1.neoadjuvant", found, "Outside of the population of the publication.")
    return {
        HER2_POSITIVE: her2,
        "her2_status": np.array([_STATUS.get(value) for value in her2], dtype=object),
        "age_years": table.in_range("age_years", table.numbers("age")),
        "tumour_size_mm": size,
        "er_positive": er,
        "pr_positive": pr,
        "had_neoadjuvant_therapy": np.ones(table.n),
    }
