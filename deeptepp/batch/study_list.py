"""What is to be scored: the rows of a manifest, or the folders and archives of a folder."""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from deeptepp.datasets.checks import profile_problems
from deeptepp.datasets.columns.mapping import check_units
from deeptepp.datasets.columns.unit_checks import in_units, unit_problems, without_echo
from deeptepp.datasets.image_columns import ImageChoice, Images
from deeptepp.datasets.manifest import Manifest, read_manifest
from deeptepp.datasets.problems import Problem, refuse
from deeptepp.domain.clinical import CLINICAL_FACTS, ClinicalProfile
from deeptepp.domain.cohort import SUBJECT
from deeptepp.safe_files import is_junk

_ALL = frozenset({"manifest.no-subject", "cohort.duplicate-subject"})
"""Rules of single rows that refuse all: whose score it would be is not known."""


@dataclass(frozen=True, slots=True)
class ListedStudy:
    """One study to be scored, with the facts of its patient; travels to other processes."""

    images: Images
    profile: ClinicalProfile


@dataclass(frozen=True, slots=True)
class StudyList:
    """Studies of one run.

    ``subjects``: pseudonym of each row; ``studies``: those that can be tried; ``problems``: warnings, and refusals
    of the rows that cannot.
    """

    subjects: Mapping[int, str]
    studies: tuple[ListedStudy, ...]
    problems: tuple[Problem, ...] = ()


def list_studies(source: Path, *, choice: ImageChoice, units: Mapping[str, str]) -> StudyList:
    """List the studies of a manifest or a folder.

    ``choice``: phases, side and box of the studies whose rows name none; ``units``: units that a person said, by
    column. Raises CohortRefused: nothing can be scored, or a question must be answered first; BadSetting: a unit
    is none of its column.
    """
    check_units(units)
    if source.is_dir():
        return _of_folder(source, choice)
    manifest = read_manifest(source, needs_follow_up=False)
    manifest = replace(
        manifest,
        cohort=in_units(manifest.cohort, units),
        images=tuple(choice.of(images) for images in manifest.images),
    )
    problems = (*manifest.problems, *_fact_problems(manifest, units), *_regions_given(manifest.images))
    # What concerns the table, or whose row is whose, refuses all; what concerns a row refuses that row.
    refuse([each for each in problems if each.is_question or not each.rows or each.rule in _ALL])
    refused = {row for each in problems if each.is_refusal for row in each.rows}
    rows = [int(row) for row in manifest.cohort[SUBJECT]]
    return StudyList(dict(zip(rows, manifest.subjects, strict=True)), _listed(manifest, rows, refused), problems)


def _of_folder(folder: Path, choice: ImageChoice) -> StudyList:
    """Take each folder and archive for a study of which nothing else is known, in the order of their names."""
    found = sorted(path for path in folder.iterdir() if not is_junk((path.name,)))
    paths = [path for path in found if path.is_dir() or zipfile.is_zipfile(path)]
    if not paths:
        refuse([Problem.of("manifest.empty-folder")])
    images = [choice.of(Images(row, path, is_roi=False)) for row, path in enumerate(paths, start=1)]
    studies = tuple(ListedStudy(each, ClinicalProfile()) for each in images)
    return StudyList({each.row: f"study-{each.row}" for each in images}, studies)


def _fact_problems(manifest: Manifest, units: Mapping[str, str]) -> Iterator[Problem]:
    """Find what is wrong with the facts, by row of the table; follow-up is not asked for."""
    if not len(manifest.cohort):
        return
    rows = [int(row) for row in manifest.cohort[SUBJECT]]
    asked = [each for each in unit_problems(manifest.cohort, sure=units) if each.asks in CLINICAL_FACTS]
    for each in (*asked, *without_echo(profile_problems(manifest.cohort), asked)):
        yield each.in_rows(rows)


def _regions_given(images: Sequence[Images]) -> Iterator[Problem]:
    """Refuse regions of interest, of which no receipt could say what they were cut from."""
    if rows := [each.row for each in images if each.is_roi]:
        yield Problem.of("manifest.region-to-score", rows)


def _listed(manifest: Manifest, rows: Sequence[int], refused: Collection[int]) -> tuple[ListedStudy, ...]:
    """Put facts and images of each row together, but of those that are refused."""
    columns = {name: manifest.cohort[name].tolist() for name in CLINICAL_FACTS if name in manifest.cohort}
    place = {row: i for i, row in enumerate(rows)}
    return tuple(
        ListedStudy(
            images,
            ClinicalProfile.from_mapping(
                {
                    name: CLINICAL_FACTS[name].from_table(column[place[images.row]])
                    for name, column in columns.items()
                }
            ),
        )
        for images in manifest.images
        if images.row not in refused
    )
