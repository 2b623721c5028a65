"""MAMA-MIA: clinical facts and outcome of 1,506 patients of four studies, all treated before surgery."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from deeptepp.datasets.cohort_values import DAYS_PER_MONTH
from deeptepp.datasets.public.imported import Imported, imported_of, public_source
from deeptepp.datasets.public.public_table import (
    UNKNOWN_ARM,
    Facts,
    Floats,
    FollowUps,
    PublicTable,
    Words,
    read_workbook,
)
from deeptepp.domain.cohort import HER2_POSITIVE, Arm, Endpoint

MAMA_MIA = public_source("mama-mia")

_SOURCES = {"DUKE": "duke", "ISPY1": "ispy1", "ISPY2": "ispy2", "NACT": "nact"}
_GRADES: dict[str, str | float] = {"low": 1.0, "intermediate": 2.0, "high": 3.0}
_RECURRENCE, _FOLLOW_UP, _DEATH = "days_to_recurrence", "days_to_follow_up", "days_to_death"
_READ = (
    *("patient_id", "dataset", "nac_agent", "anti_her2_neu_therapy", "mastectomy_post_nac", _FOLLOW_UP, _DEATH),
    *(_RECURRENCE, "days_to_metastasis", "hr", "er", "pr", "her2", "nottingham_grade", "age", "menopause"),
    "ethnicity",
)


def read_mama_mia(path: Path) -> Imported:
    """Read the table.

    ``path``: ``clinical_and_imaging_info.xlsx``. Gives 1,506 patients of four studies, told apart by the column
    ``source``. Raises UnreadableCohort where the file is no such workbook; MissingColumn where the sheet lacks a
    column.
    """
    table = read_workbook(path, "dataset_info")
    table.require(_READ)
    studies = table.translated("dataset", dict(_SOURCES))
    arms, follow_up, facts = _arms(table), _follow_up(table, studies), _facts(table)
    table.warn("mama-mia.same-patients", np.isin(studies.astype(str), ("duke", "ispy1")))
    subjects = table.columns["patient_id"]
    return imported_of(MAMA_MIA, table, subjects, arms=arms, follow_up=follow_up, facts=facts, studies=studies)


def _follow_up(table: PublicTable, studies: Words) -> FollowUps:
    """Read both endpoints; 0 days mean that there was no event."""
    recurrence, last, death = (table.numbers(name) for name in (_RECURRENCE, _FOLLOW_UP, _DEATH))
    metastasis = table.numbers("days_to_metastasis")
    is_event, is_dead = recurrence > 0, death > 0
    days = np.where(is_event, recurrence, np.where(recurrence == 0, last, np.nan))
    os_days = np.where(is_dead, death, np.where(death == 0, last, np.nan))
    _tell_zeros(table, recurrence, studies)
    table.warn("mama-mia.recurrence-after-last", is_event & (recurrence > last))
    table.warn("mama-mia.death-after-last", is_dead & (death > last))
    table.warn("mama-mia.metastasis-without-recurrence", (metastasis > 0) & ~is_event)
    table.warn("mama-mia.rfs-unknown", np.isnan(days))
    table.warn("mama-mia.os-unknown", np.isnan(os_days))
    return {Endpoint.RFS: (days / DAYS_PER_MONTH, is_event), Endpoint.OS: (os_days / DAYS_PER_MONTH, is_dead)}


def _tell_zeros(table: PublicTable, recurrence: Floats, studies: Words) -> None:
    """Where 0 days stand for no recurrence, by study."""
    is_zero = recurrence == 0
    counts = Counter(study for study in studies[is_zero] if study is not None)
    by_study = ", ".join(f"{name} {n}" for name, n in sorted(counts.items()))
    table.warn("mama-mia.zero-means-none", is_zero, by_study=by_study)


def _arms(table: PublicTable) -> Words:
    """Name the treatment where it is recorded."""
    given = table.flags("anti_her2_neu_therapy")
    table.warn("mama-mia.anti-her2-unknown", np.isnan(given))
    is_neoadjuvant = np.array(
        [("Trastuzumab" in agent) or ("T-DM1" in agent) for agent in table.columns["nac_agent"]], dtype=bool
    )
    table.warn("mama-mia.anti-her2-before-surgery", is_neoadjuvant)
    table.warn("mama-mia.anti-her2-in-her2-negative", (given == 1) & (table.flags("her2") != 1))
    arms = np.full(table.n, UNKNOWN_ARM, dtype=object)
    arms[given == 1], arms[given == 0] = Arm.T.value, Arm.NONE.value
    return arms


def _facts(table: PublicTable) -> Facts:
    """Translate the clinical facts."""
    her2, er, pr = (table.flags(name) for name in ("her2", "er", "pr"))
    table.warn("mama-mia.her2-unknown", np.isnan(her2))
    is_hr_alone = (np.isnan(er) | np.isnan(pr)) & np.isfinite(table.numbers("hr"))
    table.warn("mama-mia.hr-alone", is_hr_alone)
    grade = table.translated("nottingham_grade", _GRADES)
    table.warn("mama-mia.neoadjuvant")
    spellings = {word for word in table.words("ethnicity") if word is not None}
    table.warn("mama-mia.ethnicity-spellings", n=len(spellings))
    return {
        HER2_POSITIVE: her2,
        "age_years": table.in_range("age_years", table.numbers("age")),
        "menopause": table.menopause("menopause"),
        "grade": np.array([np.nan if value is None else value for value in grade], dtype=np.float64),
        "er_positive": er,
        "pr_positive": pr,
        "had_neoadjuvant_therapy": np.ones(table.n),
        "breast_surgery": table.translated("mastectomy_post_nac", {"0": "conserving", "1": "mastectomy"}),
    }
