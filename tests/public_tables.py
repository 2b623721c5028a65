"""Small public tables in their published layouts, made up; one fault each is what the tests add."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from openpyxl import Workbook

Row = Mapping[str, object]

DUKE_ROW: dict[str, object] = {
    "Patient ID": "Breast_MRI_900",
    "Date of Birth (Days)": -18262.5,
    "Menopause (at diagnosis)": 0,
    "Metastatic at Presentation (Outside of Lymph Nodes)": 0,
    "ER": 1,
    "PR": 0,
    "HER2": 1,
    "Staging(Tumor Size)# [T]": 2,
    "Staging(Nodes)#(Nx replaced by -1)[N]": 1,
    "Staging(Metastasis)#(Mx -replaced by -1)[M]": 0,
    "Nottingham grade": 3,
    "Definitive Surgery Type": 1,
    "Recurrence event(s)": 0,
    "Days to local recurrence (from the date of diagnosis) ": "NP",
    "Days to distant recurrence(from the date of diagnosis) ": "NP",
    "Days to death (from the date of diagnosis) ": "NP",
    "Days to last local recurrence free assessment (from the date of diagnosis) ": 900,
    "Days to last distant recurrence free assemssment(from the date of diagnosis) ": 913.125,
    "Age at last contact in EMR f/u(days)(from the date of diagnosis) ,last time patient known to be alive, "
    "unless age of death is reported(in such case the age of death ": 1826.25,
    "Neoadjuvant Anti-Her2 Neu Therapy": 0,
    "Adjuvant Anti-Her2 Neu Therapy ": 1,
    "Received Neoadjuvant Therapy or Not": 2,
    "Shape": "NC",
}
"""A HER2-positive patient of 50 years who is followed for 30 months without recurrence and seen alive at 60."""

METABRIC_ROW: dict[str, object] = {
    "Patient ID": "MB-9000",
    "Age at Diagnosis": 61.2,
    "Type of Breast Surgery": "Mastectomy",
    "Cancer Type": "Breast Cancer",
    "ER status measured by IHC": "Positve",
    "ER Status": "Positive",
    "Neoplasm Histologic Grade": 3.0,
    "HER2 Status": "Positive",
    "Inferred Menopausal State": "Post",
    "Lymph nodes examined positive": 2.0,
    "Overall Survival (Months)": 90.5,
    "Overall Survival Status": "Living",
    "PR Status": "Negative",
    "Relapse Free Status (Months)": 30.25,
    "Relapse Free Status": "Recurred",
    "Sex": "Female",
    "Tumor Size": 22.0,
    "Tumor Stage": 2.0,
}

ISPY1_ROW: dict[str, object] = {
    "SUBJECTID": 9001,
    "age": 44.5,
    "ERpos": 0,
    "PgRpos": 0,
    "Her2MostPos": 1,
    "BilateralCa": 0,
    "MRI LD Baseline": 61,
    "sstat": 7,
    "survDtD2 (tx)": 1826.25,
    "RFS": 913.125,
    "rfs_ind": 1,
}

ISPY2_ROW: dict[str, object] = {
    "Patient_ID": 9001,
    "Arm": "Paclitaxel + Trastuzumab",
    "HR": 1,
    "HER2": 1,
    "MP": 1,
    "pCR": 0,
    "Race": "White",
    "ethnicity": "Not Hispanic or Latino",
    "menopausal_status": "Premenopausal (<6 months since LMP)",
    "Age_at_Screening": 47,
}
"""Headings of the published workbook as public programs name them; it is not among the real tables."""

MAMA_MIA_ROW: dict[str, object] = {
    "patient_id": "DUKE_900",
    "dataset": "DUKE",
    "nac_agent": None,
    "anti_her2_neu_therapy": 1,
    "mastectomy_post_nac": 0,
    "days_to_follow_up": 1826.25,
    "days_to_recurrence": 0,
    "days_to_metastasis": None,
    "days_to_death": 0,
    "hr": 1,
    "er": 1,
    "pr": 0,
    "her2": 1,
    "nottingham_grade": "high",
    "age": 50,
    "menopause": "pre",
    "ethnicity": "caucasian",
}


def write_duke(folder: Path, rows: Sequence[Row]) -> Path:
    """Three rows of names above the patients."""
    head = [["Patient Information"], list(rows[0]), ["codes"]]
    return _workbook(folder / "Clinical_and_Other_Features.xlsx", {"Data": [*head, *_cells(rows)]})


def write_metabric(folder: Path, rows: Sequence[Row]) -> Path:
    """A CSV table."""
    path = folder / "metabric_clinical_34cols.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_ispy1(folder: Path, rows: Sequence[Row]) -> Path:
    """Two sheets of the same patients, the second upside down."""
    outcome = ("SUBJECTID", "sstat", "survDtD2 (tx)", "RFS", "rfs_ind")
    clinical = [name for name in rows[0] if name not in outcome[1:]]
    sheets = {
        "TCIA Patient Clinical Subset": [clinical, *([row[name] for name in clinical] for row in rows)],
        "TCIA Outcomes Subset": [list(outcome), *([row[name] for name in outcome] for row in reversed(rows))],
    }
    return _workbook(folder / "I-SPY 1 All Patient Clinical and Outcome Data.xlsx", sheets)


def write_ispy2(folder: Path, rows: Sequence[Row]) -> Path:
    """One row of names on the first sheet."""
    return _workbook(
        folder / "ISPY2-Imaging-Cohort-1-Clinical-Data.xlsx", {"Sheet1": [list(rows[0]), *_cells(rows)]}
    )


def write_mama_mia(folder: Path, rows: Sequence[Row]) -> Path:
    """One row of names."""
    return _workbook(
        folder / "clinical_and_imaging_info.xlsx", {"dataset_info": [list(rows[0]), *_cells(rows)], "legend": []}
    )


WRITERS = {
    "duke": (write_duke, DUKE_ROW, "Patient ID"),
    "metabric": (write_metabric, METABRIC_ROW, "Patient ID"),
    "ispy1": (write_ispy1, ISPY1_ROW, "SUBJECTID"),
    "ispy2": (write_ispy2, ISPY2_ROW, "Patient_ID"),
    "mama-mia": (write_mama_mia, MAMA_MIA_ROW, "patient_id"),
}
"""Writer, one good row and the column of the patient, by name of the cohort."""


def write_public(name: str, folder: Path, *changes: Row) -> Path:
    """Write as many patients as there are changes, each the good row with one change."""
    write, good, subject = WRITERS[name]
    ids = (
        {subject: 9001 + i} if name in ("ispy1", "ispy2") else {subject: f"{good[subject]}-{i}"}
        for i in range(len(changes))
    )
    return write(folder, [{**good, **who, **change} for who, change in zip(ids, changes, strict=True)])


def _cells(rows: Sequence[Row]) -> list[list[object]]:
    return [list(row.values()) for row in rows]


def _workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[object]]]) -> Path:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path
