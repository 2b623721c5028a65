"""Days as tables write them, in any order that can be told; what can be read in two ways is asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from deeptepp.domain.progress import checkpoint

_YEAR_FIRST = re.compile(r"(\d{4})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})\s*日?(?:[ T].*)?")
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")
_DOTTED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d{2})(?: .*)?")
_SLASHED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4}|\d{2})(?: .*)?")
_SPELT = re.compile(
    r"(\d{1,2})[-./ ]{0,2}([^\W\d_]{3,9})[-./ ]{0,2}(\d{4}|\d{2})(?::.*)?|([^\W\d_]{3,9})\.? (\d{1,2}), (\d{4})"
)
_SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?")

_SERIAL_ZERO = date(1899, 12, 30)
"""Day 0 of Excel, as its days since March 1900 count."""

_SERIALS = (10_959, 73_050)
"""Serial days that are read: 1930 to 2099."""

_CENTURY_FROM = 70
"""Years of two digits from here on are of the 20th century."""

_MONTHS = {
    word: number
    for number, words in enumerate(
        (
            *("jan januar january", "feb februar february", "mar mär märz mrz march", "apr april", "may mai"),
            *("jun juni june", "jul juli july", "aug august", "sep sept september", "oct okt oktober october"),
            *("nov november", "dec dez dezember december"),
        ),
        start=1,
    )
    for word in words.split()
}


class DayOrder(StrEnum):
    """Which of the first two numbers of a day with slashes is the day of the month."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


@dataclass(frozen=True, slots=True)
class Days:
    """A column of days.

    ``days``: None where a cell is empty or cannot be read; ``is_strange``: the cell is neither empty nor a day;
    ``order``: by which days with slashes were read; None where there are none; ``is_open``: the order of days with
    slashes cannot be told, so that none of them was read.
    """

    days: tuple[date | None, ...]
    is_strange: tuple[bool, ...]
    order: DayOrder | None
    is_open: bool

    @property
    def n_read(self) -> int:
        """Cells that hold a day."""
        return sum(day is not None for day in self.days)


def days_of(cells: Sequence[str], order: DayOrder | None = None) -> Days:
    """Read a column of days.

    ``cells``: ISO days, days with dots (day, month, year), days with slashes, spelt months, serial days of Excel;
    ``order``: order of days with slashes. Where it is absent, the column has to tell: a number above 12 does.

    >>> days_of(["03/04/2015", "25/04/2015"]).days[0].isoformat()
    '2015-04-03'
    >>> days_of(["03/04/2015"]).is_open
    True
    """
    checkpoint()
    slashed = [match for cell in cells if (match := _SLASHED.fullmatch(cell.strip()))]
    told = order if order is not None else _order_in(slashed)
    # Where both numbers are the same in every cell, either order gives the same day.
    is_open = told is None and any(match.group(1) != match.group(2) for match in slashed)
    days = tuple(_day(cell.strip(), None if is_open else told or DayOrder.DAY_FIRST) for cell in cells)
    waits = [is_open and bool(_SLASHED.fullmatch(cell.strip())) for cell in cells]
    strange = tuple(
        bool(cell.strip()) and day is None and not wait for cell, day, wait in zip(cells, days, waits, strict=True)
    )
    return Days(days, strange, told if slashed else None, is_open)


def are_turned(cells: Sequence[str]) -> bool:
    """Whether a spreadsheet read some days of a column in another order than they were typed in.

    Days that it could read in its own order became days, with day and month exchanged, and the others stayed text:
    every text has a number above 12, and no day of the calendar one.

    >>> are_turned(["2015-04-03"] * 10 + ["04/25/2015"]), are_turned(["2015-04-13"] * 10 + ["04/25/2015"])
    (True, False)
    """
    texts = [
        match for cell in cells if (match := _SLASHED.fullmatch(cell.strip()) or _DOTTED.fullmatch(cell.strip()))
    ]
    numbers = [_serial(cell.strip()) for cell in cells]
    made = [int(match.group(3)) for cell in cells if (match := _YEAR_FIRST.fullmatch(cell.strip()))]
    made += [day.day for day in numbers if day is not None]
    if not texts or len(made) < _FEWEST_TURNED or max(made) > _MOST_MONTHS_OF_A_YEAR:
        return False
    return all(max(int(match.group(1)), int(match.group(2))) > _MOST_MONTHS_OF_A_YEAR for match in texts)


_MOST_MONTHS_OF_A_YEAR = 12

_FEWEST_TURNED = 8
"""Days up to the 12th from which chance is out of the question: 0.4 of all days are, and 0.4 ** 8 is 0.0007."""


def years_of(cells: Sequence[str]) -> list[int | None]:
    """Year of every cell that is a day, in whatever order; serial numbers are not taken for days."""
    days = [None if _SERIAL.fullmatch(cell) else _day(cell.strip(), DayOrder.DAY_FIRST) for cell in cells]
    turned = [_day(cell.strip(), DayOrder.MONTH_FIRST) for cell in cells]
    return [
        day.year if day else other.year if other and not _SERIAL.fullmatch(cell) else None
        for cell, day, other in zip(cells, days, turned, strict=True)
    ]


def _order_in(slashed: Sequence[re.Match[str]]) -> DayOrder | None:
    """Tell the order by a number above 12; None where none is or both are."""
    has_day_first = any(int(match.group(1)) > 12 for match in slashed)
    has_month_first = any(int(match.group(2)) > 12 for match in slashed)
    if has_day_first == has_month_first:
        return None
    return DayOrder.DAY_FIRST if has_day_first else DayOrder.MONTH_FIRST


def _day(cell: str, order: DayOrder | None) -> date | None:
    """Read one day; one with slashes only where the order is known."""
    if match := _YEAR_FIRST.fullmatch(cell) or _COMPACT.fullmatch(cell):
        return _made(match.group(1), match.group(2), match.group(3))
    if match := _DOTTED.fullmatch(cell):
        return _made(match.group(3), match.group(2), match.group(1))
    if match := _SLASHED.fullmatch(cell):
        first, second, year = match.groups()
        if order is None:
            return None
        return _made(year, second, first) if order is DayOrder.DAY_FIRST else _made(year, first, second)
    if match := _SPELT.fullmatch(cell):
        month = _MONTHS.get((match.group(2) or match.group(4)).lower(), 0)
        return _made(match.group(3) or match.group(6), str(month), match.group(1) or match.group(5))
    return _serial(cell)


def _serial(cell: str) -> date | None:
    """Read a serial day of Excel."""
    if not _SERIAL.fullmatch(cell):
        return None
    n_days = int(float(cell.replace(",", ".")))
    low, high = _SERIALS
    return _SERIAL_ZERO + timedelta(days=n_days) if low <= n_days <= high else None


def _made(year: str, month: str, day: str) -> date | None:
    """Make a day; None where the calendar has none such."""
    full = int(year)
    if len(year) == 2:
        full += 1900 if full >= _CENTURY_FROM else 2000
    try:
        return date(full, int(month), int(day))
    except ValueError:
        return None
