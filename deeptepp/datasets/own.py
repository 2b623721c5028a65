"""A centre's own cohort without images: read from a table or from Parquet, and checked."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping as Mapped
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.datasets.checks import fact_problems
from deeptepp.datasets.cohort_values import floats
from deeptepp.datasets.columns.column_names import WANTED
from deeptepp.datasets.columns.column_preview import Preview
from deeptepp.datasets.columns.guess import guess_mapping, use_of
from deeptepp.datasets.columns.mapped import apply_mapping
from deeptepp.datasets.columns.mapping import MONTHS, Mapping, check_units
from deeptepp.datasets.columns.sheets import Sheet, read_sheet
from deeptepp.datasets.columns.unit_checks import in_units, unit_problems, with_units
from deeptepp.datasets.manifest import Manifest, manifest_of, read_manifest
from deeptepp.datasets.problems import Problem, refuse
from deeptepp.datasets.public.registry import recognised
from deeptepp.datasets.raw_cells import is_workbook
from deeptepp.datasets.subjects import named_subjects
from deeptepp.domain.clinical import CATEGORIES, FLAGS, RANGES
from deeptepp.domain.cohort import HER2_POSITIVE, REQUIRED, SCORE, SUBJECT, Cohort
from deeptepp.errors import UnreadableCohort
from deeptepp.tables import read_cohort
from deeptepp.wording.sentence import Verbatim, joined

PARQUET = ".parquet"
"""End of the name of a cohort that was written before."""

_MISREAD = frozenset(("manifest.missing-column", "manifest.encoding", "manifest.unreadable"))
"""Rules of a table that is not ours, or not written as ours are."""

_AS_NAMED: Mapped[str, str] = MappingProxyType({})
"""Units as the names of the columns say."""


@dataclass(frozen=True, slots=True, eq=False)
class Examined:
    """A cohort and all that is wrong with it.

    ``cohort``: events are truth values, an unknown one False with NaN months. Where a problem refuses, the cohort
    is what could be read of it and its subjects are numbers of rows. ``problems``: Questions, refusals and
    warnings; ``preview``: what became of each column; none without a mapping.
    """

    cohort: Cohort
    problems: tuple[Problem, ...]
    preview: tuple[Preview, ...] = ()


def examine_cohort(
    path: Path, *, allow_gaps: bool = False, mapping: Mapping | None = None, units: Mapped[str, str] = _AS_NAMED
) -> Examined:
    """Read a cohort and find all that is wrong with it.

    ``path``: a table in our columns as ``read_manifest`` takes it, any table with a mapping, or a Parquet file of
    ``tables.write_cohort``; ``allow_gaps``: only count patients whose follow-up or treatment is unknown, instead
    of refusing them; ``mapping``: what the columns of the table are, where they are somebody else's; ``units``:
    units that a person said, by our columns: they are not asked. Gives the cohort with its problems, by row of the
    table; rows of a Parquet file are counted from 1. Raises UnreadableCohort where the Parquet file is none, or a
    table with a mapping is none; MissingColumn where the Parquet file lacks a column; DuplicateSubject where a
    subject occurs twice in the Parquet file; BadSetting where a unit is none of its column.
    """
    check_units(units)
    if path.suffix.lower() == PARQUET:
        cohort = in_units(read_cohort(path), units)
        subjects = named_subjects(cohort[SUBJECT].tolist(), range(1, len(cohort) + 1))
        facts = with_units(cohort, fact_problems(cohort, needs_follow_up=not allow_gaps), sure=units)
        return Examined(cohort, (*subjects, *facts))
    if mapping is not None:
        return _examined_by(path, mapping, units, allow_gaps=allow_gaps)
    manifest = read_manifest(path, with_images=False)
    if _MISREAD & {problem.rule for problem in manifest.problems}:
        return _examined_anew(path, manifest, units, allow_gaps=allow_gaps)
    manifest = replace(manifest, cohort=in_units(manifest.cohort, units))
    return _checked(manifest, sure=units, allow_gaps=allow_gaps)


def examine_mapped(sheet: Sheet, mapping: Mapping, *, sha256: str = "", allow_gaps: bool = False) -> Examined:
    """Read a cohort from somebody else's table.

    With the preview of what became of every column. While a question of the mapping is open, nothing else of the
    facts is looked at.
    """
    applied = apply_mapping(sheet, mapping)
    manifest = manifest_of(applied.table, sha256)
    if applied.questions:
        return Examined(manifest.cohort, manifest.problems, applied.preview)
    # Months that were counted from days are in no doubt.
    days = [name for name in MONTHS if name not in mapping.uses]
    sure = [*days, *(target for target, use in mapping.uses.items() if use.is_sure)]
    return replace(_checked(manifest, sure=sure, allow_gaps=allow_gaps), preview=applied.preview)


def _examined_by(path: Path, mapping: Mapping, units: Mapped[str, str], *, allow_gaps: bool) -> Examined:
    """Read a file by a mapping."""
    for target, unit in units.items():
        mapping = mapping.with_unit(target, unit)
    content = path.read_bytes()
    sheet = read_sheet(content, is_workbook=is_workbook(path), sheet=mapping.sheet)
    return examine_mapped(sheet, mapping, sha256=sha256(content).hexdigest(), allow_gaps=allow_gaps)


def _checked(manifest: Manifest, *, sure: Collection[str], allow_gaps: bool) -> Examined:
    """Check the facts of a table and finish its columns where nothing refuses."""
    facts = _fact_problems(manifest, needs_follow_up=not allow_gaps, sure=sure)
    problems = (*manifest.problems, *facts, *_events_alone(manifest.cohort))
    is_refused = any(problem.is_refusal for problem in problems)
    return Examined(manifest.cohort if is_refused else _finished(manifest), problems)


def _events_alone(cohort: Cohort) -> list[Problem]:
    """Refuse a table that gives a time to those alone who had the event: survival would fall to nothing."""
    problems = []
    for endpoint in cohort.endpoints if len(cohort) else ():
        event, is_known = floats(cohort[endpoint.event]) == 1, np.isfinite(floats(cohort[endpoint.months]))
        n_free, n_timed = int((~event).sum()), int((~event & is_known).sum())
        if not event.any() or is_known[event].mean() < _MOSTLY_TIMED or n_timed >= _MOSTLY_FREE * n_free:
            continue
        n, name = int((event & is_known).sum()), endpoint.months
        problems.append(Problem.of("cohort.events-alone", column=name, n=n, m=n_timed, total=n_free))
    return problems


_MOSTLY_TIMED, _MOSTLY_FREE = 0.9, 0.5
"""Shares of patients with a known time, of those with and those without the event, that are believed together."""


def own_mapping(sheet: Sheet) -> Mapping | None:
    """Give the mapping of a table that has our columns.

    None where a required column is absent.
    """
    if not set(REQUIRED) <= set(sheet.columns):
        return None
    uses = {name: use_of(name, name, sheet) for name in WANTED if name in sheet.columns}
    return Mapping(uses=uses, sheet=sheet.name)


def _examined_anew(path: Path, manifest: Manifest, units: Mapped[str, str], *, allow_gaps: bool) -> Examined:
    """Look for our columns on another sheet or in another encoding; else say what the table is."""
    public = recognised(path)
    if public is not None:
        told = Problem.of("cohort.public-table", title=public.title, name=public.name)
        return Examined(manifest.cohort, (told,))
    try:
        sheet = read_sheet(path.read_bytes(), is_workbook=is_workbook(path))
    except (UnreadableCohort, OSError):
        return _checked(manifest, sure=units, allow_gaps=allow_gaps)
    mapping = own_mapping(sheet)
    if mapping is not None:
        for target, unit in units.items():
            mapping = mapping.with_unit(target, unit)
        return examine_mapped(sheet, mapping, allow_gaps=allow_gaps)
    named = sorted(set(guess_mapping(sheet).uses))
    foreign = [name for name in sheet.columns if name not in WANTED]
    # Where all names are ours, some are missing, which the table's own problems say.
    if not named or not foreign:
        return _checked(manifest, sure=units, allow_gaps=allow_gaps)
    told = Problem.of("cohort.other-columns", names=joined(", ", map(Verbatim, foreign)))
    # Which of our columns is absent is told where some are there.
    hidden = {"manifest.unknown-column", *_MISREAD}
    hidden -= {"manifest.missing-column"} if set(REQUIRED) & set(sheet.columns) else set()
    kept = [each for each in manifest.problems if each.rule not in hidden]
    return _checked(replace(manifest, problems=(told, *kept)), sure=units, allow_gaps=allow_gaps)


def read_own_cohort(
    path: Path, *, allow_gaps: bool = False, mapping: Mapping | None = None, units: Mapped[str, str] = _AS_NAMED
) -> Examined:
    """Read a cohort that has nothing wrong with it.

    Raises CohortRefused: something is wrong; the error carries the problems; UnreadableCohort: the Parquet file is
    none; MissingColumn: the Parquet file lacks a column; DuplicateSubject: a subject occurs twice in the Parquet
    file.
    """
    examined = examine_cohort(path, allow_gaps=allow_gaps, mapping=mapping, units=units)
    refuse(examined.problems)
    return examined


def read_written_cohort(path: Path, *, units: Mapped[str, str] = _AS_NAMED) -> Cohort:
    """Read a Parquet cohort as it is, and only ask for units that its numbers speak against.

    ``path``: a file of ``tables.write_cohort``, such as an imported public table with all its quirks. Raises
    CohortRefused where a unit is asked; UnreadableCohort where the file is none; MissingColumn where it lacks a
    column; DuplicateSubject where a subject occurs twice.
    """
    check_units(units)
    cohort = in_units(read_cohort(path), units)
    refuse([problem for problem in unit_problems(cohort, sure=units) if problem.is_question])
    return cohort


def _fact_problems(manifest: Manifest, *, needs_follow_up: bool, sure: Collection[str]) -> list[Problem]:
    """Find what is wrong with the facts, by row of the table."""
    if not len(manifest.cohort):
        return []
    rows = [int(row) for row in manifest.cohort[SUBJECT]]
    found = fact_problems(manifest.cohort, needs_follow_up=needs_follow_up)
    return [each.in_rows(rows) for each in with_units(manifest.cohort, found, sure=sure)]


def _finished(manifest: Manifest) -> Cohort:
    """Give the columns the types that every analysis expects."""
    columns: dict[str, npt.NDArray[Any]] = dict(manifest.cohort.columns)
    for endpoint in manifest.cohort.endpoints:
        columns[endpoint.event] = floats(columns[endpoint.event]) == 1
    for name in columns:
        if name in FLAGS or name == HER2_POSITIVE:
            columns[name] = floats(columns[name])
        elif name in RANGES or name == SCORE:
            columns[name] = np.asarray(columns[name], dtype=np.float64)
        elif name in CATEGORIES:
            columns[name] = np.asarray(columns[name], dtype=object)
    columns[SUBJECT] = np.array(manifest.subjects, dtype=object)
    return Cohort(columns, is_simulated=False)
