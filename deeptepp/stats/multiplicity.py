"""P values of a family of tests, adjusted so that the family keeps its error rate or share of false finds.

References
----------
Holm S. Scand J Stat 1979;6:65-70.
Benjamini Y, Hochberg Y. J R Stat Soc B 1995;57:289-300.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import false_discovery_control

from deeptepp.errors import OutOfRange

Floats = npt.NDArray[np.float64]


def holm(p_values: npt.ArrayLike) -> Floats:
    """Adjust p values (m,) by Holm's step-down rule, which keeps the familywise type I error; order is kept."""
    p = _checked(p_values)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def benjamini_hochberg(p_values: npt.ArrayLike) -> Floats:
    """Adjust p values (m,) after Benjamini-Hochberg: of those below 0.05 at most 5 % should be false finds."""
    p = _checked(p_values)
    return np.asarray(false_discovery_control(p), dtype=np.float64) if len(p) else p


def _checked(p_values: npt.ArrayLike) -> Floats:
    """P values as a column; refuse what is none."""
    p = np.asarray(p_values, dtype=np.float64)
    if not ((p >= 0) & (p <= 1)).all():
        raise OutOfRange(field="p_values", value="missing or outside", limit="[0, 1]")
    return p
