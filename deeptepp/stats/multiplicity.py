"""P values of a family of tests, adjusted so that the family keeps its error rate.

References
----------
Holm S. Scand J Stat 1979;6:65-70.
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
    p = np.asarray(p_values, dtype=np.float64)
    if not ((p >= 0) & (p <= 1)).all():
        raise OutOfRange(field="p_values", value="missing or outside", limit="[0, 1]")
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted
