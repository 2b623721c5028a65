"""A smooth curve that is straight beyond its outer knots, as columns of a regression.

References
----------
Stone CJ, Koo CY. Proc Stat Comput Sect ASA 1985;45-48.
Harrell FE. Regression Modeling Strategies, 2nd ed, 2015, section 2.4.5 (basis) and table 2.3 (knots).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.wording.sentence import sentence

Floats = npt.NDArray[np.float64]

KNOT_QUANTILES = {3: (0.1, 0.5, 0.9), 4: (0.05, 0.35, 0.65, 0.95)}
"""Where the knots lie, by their number."""


def quantiles(values: npt.ArrayLike, shares: npt.ArrayLike) -> Floats:
    """Give quantiles of type 7, rounded in the way of R, so that groups cut at them hold the same patients.

    ``values`` (n,): at least one number. ``shares`` (m,): in [0, 1]. Returns (m,): linear between neighbouring
    order statistics.
    """
    x = np.sort(np.asarray(values, dtype=np.float64))
    position = (len(x) - 1) * np.asarray(shares, dtype=np.float64)
    low, high = x[np.floor(position).astype(np.int64)], x[np.ceil(position).astype(np.int64)]
    part = position - np.floor(position)
    return np.where(high == low, low, (1 - part) * low + part * high)


def knots_of(values: npt.ArrayLike, n_knots: int) -> tuple[float, ...]:
    """Place knots at the usual quantiles.

    ``values`` (n,): what the spline is a function of. ``n_knots``: 3 or 4. Raises ``NotEstimable``: two knots fall
    on one value.
    """
    if n_knots not in KNOT_QUANTILES:
        raise OutOfRange(field="n_knots", value=n_knots, limit="{3, 4}")
    knots = quantiles(values, KNOT_QUANTILES[n_knots])
    if not (np.diff(knots) > 0).all():
        raise NotEstimable(what="A spline", reason=sentence("too few distinct values for {n} knots", n=n_knots))
    return tuple(knots.tolist())


def spline_columns(values: npt.ArrayLike, knots: Sequence[float]) -> Floats:
    """Give the columns of a restricted cubic spline.

    ``values`` (n,): what the spline is a function of. ``knots``: k >= 3 knots, ascending. Returns (n, k - 1): the
    value itself and k - 2 columns that are straight beyond the outer knots.
    """
    x = np.asarray(values, dtype=np.float64)
    *inner, before, last = (float(knot) for knot in knots)
    scale = (last - inner[0]) ** 2

    def cubed(knot: float) -> Floats:
        return np.asarray(np.maximum(x - knot, 0.0) ** 3, dtype=np.float64)

    columns = [x]
    for knot in inner:
        bent = cubed(knot) - cubed(before) * (last - knot) / (last - before)
        columns.append((bent + cubed(last) * (before - knot) / (last - before)) / scale)
    return np.column_stack(columns)
