"""Columns of a manifest that say where the images of each patient are."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from deeptepp.datasets.cells import RawTable, number_of
from deeptepp.datasets.problems import Problem
from deeptepp.domain.lesion import BoxMm, SliceBox
from deeptepp.domain.study import Side

STUDY, ROI, PHASE_INDEX, PHASES, SIDE = "study", "roi", "phase_index", "phases", "side"
BOX = ("box_low_x_mm", "box_low_y_mm", "box_low_z_mm", "box_high_x_mm", "box_high_y_mm", "box_high_z_mm")
IMAGE_COLUMNS = (STUDY, ROI, PHASE_INDEX, PHASES, SIDE, *BOX)
"""All of them."""


@dataclass(frozen=True, slots=True)
class Images:
    """Where the images of one patient are.

    ``row``: row of the manifest; ``path``: a study (zip, folder or DICOM file), or a region of interest;
    ``is_roi``: whether it is a region of interest; ``box``: a reader's box around the tumour; the detector looks
    for it where there is none; ``phase_index``: Post-contrast phase that a reader chose; ``phase_keys``: keys of
    the series table that a reader chose as phases, pre-contrast first; ``side``: the breast that is meant, where
    each has volumes of its own; ``slice_box``: the reader's box where a collection counts it in files.
    """

    row: int
    path: Path
    is_roi: bool
    box: BoxMm | None = None
    phase_index: int | None = None
    phase_keys: tuple[str, ...] | None = None
    side: Side | None = None
    slice_box: SliceBox | None = None


@dataclass(frozen=True, slots=True)
class ImageChoice:
    """What a reader says of every study whose row does not say it.

    ``phase_keys``: keys of the series table, pre-contrast first; ``side``: the breast that is meant; ``box``:
    where the tumour is.
    """

    phase_keys: tuple[str, ...] | None = None
    side: Side | None = None
    box: BoxMm | None = None

    def of(self, images: Images) -> Images:
        """Complete what the row of a study leaves open; a region of interest is as it is."""
        if images.is_roi:
            return images
        return replace(
            images,
            box=images.box or self.box,
            phase_keys=images.phase_keys or self.phase_keys,
            side=images.side or self.side,
        )


def images_of(table: RawTable, folder: Path) -> tuple[tuple[Images, ...], list[Problem]]:
    """Find where the images of each row are."""
    if STUDY not in table.columns and ROI not in table.columns:
        return (), []
    images, wrong = [], defaultdict(list)
    for i, row in enumerate(table.rows):
        cells = {name: table.cells(name)[i] for name in IMAGE_COLUMNS}
        rule = _rule_broken(cells)
        if rule is None:
            images.append(_one_images(cells, row, folder))
        else:
            wrong[rule].append(row)
    by_path = defaultdict(list)
    for each in images:
        by_path[each.path.resolve()].append(each.row)
    wrong["manifest.shared-images"] = [row for rows in by_path.values() if len(rows) > 1 for row in rows]
    problems = [Problem.of(rule, rows, **_FACTS.get(rule, {})) for rule, rows in wrong.items() if rows]
    return tuple(images), problems


_FACTS: dict[str, dict[str, str]] = {
    "manifest.no-images": {"column": STUDY, "other": ROI},
    "manifest.two-images": {"column": STUDY, "other": ROI},
    "manifest.bad-phase": {"column": PHASE_INDEX},
    "manifest.bad-phases": {"column": PHASES},
    "manifest.bad-side": {"column": SIDE},
}
"""Columns that a finding names, by rule."""


def _rule_broken(cells: dict[str, str]) -> str | None:
    """Name the first rule that the images of a row break."""
    if not cells[STUDY] and not cells[ROI]:
        return "manifest.no-images"
    if cells[STUDY] and cells[ROI]:
        return "manifest.two-images"
    corners = [number_of(cells[name]) for name in BOX if cells[name]]
    if corners and (cells[ROI] or not _is_box(corners)):
        return "manifest.bad-box"
    return _choice_broken(cells)


def _choice_broken(cells: dict[str, str]) -> str | None:
    """Name the first rule that the phases or the side of a row break."""
    if cells[PHASES] and (cells[ROI] or not all(_phase_keys(cells[PHASES]))):
        return "manifest.bad-phases"
    if cells[SIDE] and (cells[ROI] or cells[SIDE].lower() not in tuple(Side)):
        return "manifest.bad-side"
    phase = cells[PHASE_INDEX]
    return "manifest.bad-phase" if phase and not (phase.isdecimal() and int(phase) >= 1) else None


def _phase_keys(cell: str) -> tuple[str, ...]:
    """Read the keys of a cell, which a comma, a semicolon or a space divides."""
    return tuple(part.strip() for part in re.split(r"\s*[,;]\s*|\s+", cell.strip()))


def _is_box(corners: Sequence[float | str]) -> bool:
    """Whether six numbers are the low and the high corner of a box."""
    numbers = [value for value in corners if isinstance(value, float) and np.isfinite(value)]
    return len(numbers) == len(BOX) and all(a < b for a, b in zip(numbers[:3], numbers[3:], strict=True))


def _one_images(cells: dict[str, str], row: int, folder: Path) -> Images:
    """Read the images of a row that breaks no rule."""
    box = None
    if cells[BOX[0]]:
        x0, y0, z0, x1, y1, z1 = (float(cells[name]) for name in BOX)
        box = BoxMm((x0, y0, z0), (x1, y1, z1))
    phase = int(cells[PHASE_INDEX]) if cells[PHASE_INDEX] else None
    keys = _phase_keys(cells[PHASES]) if cells[PHASES] else None
    side = Side(cells[SIDE].lower()) if cells[SIDE] else None
    return Images(row, folder / (cells[STUDY] or cells[ROI]), bool(cells[ROI]), box, phase, keys, side)
