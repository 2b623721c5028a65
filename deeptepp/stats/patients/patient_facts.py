"""The facts of a cohort that Table 1 lists, and which of them say the same twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

import numpy as np
import numpy.typing as npt

from deeptepp.domain.clinical import CLINICAL_FACTS
from deeptepp.domain.cohort import ARM, TIER, Arm, Cohort
from deeptepp.domain.risk import Tier
from deeptepp.stats.patient_groups import Grouping, groupings
from deeptepp.stats.patients.table_one import TableOne, table_one
from deeptepp.wording.sentence import sentence

SUBTYPE = "Molecular subtype"
"""Hormone receptors of a HER2-positive tumour, as the publication's Table 1 has it."""

SUBTYPES = ("HR positive", "HR negative")
"""Its levels: ER or PR positive, and neither."""

NUMBERS = {
    f"{fact.short}, {fact.unit}": fact.name
    for fact in CLINICAL_FACTS.values()
    if fact.is_described and fact.limits is not None and not fact.is_whole
}
"""Column of each number, by its name."""

_ORDERS: dict[str, type[StrEnum]] = {ARM: Arm, TIER: Tier}
_OF_ARM = "Anti-HER2 therapy"


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateFacts:
    """Two facts that divide the patients alike."""

    first: str
    second: str
    n: int

    @property
    def sentence(self) -> str:
        """What follows for a model."""
        return sentence(
            "{first} and {second} are the same in each of the {n} patients of whom both are known: one of "
            "them must leave a model.",
            first=self.first,
            second=self.second,
            n=self.n,
        )


def patient_facts(cohort: Cohort) -> tuple[Grouping, ...]:
    """Divide patients by every fact that a cohort knows, with the molecular subtype.

    Returns: facts with two groups or more; what is none of their labels is unknown and empty.
    """
    found = [_cleaned(each) for each in groupings(cohort)]
    subtype = _subtype(cohort)
    if subtype is not None:
        place = next((i for i, each in enumerate(found) if each.name == "PR"), len(found) - 1)
        found.insert(place + 1, subtype)
    return tuple(found)


def cohort_table_one(cohort: Cohort, column: str = ARM) -> TableOne:
    """Describe a cohort by the groups of a column.

    ``column``: treatment, tier or any category; patients without it are in no group. Returns: numbers and
    categories that the cohort knows; the treatment is no row where it makes the groups.
    """
    group_of, groups = _groups(cohort, column)
    facts = [each for each in patient_facts(cohort) if not (column == ARM and each.name == _OF_ARM)]
    return table_one(
        group_of,
        groups,
        numbers={name: _floats(cohort[key]) for name, key in NUMBERS.items() if key in cohort},
        categories={each.name: (each.labels, each.of_patient) for each in facts},
    )


def duplicate_facts(facts: Sequence[Grouping]) -> tuple[DuplicateFacts, ...]:
    """Find facts that divide the patients alike, whatever their groups are called.

    Returns: pairs of which each group of the one is a group of the other, among the patients of whom both are
    known; facts with one group left there are no pair.
    """
    found = []
    coded = [(each.name, _codes(each)) for each in facts]
    for (first, left), (second, right) in combinations(coded, 2):
        is_known = (left >= 0) & (right >= 0)
        n_left, n_right = (int((np.bincount(codes[is_known]) > 0).sum()) for codes in (left, right))
        together = left[is_known] * (right.max(initial=0) + 1) + right[is_known]
        n_pairs = int((np.bincount(together) > 0).sum())
        if n_pairs > 1 and n_pairs == n_left == n_right:
            found.append(DuplicateFacts(first=first, second=second, n=int(is_known.sum())))
    return tuple(found)


def _codes(grouping: Grouping) -> npt.NDArray[np.int64]:
    """Give each patient the place of the group; -1 where the fact is not known."""
    place = {label: i for i, label in enumerate(grouping.labels)}
    return np.array([place.get(label, -1) for label in grouping.of_patient.tolist()], dtype=np.int64)


def _cleaned(grouping: Grouping) -> Grouping:
    """Empty what is none of the labels, such as a treatment named unknown."""
    is_label = np.isin(grouping.of_patient.astype(str), grouping.labels)
    return Grouping(grouping.name, grouping.labels, np.where(is_label, grouping.of_patient, "").astype(object))


def _subtype(cohort: Cohort) -> Grouping | None:
    """Divide by hormone receptors; None where that does not divide the patients."""
    if "er_positive" not in cohort or "pr_positive" not in cohort:
        return None
    er, pr = _floats(cohort["er_positive"]), _floats(cohort["pr_positive"])
    positive, negative = (er == 1) | (pr == 1), (er == 0) & (pr == 0)
    if not (positive.any() and negative.any()):
        return None
    return Grouping(SUBTYPE, SUBTYPES, np.select([positive, negative], list(SUBTYPES), "").astype(object))


def _floats(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Numbers; what is not known becomes NaN."""
    cells = np.asarray(values).tolist()
    return np.array(
        [np.nan if value is None or value == "" else float(value) for value in cells], dtype=np.float64
    )


def _groups(cohort: Cohort, column: str) -> tuple[npt.NDArray[np.object_], tuple[str, ...]]:
    """Group of each patient and the groups in order."""
    cells = np.asarray(cohort[column]).tolist() if column in cohort else [None] * len(cohort)
    texts = ["" if value is None or value != value else str(value) for value in cells]
    if column in _ORDERS:
        order = tuple(each.value for each in _ORDERS[column])
    else:
        order = tuple(sorted(set(texts) - {""}))
    return np.array(texts, dtype=object), order
