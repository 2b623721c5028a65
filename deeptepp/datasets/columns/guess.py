"""A guess at what the columns of somebody else's table are: by their names, and only where the cells agree."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from deeptepp.datasets.columns.cell_words import ABSENT, is_code, plain_word, reader_of, says_vital
from deeptepp.datasets.columns.column_names import WANTED, likeness, plain_name, unit_in
from deeptepp.datasets.columns.dates import days_of
from deeptepp.datasets.columns.mapping import (
    DATES,
    EVENTS,
    MONTHS,
    NUMBERS,
    RECEPTORS,
    UNITS,
    YES_NO,
    Mapping,
    Use,
)
from deeptepp.datasets.columns.measures import measures_of
from deeptepp.datasets.columns.sheets import Sheet
from deeptepp.datasets.columns.unit_checks import FEWEST_PATIENTS
from deeptepp.domain.clinical import SHARES
from deeptepp.domain.cohort import Endpoint
from deeptepp.domain.progress import checkpoint

_MOSTLY = 0.5
"""Share of the filled cells that have to be numbers, or days, in a column of them."""

_FEW_WORDS = 12
"""Different words that a column of yes and no, of treatments or categories may have."""

_DAYS_INSTEAD = {"recurrence_date": "rfs_event", "death_date": "os_event", "last_visit_date": "rfs_months"}
"""A column of days that is called like an event or a follow-up holds its days."""

_INSTEAD = 0.85
"""What such a name is worth beside one that says it is a day."""

_CODES = ({0.0, 1.0}, {1.0, 2.0, 9.0}, {0.0, 1.0, 9.0})
"""Numbers that stand for yes, no and unknown."""

_HIGHEST_SCORE = 12
"""IRS and Allred end at 12 and 8: numbers above can only be per cent of the nuclei."""

_FEW_CODES = 3
"""Different cells up to which a column of ten or more holds codes and no times."""

_COUNTED = re.compile(r"posit|number|anzahl|zahl|count|befallen|examined|阳性|数|no of", re.IGNORECASE)
_STAGED = re.compile(r"^(y?[pc]?n|.*(stage|stadium|category|staging|分期).*)$", re.IGNORECASE)


def guess_mapping(sheet: Sheet) -> Mapping:
    """Guess what the columns of a table are.

    No column is used twice. A unit is what the name says, or what only one unit allows; it is not sure.
    """
    # Best match first; each column and each fact is taken once.
    chosen: dict[str, str] = {}
    for _, target, column in sorted(_candidates(sheet), key=lambda each: -each[0]):
        if target not in chosen and column not in chosen.values():
            chosen[target] = column
    # Pseudonyms may be called anything: a column with another cell for every patient stands in.
    if "subject" not in chosen:
        unique = next((name for name in sheet.columns if _is_unique(sheet.cells(name))), None)
        if unique is not None and unique not in chosen.values():
            chosen["subject"] = unique
    for target in _needless_days(chosen):
        chosen.pop(target, None)
    uses = {target: use_of(target, chosen[target], sheet) for target in WANTED if target in chosen}
    return Mapping(uses=uses, sheet=sheet.name)


def use_of(target: str, column: str, sheet: Sheet) -> Use:
    """Say what a column is used for, with the unit that its name says or that only one unit allows.

    Its unit is empty where neither name nor numbers tell.
    """
    checkpoint()
    unit = _GUESSED_UNIT[target](column, sheet.cells(column)) if target in _GUESSED_UNIT else ""
    return Use(column=column, unit=unit if unit in UNITS.get(target, ()) else "")


def _candidates(sheet: Sheet) -> list[tuple[float, str, str]]:
    """Rate every pair of wanted and present column; pairs whose cells do not agree are left out."""
    if not sheet.has_names:
        return []
    found = []
    for column in sheet.columns:
        kinds = _kinds(sheet.cells(column))
        for target in WANTED:
            rated = likeness(column, target)
            if target in _DAYS_INSTEAD:
                rated = max(rated, _INSTEAD * likeness(column, _DAYS_INSTEAD[target]))
            if rated and _kind(target) & kinds and _speaks(target, column, sheet.cells(column)):
                found.append((rated, target, column))
    return found


def _speaks(target: str, column: str, cells: Sequence[str]) -> bool:
    """Whether the words of a column can be those of what is wanted; codes can be those of an event."""
    checkpoint()
    if target in MONTHS:
        return len(set(cells)) > _FEW_CODES or len(cells) < FEWEST_PATIENTS
    if target in ("arm", "tier", "subject", "source", "node_stage") or _kind(target) in ({"days"}, {"numbers"}):
        return True
    if target in RECEPTORS and _receptor_unit(column, cells) != "words":
        return True
    read = reader_of(target, column, cells, {})
    words = {word for cell in cells if (word := plain_word(cell)) not in ABSENT}
    understood = {word for word in words if read(word) is not None}
    if target in EVENTS and plain_name(column) == "status":
        has_deaths = any(says_vital(word) for word in words)
        return bool(understood) and has_deaths == (target == "os_event")
    return bool(understood) or (target in (*EVENTS, *YES_NO) and all(is_code(word) for word in words))


def _kind(target: str) -> set[str]:
    """What cells a wanted column may have."""
    if target in DATES:
        return {"days"}
    if target in MONTHS or target in NUMBERS:
        return {"numbers"}
    if target in EVENTS or target == "pertuzumab":
        return {"words"}
    if target in YES_NO or target == "node_stage":
        return {"words", "numbers"}
    return {"any"} if target in ("subject", "source") else {"words"}


def _kinds(cells: Sequence[str]) -> set[str]:
    """What the cells of a column are; a column may be several things, and is nothing where it is empty."""
    checkpoint()
    filled = [cell for cell in cells if plain_word(cell) not in ABSENT]
    if not filled:
        return set()
    kinds = {"any"}
    days = days_of(filled)
    n_days = days.n_read + (len(filled) - sum(days.is_strange) - days.n_read if days.is_open else 0)
    has_numbers = float(np.isfinite(measures_of(filled).values).mean()) > _MOSTLY
    if n_days > _MOSTLY * len(filled):
        kinds.add("days")
        if not has_numbers:
            return kinds
    if has_numbers:
        kinds.add("numbers")
    if len({plain_word(cell) for cell in filled}) <= _FEW_WORDS:
        kinds.add("words")
    return kinds


def _is_unique(cells: Sequence[str]) -> bool:
    """Whether a column has another cell for every patient, and none of them a decimal number or a day."""
    if not all(cells) or len(set(cells)) != len(cells):
        return False
    return not any(re.search(r"\d[.,]\d", cell) for cell in cells) and days_of(cells).n_read < len(cells) / 2


def _needless_days(chosen: dict[str, str]) -> list[str]:
    """Name days that would serve nothing: without a day of surgery, or beside the months of both endpoints."""
    has_months = all(endpoint.months in chosen for endpoint in Endpoint if endpoint.is_required) or (
        "rfs_months" in chosen and "rfs_event" in chosen and "last_visit_date" not in chosen
    )
    return list(DATES) if has_months or "surgery_date" not in chosen else []


def _time_unit(column: str, cells: Sequence[str]) -> str:
    """Unit that the name of a column of times says."""
    return unit_in(column)


def _size_unit(column: str, cells: Sequence[str]) -> str:
    """Unit of a size: of the name, else of its cells; millimetres where no tumours are so large in cm."""
    said = unit_in(column)
    measures = measures_of(cells)
    in_cells = {unit for unit in measures.unit.tolist() if unit}
    is_known = np.isfinite(measures.values)
    known = measures.values[is_known]
    if in_cells and all(measures.unit[is_known].tolist()):
        # Every number brings its own unit.
        return said or sorted(in_cells)[0]
    if said or len(in_cells) == 1:
        return said or in_cells.pop()
    return "mm" if len(known) and float(np.median(known)) >= LARGE_MEDIAN_CM else ""


LARGE_MEDIAN_CM = 12.0
"""A median size from here on cannot be in cm: half of the tumours would be larger than 12 cm."""


def _share_unit(column: str, cells: Sequence[str]) -> str:
    """Tell percent from a fraction: by a number above 1, else by the name."""
    known = measures_of(cells).values
    known = known[np.isfinite(known)]
    return "percent" if len(known) and float(known.max()) > 1 else unit_in(column)


def _score_unit(column: str, cells: Sequence[str]) -> str:
    """Tell a score in [0, 1] from one in per cent: by its numbers."""
    known = measures_of(cells).values
    known = known[np.isfinite(known)]
    return "percent" if unit_in(column) == "percent" else "fraction" if len(known) and known.max() <= 1 else ""


def _receptor_unit(column: str, cells: Sequence[str]) -> str:
    """Tell yes and no from per cent of stained nuclei; empty where it may be an immunoreactive score."""
    filled = [plain_word(cell) for cell in cells if plain_word(cell) not in ABSENT]
    measures = measures_of(filled, below_counts_as_zero=True)
    numbers = measures.values[np.isfinite(measures.values)]
    # 1 and 2, with 9 for unknown, are codes: neither a share nor a score has so few values.
    if len(numbers) <= _MOSTLY * len(filled) or any(set(numbers.tolist()) <= codes for codes in _CODES):
        return "words"
    has_sign = any("%" in cell for cell in filled)
    is_share = unit_in(column) == "percent" or has_sign or float(numbers.max()) > _HIGHEST_SCORE
    return "percent" if is_share else ""


def _node_unit(column: str, cells: Sequence[str]) -> str:
    """Tell N categories from counts of positive nodes."""
    numbers = measures_of(cells).values
    numbers = numbers[np.isfinite(numbers)]
    if any(re.fullmatch(r"\d+\s*/\s*\d+", cell) for cell in cells) or _COUNTED.search(column):
        return "count"
    is_staged = bool(_STAGED.fullmatch(plain_name(column)))
    if not len(numbers):
        return "stage"
    # Half of the patients are node-negative: where nobody has a 0, another code stands for it.
    if 0 not in numbers and len(numbers) >= _FEWEST_FOR_A_ZERO:
        return ""
    if float(numbers.max()) > 3:
        return "" if is_staged and float(numbers.max()) <= _HIGHEST_CODE else "count"
    return "stage" if is_staged else ""


_FEWEST_FOR_A_ZERO, _HIGHEST_CODE = 10, 5
"""Numbers among which a 0 is expected, and the highest that may be a code of an N category."""


_GUESSED_UNIT: dict[str, Callable[[str, Sequence[str]], str]] = {
    **dict.fromkeys(MONTHS, _time_unit),
    "tumour_size_mm": _size_unit,
    **dict.fromkeys(SHARES, _share_unit),
    "score": _score_unit,
    **dict.fromkeys(RECEPTORS, _receptor_unit),
    "node_stage": _node_unit,
}
