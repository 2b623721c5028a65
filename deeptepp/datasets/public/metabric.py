"""METABRIC: the clinical table of 2,509 patients as cBioPortal gives it, in months.

Patients were recruited in 1977 to 2005 and were not given adjuvant trastuzumab: the natural history of untreated
HER2-positive disease. There is no MR.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deeptepp.datasets.public.imported import IS_METASTATIC, Imported, imported_of, public_source
from deeptepp.datasets.public.public_table import (
    Facts,
    Floats,
    FollowUps,
    PublicTable,
    Words,
    read_comma_separated,
)
from deeptepp.domain.clinical import ClinicalProfile, NodeStage
from deeptepp.domain.cohort import HER2_POSITIVE, Arm, Endpoint

METABRIC = public_source("metabric")

_RFS, _RFS_STATUS = "Relapse Free Status (Months)", "Relapse Free Status"
_OS, _OS_STATUS = "Overall Survival (Months)", "Overall Survival Status"
_HER2, _ER, _ER_IHC, _PR = "HER2 Status", "ER Status", "ER status measured by IHC", "PR Status"
_AGE, _MENOPAUSE, _SIZE = "Age at Diagnosis", "Inferred Menopausal State", "Tumor Size"
_NODES, _STAGE, _GRADE = "Lymph nodes examined positive", "Tumor Stage", "Neoplasm Histologic Grade"
_SURGERY, _SEX, _CANCER = "Type of Breast Surgery", "Sex", "Cancer Type"
_READ = (
    *("Patient ID", _RFS, _RFS_STATUS, _OS, _OS_STATUS, _HER2, _ER, _ER_IHC, _PR, _AGE, _MENOPAUSE, _SIZE, _NODES),
    *(_STAGE, _GRADE, _SURGERY, _SEX, _CANCER),
)
_SIGNS = {"Positive": 1.0, "Negative": 0.0}


def read_metabric(path: Path) -> Imported:
    """Read the table.

    ``path``: CSV of 34 columns with the names that cBioPortal shows. Gives 2,509 patients of any HER2 status, in
    the order of the table. Raises UnreadableCohort where the file is no CSV table; MissingColumn where it lacks a
    column.
    """
    table = read_comma_separated(path)
    table.require(_READ)
    return imported_of(
        METABRIC,
        table,
        table.columns["Patient ID"],
        arms=np.full(table.n, Arm.NONE.value, dtype=object),
        follow_up=_follow_up(table),
        facts=_receptors(table) | _facts(table),
    )


def _follow_up(table: PublicTable) -> FollowUps:
    """Read both endpoints; each is known where both its months and its status are."""
    rfs, os = table.numbers(_RFS), table.numbers(_OS)
    relapsed = table.flags(_RFS_STATUS, {"Recurred": 1.0, "Not Recurred": 0.0})
    died = table.flags(_OS_STATUS, {"Deceased": 1.0, "Living": 0.0})
    for name, months, status in (("rfs", rfs, relapsed), ("os", os, died)):
        has_months, has_status = np.isfinite(months), np.isfinite(status)
        table.warn(f"metabric.{name}-no-months", ~has_months & has_status)
        table.warn(f"metabric.{name}-no-status", has_months & ~has_status)
        table.warn(f"metabric.{name}-unknown", ~has_months & ~has_status)
    table.warn("metabric.rfs-zero", rfs == 0)
    return {
        Endpoint.RFS: (np.where(np.isfinite(relapsed), rfs, np.nan), relapsed == 1),
        Endpoint.OS: (np.where(np.isfinite(died), os, np.nan), died == 1),
    }


def _receptors(table: PublicTable) -> Facts:
    """Read ER, PR and HER2."""
    her2, er = table.flags(_HER2, _SIGNS), table.flags(_ER, _SIGNS)
    by_ihc = table.flags(_ER_IHC, {"Positve": 1.0, **_SIGNS})
    misspelt = np.array([cell == "Positve" for cell in table.columns[_ER_IHC]], dtype=bool)
    table.warn("metabric.er-misspelt", misspelt)
    is_odd = np.isfinite(er) & np.isfinite(by_ihc) & (er != by_ihc)
    table.warn("metabric.er-disagrees", is_odd)
    table.warn("metabric.her2-unknown", np.isnan(her2))
    return {HER2_POSITIVE: her2, "er_positive": er, "pr_positive": table.flags(_PR, _SIGNS)}


def _facts(table: PublicTable) -> Facts:
    """Translate the clinical facts."""
    age, size = (
        table.in_range(field, table.numbers(name))
        for field, name in (("age_years", _AGE), ("tumour_size_mm", _SIZE))
    )
    menopause = table.translated(_MENOPAUSE, {"Pre": "pre", "Post": "post"})
    is_known = np.array([value is not None for value in menopause], dtype=bool)
    table.warn("metabric.menopause-inferred", is_known, inferred=_inferred_from(age, menopause))
    nodes = _node_stages(table)
    stage = table.numbers(_STAGE)
    sarcoma = np.array([cell == "Breast Sarcoma" for cell in table.columns[_CANCER]], dtype=bool)
    table.warn("metabric.sarcoma", sarcoma)
    return {
        "sex": table.translated(_SEX, {"Female": "F", "Male": "M"}),
        "age_years": age,
        "menopause": menopause,
        "tumour_size_mm": size,
        "node_stage": nodes,
        "stage": _stages(table, stage, size, nodes),
        IS_METASTATIC: np.where(np.isfinite(stage), (stage == 4).astype(np.float64), np.nan),
        "grade": table.in_range("grade", table.numbers(_GRADE)),
        "breast_surgery": table.translated(
            _SURGERY, {"Mastectomy": "mastectomy", "Breast Conserving": "conserving"}
        ),
    }


def _inferred_from(age: Floats, menopause: Words) -> str:
    """Say at which ages the two states meet; of nobody in particular, since the ages are cut to whole years."""
    pre, post = (age[(menopause == state) & np.isfinite(age)] for state in ("pre", "post"))
    if not len(pre) or not len(post):
        return "the column says so"
    border = np.floor(post.min())
    return f"all below {border:g} years are pre, all others post" if pre.max() <= border else "not by age alone"


def _node_stages(table: PublicTable) -> Words:
    """Derive the N category from the number of positive nodes."""
    nodes = table.numbers(_NODES)
    is_known = np.isfinite(nodes)
    table.warn("metabric.n-derived", is_known)
    groups = np.searchsorted([1, 4, 10], np.where(is_known, nodes, 0), side="right")
    names = [stage.value for stage in NodeStage]
    return np.array([names[i] if known else None for i, known in zip(groups, is_known, strict=True)], dtype=object)


def _stages(table: PublicTable, stage: Floats, size: Floats, nodes: Words) -> Words:
    """Stage groups their letters by size and nodes, where these agree with the number of the stage."""
    letters = np.array([_letter(*facts) for facts in zip(stage, size, nodes, strict=True)], dtype=object)
    is_lost = np.array([letter is None for letter in letters], dtype=bool)
    table.warn("metabric.stage-zero", stage == 0)
    table.warn("metabric.stage-without-letter", np.isin(stage, (2, 3)) & ~is_lost)
    is_unsized = np.isnan(size) | (nodes == None)  # noqa: E711  elementwise
    table.warn("metabric.stage-without-size", (stage > 0) & is_lost & is_unsized)
    table.warn("metabric.stage-disagrees", (stage > 0) & is_lost & ~is_unsized)
    return letters


def _letter(stage: float, size: float, nodes: str | None) -> str | None:
    """Name the stage group of one patient."""
    if stage == 4:
        return "IV"
    if not stage > 0:
        return None
    if np.isnan(size) or nodes is None:
        return "I" if stage == 1 else None
    allowed = ClinicalProfile(tumour_size_mm=float(size), node_stage=NodeStage(nodes)).stages_allowed or ()
    # The others that are allowed need T4 or metastasis, of which size and nodes say nothing.
    group = next((each.value for each in allowed), "")
    return group if group.rstrip("ABC") == "I" * int(stage) else None
