"""Interval of an AUC by drawing patients again, patients with and without the event apart.

Rows of one patient, her views, are drawn together, so that views of the same patient never pass for patients.

References
----------
Efron B, Tibshirani RJ. An Introduction to the Bootstrap, 1993, chapter 13 (percentile interval).
Obuchowski NA. Biometrics 1997;53:567-578 (clustered ROC data).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.errors import NotEstimable, OutOfRange

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

N_DRAWS = 2000
"""Bootstrap samples."""


@dataclass(frozen=True, slots=True)
class BootstrapInterval:
    """An AUC with its percentile interval.

    ``value``: AUC of the rows as they are.
    """

    value: float
    low: float
    high: float
    level: float
    n_draws: int
    n: int
    n_events: int
    method: str = "patient bootstrap, stratified by event, percentile interval"


def bootstrap_auc(
    scores: npt.ArrayLike,
    events: npt.ArrayLike,
    *,
    patients: npt.ArrayLike | None = None,
    n_draws: int = N_DRAWS,
    seed: int = 0,
    level: float = 0.95,
) -> BootstrapInterval:
    """Draw patients with replacement within each class and measure the AUC of every sample.

    ``scores`` (n,): finite scores, higher for the event. ``patients`` (n,): whose row each is; every row is a
    patient when left out. Returns: the same for the same rows and seed. Raises ``NotEstimable``: a class has fewer
    than two patients, so that drawing them again changes nothing.
    """
    x, y = np.asarray(scores, dtype=np.float64), np.asarray(events, dtype=bool)
    whose = np.arange(len(x)) if patients is None else np.unique(np.asarray(patients), return_inverse=True)[1]
    if not np.isfinite(x).all():
        raise OutOfRange(field="scores", value="missing or infinite", limit="finite numbers")
    with_event, without_event = np.unique(whose[y]), np.unique(whose[~y])
    if np.intersect1d(with_event, without_event).size:
        raise OutOfRange(field="events", value="both of one patient", limit="the same in all rows of a patient")
    if min(len(with_event), len(without_event)) < 2:
        reason = "a class has fewer than two patients"
        raise NotEstimable(what="The bootstrap interval of the AUC", reason=reason)
    won = _pairs_won(x, y, whose)  # (n_events, n_free)
    n_rows = np.bincount(whose)
    rng = np.random.default_rng(np.random.SeedSequence((seed, 0xA0C)))
    drawn, drawn_free = _draw(len(with_event), n_draws, rng), _draw(len(without_event), n_draws, rng)
    n_pairs = (drawn @ n_rows[with_event]) * (drawn_free @ n_rows[without_event])
    found = ((drawn @ won) * drawn_free).sum(axis=1) / n_pairs
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return BootstrapInterval(
        value=float(won.sum() / (y.sum() * (~y).sum())),
        low=float(low),
        high=float(high),
        level=level,
        n_draws=n_draws,
        n=len(n_rows),
        n_events=len(with_event),
    )


def _pairs_won(x: Floats, y: Bools, whose: npt.NDArray[np.int64]) -> Floats:
    """Count, per pair of patients, the pairs of rows in the right order, ties half, (n_events, n_free)."""
    order = np.argsort(whose[~y], kind="stable")
    free = x[~y][order]
    starts = np.unique(whose[~y][order], return_index=True)[1]
    rows = []
    for patient in np.unique(whose[y]):
        own = x[whose == patient]
        right = np.sign(own[:, None] - free).sum(axis=0) / 2 + len(own) / 2
        rows.append(np.add.reduceat(right, starts))
    return np.asarray(rows, dtype=np.float64)


def _draw(n: int, n_draws: int, rng: np.random.Generator) -> Floats:
    """How often each of n patients is in each sample, (n_draws, n)."""
    return rng.multinomial(n, np.full(n, 1 / n), size=n_draws).astype(np.float64)
