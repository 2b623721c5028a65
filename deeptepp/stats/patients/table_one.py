"""Table 1: who the patients are, group by group. Values only; how they are written is for the report.

Shares are of the patients whose fact is known, and the unknown are counted. Patients whose group is not known are
in the column of all patients and in no group.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.stats.patients.group_difference import (
    GroupDistance,
    GroupTest,
    compare_counts,
    compare_samples,
    distance_of_counts,
    distance_of_samples,
)

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberSummary:
    """A number in one group; every statistic is None where nobody's is known.

    ``n``, ``n_missing``: patients whose number is known, and is not. ``median``, ``quartile_1``, ``quartile_3``:
    quartiles by linear interpolation. ``mean``, ``lowest``, ``highest``: mean and range. ``sd``: with n - 1; None
    for one patient.
    """

    n: int
    n_missing: int
    median: float | None = None
    quartile_1: float | None = None
    quartile_3: float | None = None
    mean: float | None = None
    sd: float | None = None
    lowest: float | None = None
    highest: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CategorySummary:
    """A category in one group.

    ``counts``: patients of each level. ``n_missing``: patients whose level is not known.
    """

    counts: tuple[int, ...]
    n_missing: int

    @property
    def n(self) -> int:
        """Patients whose level is known."""
        return sum(self.counts)

    def share(self, place: int) -> float | None:
        """Share of one level among the known, in [0, 1]; None where nobody's is known."""
        return self.counts[place] / self.n if self.n else None


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRow:
    """A number, group by group.

    ``name``: with its unit. ``groups``: in the order of the groups. ``overall``: of all patients. ``test``: across
    the groups. ``distance``: largest SMD between two groups.
    """

    name: str
    groups: tuple[NumberSummary, ...]
    overall: NumberSummary
    test: GroupTest
    distance: GroupDistance


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryRow:
    """A category, group by group.

    ``levels``: in the order of the counts. ``groups``: in the order of the groups. ``overall``: of all patients.
    ``test``: across the groups. ``distance``: largest SMD between two groups.
    """

    name: str
    levels: tuple[str, ...]
    groups: tuple[CategorySummary, ...]
    overall: CategorySummary
    test: GroupTest
    distance: GroupDistance


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOne:
    """All facts, group by group.

    ``groups``: names of the groups that have patients. ``n_by_group``: patients of each.
    """

    groups: tuple[str, ...]
    n_by_group: tuple[int, ...]
    n: int
    numbers: tuple[NumberRow, ...]
    categories: tuple[CategoryRow, ...]

    @property
    def n_ungrouped(self) -> int:
        """Patients whose group is not known."""
        return self.n - sum(self.n_by_group)


def table_one(
    group_of: Sequence[str] | Texts,
    groups: Sequence[str],
    *,
    numbers: Mapping[str, npt.ArrayLike],
    categories: Mapping[str, tuple[Sequence[str], Sequence[str] | Texts]],
) -> TableOne:
    """Describe patients by group.

    ``group_of`` (n,): group of each patient; what is not among ``groups`` is not known. ``groups``: names in
    order; those without patients are left out. ``numbers``: numbers by name; NaN and None are not known.
    ``categories``: levels in order, and the level of each patient, by name; what is not among the levels is not
    known.
    """
    of_patient = np.asarray(group_of, dtype=object)
    members = {name: of_patient == name for name in groups}
    members = {name: mine for name, mine in members.items() if mine.any()}
    chosen = list(members.values())
    return TableOne(
        groups=tuple(members),
        n_by_group=tuple(int(mine.sum()) for mine in chosen),
        n=len(of_patient),
        numbers=tuple(
            _number_row(name, np.asarray(values, dtype=np.float64), chosen) for name, values in numbers.items()
        ),
        categories=tuple(
            _category_row(name, tuple(levels), np.asarray(values, dtype=object), chosen)
            for name, (levels, values) in categories.items()
        ),
    )


def _number_row(name: str, values: Floats, members: list[Bools]) -> NumberRow:
    """Describe one number."""
    samples = [_known(values[mine]) for mine in members]
    return NumberRow(
        name=name,
        groups=tuple(_summary(values[mine]) for mine in members),
        overall=_summary(values),
        test=compare_samples(samples),
        distance=distance_of_samples(samples),
    )


def _known(values: Floats) -> Floats:
    """Leave out what is not known."""
    return values[np.isfinite(values)]


def _summary(values: Floats) -> NumberSummary:
    """Describe the numbers of one group."""
    found = _known(values)
    n_missing = len(values) - len(found)
    if not len(found):
        return NumberSummary(n=0, n_missing=n_missing)
    lower, median, upper = (float(q) for q in np.quantile(found, (0.25, 0.5, 0.75)))
    return NumberSummary(
        n=len(found),
        n_missing=n_missing,
        median=median,
        quartile_1=lower,
        quartile_3=upper,
        mean=float(found.mean()),
        sd=float(found.std(ddof=1)) if len(found) > 1 else None,
        lowest=float(found.min()),
        highest=float(found.max()),
    )


def _category_row(name: str, levels: tuple[str, ...], values: Texts, members: list[Bools]) -> CategoryRow:
    """Describe one category."""
    is_level = np.array([values == level for level in levels], dtype=bool).reshape(len(levels), len(values))
    summaries = [_counted(is_level[:, mine]) for mine in members]
    counts = np.array([each.counts for each in summaries], dtype=np.int64).reshape(len(members), len(levels))
    return CategoryRow(
        name=name,
        levels=levels,
        groups=tuple(summaries),
        overall=_counted(is_level),
        test=compare_counts(counts),
        distance=distance_of_counts(counts),
    )


def _counted(is_level: npt.NDArray[np.bool_]) -> CategorySummary:
    """Count the levels (k, n) of one group."""
    counts = is_level.sum(axis=1)
    return CategorySummary(counts=tuple(int(c) for c in counts), n_missing=is_level.shape[1] - int(counts.sum()))
