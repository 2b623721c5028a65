"""Patients divided by one fact at a time, as clinicians divide them: the rows of a table or a forest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

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
    for name, column, labels, label_of in _FACTS:
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


def _yes_no(yes: str, no: str) -> Callable[[Any], str]:
    """Name both answers."""
    return lambda value: yes if bool(value) else no


def _stage_group(value: Any) -> str:  # noqa: ANN401  a cell
    """Take the letters off a stage."""
    return f"stage {str(value).rstrip('ABC')}"


_FACTS: tuple[tuple[str, str, tuple[str, ...], Callable[[Any], str]], ...] = (
    (
        "Age",
        "age_years",
        ("under 50", "50 to 65", "over 65"),
        lambda value: "under 50" if value < 50 else "50 to 65" if value <= 65 else "over 65",
    ),
    ("Menopause", "menopause", ("pre", "post"), str),
    (
        "Tumour size",
        "tumour_size_mm",
        ("up to 20 mm", "over 20 mm"),
        lambda value: "up to 20 mm" if value <= 20 else "over 20 mm",
    ),
    (
        "Nodes",
        "node_stage",
        ("negative", "positive"),
        lambda value: "negative" if str(value) == "N0" else "positive",
    ),
    ("Stage", "stage", ("stage I", "stage II", "stage III", "stage IV"), _stage_group),
    ("Grade", "grade", ("1 or 2", "3"), lambda value: "3" if int(value) == 3 else "1 or 2"),
    ("ER", "er_positive", ("positive", "negative"), _yes_no("positive", "negative")),
    ("PR", "pr_positive", ("positive", "negative"), _yes_no("positive", "negative")),
    (
        "Ki-67",
        "ki67_pct",
        ("below 14 %", "14 % or more"),
        lambda value: "below 14 %" if value < 14 else "14 % or more",
    ),
    ("Breast surgery", "breast_surgery", ("conserving", "mastectomy"), str),
    ("Axillary surgery", "axillary_surgery", ("sentinel", "dissection"), str),
    ("Anti-HER2 therapy", ARM, tuple(arm.value for arm in Arm), str),
)
"""Name, column, groups in order, and the group of one value; limits as in the publication's Table 1."""

FACTS: tuple[str, ...] = tuple(name for name, *_ in _FACTS)
"""Names of the facts that can divide patients."""
