"""A public table as a cohort, with all that was found on the way and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from deeptepp.datasets.checks import fact_problems
from deeptepp.datasets.problems import Problem
from deeptepp.datasets.public.public_table import STANDS, PublicTable
from deeptepp.domain.cohort import HER2_POSITIVE, Cohort, Endpoint, FollowUp

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

    Parameters
    ----------
    name : str
        What ``read_public`` calls it.
    title : str
        Name of the study.
    files : tuple of str
        Names under which the table is published; the first that is found is read.
    licence : str
        Of the table.
    citation : str
        What to cite.
    table_from : str
        Where the table is to be had.
    images_from : str
        Where the images are to be had.
    rfs : str
        What counts as an RFS event, and from when the months are counted.
    os : str
        The same of overall survival.
    arms : str
        What is known of the anti-HER2 treatment.
    """

    name: str
    title: str
    files: tuple[str, ...]
    licence: str
    citation: str
    table_from: str
    images_from: str
    rfs: str
    os: str
    arms: str


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """The patients of whom an endpoint is known.

    Parameters
    ----------
    cohort : Cohort
        These patients, (n,).
    follow_up : FollowUp
        Their times and events, (n,).
    n_left_out : int
        Patients without.
    """

    cohort: Cohort
    follow_up: FollowUp
    n_left_out: int


@dataclass(frozen=True, slots=True, eq=False)
class Imported:
    """A public table that was read.

    Parameters
    ----------
    source : PublicSource
        Where it comes from.
    cohort : Cohort
        One row per row of the table. Months are NaN and events False where an endpoint is unknown.
    problems : tuple of Problem
        Every quirk of the table; only warnings, with the rows of the table.
    """

    source: PublicSource
    cohort: Cohort
    problems: tuple[Problem, ...]

    def with_follow_up(self, endpoint: Endpoint = Endpoint.RFS) -> Followed:
        """Keep the patients of whom an endpoint is known.

        Parameters
        ----------
        endpoint : Endpoint
            The endpoint.

        Returns
        -------
        Followed
            Possibly of nobody.
        """
        chosen = np.isfinite(self.cohort[endpoint.months])
        kept = self.cohort.where(chosen)
        return Followed(kept, kept.follow_up(endpoint), int((~chosen).sum()))

    def her2_positive(self) -> Imported:
        """Keep the patients who are known to be HER2-positive; the problems keep the rows of the whole table."""
        return replace(self, cohort=self.cohort.where(self.cohort[HER2_POSITIVE] == 1))


def vetted(source: PublicSource, cohort: Cohort, table: PublicTable) -> Imported:
    """Check a cohort like any other and tell what is wrong, without a refusal.

    Parameters
    ----------
    source : PublicSource
        Where the table comes from.
    cohort : Cohort
        One row per row of the table.
    table : PublicTable
        With what its adapter found.

    Returns
    -------
    Imported
        With the problems of the adapter first. A rule that the adapter told is not told again.
    """
    table.warn("public.definition", f"RFS here: {source.rfs} OS here: {source.os}", "Read results by it.")
    table.warn("public.arm", source.arms, "Read comparisons of arms by it.")
    absent = [name for name in _ASKED if name not in cohort]
    if absent:
        table.warn(
            "public.not-recorded", f"The table does not have {', '.join(absent)}.", "Unknown for everybody."
        )
    told = {problem.rule for problem in table.problems}
    for problem in fact_problems(cohort, needs_follow_up=False, first_row=table.first_row):
        if problem.rule in told and not problem.rule.startswith("cohort.absent"):
            continue
        counted = f" ({len(problem.rows)} of {table.n} patients.)" if problem.rows else ""
        remedy = STANDS if problem.rows else problem.remedy
        table.problems.append(Problem.warning(problem.rule, problem.found + counted, remedy, problem.rows))
    return Imported(source, cohort, tuple(table.problems))
