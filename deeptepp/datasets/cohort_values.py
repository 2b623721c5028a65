"""Columns of a cohort as numbers and as facts, whatever they hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def floats(column: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Read a column as numbers.

    Parameters
    ----------
    column : (n,) array
        Numbers, truth values or objects.

    Returns
    -------
    (n,) float64
        NaN where there is no number.
    """
    values = [float(value) if isinstance(value, (int, float)) else np.nan for value in column.tolist()]
    return np.array(values, dtype=np.float64)


def fact_of(name: str, value: object) -> object:
    """Give a table's value as a profile's.

    Parameters
    ----------
    name : str
        Field of ``ClinicalProfile``.
    value : object
        From the table; NaN is unknown, and a flag with gaps is a number.

    Returns
    -------
    object
        What ``ClinicalProfile.from_mapping`` takes.
    """
    if isinstance(value, float) and np.isnan(value):
        return None
    is_flag = name.endswith("_positive") or name.startswith(("is_", "had_"))
    return bool(value) if is_flag and value in (0, 1) else value
