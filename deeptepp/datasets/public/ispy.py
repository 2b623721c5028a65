"""I-SPY 1 (ACRIN 6657): clinical and outcome data of 221 patients treated before surgery."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deeptepp.datasets.checks import MONTHS_TOLERANCE
from deeptepp.datasets.cohort_values import DAYS_PER_MONTH
from deeptepp.datasets.public.imported import Imported, imported_of, public_source
from deeptepp.datasets.public.public_table import UNKNOWN_ARM, Facts, FollowUps, PublicTable, read_workbook
from deeptepp.domain.cohort import HER2_POSITIVE, Endpoint
from deeptepp.errors import UnreadableCohort

ISPY1 = public_source("ispy1")

_CLINICAL, _OUTCOMES = "TCIA Patient Clinical Subset", "TCIA Outcomes Subset"
_ID, _SIZE, _SURVIVAL = "SUBJECTID", "MRI LD Baseline", "survDtD2 (tx)"
_RECEPTOR = {"0": 0.0, "1": 1.0, "2": np.nan}
_DEAD, _LOST = 8, 9


def read_ispy1(path: Path) -> Imported:
    """Read the table.

    ``path``: ``I-SPY 1 All Patient Clinical and Outcome Data.xlsx``. Gives 221 patients, in the order of the
    clinical sheet. Raises UnreadableCohort where the file is no such workbook, or its sheets hold different
    patients; MissingColumn where a sheet lacks a column.
    """
    table = read_workbook(path, _CLINICAL)
    table.require((_ID, "age", "ERpos", "PgRpos", "Her2MostPos", "BilateralCa", _SIZE))
    outcomes = _in_order_of(table, read_workbook(path, _OUTCOMES))
    return imported_of(
        ISPY1,
        table,
        [f"ISPY1_{cell}" for cell in table.columns[_ID]],
        arms=np.full(table.n, UNKNOWN_ARM, dtype=object),
        follow_up=_follow_up(table, outcomes),
        facts=_facts(table),
    )


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


def _follow_up(table: PublicTable, outcomes: PublicTable) -> FollowUps:
    """Read both endpoints."""
    rfs, os = (outcomes.numbers(name) / DAYS_PER_MONTH for name in ("RFS", _SURVIVAL))
    event = outcomes.flags("rfs_ind")
    status = outcomes.numbers("sstat")
    is_late = rfs > os + MONTHS_TOLERANCE
    table.warn("cohort.rfs-after-os", is_late, n_events=int((is_late & (event == 1)).sum()))
    table.warn("ispy1.lost", status == _LOST)
    return {
        Endpoint.RFS: (np.where(np.isfinite(event), rfs, np.nan), event == 1),
        Endpoint.OS: (np.where(np.isfinite(status), os, np.nan), status == _DEAD),
    }


def _facts(table: PublicTable) -> Facts:
    """Translate the clinical facts."""
    her2 = table.flags("Her2MostPos")
    size = table.in_range("tumour_size_mm", table.numbers(_SIZE))
    er, pr = table.flags("ERpos", _RECEPTOR), table.flags("PgRpos", _RECEPTOR)
    table.warn("ispy1.her2-unknown", np.isnan(her2))
    table.warn("ispy1.receptor-unknown", np.isnan(er) | np.isnan(pr))
    table.warn("ispy1.size-on-mr", np.isfinite(size))
    table.warn("ispy1.bilateral", table.numbers("BilateralCa") == 1)
    table.warn("ispy1.neoadjuvant")
    return {
        HER2_POSITIVE: her2,
        "age_years": table.in_range("age_years", table.numbers("age")),
        "tumour_size_mm": size,
        "er_positive": er,
        "pr_positive": pr,
        "had_neoadjuvant_therapy": np.ones(table.n),
    }
