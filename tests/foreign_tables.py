"""A simulated cohort as a German hospital would write it: other columns, days, words and commas."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from openpyxl import Workbook

from deeptepp.domain.cohort import Cohort
from deeptepp.simulate.simulated_cohort import simulate_cohort

DAYS_PER_MONTH = 365.25 / 12
ARMS = {"none": "keine", "T": "Herceptin", "T+P": "Herceptin + Perjeta"}
FIRST_SURGERY = {"none": date(2008, 1, 1), "T": date(2008, 1, 1), "T+P": date(2016, 6, 1)}


def simulated(n: int = 320, *, seed: int = 3) -> Cohort:
    """The first ``n`` patients of a simulated cohort of all arms."""
    cohort = simulate_cohort(seed=seed)
    rng = np.random.default_rng(seed)
    return cohort.where(np.isin(np.arange(len(cohort)), rng.permutation(len(cohort))[:n]))


def german_rows(cohort: Cohort, *, seed: int = 3) -> list[dict[str, str]]:
    """Days in place of months, cm with a comma, German words; ER and PR as per cent of the nuclei."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(len(cohort)):
        arm = str(cohort["arm"][i])
        surgery = FIRST_SURGERY[arm] + timedelta(days=int(rng.integers(0, 700)))

        def day(name, event, surgery=surgery, i=i):
            return surgery + timedelta(days=round(float(cohort[name][i]) * DAYS_PER_MONTH))

        rfs, os = day("rfs_months", "rfs_event"), day("os_months", "os_event")
        has_event, is_dead = bool(cohort["rfs_event"][i]), bool(cohort["os_event"][i])
        recurred = has_event and not (is_dead and rfs == os)
        rows.append(
            {
                "Pat.-Nr.": f"K{i + 1:04d}",
                "Name": "Mustermann, Erika",
                "Geburtsdatum": f"{1 + i % 28:02d}.{1 + i % 12:02d}.{1950 + i % 30}",
                "OP-Datum": f"{surgery:%d.%m.%Y}",
                "Rezidiv": "ja" if recurred else "nein",
                "Rezidivdatum": f"{rfs:%d.%m.%Y}" if recurred else "",
                "letzter Kontakt": f"{os:%d.%m.%Y}",
                "Todesdatum": f"{os:%d.%m.%Y}" if is_dead else "",
                "Antikörpertherapie": ARMS[arm],
                "Tumorgröße (cm)": f"{float(cohort['tumour_size_mm'][i]) / 10:.1f}".replace(".", ","),
                "pN": f"p{cohort['node_stage'][i]}",
                "ER %": str(int(rng.integers(10, 100)) if cohort["er_positive"][i] else 0),
                "PR %": str(int(rng.integers(5, 100)) if cohort["pr_positive"][i] else 0),
                "Grading": f"G{int(cohort['grade'][i])}" if "grade" in cohort else "G2",
                "Bemerkung": "",
            }
        )
    return rows


def as_csv(rows: list[dict[str, str]], delimiter: str = ";") -> str:
    lines = [delimiter.join(rows[0]), *(delimiter.join(f"{cell}" for cell in row.values()) for row in rows)]
    return "\r\n".join(lines) + "\r\n"


def as_workbook(rows: list[dict[str, str]], path) -> None:
    """A cover sheet first, a merged title above the header, an empty column behind it."""
    book = Workbook()
    book.active.title = "Info"
    book.active.append(["Export der Klinik"])
    book.active.append(["Stand", "2026"])
    sheet = book.create_sheet("Patientinnen")
    sheet.append(["HER2-Kohorte"])
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=6)
    sheet.append([])
    sheet.append([*rows[0], None])
    for row in rows:
        sheet.append([cell or None for cell in row.values()])
    book.save(path)
