"""A public collection as its archive delivers it, as a manifest of those who can be learnt from, and their images.

The table is read by its adapter; patients without the label, or whose facts contradict one another, are left out,
each told; the others are looked for in the folder. What experts drew goes with the images: boxes of Duke by their
workbook, outlines of MAMA-MIA as they lie beside the phases.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.datasets.checks import fact_problems
from deeptepp.datasets.cohort_values import floats
from deeptepp.datasets.image_columns import Images
from deeptepp.datasets.manifest import Manifest
from deeptepp.datasets.problems import Problem
from deeptepp.datasets.public.imported import IS_METASTATIC, Imported
from deeptepp.datasets.public.public_table import read_workbook
from deeptepp.datasets.public.registry import ADAPTERS, read_public
from deeptepp.domain.cohort import HER2_POSITIVE, RFS_EVENT, RFS_MONTHS, SUBJECT, Cohort
from deeptepp.domain.lesion import SliceBox
from deeptepp.errors import BadSetting, UnknownPublicCohort, UnreadableCohort
from deeptepp.wording.sentence import Verbatim, listed, sentence

LABELS = (RFS_EVENT, HER2_POSITIVE)
"""What a network may learn from a collection."""

_DEEPEST = 4
"""Levels below the folder at which patients are looked for: manifest, collection, patient."""

_Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveLayout:
    """Where the archive of a collection keeps the images of a patient.

    ``names``: names of her folder or zip, by patterns of her subject and what stands for it; ``first``: what the
    folder of the first examination is called, where she has several; ``series``: what the folder of the dynamic
    series is called; ``boxes``: workbook with a reader's box of each patient.
    """

    names: tuple[tuple[str, str], ...] = ((r"^", ""),)
    first: str = ""
    series: str = ""
    boxes: str = ""


LAYOUTS: Mapping[str, ArchiveLayout] = {
    "duke": ArchiveLayout(boxes="Annotation_Boxes.xlsx"),
    "mama-mia": ArchiveLayout(),
    "ispy2": ArchiveLayout(
        names=((r"^", ""), (r"^ISPY2-", "ACRIN-6698-")), first=r"T0(?!\d)", series=r"original DCE"
    ),
}
"""Collections whose images can be taken as they are delivered."""


def read_collection(name: str, folder: Path, *, label: str = RFS_EVENT) -> Manifest:
    """Read a collection as it was downloaded.

    ``folder``: holds the published table and, at most four levels down, a folder or zip of each patient;
    ``label``: one of ``LABELS``; for recurrence the HER2-positive patients without distant metastasis whose RFS is
    known are kept. Gives a manifest whose rows are those of the table; whom it leaves out is told. Raises
    UnknownPublicCohort: no collection of this name has images; BadSetting: there is no such label;
    UnreadableCohort, MissingColumn: the table is absent or is another one.
    """
    if name not in LAYOUTS:
        raise UnknownPublicCohort(value=name, limit=", ".join(LAYOUTS))
    if label not in LABELS:
        raise BadSetting(key="label", value=label, limit=listed(LABELS, last="or"))
    table = _table(folder, ADAPTERS[name].source.files)
    imported = read_public(name, table)
    chosen = _Choice(imported)
    for rule, wrong in _without(imported.cohort, label):
        chosen.leave_out(rule, wrong)
    is_anybody = bool(chosen.kept.any())
    images: dict[int, Images] = {}
    if is_anybody:
        chosen.leave_out_contradictory()
        images = _find_images(chosen, folder, LAYOUTS[name])
    chosen.sum_up(label, is_anybody=is_anybody)
    source = imported.source
    about: dict[str, Any] = {
        "collection": asdict(source) | {"files": list(source.files)},
        "prepared_for": label,
        # What the card and the checklists of a model quote.
        "study": {
            "setting": source.title,
            "data_availability": f"{source.table_from}. Licence: {source.licence}. Cite: {source.citation}.",
            "outcome_assessment": f"RFS: {source.rfs}",
        },
    }
    return _manifest(chosen, images, hashlib.sha256(table.read_bytes()).hexdigest(), about)


@dataclass(slots=True)
class _Choice:
    """Who is kept of a table, and why the others are not.

    ``kept``: (n,) bool; ``problems``: only warnings, with rows of the table.
    """

    imported: Imported
    kept: _Bools = field(init=False)
    problems: list[Problem] = field(init=False)

    def __post_init__(self) -> None:
        self.kept = np.ones(len(self.imported.cohort), dtype=bool)
        # What is common to all cohorts is told anew of those who are kept.
        self.problems = [p for p in self.imported.problems if not p.rule.startswith(("cohort.", "clinical."))]

    def rows(self, which: _Bools) -> list[int]:
        """Rows of the table of some patients, (n,)."""
        return [int(i) + self.imported.first_row for i in np.flatnonzero(which)]

    def leave_out(self, rule: str, wrong: _Bools, found: str = "") -> None:
        """Leave out those of whom a rule speaks, (n,), who were not left out before."""
        wrong = wrong & self.kept
        if wrong.any():
            n, total = int(wrong.sum()), len(wrong)
            told = Problem.of(f"collection.{rule}", self.rows(wrong), n=n, total=total, found=found)
            self.problems.append(told)
        self.kept = self.kept & ~wrong

    def leave_out_contradictory(self) -> None:
        """Leave out patients whose facts training would refuse."""
        places = np.flatnonzero(self.kept)
        for problem in fact_problems(self.imported.cohort.where(self.kept), needs_follow_up=False, first_row=0):
            if problem.is_refusal and problem.rows:
                wrong = np.zeros(len(self.kept), dtype=bool)
                wrong[places[list(problem.rows)]] = True
                self.leave_out("left-out/facts", wrong, found=problem.found)

    def sum_up(self, label: str, *, is_anybody: bool) -> None:
        """Tell how many are left and what can be learnt of them; refuse where that is nobody."""
        n, total, source = int(self.kept.sum()), len(self.kept), self.imported.source
        n_events = int((floats(self.imported.cohort[label])[self.kept] == 1).sum())
        rule = "collection.kept" if n else "collection.nobody/images" if is_anybody else "collection.nobody"
        title = Verbatim(source.title)
        self.problems.insert(0, Problem.of(rule, n=n, total=total, m=n_events, title=title, labels=source.labels))


def _without(cohort: Cohort, label: str) -> Iterator[tuple[str, _Bools]]:
    """Who lacks the label, or is not of the population, by rule, (n,) each."""
    her2 = floats(cohort[HER2_POSITIVE])
    if label == HER2_POSITIVE:
        yield "left-out/her2-unknown", np.isnan(her2)
        return
    yield "left-out/her2", her2 != 1
    if IS_METASTATIC in cohort:
        yield "left-out/metastatic", floats(cohort[IS_METASTATIC]) == 1
    yield "left-out/follow-up", ~np.isfinite(floats(cohort[RFS_MONTHS]))


def _find_images(choice: _Choice, folder: Path, layout: ArchiveLayout) -> dict[int, Images]:
    """Find the images of those who are kept; whoever has none, or several, is left out. By position."""
    subjects = choice.imported.cohort[SUBJECT].tolist()
    places = _places(folder, [subjects[i] for i in np.flatnonzero(choice.kept)], layout)
    counts = np.array([len(places[subject]) for subject in subjects])
    choice.leave_out("images-absent", counts == 0)
    choice.leave_out("left-out/images-twice", counts > 1)
    # Of several examinations the first is that before treatment.
    paths = {i: _first_examination(places[subjects[i]][0], layout) for i in np.flatnonzero(choice.kept).tolist()}
    choice.leave_out(
        "left-out/no-baseline", _among(len(subjects), [i for i, path in paths.items() if path is None])
    )
    boxes = _boxes(folder, layout)
    if layout.boxes:
        lacking = [i for i in np.flatnonzero(choice.kept).tolist() if subjects[i] not in boxes]
        if lacking:
            choice.problems.append(Problem.of("collection.no-box", choice.rows(_among(len(subjects), lacking))))
    first_row = choice.imported.first_row
    return {
        i: Images(i + first_row, path, is_roi=False, slice_box=boxes.get(subjects[i]))
        for i, path in paths.items()
        if path is not None
    }


def _among(n: int, places: Sequence[int]) -> _Bools:
    """Mark places, (n,)."""
    return np.isin(np.arange(n), places)


def _places(folder: Path, subjects: Sequence[str], layout: ArchiveLayout) -> dict[str, list[Path]]:
    """Find the folders and zips that bear the name of a patient, whatever the case of the letters."""
    named = {
        re.sub(pattern, standing, subject).lower(): subject
        for subject in subjects
        for pattern, standing in layout.names
    }
    found: dict[str, list[Path]] = defaultdict(list)
    for root, folders, files in os.walk(folder):
        zips = [name for name in files if name.lower().endswith(".zip")]
        for name in sorted([*folders, *zips]):
            subject = named.get(name.lower().removesuffix(".zip"))
            if subject is not None:
                found[subject].append(Path(root, name))
        # Below a patient, and deeper than archives go, there are only her own files.
        is_deep = len(Path(root).relative_to(folder).parts) + 1 >= _DEEPEST
        folders[:] = [] if is_deep else [name for name in folders if name.lower() not in named]
    return found


def _first_examination(place: Path, layout: ArchiveLayout) -> Path | None:
    """Find the folder of the first examination, or of its dynamic series; None where it is not known."""
    if not layout.first or place.is_file():
        return place
    examinations = sorted(path for path in place.iterdir() if path.is_dir())
    first = [path for path in examinations if re.search(layout.first, path.name)] or examinations
    if len(first) != 1:
        return None
    series = [path for path in first[0].iterdir() if path.is_dir() and re.search(layout.series, path.name)]
    return series[0] if len(series) == 1 else first[0]


def _boxes(folder: Path, layout: ArchiveLayout) -> dict[str, SliceBox]:
    """Read the readers' boxes, by subject; none where the archive has no workbook of them."""
    path = _file_in(folder, layout.boxes) if layout.boxes else None
    if path is None:
        return {}
    table = read_workbook(path)
    edges = [f"{end} {name}" for name in ("Row", "Column", "Slice") for end in ("Start", "End")]
    table.require(("Patient ID", *edges))
    numbers = np.stack([table.numbers(name) for name in edges], axis=1)
    return {
        subject: SliceBox((r0, r1), (c0, c1), (s0, s1))
        for subject, row in zip(table.columns["Patient ID"], numbers, strict=True)
        if np.isfinite(row).all()
        for r0, r1, c0, c1, s0, s1 in [[int(value) for value in row]]
    }


def _table(folder: Path, names: Sequence[str]) -> Path:
    """Find the published table."""
    path = next((found for name in names if (found := _file_in(folder, name)) is not None), None)
    if path is None:
        raise UnreadableCohort(reason=sentence("the folder holds no {files}", files=listed(names, last="or")))
    return path


def _file_in(folder: Path, name: str) -> Path | None:
    """Find a file in the folder or in a folder of it."""
    return next((path for path in (folder / name, *sorted(folder.glob(f"*/{name}"))) if path.is_file()), None)


def _manifest(choice: _Choice, images: Mapping[int, Images], sha256: str, about: dict[str, Any]) -> Manifest:
    """Make a manifest of those who are left, whose subjects in the cohort are rows of the table."""
    kept = choice.imported.cohort.where(choice.kept)
    rows = np.array([str(row) for row in choice.rows(choice.kept)], dtype=object)
    cohort = kept.with_columns(**{SUBJECT: rows})
    subjects = tuple(str(subject) for subject in kept[SUBJECT])
    kept_images = tuple(images[i] for i in np.flatnonzero(choice.kept).tolist())
    return Manifest(cohort, subjects, kept_images, sha256, tuple(choice.problems), about)
