"""A centre's own cohort without images: read from a table or from Parquet, and checked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.datasets.checks import fact_problems
from deeptepp.datasets.manifest import Manifest, read_manifest
from deeptepp.datasets.problems import Problem, refuse
from deeptepp.datasets.subjects import named_subjects
from deeptepp.datasets.values import floats
from deeptepp.domain.clinical import CATEGORIES, RANGES
from deeptepp.domain.cohort import OS_EVENT, RFS_EVENT, SCORE, SUBJECT, Cohort
from deeptepp.tables import read_cohort

PARQUET = ".parquet"
"""End of the name of a cohort that was written before."""


@dataclass(frozen=True, slots=True, eq=False)
class Examined:
    """A cohort and all that is wrong with it.

    Parameters
    ----------
    cohort : Cohort
        Events are truth values, an unknown one False with NaN months. Where a problem refuses, the cohort is what
        could be read of it and its subjects are numbers of rows.
    problems : tuple of Problem
        Refusals and warnings.
    """

    cohort: Cohort
    problems: tuple[Problem, ...]


def examine_cohort(path: Path, *, allow_gaps: bool = False) -> Examined:
    """Read a cohort and find all that is wrong with it.

    Parameters
    ----------
    path : Path
        A table as ``read_manifest`` takes it, or a Parquet file of ``tables.write_cohort``.
    allow_gaps : bool
        Only count patients whose follow-up or treatment is unknown, instead of refusing them.

    Returns
    -------
    Examined
        The cohort with its problems, by row of the table; rows of a Parquet file are counted from 1.

    Raises
    ------
    UnreadableCohort
        The Parquet file is none.
    MissingColumn
        The Parquet file lacks a column.
    DuplicateSubject
        A subject occurs twice in the Parquet file.
    """
    if path.suffix.lower() == PARQUET:
        cohort = read_cohort(path)
        subjects = named_subjects(cohort[SUBJECT].tolist(), range(1, len(cohort) + 1))
        return Examined(cohort, (*subjects, *fact_problems(cohort, needs_follow_up=not allow_gaps)))
    manifest = read_manifest(path, with_images=False)
    facts = _fact_problems(manifest, needs_follow_up=not allow_gaps)
    problems = (*manifest.problems, *facts)
    is_refused = any(problem.is_refusal for problem in problems)
    return Examined(manifest.cohort if is_refused else _finished(manifest), problems)


def read_own_cohort(path: Path, *, allow_gaps: bool = False) -> Examined:
    """Read a cohort that has nothing wrong with it.

    Parameters
    ----------
    path : Path
        As for ``examine_cohort``.
    allow_gaps : bool
        As for ``examine_cohort``.

    Returns
    -------
    Examined
        The cohort with warnings.

    Raises
    ------
    CohortRefused
        Something is wrong; the error carries the problems.
    UnreadableCohort
        The Parquet file is none.
    MissingColumn
        The Parquet file lacks a column.
    DuplicateSubject
        A subject occurs twice in the Parquet file.
    """
    examined = examine_cohort(path, allow_gaps=allow_gaps)
    refuse(examined.problems)
    return examined


def _fact_problems(manifest: Manifest, *, needs_follow_up: bool) -> list[Problem]:
    """Find what is wrong with the facts, by row of the table."""
    if not len(manifest.cohort):
        return []
    rows = [int(row) for row in manifest.cohort[SUBJECT]]
    found = fact_problems(manifest.cohort, needs_follow_up=needs_follow_up)
    return [each.in_rows(rows) for each in found]


def _finished(manifest: Manifest) -> Cohort:
    """Give the columns the types that every analysis expects."""
    columns: dict[str, npt.NDArray[Any]] = dict(manifest.cohort.columns)
    for name in (RFS_EVENT, OS_EVENT):
        columns[name] = floats(columns[name]) == 1
    for name in columns:
        if name.endswith("_positive") or name.startswith(("is_", "had_")):
            columns[name] = floats(columns[name])
        elif name in RANGES or name == SCORE:
            columns[name] = np.asarray(columns[name], dtype=np.float64)
        elif name in CATEGORIES:
            columns[name] = np.asarray(columns[name], dtype=object)
    columns[SUBJECT] = np.array(manifest.subjects, dtype=object)
    return Cohort(columns, is_simulated=False)
