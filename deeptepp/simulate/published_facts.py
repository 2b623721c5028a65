"""Clinical-pathological facts whose counts equal the published table exactly, in every arm and every draw.

Size, nodes and stage are published as margins only; the joint counts here agree with all of them (one integer per
arm is free, the T3 N0 tumours). Facts follow the latent biology z through ranks: a noisy copy of z is ranked
inside each arm and the published counts are dealt out along the ranks.

References
----------
Tong Y, Hu Z, et al. Eur Radiol 2024, doi:10.1007/s00330-024-10609-7, Table 1.
AJCC Cancer Staging Manual, 8th edition, chapter 48 (anatomic stage groups).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.domain.clinical import AxillarySurgery, BreastSurgery, Her2Status, Menopause, NodeStage, Sex, Stage
from deeptepp.domain.cohort import ARM, Arm, Cohort

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

CELLS: tuple[tuple[str, NodeStage, Stage], ...] = (
    ("T1", NodeStage.N0, Stage.I),
    ("T2", NodeStage.N0, Stage.IIA),
    ("T1", NodeStage.N1, Stage.IIA),
    ("T3", NodeStage.N0, Stage.IIB),
    ("T2", NodeStage.N1, Stage.IIB),
    ("T1", NodeStage.N2, Stage.IIIA),
    ("T2", NodeStage.N2, Stage.IIIA),
    ("T3", NodeStage.N1, Stage.IIIA),
    ("T1", NodeStage.N3, Stage.IIIC),
    ("T2", NodeStage.N3, Stage.IIIC),
    ("T3", NodeStage.N3, Stage.IIIC),
)
"""Tumour, node and stage group of each joint cell, ascending in stage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmCounts:
    """Published counts of one arm."""

    age_under_50: int
    age_50_to_65: int
    age_over_65: int
    premenopausal: int
    conserving: int
    sentinel: int
    cells: tuple[int, ...]
    """Patients in each of ``CELLS``."""
    grade_1_2: int
    er_positive: int
    pr_positive: int
    ki67_under_14: int

    @property
    def n(self) -> int:
        """Number of patients."""
        return sum(self.cells)


COUNTS = {
    Arm(name): ArmCounts(**counts | {"cells": tuple(counts["cells"])})
    for name, counts in tomllib.loads(
        Path(__file__).with_name("published_counts.toml").read_text(encoding="utf-8")
    ).items()
}
"""Table 1 by arm; its total column is their sum."""

STAGE_CORRELATION = 0.57
"""Correlation of the ranked copy with z for size, nodes and stage."""
ER_CORRELATION = -0.47
"""The same for oestrogen receptors."""
PR_CORRELATION = -0.35
"""The same for progesterone receptors, inside the oestrogen-receptor-positive tumours."""
WEAK_CORRELATION = 0.05
"""The same for grade and Ki-67."""

_SIZE_MM = {"T1": (5.0, 20.0, 2.2, 1.2), "T2": (20.1, 50.0, 1.0, 2.2), "T3": (50.1, 85.0, 1.0, 3.0)}
"""Smallest and largest size and the Beta shape between them, by T category."""


def draw_clinical(z: Floats, arm: Arm, rng: np.random.Generator) -> dict[str, npt.NDArray[Any]]:
    """Draw the clinical-pathological facts of one arm.

    ``z``, (n,) float64: latent biology of the patients of the arm; n is the published number. Gives dict of str to
    (n,) array: columns named as the fields of ``ClinicalProfile``.
    """
    counts = COUNTS[arm]
    columns = _draw_tumour(z, counts, rng)
    columns |= _draw_receptors(z, counts, rng)
    columns |= _draw_host(counts, rng)
    columns |= _draw_surgery(columns, counts, rng)
    constant = {
        "sex": Sex.FEMALE.value,
        "her2_status": Her2Status.POSITIVE.value,
        "is_invasive": True,
        "had_biopsy_before_mr": False,
        "had_neoadjuvant_therapy": False,
    }
    return columns | {name: np.full(counts.n, value) for name, value in constant.items()}


def _noisy_rank(z: Floats, correlation: float, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Rank, (n,) from 0, of a copy of z that correlates with z among these patients as given."""
    copy = correlation * (z - z.mean()) / z.std() + np.sqrt(1 - correlation**2) * rng.standard_normal(len(z))
    return _rank(copy)


def _rank(values: Floats) -> npt.NDArray[np.int64]:
    """Rank of each value, (n,) from 0."""
    ranks = np.empty(len(values), dtype=np.int64)
    ranks[np.argsort(values, kind="stable")] = np.arange(len(values))
    return ranks


def _draw_tumour(z: Floats, counts: ArmCounts, rng: np.random.Generator) -> dict[str, npt.NDArray[Any]]:
    """Deal out the joint cells along the ranks, at random inside a stage, and a size inside each T category."""
    # A cell for each patient, in order of stage and at random within one, dealt out along noisy ranks.
    cells = np.repeat(np.arange(len(CELLS)), counts.cells)
    stage = np.array([list(Stage).index(cell[2]) for cell in CELLS])[cells]
    dealt = cells[np.lexsort((rng.random(len(z)), stage))][_noisy_rank(z, STAGE_CORRELATION, rng)]
    # A size within the limits of each T category.
    tumour = np.array([cell[0] for cell in CELLS])[dealt]
    size_mm = np.empty(len(z))
    for name, (low, high, a, b) in _SIZE_MM.items():
        chosen = tumour == name
        size_mm[chosen] = low + (high - low) * rng.beta(a, b, int(chosen.sum()))
    return {
        "tumour_size_mm": np.round(size_mm, 1),
        "node_stage": np.array([cell[1].value for cell in CELLS])[dealt],
        "stage": np.array([cell[2].value for cell in CELLS])[dealt],
    }


def _draw_receptors(z: Floats, counts: ArmCounts, rng: np.random.Generator) -> dict[str, npt.NDArray[Any]]:
    """Receptors, grade and Ki-67; as published, PR is positive only where ER is."""
    n = len(z)
    er_positive = _noisy_rank(z, ER_CORRELATION, rng) >= n - counts.er_positive
    pr_positive = np.zeros(n, dtype=bool)
    pr_positive[er_positive] = (
        _noisy_rank(z[er_positive], PR_CORRELATION, rng) >= counts.er_positive - counts.pr_positive
    )
    is_high_grade = _noisy_rank(z, WEAK_CORRELATION, rng) >= counts.grade_1_2
    low_grade = np.where(rng.random(n) < 0.06, 1, 2)
    is_low_ki67 = _noisy_rank(z, WEAK_CORRELATION, rng) < counts.ki67_under_14
    high_ki67 = np.floor(14 + 77 * rng.beta(1.3, 2.4, n))
    return {
        "er_positive": er_positive,
        "pr_positive": pr_positive,
        "grade": np.where(is_high_grade, 3, low_grade),
        "ki67_pct": np.where(is_low_ki67, np.floor(rng.uniform(3, 14, n)), high_ki67),
    }


def _draw_host(counts: ArmCounts, rng: np.random.Generator) -> dict[str, npt.NDArray[Any]]:
    """Draw whole years of age, and menopause along age."""
    age_years = np.concatenate(
        [
            np.floor(27 + 23 * rng.beta(4.0, 1.3, counts.age_under_50)),
            np.floor(50 + 16 * rng.beta(1.1, 1.3, counts.age_50_to_65)),
            np.floor(66 + 20 * rng.beta(1.0, 2.5, counts.age_over_65)),
        ]
    )
    age_years = rng.permutation(age_years)
    is_pre = _rank(age_years + 2.0 * rng.standard_normal(counts.n)) < counts.premenopausal
    return {"age_years": age_years, "menopause": np.where(is_pre, Menopause.PRE.value, Menopause.POST.value)}


def _draw_surgery(
    tumour: dict[str, npt.NDArray[Any]], counts: ArmCounts, rng: np.random.Generator
) -> dict[str, npt.NDArray[Any]]:
    """Conserve small tumours rather than large ones; dissect positive axillae first."""
    n = counts.n
    against_conserving = tumour["tumour_size_mm"] / 10 + 3.0 * rng.standard_normal(n)
    is_conserving = _rank(against_conserving + 100.0 * (tumour["tumour_size_mm"] > 50)) < counts.conserving
    node = np.array([int(str(name)[1]) for name in tumour["node_stage"]])
    extent = np.select([node == 0, node == 1], [0.0, 3.0], default=100.0)
    is_sentinel = _rank(extent + rng.standard_normal(n)) < counts.sentinel
    return {
        "breast_surgery": np.where(is_conserving, BreastSurgery.CONSERVING.value, BreastSurgery.MASTECTOMY.value),
        "axillary_surgery": np.where(
            is_sentinel, AxillarySurgery.SENTINEL.value, AxillarySurgery.DISSECTION.value
        ),
    }


def count_table_one(cohort: Cohort, arm: Arm) -> ArmCounts:
    """Count the rows of the published table in one arm of a cohort.

    Comparable with ``COUNTS[arm]``.
    """
    part = cohort.where(cohort[ARM] == arm)
    age, size = part["age_years"], part["tumour_size_mm"]
    tumour = np.where(size <= 20, "T1", np.where(size <= 50, "T2", "T3"))
    cells = tuple(
        int(((tumour == t) & (part["node_stage"] == n) & (part["stage"] == s)).sum()) for t, n, s in CELLS
    )
    return ArmCounts(
        age_under_50=int((age < 50).sum()),
        age_50_to_65=int(((age >= 50) & (age <= 65)).sum()),
        age_over_65=int((age > 65).sum()),
        premenopausal=int((part["menopause"] == Menopause.PRE).sum()),
        conserving=int((part["breast_surgery"] == BreastSurgery.CONSERVING).sum()),
        sentinel=int((part["axillary_surgery"] == AxillarySurgery.SENTINEL).sum()),
        cells=cells,
        grade_1_2=int((part["grade"] < 3).sum()),
        er_positive=int(part["er_positive"].sum()),
        pr_positive=int(part["pr_positive"].sum()),
        ki67_under_14=int((part["ki67_pct"] < 14).sum()),
    )


def check_table_one(cohort: Cohort) -> None:
    """Refuse a cohort that differs from the published table in any count.

    Raises ValueError where a count of an arm, or its number of patients, differs.
    """
    for arm, expected in COUNTS.items():
        found = count_table_one(cohort, arm)
        n_rows = int((cohort[ARM] == arm).sum())
        if found != expected or n_rows != expected.n:
            msg = f"Arm {arm}: counts {found} in {n_rows} patients, but Table 1 has {expected}"
            raise ValueError(msg)
