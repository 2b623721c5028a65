"""Pointwise confidence band of an ROC curve: sensitivity at fixed specificities, patients drawn again by class.

Drawing n patients with replacement is the same as drawing how many of them have each distinct score, so one
multinomial draw over the scores makes a sample.

References
----------
Efron B, Tibshirani RJ. An Introduction to the Bootstrap, 1993, chapter 13 (percentile interval).
Pepe MS. The Statistical Evaluation of Medical Tests, 2003, section 5.2 (curve between its points).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.errors import NotEstimable, OutOfRange

Floats = npt.NDArray[np.float64]

N_DRAWS = 2000
"""Bootstrap samples."""

N_POINTS = 101
"""Specificities from 0 to 1 at which the band is given."""


@dataclass(frozen=True, slots=True, eq=False)
class RocBand:
    """Sensitivity with its interval at fixed specificities.

    ``specificity`` (m,): from 1 to 0. ``sensitivity`` (m,): of the curve itself, the highest reached at that
    specificity. ``low``, ``high`` (m,): percentile interval, pointwise.
    """

    specificity: Floats
    sensitivity: Floats
    low: Floats
    high: Floats
    level: float
    n_draws: int
    n: int
    n_events: int
    method: str = "bootstrap stratified by event, pointwise percentile interval"


def roc_band(
    scores: npt.ArrayLike,
    events: npt.ArrayLike,
    *,
    n_draws: int = N_DRAWS,
    n_points: int = N_POINTS,
    seed: int = 0,
    level: float = 0.95,
) -> RocBand:
    """Estimate the band of an ROC curve.

    ``scores`` (n,): finite scores, higher for the event. ``n_draws``: bootstrap samples, at least 1. ``n_points``:
    specificities, evenly from 0 to 1, at least 2. Returns: the same for the same rows, in any order, and seed.
    Raises ``NotEstimable``: a class has fewer than two patients, so that drawing them again changes nothing.
    """
    x, y = np.asarray(scores, dtype=np.float64), np.asarray(events, dtype=bool)
    if not np.isfinite(x).all():
        raise OutOfRange(field="scores", value="missing or infinite", limit="finite numbers")
    if not 0 < level < 1:
        raise OutOfRange(field="level", value=level, limit="(0, 1)")
    n_events, n_free = int(y.sum()), int((~y).sum())
    if min(n_events, n_free) < 2:
        raise NotEstimable(what="The band of the ROC curve", reason="a class has fewer than two patients")
    # Highest scores first: walking down the thresholds, both rates only grow.
    place = np.unique(-x, return_inverse=True)[1]
    with_event, without = np.bincount(place[y], minlength=place.max() + 1), np.bincount(place[~y])
    without = np.concatenate([without, np.zeros(len(with_event) - len(without), dtype=without.dtype)])
    false_positive_rate = np.linspace(0, 1, n_points)
    rng = np.random.default_rng(np.random.SeedSequence((seed, 0xB0C)))
    found = np.empty((n_draws, n_points))
    for draw in range(n_draws):
        drawn = rng.multinomial(n_events, with_event / n_events)
        drawn_free = rng.multinomial(n_free, without / n_free)
        found[draw] = _sensitivity_at(false_positive_rate, drawn, drawn_free)
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return RocBand(
        specificity=1 - false_positive_rate,
        sensitivity=_sensitivity_at(false_positive_rate, with_event, without),
        low=low,
        high=high,
        level=level,
        n_draws=n_draws,
        n=len(x),
        n_events=n_events,
    )


def _sensitivity_at(
    false_positive_rate: Floats, with_event: npt.NDArray[np.int64], without: npt.NDArray[np.int64]
) -> Floats:
    """Read the curve of counts per score, highest first, at each rate (m,); straight between its points."""
    sensitivity = np.concatenate([[0], np.cumsum(with_event)]) / with_event.sum()
    rate = np.concatenate([[0], np.cumsum(without)]) / without.sum()
    # At a rate that several points share, interp reads the last one, which is the highest.
    return np.asarray(np.interp(false_positive_rate, rate, sensitivity), dtype=np.float64)
