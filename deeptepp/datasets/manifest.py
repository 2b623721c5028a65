"""A CSV table of patients: facts, follow-up and where each patient's images are.

Nothing is trusted and nothing stops at the first mistake: what is wrong is collected as problems by row. A row has
the number that a spreadsheet gives it: the header is row 1.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.datasets.checks import PROFILE_FIELDS
from deeptepp.datasets.problems import Problem
from deeptepp.domain.clinical import CATEGORIES, RANGES
from deeptepp.domain.cohort import (
    ARM,
    FIRST_EVENT,
    HER2_POSITIVE,
    OS_EVENT,
    OS_MONTHS,
    RFS_EVENT,
    RFS_MONTHS,
    SOURCE,
    SUBJECT,
    Cohort,
)
from deeptepp.domain.lesion import BoxMm

STUDY, ROI, PHASE_INDEX = "study", "roi", "phase_index"
BOX = ("box_low_x_mm", "box_low_y_mm", "box_low_z_mm", "box_high_x_mm", "box_high_y_mm", "box_high_z_mm")
REQUIRED = (SUBJECT, ARM, RFS_MONTHS, RFS_EVENT, OS_MONTHS, OS_EVENT)
COLUMNS = (*REQUIRED, FIRST_EVENT, SOURCE, *PROFILE_FIELDS, STUDY, ROI, PHASE_INDEX, *BOX)
"""Every column that is read."""

FIRST_ROW = 2
"""Number of the first patient's row."""

_DELIMITERS = ",;\t"
_UNKNOWN = frozenset({"", "na", "n/a", "nan", "unknown"})
_TRUE, _FALSE = frozenset({"1", "1.0", "true", "yes"}), frozenset({"0", "0.0", "false", "no"})
_NUMBERS = (RFS_MONTHS, OS_MONTHS, *RANGES)
_EVENTS = (RFS_EVENT, OS_EVENT)
_WORDS = (ARM, FIRST_EVENT, SOURCE, *CATEGORIES)


@dataclass(frozen=True, slots=True)
class Images:
    """Where the images of one patient are.

    Parameters
    ----------
    row : int
        Row of the manifest.
    path : Path
        A study (zip, folder or DICOM file), or a region of interest.
    is_roi : bool
        Whether it is a region of interest.
    box : BoxMm or None
        A reader's box around the tumour; the detector looks for it where there is none.
    phase_index : int or None
        Post-contrast phase that a reader chose.
    """

    row: int
    path: Path
    is_roi: bool
    box: BoxMm | None = None
    phase_index: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Manifest:
    """What a manifest says.

    Parameters
    ----------
    cohort : Cohort
        Facts and follow-up, (n,); the subjects are numbers of rows. Cells that could not be read are unknown.
    subjects : tuple of str
        The subjects as they are written, n of them.
    images : tuple of Images
        Of the rows whose images are named properly.
    sha256 : str
        Digest of the file.
    problems : tuple of Problem
        What is wrong with the table itself.
    """

    cohort: Cohort
    subjects: tuple[str, ...]
    images: tuple[Images, ...]
    sha256: str
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class _Table:
    """Cells by column, and what was wrong on the way."""

    columns: dict[str, list[str]] = field(default_factory=dict)
    rows: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def cells(self, name: str) -> list[str]:
        """Give one column, empty where it is absent."""
        return self.columns.get(name, [""] * len(self.rows))


def read_manifest(path: Path) -> Manifest:
    """Read a manifest and collect what is wrong with it.

    Parameters
    ----------
    path : Path
        CSV in UTF-8, separated by commas, semicolons or tabs; paths in it are relative to its folder.

    Returns
    -------
    Manifest
        With its problems; of no patients where the table cannot be read at all.
    """
    content = path.read_bytes() if path.is_file() else b""
    table = _read_table(content)
    images, image_problems = _images(table, path.parent)
    subjects = tuple(table.cells(SUBJECT))
    problems = (*table.problems, *_subject_problems(table, subjects), *image_problems)
    return Manifest(_cohort(table), subjects, images, hashlib.sha256(content).hexdigest(), problems)


def _read_table(content: bytes) -> _Table:
    """Read the cells of a CSV file."""
    table = _Table()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        remedy = 'Save the sheet as "CSV UTF-8".'
        table.problems.append(Problem.refusal("manifest.encoding", "The file is not text in UTF-8.", remedy))
        return table
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True))
    except csv.Error:
        lines = []
    numbered = [(number, line) for number, line in enumerate(lines, start=1) if any(cell.strip() for cell in line)]
    if len(numbered) <= 1:
        found = "The file is absent, empty, without patients, or no CSV table."
        table.problems.append(
            Problem.refusal("manifest.unreadable", found, "Give a header and one row per patient.")
        )
        return table
    _fill(table, numbered)
    return table


def _delimiter(text: str) -> str:
    """Choose the delimiter under which the header has most known columns."""
    header = text.split("\n", 1)[0]
    return max(_DELIMITERS, key=lambda mark: sum(cell.strip(' "\r') in COLUMNS for cell in header.split(mark)))


def _fill(table: _Table, numbered: Sequence[tuple[int, list[str]]]) -> None:
    """Sort the cells into columns and check the header."""
    header = [cell.strip() for cell in numbered[0][1]]
    table.problems.extend(_header_problems(header))
    ragged = [number for number, line in numbered[1:] if len(line) != len(header)]
    if ragged:
        found = f"The row does not have the {len(header)} cells of the header."
        remedy = "Put quotes around cells that hold the delimiter; write decimals with a point."
        table.problems.append(Problem.refusal("manifest.ragged-row", found, remedy, ragged))
    whole = [(number, line) for number, line in numbered[1:] if len(line) == len(header)]
    table.rows = [number for number, _ in whole]
    for position, name in enumerate(header):
        if name in COLUMNS:
            table.columns[name] = [line[position].strip() for _, line in whole]


def _header_problems(header: Sequence[str]) -> Iterator[Problem]:
    """Check the names of the columns."""
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        yield Problem.refusal("manifest.missing-column", f"No column {', '.join(missing)}.", "Add or rename it.")
    if STUDY not in header and ROI not in header:
        found = f"No column {STUDY} or {ROI}."
        yield Problem.refusal("manifest.missing-column", found, "Add one with the paths of the images.")
    twice = sorted({name for name in header if name in COLUMNS and header.count(name) > 1})
    if twice:
        found = f"Column {', '.join(twice)} occurs more than once."
        yield Problem.refusal("manifest.duplicate-column", found, "Keep one of them.")
    # A table without a header has a patient there: positions are told, never the cells.
    unknown = [(i, name) for i, name in enumerate(header, start=1) if name not in COLUMNS]
    if unknown:
        near = {i: get_close_matches(name, COLUMNS, n=1, cutoff=0.8) for i, name in unknown}
        words = [f"{i} (perhaps {close[0]})" if close else str(i) for i, close in near.items()]
        found = f"Column {', '.join(words)} is not one that is read."
        yield Problem.warning("manifest.unknown-column", found, "Rename it where it should be.")


def _subject_problems(table: _Table, subjects: Sequence[str]) -> Iterator[Problem]:
    """Check that every patient has a name of her own."""
    if SUBJECT not in table.columns:
        return
    by_name = defaultdict(list)
    for row, subject in zip(table.rows, subjects, strict=True):
        by_name[subject].append(row)
    absent = by_name.pop("", [])
    if absent:
        yield Problem.refusal("manifest.no-subject", f"{SUBJECT} is empty.", "Give a pseudonym.", absent)
    twice = [row for rows in by_name.values() if len(rows) > 1 for row in rows]
    if twice:
        found = "The same subject occurs more than once."
        yield Problem.refusal("cohort.duplicate-subject", found, "Keep one row per patient.", twice)


def _cohort(table: _Table) -> Cohort:
    """Turn the cells into columns of a cohort."""
    columns: dict[str, npt.NDArray[Any]] = {SUBJECT: np.array([str(row) for row in table.rows], dtype=object)}
    for name in (*REQUIRED[1:], FIRST_EVENT, SOURCE, *PROFILE_FIELDS):
        if name in table.columns or name in REQUIRED:
            columns[name] = _column(name, table.cells(name))
    if "her2_status" in columns:
        status = columns["her2_status"].tolist()
        columns[HER2_POSITIVE] = np.array([np.nan if s is None else float(s == "positive") for s in status])
    return Cohort(columns, is_simulated=False)


def _column(name: str, cells: Sequence[str]) -> npt.NDArray[Any]:
    """Parse one column; what cannot be parsed stays text, so that the checks refuse it."""
    if name in _WORDS:
        words = [None if cell.lower() in _UNKNOWN else cell for cell in cells]
        return np.array(["" if word is None and name == ARM else word for word in words], dtype=object)
    if name in _EVENTS:
        return np.array([_event(cell) for cell in cells], dtype=np.float64)
    if name in _NUMBERS:
        values = [_number(cell) for cell in cells]
        is_text = any(isinstance(value, str) for value in values)
        return np.array(values, dtype=object if is_text else np.float64)
    return np.array([_flag(cell) for cell in cells], dtype=object)


def _event(cell: str) -> float:
    """Read an event; NaN where it is neither 0 nor 1."""
    return 1.0 if cell.lower() in _TRUE else 0.0 if cell.lower() in _FALSE else np.nan


def _number(cell: str) -> float | str:
    """Read a number; NaN where it is unknown."""
    if cell.lower() in _UNKNOWN:
        return np.nan
    try:
        return float(cell)
    except ValueError:
        return cell


def _flag(cell: str) -> bool | str | None:
    """Read yes or no; None where it is unknown."""
    plain = cell.lower()
    return None if plain in _UNKNOWN else True if plain in _TRUE else False if plain in _FALSE else cell


def _images(table: _Table, folder: Path) -> tuple[tuple[Images, ...], list[Problem]]:
    """Find where the images of each row are."""
    if STUDY not in table.columns and ROI not in table.columns:
        return (), []
    images, wrong = [], defaultdict(list)
    for i, row in enumerate(table.rows):
        cells = {name: table.cells(name)[i] for name in (STUDY, ROI, PHASE_INDEX, *BOX)}
        rule = _rule_broken(cells)
        if rule is None:
            images.append(_one_images(cells, row, folder))
        else:
            wrong[rule].append(row)
    by_path = defaultdict(list)
    for each in images:
        by_path[each.path.resolve()].append(each.row)
    wrong["manifest.shared-images"] = [row for rows in by_path.values() if len(rows) > 1 for row in rows]
    problems = [Problem.refusal(rule, *_IMAGE_RULES[rule], rows) for rule, rows in wrong.items() if rows]
    return tuple(images), problems


_IMAGE_RULES = {
    "manifest.no-images": (f"{STUDY} and {ROI} are both empty.", "Give the path of one of them."),
    "manifest.two-images": (f"{STUDY} and {ROI} are both given.", "Keep one of them."),
    "manifest.bad-box": (
        "The box has no six numbers with every low below its high, or stands beside a region of interest.",
        "Give the two corners in LPS mm beside a study, or leave all six empty.",
    ),
    "manifest.bad-phase": (
        f"{PHASE_INDEX} is no whole number from 1.",
        "Give a post-contrast phase of the study.",
    ),
    "manifest.shared-images": ("Several rows name the same images.", "Give every patient images of her own."),
}
"""What was found and what to do, by rule."""


def _rule_broken(cells: dict[str, str]) -> str | None:
    """Name the first rule that the images of a row break."""
    if not cells[STUDY] and not cells[ROI]:
        return "manifest.no-images"
    if cells[STUDY] and cells[ROI]:
        return "manifest.two-images"
    corners = [_number(cells[name]) for name in BOX if cells[name]]
    if corners and (cells[ROI] or not _is_box(corners)):
        return "manifest.bad-box"
    phase = cells[PHASE_INDEX]
    return "manifest.bad-phase" if phase and not (phase.isdecimal() and int(phase) >= 1) else None


def _is_box(corners: Sequence[float | str]) -> bool:
    """Tell whether six numbers are the low and the high corner of a box."""
    numbers = [value for value in corners if isinstance(value, float) and np.isfinite(value)]
    return len(numbers) == len(BOX) and all(a < b for a, b in zip(numbers[:3], numbers[3:], strict=True))


def _one_images(cells: dict[str, str], row: int, folder: Path) -> Images:
    """Read the images of a row that breaks no rule."""
    box = None
    if cells[BOX[0]]:
        x0, y0, z0, x1, y1, z1 = (float(cells[name]) for name in BOX)
        box = BoxMm((x0, y0, z0), (x1, y1, z1))
    phase = int(cells[PHASE_INDEX]) if cells[PHASE_INDEX] else None
    return Images(row, folder / (cells[STUDY] or cells[ROI]), bool(cells[ROI]), box, phase)
