"""Columns of a cohort as numbers and as facts, whatever they hold."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

DAYS_PER_YEAR = 365.25
DAYS_PER_MONTH = DAYS_PER_YEAR / 12


def floats(column: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Read a column as numbers.

    ``column``, (n,) array: Numbers, truth values or objects. Gives (n,) float64: NaN where there is no number.
    """
    values = [float(value) if isinstance(value, (int, float)) else np.nan for value in column.tolist()]
    return np.array(values, dtype=np.float64)


def is_unknown(value: object) -> bool:
    """Whether a cell holds nothing: None, NaN or no text."""
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))
