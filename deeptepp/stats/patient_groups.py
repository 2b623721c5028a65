"""Patients divided by one fact at a time, as clinicians divide them: the rows of a table or a forest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.domain.clinical import CLINICAL_FACTS
from deeptepp.domain.cohort import ARM, Arm, Cohort

Texts = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """Patients divided by one fact.

    ``labels``: groups that have patients, in clinical order. ``of_patient`` (n,): group of each patient; empty
    where the fact is not known.
    """

    name: str
    labels: tuple[str, ...]
    of_patient: Texts

    @property
    def n_unknown(self) -> int:
        """Patients whose fact is not known."""
        return int((self.of_patient == "").sum())


def groupings(cohort: Cohort) -> Iterator[Grouping]:
    """Divide patients by every fact that a cohort knows.

    Returns: one for each fact that divides them into two groups or more.
    """
    for name, column, labels, label_of in _DIVIDERS:
        if column not in cohort:
            continue
        named = [_label(value, label_of) for value in np.asarray(cohort[column]).tolist()]
        values = [label if label in labels else "" for label in named]
        found = tuple(label for label in labels if label in values)
        if len(found) > 1:
            yield Grouping(name, found, np.array(values, dtype=object))


def _label(value: Any, label_of: Callable[[Any], str]) -> str:  # noqa: ANN401  a cell of any column
    """Name the group of one patient; empty where the fact is not known."""
    is_unknown = value is None or value == "" or (isinstance(value, float) and bool(np.isnan(value)))
    return "" if is_unknown else label_of(value)


_DIVIDERS: tuple[tuple[str, str, tuple[str, ...], Callable[[Any], str]], ...] = (
    *(
        (fact.short, fact.name, tuple(str(group) for group in fact.groups), fact.group_of)
        for fact in CLINICAL_FACTS.values()
        if fact.is_described and fact.groups
    ),
    ("Anti-HER2 therapy", ARM, tuple(arm.value for arm in Arm), str),
)
"""Name, column, groups in order, and the group of one value; limits as in the publication's Table 1."""

FACTS: tuple[str, ...] = tuple(name for name, *_ in _DIVIDERS)
"""Names of the facts that can divide patients."""
