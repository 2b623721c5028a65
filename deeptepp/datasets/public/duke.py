"""Duke-Breast-Cancer-MRI: the clinical and outcome table of 922 patients.

Days are counted from diagnosis. The table has no RFS; it is put together from the recurrence event, the days to a
local and to a distant recurrence, and the last assessments that found neither.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from deeptepp.datasets.cohort_values import DAYS_PER_MONTH, DAYS_PER_YEAR
from deeptepp.datasets.public.imported import IS_METASTATIC, TUMOUR_STAGE, Imported, imported_of, public_source
from deeptepp.datasets.public.public_table import (
    UNKNOWN_ARM,
    Bools,
    Facts,
    Floats,
    FollowUps,
    PublicTable,
    Words,
    read_workbook,
)
from deeptepp.domain.cohort import HER2_POSITIVE, RFS_MONTHS, Arm, Endpoint

DUKE = public_source("duke")

_ID, _BORN, _MENOPAUSE = "Patient ID", "Date of Birth (Days)", "Menopause (at diagnosis)"
_METASTATIC = "Metastatic at Presentation (Outside of Lymph Nodes)"
_T, _N, _M = (
    "Staging(Tumor Size)# [T]",
    "Staging(Nodes)#(Nx replaced by -1)[N]",
    "Staging(Metastasis)#(Mx -replaced by -1)[M]",
)
_GRADE, _SURGERY = "Nottingham grade", "Definitive Surgery Type"
_RECURRED = "Recurrence event(s)"
_LOCAL = "Days to local recurrence (from the date of diagnosis)"
_DISTANT = "Days to distant recurrence(from the date of diagnosis)"
_DIED = "Days to death (from the date of diagnosis)"
_FREE_LOCAL = "Days to last local recurrence free assessment (from the date of diagnosis)"
_FREE_DISTANT = "Days to last distant recurrence free assemssment(from the date of diagnosis)"
_CONTACT = (
    "Age at last contact in EMR f/u(days)(from the date of diagnosis) ,last time patient known to be alive, "
    "unless age of death is reported(in such case the age of death"
)
_HER2_BEFORE, _HER2_AFTER = "Neoadjuvant Anti-Her2 Neu Therapy", "Adjuvant Anti-Her2 Neu Therapy"
_NEOADJUVANT = "Received Neoadjuvant Therapy or Not"
_READ = (
    *(_ID, _BORN, _MENOPAUSE, _METASTATIC, _T, _N, _M, _GRADE, _SURGERY, _RECURRED, _LOCAL, _DISTANT, _DIED),
    *(_FREE_LOCAL, _FREE_DISTANT, _CONTACT, _HER2_BEFORE, _HER2_AFTER, _NEOADJUVANT, "ER", "PR", "HER2"),
)


def read_duke(path: Path) -> Imported:
    """Read the table.

    ``path``: ``Clinical_and_Other_Features.xlsx``. Gives 922 patients of either HER2 status, in the order of the
    table. Raises UnreadableCohort where the file is no such workbook; MissingColumn where the sheet lacks a
    column.
    """
    table = read_workbook(path, "Data", header_row=2, n_header_rows=3)
    table.require(_READ)
    counts = ", ".join(f"{code} in {n}" for code, n in table.code_counts(("NP", "NC", "NA")).items())
    table.warn("duke.missing-codes", counts=counts)
    return imported_of(
        DUKE, table, table.columns[_ID], arms=_arms(table), follow_up=_follow_up(table), facts=_facts(table)
    )


def paper_like(imported: Imported) -> Imported:
    """Keep the patients who resemble those of the publication.

    Gives HER2-positive, no distant metastasis at presentation, no neoadjuvant treatment recorded (unknown counts
    as none), RFS known: 67 patients with 7 events in the published table. Too few for any claim.
    """
    cohort = imported.her2_positive().cohort
    is_early = cohort[IS_METASTATIC] != 1
    is_primary = cohort["had_neoadjuvant_therapy"] != 1
    kept = cohort.where(is_early & is_primary & np.isfinite(cohort[RFS_MONTHS]))
    return replace(imported, cohort=kept)


def _follow_up(table: PublicTable) -> FollowUps:
    """Put both endpoints together."""
    # RFS: the event counts, at the first day of a recurrence; without one, to the last assessment.
    recurred, died = table.flags(_RECURRED), table.numbers(_DIED)
    recurrence = np.fmin(table.numbers(_LOCAL), table.numbers(_DISTANT))
    assessed = np.fmax(table.numbers(_FREE_LOCAL), table.numbers(_FREE_DISTANT))
    contact = table.numbers(_CONTACT)
    is_event, is_dead = recurred == 1, np.isfinite(died)
    days = np.where(is_event, recurrence, assessed)
    days = np.where(np.isfinite(recurred), days, np.nan)
    _tell_follow_up(table, recurred, recurrence, assessed, days)
    # OS: to death, else to the last day on which the patient was seen in any way.
    seen = np.fmax(np.fmax(contact, assessed), recurrence)
    table.warn("duke.no-last-contact", ~np.isfinite(contact))
    return {
        Endpoint.RFS: (days / DAYS_PER_MONTH, is_event),
        Endpoint.OS: (np.where(is_dead, died, seen) / DAYS_PER_MONTH, is_dead),
    }


def _tell_follow_up(
    table: PublicTable, recurred: Floats, recurrence: Floats, assessed: Floats, days: Floats
) -> None:
    """Where the columns of recurrence do not agree; all (n,), days."""
    is_event = recurred == 1
    table.warn("duke.recurrence-without-event", np.isfinite(recurrence) & (recurred == 0))
    table.warn("duke.assessed-before-event", is_event & (assessed < recurrence))
    table.warn("duke.assessed-after-event", is_event & (assessed >= recurrence))
    table.warn("duke.event-unknown", ~np.isfinite(recurred))
    table.warn("duke.no-rfs-time", np.isfinite(recurred) & ~np.isfinite(days))
    table.warn("duke.rfs-not-positive", days <= 0)


def _arms(table: PublicTable) -> Words:
    """Name the treatment: any, none, or unknown."""
    before, after = table.flags(_HER2_BEFORE), table.flags(_HER2_AFTER)
    is_given, is_none = (before == 1) | (after == 1), (before == 0) & (after == 0)
    table.warn("duke.anti-her2-before-surgery-alone", (before == 1) & (after != 1))
    table.warn("duke.anti-her2-in-her2-negative", is_given & (table.flags("HER2", _HER2_CODES) == 0))
    table.warn("duke.anti-her2-unknown", ~is_given & ~is_none)
    arms = np.full(table.n, UNKNOWN_ARM, dtype=object)
    arms[is_given], arms[is_none] = Arm.T.value, Arm.NONE.value
    return arms


_HER2_CODES = {"0": 0.0, "1": 1.0, "2": np.nan}


def _facts(table: PublicTable) -> Facts:
    """Translate the clinical facts."""
    born = table.numbers(_BORN)
    table.warn("duke.negative-age", born < 0)
    her2 = table.flags("HER2", _HER2_CODES)
    table.warn("duke.her2-borderline", np.array(table.columns["HER2"]) == "2", always=True)
    menopause: dict[str, str | float] = {"0": "pre", "1": "post", "2": np.nan}
    table.warn("duke.menopause-code", _is(table, _MENOPAUSE, 2))
    metastatic = _metastatic(table)
    t, n = (table.translated(name, _categories(letter)) for name, letter in ((_T, "T"), (_N, "N")))
    for rule, column in (("duke.t-empty", _T), ("duke.n-empty", _N)):
        table.warn(rule, np.isnan(table.numbers(column)) | _is(table, column, -1), column=column)
    return {
        HER2_POSITIVE: her2,
        "age_years": table.in_range("age_years", -born / DAYS_PER_YEAR),
        "menopause": table.translated(_MENOPAUSE, menopause),
        TUMOUR_STAGE: t,
        "node_stage": n,
        IS_METASTATIC: metastatic,
        "grade": table.in_range("grade", table.numbers(_GRADE)),
        "er_positive": table.flags("ER"),
        "pr_positive": table.flags("PR"),
        "had_neoadjuvant_therapy": table.flags(_NEOADJUVANT, {"1": 1.0, "2": 0.0}),
        "breast_surgery": table.translated(_SURGERY, {"0": "conserving", "1": "mastectomy"}),
    }


def _metastatic(table: PublicTable) -> Floats:
    """Who had metastases at presentation, and where M does not agree."""
    at_presentation = table.flags(_METASTATIC)
    m = table.numbers(_M)
    table.warn("duke.m-unknown", m == -1)
    is_odd = ((m == 1) & (at_presentation == 0)) | ((m == 0) & (at_presentation == 1))
    table.warn("duke.m-disagrees", is_odd)
    return at_presentation


def _categories(letter: str) -> dict[str, str | float]:
    """Meaning of the codes of T or N; -1 is X."""
    return {"-1": np.nan, **{str(i): f"{letter}{i}" for i in range(5 if letter == "T" else 4)}}


def _is(table: PublicTable, name: str, code: float) -> Bools:
    """Where a column holds a code, (n,)."""
    return np.asarray(table.numbers(name) == code)
