"""Our numbers beside R's, with the tolerance that the oracle gives."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

CLOSED_FORM = 1e-9
"""Everything in closed form."""
ITERATED = 1e-5
"""Cox and Firth coefficients, standard errors and intervals."""
LIKELIHOOD = 1e-8
"""Log-likelihoods and likelihood-ratio statistics."""
LOGIT = 1e-6
"""Propensity logit, ICI."""

_INFINITE = {"Inf": math.inf, "-Inf": -math.inf, "NaN": math.nan, "NA": math.nan}


class Comparison:
    """Collects what differs in one case; relative tolerance with a floor of 1."""

    def __init__(self) -> None:
        self.n_compared = 0
        self.differences: list[str] = []

    def number(self, what: str, ours: Any, expected: Any, tolerance: float = CLOSED_FORM) -> None:
        """Compare one number; null of R is met by None, NaN or infinity."""
        self.n_compared += 1
        # R writes what has no length as [] or {}.
        a, b = _float(ours), None if expected in ([], {}) else _float(expected)
        if b is None or math.isnan(b):
            agree = a is None or not math.isfinite(a)
        elif a is None or math.isnan(a):
            agree = False
        else:
            agree = a == b or abs(a - b) <= tolerance * max(1.0, abs(b))
        if not agree:
            self.differences.append(f"{what}: ours {ours}, R {expected}")

    def numbers(self, what: str, ours: Sequence[Any], expected: Any, tolerance: float = CLOSED_FORM) -> None:
        """Compare a row of numbers one by one."""
        theirs = expected if isinstance(expected, list) else [expected]
        mine = list(ours)
        if len(mine) != len(theirs):
            self.exactly(f"{what} (length)", len(mine), len(theirs))
            return
        for i, (a, b) in enumerate(zip(mine, theirs, strict=True)):
            self.number(f"{what}[{i}]", a, b, tolerance)

    def p_value(self, what: str, ours: Any, expected: Any, tolerance: float = CLOSED_FORM) -> None:
        """Compare a p-value; R's 1 for a test that had nothing to compare is met by None."""
        if ours is None and expected == 1:
            self.n_compared += 1
        else:
            self.number(what, ours, expected, tolerance)

    def test(self, what: str, ours: Any, expected: dict[str, Any], tolerance: float = CLOSED_FORM) -> None:
        """Compare chi-square, degrees of freedom and p; R's 0 without information is met by a test without p."""
        if ours.p_value is None:
            theirs = _float(expected["chisq"]) if expected["chisq"] not in ([], {}) else None
            self.exactly(f"{what} says nothing", theirs is None or not theirs > 1e-9, True)
            return
        self.number(f"{what} chisq", ours.statistic, expected["chisq"], tolerance)
        self.exactly(f"{what} df", ours.degrees_of_freedom, expected["df"])
        # Near 1 the p-value of a chi-square of rounding is its square root, and says nothing.
        if ours.statistic > 1e-6:
            self.number(f"{what} p", ours.p_value, expected["p"], tolerance)

    def exactly(self, what: str, ours: Any, expected: Any) -> None:
        """Compare counts, names and lists of them."""
        self.n_compared += 1
        if ours != expected:
            self.differences.append(f"{what}: ours {ours}, R {expected}"[:300])


def _float(value: Any) -> float | None:
    if value is None:
        return None
    return _INFINITE[value] if isinstance(value, str) and value in _INFINITE else float(value)
