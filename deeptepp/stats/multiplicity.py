"""P values of a family of tests, adjusted so that the family keeps its error rate or share of false finds.

References
----------
Holm S. Scand J Stat 1979;6:65-70.
Benjamini Y, Hochberg Y. J R Stat Soc B 1995;57:289-300.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deeptepp.errors import OutOfRange


def holm(p_values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Adjust p values by Holm's step-down rule.

    Parameters
    ----------
    p_values : (m,) array_like
        Of all tests of the family, in any order.

    Returns
    -------
    (m,) float64
        Adjusted p values in the same order; below 0.05 where the test stands at a familywise level of 0.05.

    Raises
    ------
    OutOfRange
        A p value is missing or lies outside of [0, 1].
    """
    p = _checked(p_values)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def benjamini_hochberg(p_values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Adjust p values so that few of the finds are false.

    Parameters
    ----------
    p_values : (m,) array_like
        Of all tests of the family, in any order.

    Returns
    -------
    (m,) float64
        Adjusted p values in the same order; of those below 0.05 at most 5 % are expected to be false.

    Raises
    ------
    OutOfRange
        A p value is missing or lies outside of [0, 1].
    """
    p = _checked(p_values)
    order = np.argsort(p, kind="stable")
    stepped = np.minimum.accumulate((p[order] * (len(p) / np.arange(1, len(p) + 1)))[::-1])[::-1]
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def bonferroni(p_values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Adjust p values by their number.

    Parameters
    ----------
    p_values : (m,) array_like
        Of all tests of the family.

    Returns
    -------
    (m,) float64
        Adjusted p values in the same order.

    Raises
    ------
    OutOfRange
        A p value is missing or lies outside of [0, 1].
    """
    p = _checked(p_values)
    return np.minimum(p * len(p), 1.0)


def _checked(p_values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Give p values as a column; refuse what is none."""
    p = np.asarray(p_values, dtype=np.float64)
    if not ((p >= 0) & (p <= 1)).all():
        raise OutOfRange(field="p_values", value="missing or outside", limit="[0, 1]")
    return p
