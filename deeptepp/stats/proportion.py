"""A share of patients with Wilson's interval, by scipy.

References
----------
Wilson EB. J Am Stat Assoc 1927;22:209-212.
"""

from __future__ import annotations

from dataclasses import dataclass

from scipy.stats import binomtest

from deeptepp.errors import OutOfRange


@dataclass(frozen=True, slots=True)
class Proportion:
    """``n_events`` of ``n`` patients with the confidence interval at ``level``; no value where ``n`` is 0."""

    value: float | None
    low: float | None
    high: float | None
    level: float
    n_events: int
    n: int
    method: str = "Wilson"


def proportion(n_events: int, n: int, *, level: float = 0.95) -> Proportion:
    """Estimate a share; score interval without continuity correction, ``OutOfRange`` outside of 0 to ``n``."""
    if not 0 <= n_events <= n:
        raise OutOfRange(field="n_events", value=n_events, limit=f"[0, {n}]")
    if n == 0:
        return Proportion(None, None, None, level, 0, 0)
    found = binomtest(n_events, n).proportion_ci(level, method="wilson")
    return Proportion(n_events / n, float(found.low), float(found.high), level, n_events, n)
