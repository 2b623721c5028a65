"""Who changes tier between two scores, among patients with the event and among those without it.

The categorical net reclassification improvement (NRI) is given in its two parts. Their sum counts one patient with
the event as much as one without, whatever their numbers, and is no measure of use by itself (Kerr 2014).

References
----------
Pencina MJ et al. Stat Med 2008;27:157-172.
Kerr KF et al. Epidemiology 2014;25:114-121.
Agresti A, Min Y. Stat Med 2005;24:729-740 (interval of a difference of paired shares).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.stats.estimate import Estimate, normal_quantile
from deeptepp.stats.event_rule import held_back, why_not_measured

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

METHOD = "categorical NRI, Agresti-Min interval"
"""For captions."""


@dataclass(frozen=True, slots=True, eq=False)
class Reclassification:
    """Tiers by the first score (rows) and by the second (columns), and the net share that moves the right way.

    ``table``, ``table_of_events``, ``table_of_free`` (k, k): patients. ``of_events``: share of those with the
    event who move up, less the share who move down. ``of_free``: the reverse, of those without. ``total``: their
    sum.
    """

    table: Ints
    table_of_events: Ints
    table_of_free: Ints
    of_events: Estimate
    of_free: Estimate
    total: Estimate


def reclassify(
    first: npt.ArrayLike, second: npt.ArrayLike, events: npt.ArrayLike, n_tiers: int
) -> Reclassification:
    """Count who moves from the tiers of one score to those of another.

    ``first``, ``second`` (n,): numbers of tiers from 0, ascending. ``events`` (n,): True with the event. Without
    values below ten events, or ten patients without it.
    """
    before, after = np.asarray(first, dtype=np.int64), np.asarray(second, dtype=np.int64)
    has_event = np.asarray(events, dtype=bool)
    n, n_events = len(before), int(has_event.sum())
    up, variance_up = _net(after - before, has_event)
    down, variance_down = _net(before - after, ~has_event)
    reason = why_not_measured(n, n_events)

    def estimate(value: float, centre: float, variance: float) -> Estimate:
        half = normal_quantile(0.95) * variance**0.5
        found = Estimate(value=value, low=centre - half, high=centre + half, n=n, n_events=n_events, method=METHOD)
        return held_back(found, reason)

    return Reclassification(
        table=cross_tiers(before, after, n_tiers),
        table_of_events=cross_tiers(before[has_event], after[has_event], n_tiers),
        table_of_free=cross_tiers(before[~has_event], after[~has_event], n_tiers),
        of_events=estimate(*up, variance_up),
        of_free=estimate(*down, variance_down),
        total=estimate(up[0] + down[0], up[1] + down[1], variance_up + variance_down),
    )


def cross_tiers(first: npt.ArrayLike, second: npt.ArrayLike, n_tiers: int) -> Ints:
    """Count patients by both tiers, (k, k); numbers from 0."""
    before, after = np.asarray(first, dtype=np.int64), np.asarray(second, dtype=np.int64)
    return np.bincount(before * n_tiers + after, minlength=n_tiers**2).reshape(n_tiers, n_tiers)


def _net(move: Ints, chosen: Bools) -> tuple[tuple[float, float], float]:
    """Net share that moves up, with the centre and the variance of its interval, half a patient in each cell."""
    n, right, wrong = int(chosen.sum()), int((move[chosen] > 0).sum()), int((move[chosen] < 0).sum())
    value = (right - wrong) / n if n else float("nan")
    centre = (right - wrong) / (n + 2)
    return (value, centre), ((right + wrong + 1) / (n + 2) - centre**2) / (n + 2)
