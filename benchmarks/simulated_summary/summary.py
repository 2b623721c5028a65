"""Many simulated cohorts against the published figures and against the same model simulated before.

Each row is judged twice. Our mean must lie within three standard errors of the mean of the reference, both being
means over draws: otherwise one of the two simulators is at fault, or they measure different things. Whether the
published figure lies among the single draws says whether the model can produce it at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, pi, sqrt

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed

from deeptepp.errors import BadSetting
from deeptepp.simulate.hazards import PRESETS
from deeptepp.stats.estimate import normal_quantile
from deeptepp.stats.proportion import Proportion, proportion
from simulated_summary.draw import measure_draw
from simulated_summary.nulls import NULL_TESTS, NullTest, measure_nulls, n_significant
from simulated_summary.targets import N_REFERENCE_DRAWS, QUANTITIES, SHARES, Quantity, Share

ALPHA = 0.05
"""Level of every test."""

N_STANDARD_ERRORS = 3.0
"""Two means that lie further apart are flagged."""

REFERENCE_PRESET = "paper"
"""The reference was simulated under this preset alone."""

_ROUNDING = 0.005
"""The reference is printed with two decimals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryRow:
    """One number over all draws.

    Parameters
    ----------
    quantity : Quantity
        Target and reference.
    n_draws : int
        Draws in which it was determined.
    centre : float
        Mean, or median where the reference has one.
    sd : float
        Standard deviation between draws.
    low, high : float
        5th and 95th percentile of the draws.
    is_target_drawn : bool
        The target lies between the smallest and the largest 2.5 % of draws.
    limit : float or None
        Largest difference from the reference that chance explains; on the log scale for a median. None where the
        reference does not apply.
    is_within : bool or None
        Whether the difference is no larger.
    """

    quantity: Quantity
    n_draws: int
    centre: float
    sd: float
    low: float
    high: float
    is_target_drawn: bool
    limit: float | None
    is_within: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareRow:
    """How often a claim of the paper is significant.

    Parameters
    ----------
    share : Share
        The test and its reference.
    found : Proportion
        Of the draws, with Wilson's interval.
    is_within : bool or None
        Whether it lies within three standard errors of the reference; None where that does not apply.
    """

    share: Share
    found: Proportion
    is_within: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NullRow:
    """How often a test calls what is not there.

    Parameters
    ----------
    test : NullTest
        The test.
    found : Proportion
        Of the draws, with Wilson's interval.
    """

    test: NullTest
    found: Proportion

    @property
    def is_honest(self) -> bool:
        """Whether the interval does not lie above the level of the test."""
        return self.found.low is None or self.found.low <= ALPHA


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedSummary:
    """Everything of the table.

    Parameters
    ----------
    preset : str
        Of the draws.
    n_draws : int
        Draws, seeds 0 to n - 1.
    rows : tuple of SummaryRow
        In the order of ``targets.QUANTITIES``.
    shares : tuple of ShareRow
        In the order of ``targets.SHARES``.
    nulls : tuple of NullRow
        In the order of ``nulls.NULL_TESTS``.
    """

    preset: str
    n_draws: int
    rows: tuple[SummaryRow, ...]
    shares: tuple[ShareRow, ...]
    nulls: tuple[NullRow, ...]

    @property
    def flagged(self) -> tuple[SummaryRow, ...]:
        """Rows further from the reference than chance explains."""
        return tuple(row for row in self.rows if row.is_within is False)


def summarise_draws(n_draws: int, *, preset: str = REFERENCE_PRESET, n_jobs: int = 1) -> SimulatedSummary:
    """Simulate cohorts and summarise what is measured in them.

    Parameters
    ----------
    n_draws : int
        Cohorts of the preset, and of each null preset; at least 2.
    preset : str
        One of ``simulate.hazards.PRESETS``.
    n_jobs : int
        Processes.

    Returns
    -------
    SimulatedSummary
        The same for any number of processes.

    Raises
    ------
    BadSetting
        The preset is unknown, or there are fewer than 2 draws.
    """
    if preset not in PRESETS:
        raise BadSetting(key="preset", value=preset, limit=f"one of {', '.join(PRESETS)}")
    if n_draws < 2:
        raise BadSetting(key="draws", value=n_draws, limit="2 or more")
    with Parallel(n_jobs=n_jobs) as run:
        measured = run(delayed(measure_draw)(seed, preset=preset) for seed in range(n_draws))
        tested = run(delayed(measure_nulls)(seed) for seed in range(n_draws))
    applies = preset == REFERENCE_PRESET
    return SimulatedSummary(
        preset=preset,
        n_draws=n_draws,
        rows=tuple(summarise(each, [draw[each.key] for draw in measured], applies=applies) for each in QUANTITIES),
        shares=tuple(_share(each, [draw[each.key] for draw in measured], applies=applies) for each in SHARES),
        nulls=tuple(
            NullRow(test=test, found=proportion(*n_significant([draw[test.preset, test.key] for draw in tested])))
            for test in NULL_TESTS
        ),
    )


def summarise(quantity: Quantity, values: Sequence[float], *, applies: bool = True) -> SummaryRow:
    """Summarise one number over the draws.

    Parameters
    ----------
    quantity : Quantity
        Target and reference.
    values : sequence of float
        One for each draw; NaN where it was not determined, infinite where a ratio has no bound.
    applies : bool
        Whether the reference is of the same model.

    Returns
    -------
    SummaryRow
        With the verdict where the reference applies.
    """
    x = np.array([value for value in values if not np.isnan(value)])
    # Infinite ratios keep their place among the draws; interpolation between two of them would be NaN.
    tail, low, median, high, head = (
        float(np.quantile(x, q, method="inverted_cdf")) for q in (0.025, 0.05, 0.5, 0.95, 0.975)
    )
    finite = x[np.isfinite(x)]
    centre = median if quantity.is_median else float(x.mean())
    sd = float(finite.std(ddof=1)) if len(finite) > 1 else 0.0
    limit = (
        (_limit_of_median(quantity, x) if quantity.is_median else _limit(quantity, sd, len(x)))
        if applies
        else None
    )
    difference = log(centre / quantity.mean) if quantity.is_median else centre - quantity.mean
    return SummaryRow(
        quantity=quantity,
        n_draws=len(x),
        centre=centre,
        sd=sd,
        low=low,
        high=high,
        is_target_drawn=tail <= quantity.target <= head,
        limit=limit,
        is_within=None if limit is None else abs(difference) <= limit,
    )


def _limit(quantity: Quantity, sd: float, n: int) -> float:
    """Give three standard errors of the difference of two means, and the rounding of the reference."""
    reference_sd = sd if quantity.sd is None else quantity.sd
    return N_STANDARD_ERRORS * sqrt(reference_sd**2 / N_REFERENCE_DRAWS + sd**2 / n) + _ROUNDING


def _limit_of_median(quantity: Quantity, values: npt.NDArray[np.float64]) -> float:
    """Give three standard errors of the difference of two log medians, by spreads from the 5-95 % ranges."""
    both = normal_quantile(0.90) * 2
    reference_sd = log((quantity.high or 1.0) / (quantity.low or 1.0)) / both
    low, high = np.quantile(np.log(values[np.isfinite(values)]), (0.05, 0.95))
    variance = reference_sd**2 / N_REFERENCE_DRAWS + (float(high - low) / both) ** 2 / len(values)
    return N_STANDARD_ERRORS * sqrt(pi / 2 * variance) + _ROUNDING / quantity.mean


def _share(share: Share, p_values: list[float], *, applies: bool) -> ShareRow:
    """Count how often a claim is significant."""
    found = proportion(*n_significant(p_values))
    limit = N_STANDARD_ERRORS * sqrt(
        share.reference * (1 - share.reference) * (1 / N_REFERENCE_DRAWS + 1 / found.n)
    )
    difference = abs((found.value or 0.0) - share.reference)
    return ShareRow(share=share, found=found, is_within=difference <= limit + _ROUNDING if applies else None)
