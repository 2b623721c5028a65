"""How far two scores of the same patients lie apart: mean difference and limits of agreement.

References
----------
Bland JM, Altman DG. Lancet 1986;1:307-310.
Bland JM, Altman DG. Stat Methods Med Res 1999;8:135-160 (interval of the limits).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import t

from deeptepp.errors import NotEstimable
from deeptepp.stats.estimate import Estimate, normal_quantile

METHOD = "Bland-Altman, limits at 1.96 SD"
"""For captions."""


@dataclass(frozen=True, slots=True)
class LimitsOfAgreement:
    """First score less second: their mean, and the limits between which 95 % of the differences lie."""

    mean: Estimate
    lower_limit: Estimate
    upper_limit: Estimate


def agreement_of(first: npt.ArrayLike, second: npt.ArrayLike, *, level: float = 0.95) -> LimitsOfAgreement:
    """Compare two finite scores (n,) of the same patients; ``NotEstimable`` below three patients."""
    apart = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    n = len(apart)
    if n < 3:
        raise NotEstimable(what="The agreement of two scores", reason="fewer than three patients have both")
    sd, z = float(apart.std(ddof=1)), normal_quantile(level)
    # The standard error of a limit is that of the mean and that of 1.96 SD together.
    errors = {0: sd / n**0.5, z: sd * (1 / n + z**2 / (2 * (n - 1))) ** 0.5}
    width = float(t.ppf(0.5 + level / 2, n - 1))

    def at(shift: float) -> Estimate:
        value, half = float(apart.mean()) + shift * sd, width * errors[abs(shift)]
        return Estimate(
            value=value, low=value - half, high=value + half, level=level, n=n, n_events=0, method=METHOD
        )

    return LimitsOfAgreement(at(0), at(-z), at(z))
