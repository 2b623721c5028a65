"""A table of patients that a centre wrote: facts, follow-up and, for training, where each patient's images are."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.datasets.cells import UNKNOWN, RawTable, event_of, flag_of, mend_numbers, number_of, read_table
from deeptepp.datasets.columns.mapped import apply_mapping
from deeptepp.datasets.columns.mapping import Mapping as ColumnMapping
from deeptepp.datasets.columns.sheets import read_sheet
from deeptepp.datasets.image_columns import IMAGE_COLUMNS, ROI, STUDY, Images, images_of
from deeptepp.datasets.problems import Problem
from deeptepp.datasets.raw_cells import is_workbook
from deeptepp.datasets.subjects import named_subjects
from deeptepp.domain.clinical import CATEGORIES, CLINICAL_FACTS, RANGES
from deeptepp.domain.cohort import (
    ARM,
    FIRST_EVENT,
    HER2_POSITIVE,
    REQUIRED,
    SCORE,
    SCORE_MODEL,
    SOURCE,
    SUBJECT,
    TIER,
    Cohort,
    Endpoint,
)
from deeptepp.domain.progress import checkpoint
from deeptepp.wording.sentence import joined, sentence

_EVENTS = tuple(endpoint.event for endpoint in Endpoint)
_MONTHS = tuple(endpoint.months for endpoint in Endpoint)

_OPTIONAL = tuple(name for endpoint in Endpoint if not endpoint.is_required for name in endpoint.columns)

FACTS = (*REQUIRED, *_OPTIONAL, FIRST_EVENT, SOURCE, *CLINICAL_FACTS)
"""Columns of facts and follow-up."""

SCORED = (SCORE, SCORE_MODEL, TIER)
"""Columns of a cohort that was scored elsewhere; never read where a network is to be trained."""

_NUMBERS = (*_MONTHS, *RANGES, SCORE)
_WORDS = (ARM, FIRST_EVENT, SOURCE, SCORE_MODEL, TIER, *CATEGORIES)


@dataclass(frozen=True, slots=True, eq=False)
class Manifest:
    """What a manifest says.

    ``cohort``: facts and follow-up, (n,); the subjects are numbers of rows. Cells that could not be read are
    unknown. ``subjects``: the subjects as they are written, n of them; ``images``: of the rows whose images are
    named properly; ``sha256``: digest of the file; ``problems``: what is wrong with the table itself; ``about``:
    where the table comes from, for the description of the dataset; empty for a centre's own.
    """

    cohort: Cohort
    subjects: tuple[str, ...]
    images: tuple[Images, ...]
    sha256: str
    problems: tuple[Problem, ...]
    about: Mapping[str, Any] = field(default_factory=dict)


def read_manifest(path: Path, *, with_images: bool = True, needs_follow_up: bool = True) -> Manifest:
    """Read a manifest and collect what is wrong with it.

    ``path``: CSV in UTF-8, separated by commas, semicolons or tabs, or an Excel workbook; paths in it are relative
    to its folder; ``with_images``: whether every patient needs images. Without, columns of images are passed over,
    and scores and tiers are read; ``needs_follow_up``: whether treatment and outcome are; the columns are passed
    over where not. With its problems; of no patients where the table cannot be read at all.
    """
    content = path.read_bytes() if path.is_file() else b""
    known = (*FACTS, *IMAGE_COLUMNS, *(() if with_images else SCORED))
    table = read_table(content, known, is_workbook=is_workbook(path))
    if table.header:
        required = REQUIRED if needs_follow_up else (SUBJECT,)
        table.problems.extend(_header_problems(table.header, known, required, with_images=with_images))
    mend_numbers(table, _NUMBERS if needs_follow_up else tuple(RANGES))
    images, image_problems = images_of(table, path.parent) if with_images else ((), [])
    table.problems.extend(image_problems)
    return manifest_of(table, hashlib.sha256(content).hexdigest(), images)


def read_mapped_manifest(path: Path, mapping: ColumnMapping) -> Manifest:
    """Read a table in somebody else's columns; those that say where the images are have our names in it.

    ``path``: CSV or Excel table; ``mapping``: what its other columns are. With the problems of the table, and what
    the mapping leaves open as questions. Raises UnreadableCohort where the file is no table.
    """
    content = path.read_bytes()
    sheet = read_sheet(content, is_workbook=is_workbook(path), sheet=mapping.sheet)
    places = {name: cells for name, cells in sheet.columns.items() if name in IMAGE_COLUMNS}
    others = {name: cells for name, cells in sheet.columns.items() if name not in places}
    table = apply_mapping(replace(sheet, columns=others), mapping).table
    table.columns.update({name: list(cells) for name, cells in places.items()})
    if STUDY not in places and ROI not in places:
        table.problems.append(Problem.of("manifest.missing-column/images", column=STUDY, other=ROI))
    images, problems = images_of(table, path.parent)
    table.problems.extend(problems)
    return manifest_of(table, hashlib.sha256(content).hexdigest(), images)


def manifest_of(table: RawTable, sha256: str, images: tuple[Images, ...] = ()) -> Manifest:
    """Make a manifest of a table that was read.

    ``table``: cells by our columns, and what is wrong with them. With the problems of the table and those of its
    subjects.
    """
    subjects = tuple(table.cells(SUBJECT))
    problems = (*table.problems, *_subject_problems(table, subjects))
    return Manifest(_cohort(table), subjects, images, sha256, problems)


def _header_problems(
    header: Sequence[str], known: Sequence[str], required: Sequence[str], *, with_images: bool
) -> Iterator[Problem]:
    """Check the names of the columns."""
    missing = [name for name in required if name not in header]
    if missing:
        yield Problem.of("manifest.missing-column", column=joined(", ", missing))
    if with_images and STUDY not in header and ROI not in header:
        yield Problem.of("manifest.missing-column/images", column=STUDY, other=ROI)
    twice = sorted({name for name in header if name in known and header.count(name) > 1})
    if twice:
        yield Problem.of("manifest.duplicate-column", column=joined(", ", twice))
    # A table without a header has a patient there: positions are told, never the cells.
    unknown = [(i, name) for i, name in enumerate(header, start=1) if name not in known]
    if unknown:
        near = {i: get_close_matches(name, known, n=1, cutoff=0.8) for i, name in unknown}
        words = [
            sentence("{n} (perhaps {column})", n=i, column=close[0]) if close else str(i)
            for i, close in near.items()
        ]
        yield Problem.of("manifest.unknown-column", names=joined(", ", words))


def _subject_problems(table: RawTable, subjects: Sequence[str]) -> Iterator[Problem]:
    """Check that every patient has a name of her own."""
    if SUBJECT not in table.columns:
        return
    by_name = defaultdict(list)
    for row, subject in zip(table.rows, subjects, strict=True):
        by_name[subject].append(row)
    absent = by_name.pop("", [])
    if absent:
        yield Problem.of("manifest.no-subject", absent, column=SUBJECT)
    twice = [row for rows in by_name.values() if len(rows) > 1 for row in rows]
    if twice:
        yield Problem.of("cohort.duplicate-subject", twice)
    yield from named_subjects(subjects, table.rows)


def _cohort(table: RawTable) -> Cohort:
    """Turn the cells into columns of a cohort."""
    columns: dict[str, npt.NDArray[Any]] = {SUBJECT: np.array([str(row) for row in table.rows], dtype=object)}
    for name in (*FACTS[1:], *SCORED):
        if name in table.columns or name in REQUIRED:
            columns[name] = _column(name, table.cells(name))
    if "her2_status" in columns:
        status = columns["her2_status"].tolist()
        columns[HER2_POSITIVE] = np.array([np.nan if s is None else float(s == "positive") for s in status])
    return Cohort(columns, is_simulated=False)


def _column(name: str, cells: Sequence[str]) -> npt.NDArray[Any]:
    """Parse one column; what cannot be parsed stays text, so that the checks refuse it."""
    checkpoint()
    if name in _WORDS:
        words = [None if cell.lower() in UNKNOWN else cell for cell in cells]
        return np.array(["" if word is None and name == ARM else word for word in words], dtype=object)
    if name in _EVENTS:
        return np.array([event_of(cell) for cell in cells], dtype=np.float64)
    if name in _NUMBERS:
        values = [number_of(cell) for cell in cells]
        is_text = any(isinstance(value, str) for value in values)
        return np.array(values, dtype=object if is_text else np.float64)
    return np.array([flag_of(cell) for cell in cells], dtype=object)
