"""A public table as a cohort, with all that was found on the way and where it comes from."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.datasets.checks import fact_problems
from deeptepp.datasets.problems import Problem
from deeptepp.datasets.public.public_table import STANDS, Facts, FollowUps, PublicTable, Words
from deeptepp.domain.cohort import ARM, HER2_POSITIVE, SOURCE, SUBJECT, Cohort
from deeptepp.domain.risk import Severity
from deeptepp.wording.sentence import joined, sentence

TUMOUR_STAGE = "tumour_stage"
"""T category, ``T1`` to ``T4``; only in cohorts whose table has it instead of a size."""

IS_METASTATIC = "is_metastatic"
"""1 where there were distant metastases at diagnosis, 0 where not, NaN where unknown."""


_ASKED = (
    *("age_years", "menopause", "tumour_size_mm", "node_stage", "stage", "grade", "er_positive", "pr_positive"),
    *("ki67_pct", "had_neoadjuvant_therapy"),
)
"""Facts of the published baseline table whose absence is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicSource:
    """Where a public table comes from and what it holds.

    ``name``: what ``read_public`` calls it; ``title``: name of the study; ``files``: names under which the table
    is published; the first that is found is read; ``licence``: of the table; ``citation``: what to cite;
    ``table_from``: where the table is to be had; ``images_from``: where the images are to be had; ``labels``: what
    a network can learn from the collection, and what not; ``rfs``: what
    counts as an RFS event, and from when the months are counted; ``os``: the same of overall survival; ``arms``:
    what is known of the anti-HER2 treatment.
    """

    name: str
    title: str
    files: tuple[str, ...]
    licence: str
    citation: str
    table_from: str
    images_from: str
    labels: str
    rfs: str
    os: str
    arms: str


_SOURCES = tomllib.loads(Path(__file__).with_name("public_sources.toml").read_text(encoding="utf-8"))


def public_source(name: str) -> PublicSource:
    """What is known of a public table by its name."""
    about = _SOURCES[name]
    return PublicSource(name=name, **about | {"files": tuple(about["files"])})


@dataclass(frozen=True, slots=True, eq=False)
class Imported:
    """A public table that was read.

    ``source``: where it comes from; ``cohort``: one row per row of the table. Months are NaN and events False
    where an endpoint is unknown. ``problems``: every quirk of the table; only warnings, with the rows of the
    table. ``first_row``: row of the table in which the first patient of the cohort stands, where it is whole.
    """

    source: PublicSource
    cohort: Cohort
    problems: tuple[Problem, ...]
    first_row: int = 2

    def her2_positive(self) -> Imported:
        """Keep the patients who are known to be HER2-positive; the problems keep the rows of the whole table."""
        return replace(self, cohort=self.cohort.where(self.cohort[HER2_POSITIVE] == 1))


def imported_of(
    source: PublicSource,
    table: PublicTable,
    subjects: Sequence[str],
    *,
    arms: Words,
    follow_up: FollowUps,
    facts: Facts,
    studies: Words | None = None,
) -> Imported:
    """Make a checked cohort of a table.

    ``follow_up``: months and whether there was an event, (n,) each; the months are NaN where either is unknown.
    ``facts``: clinical facts by column, HER2 as 1, 0 and NaN among them. ``studies``: where each patient comes
    from, if not all from ``source``.
    """
    columns: dict[str, npt.NDArray[Any]] = {
        SUBJECT: np.array(subjects, dtype=object),
        SOURCE: np.full(table.n, source.name, dtype=object) if studies is None else studies,
        ARM: arms,
    }
    for endpoint, (months, event) in follow_up.items():
        columns |= {endpoint.months: months, endpoint.event: event & np.isfinite(months)}
    her2 = facts[HER2_POSITIVE]
    columns |= {HER2_POSITIVE: her2, "her2_status": np.array([_STATUS.get(each) for each in her2], dtype=object)}
    return _vetted(source, Cohort(columns | facts, is_simulated=False), table)


_STATUS = {1.0: "positive", 0.0: "negative"}


def _vetted(source: PublicSource, cohort: Cohort, table: PublicTable) -> Imported:
    """Check a cohort like any other and tell what is wrong, without a refusal.

    With the problems of the adapter first. A rule that the adapter told is not told again.
    """
    table.warn("public.definition", rfs=source.rfs, os=source.os)
    table.warn("public.arm", arms=source.arms)
    absent = [name for name in _ASKED if name not in cohort]
    if absent:
        table.warn("public.not-recorded", absent=joined(", ", absent))
    told = {problem.rule for problem in table.problems}
    for problem in fact_problems(cohort, needs_follow_up=False, first_row=table.first_row):
        if problem.rule in told and not problem.rule.startswith("cohort.absent"):
            continue
        counted = (
            sentence(" ({n} of {total} patients.)", n=len(problem.rows), total=table.n) if problem.rows else ""
        )
        remedy = STANDS if problem.rows else problem.remedy
        found = problem.found + counted
        table.problems.append(replace(problem, severity=Severity.WARNING, found=found, remedy=remedy))
    return Imported(source, cohort, tuple(table.problems), table.first_row)
