"""I-SPY 2: receptors and response of 985 patients treated before surgery; no follow-up is published."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deeptepp.datasets.public.imported import Imported, imported_of, public_source
from deeptepp.datasets.public.public_table import UNKNOWN_ARM, Facts, PublicTable, read_workbook
from deeptepp.domain.cohort import HER2_POSITIVE, Endpoint

ISPY2 = public_source("ispy2")

_ID, _HR, _HER2, _PCR, _AGE, _MENOPAUSE = (
    "Patient_ID",
    "HR",
    "HER2",
    "pCR",
    "Age_at_Screening",
    "menopausal_status",
)


def read_ispy2(path: Path) -> Imported:
    """Read the first sheet of the table.

    ``path``: ``ISPY2-Imaging-Cohort-1-Clinical-Data.xlsx``. Both endpoints are unknown for everybody. Raises
    UnreadableCohort where the file is no workbook; MissingColumn where the sheet lacks a column.
    """
    table = read_workbook(path)
    table.require((_ID, _HR, _HER2, _PCR))
    table.warn("ispy2.no-follow-up")
    nothing = (np.full(table.n, np.nan), np.zeros(table.n, dtype=bool))
    return imported_of(
        ISPY2,
        table,
        [f"ISPY2-{cell.removesuffix('.0')}" for cell in table.columns[_ID]],
        arms=np.full(table.n, UNKNOWN_ARM, dtype=object),
        follow_up=dict.fromkeys(Endpoint, nothing),
        facts=_facts(table),
    )


def _facts(table: PublicTable) -> Facts:
    """Translate the clinical facts; hormone receptors say ER and PR only where both are negative."""
    her2, hr = table.flags(_HER2), table.flags(_HR)
    table.warn("ispy2.her2-unknown", np.isnan(her2))
    table.warn("ispy2.hr-alone", hr == 1)
    table.warn("ispy2.neoadjuvant")
    negative = np.where(hr == 0, 0.0, np.nan)
    ages = table.numbers(_AGE) if _AGE in table.columns else np.full(table.n, np.nan)
    return {
        HER2_POSITIVE: her2,
        "age_years": table.in_range("age_years", ages),
        "menopause": table.menopause(_MENOPAUSE) if _MENOPAUSE in table.columns else np.full(table.n, None),
        "er_positive": negative,
        "pr_positive": negative.copy(),
        "had_neoadjuvant_therapy": np.ones(table.n),
    }
