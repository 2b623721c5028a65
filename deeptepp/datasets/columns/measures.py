"""Numbers of other people's tables: decimal commas, units behind the number, two diameters, signs before it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.datasets.cohort_values import DAYS_PER_MONTH
from deeptepp.datasets.columns.cell_words import ABSENT, plain_word
from deeptepp.domain.progress import checkpoint

FACTORS: dict[str, dict[str, float]] = {
    "months": {"days": 1 / DAYS_PER_MONTH, "weeks": 7 / DAYS_PER_MONTH, "months": 1.0, "years": 12.0},
    "mm": {"mm": 1.0, "cm": 10.0},
    "percent": {"percent": 1.0, "fraction": 100.0},
    "fraction": {"fraction": 1.0, "percent": 0.01},
}
"""What a number is multiplied by, by the unit that is wanted and the unit that it is in."""

ER_CUT_OFF_PCT = 1.0
"""Share of stained nuclei from which a receptor is positive: 1 % (ASCO/CAP 2020, Allison et al. J Clin Oncol
2020;38:1346-66). From 1 to 10 % ER is called low positive there, and counts as positive here."""

Floats = npt.NDArray[np.float64]

_NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d+)?|[.,]\d+)")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")
_SEVERAL = re.compile(r"(?:\d+(?:[.,]\d+)?\s*+(?:mm|cm)?\s*+[x×*]\s*)+\d+(?:[.,]\d+)?\s*(?:mm|cm)?")
_SUFFIX = re.compile(
    r"(.*?)\s*(mm|cm|%|months?|monate?|days?|tag[e]?|weeks?|wochen?|years?|jahre?|个?月|天|岁|y|j)\.?"
)
_SUFFIX_UNIT = {"mm": "mm", "cm": "cm"}


@dataclass(frozen=True, slots=True, eq=False)
class Measures:
    """A column of numbers.

    ``values``, (n,) float64: NaN where a cell is empty or strange; ``unit``, (n,) object: unit that stands in the
    cell itself, ``mm`` or ``cm``; empty where none does; ``is_strange``, (n,) bool: the cell is neither empty nor
    a number; ``has_thousands``: commas or points may set thousands apart in every cell that has one, so that none
    of these was read.
    """

    values: npt.NDArray[np.float64]
    unit: npt.NDArray[np.object_]
    is_strange: npt.NDArray[np.bool_]
    has_thousands: bool


def measures_of(cells: Sequence[str], *, below_counts_as_zero: bool = False) -> Measures:
    """Read a column of numbers.

    ``cells``: such as ``22``, ``2,2``, ``2.2 cm``, ``22 x 15 mm`` (its largest), ``85 %``;
    ``below_counts_as_zero``: whether ``<1`` is read, as 0.

    >>> measures_of(["2,5", "22 x 15", "", "big"]).values.tolist()
    [2.5, 22.0, nan, nan]
    """
    checkpoint()
    commas = [cell for cell in cells if re.fullmatch(r"[+-]?\d+(,\d+)+", cell.strip())]
    has_points = _sets_thousands_apart([cell.strip() for cell in cells])
    has_thousands = bool(commas) and all(_THOUSANDS.fullmatch(cell.strip()) for cell in commas)
    values, units, strange = [], [], []
    for cell in cells:
        value, unit = _measure(plain_word(cell), below=below_counts_as_zero, may_have_comma=not has_thousands)
        if has_points and "." in cell and value is not None:
            value = np.nan if np.isnan(value) else None
        values.append(np.nan if value is None else value)
        units.append(unit)
        strange.append(value is None)
    return Measures(
        np.array(values, dtype=np.float64),
        np.array(units, dtype=object),
        np.array(strange, dtype=bool),
        has_thousands or has_points,
    )


def _sets_thousands_apart(cells: Sequence[str]) -> bool:
    """Whether points set thousands apart: three digits behind every one, beside whole numbers below 1000."""
    pointed = [cell for cell in cells if "." in cell and cell[:1].isdigit()]
    whole = [cell for cell in cells if re.fullmatch(r"\d{3}", cell)]
    # Of decimals, one in ten would lose its last digit, and none would stand without a point.
    return (
        len(pointed) >= _FEWEST_POINTED
        and bool(whole)
        and all(re.fullmatch(r"[1-9]\d{0,2}(\.\d{3})+", cell) for cell in pointed)
    )


_FEWEST_POINTED = 10
"""Cells with a point from which their form speaks."""


def _measure(word: str, *, below: bool, may_have_comma: bool) -> tuple[float | None, str]:
    """Read one cell: NaN where it is empty, None where it is strange; and the unit that stands in it."""
    if word in ABSENT:
        return np.nan, ""
    if below and re.fullmatch(r"[<＜]\s*\d+([.,]\d+)?\s*%?", word):
        return 0.0, ""
    if _SEVERAL.fullmatch(word):
        unit = "cm" if "cm" in word else "mm" if "mm" in word else ""
        return max(float(each.replace(",", ".")) for each in re.findall(r"\d+(?:[.,]\d+)?", word)), unit
    suffix = _SUFFIX.fullmatch(word)
    text, unit = (suffix.group(1), _SUFFIX_UNIT.get(suffix.group(2), "")) if suffix else (word, "")
    if not _NUMBER.fullmatch(text) or ("," in text and not may_have_comma):
        return None, ""
    return float(text.replace(",", ".")), unit
