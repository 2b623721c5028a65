"""Hazard ratios of two arms inside subgroups by the one-step Mantel-Haenszel (Peto) estimator.

U is the observed less the expected events of the index arm and V its variance, both from the log-rank test; the
hazard ratio is exp(U / V). It is defined as long as both arms are at risk at the time of some event, also where
one arm has no event, and then lies away from 0 and infinity. Over subgroups U and V are summed, and what the sum
does not explain is the test of heterogeneity.

References
----------
Peto R, et al. Br J Cancer 1977;35:1-39.
Yusuf S, et al. Prog Cardiovasc Dis 1985;27:335-371 (one-step estimate, heterogeneity).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import FollowUp
from deeptepp.errors import NotEstimable, OutOfRange
from deeptepp.stats.design import as_text, levels_of
from deeptepp.stats.estimate import ChiSquareTest, Estimate, chi_square_test, known, normal_quantile
from deeptepp.stats.hazards.mantel_haenszel_ratios import (
    CommonOddsRatio,
    RateRatio,
    common_odds_ratio,
    log_rank_of,
    rate_ratio,
)
from deeptepp.stats.hazards.two_arm_tables import TwoArmTables, two_arm_tables

ONE_STEP = "one-step Mantel-Haenszel (Peto) hazard ratio"
"""Name of the estimator inside one group of patients."""
OBSERVED_EXPECTED = "ratio of observed to expected events (log-rank hazard ratio)"
"""Name of the ratio that has no interval."""


@dataclass(frozen=True, slots=True)
class Subgroup:
    """Two arms in one subgroup.

    Parameters
    ----------
    label : str
        Level of the subgroup.
    n_index, n_reference : int
        Patients.
    n_events_index, n_events_reference : int
        Events observed.
    months_index, months_reference : float
        Person-months.
    expected_index, expected_reference : float
        Events expected if the arms shared one hazard.
    excess : float
        U: observed less expected events of the index arm.
    variance : float
        V: hypergeometric variance of U.
    hazard_ratio : Estimate
        One-step, index against reference.
    observed_expected_ratio : Estimate
        (O/E of the index arm) / (O/E of the reference arm), without an interval.
    """

    label: str
    n_index: int
    n_reference: int
    n_events_index: int
    n_events_reference: int
    months_index: float
    months_reference: float
    expected_index: float
    expected_reference: float
    excess: float
    variance: float
    hazard_ratio: Estimate
    observed_expected_ratio: Estimate

    @property
    def test(self) -> ChiSquareTest:
        """Log-rank test of this subgroup."""
        return log_rank_of(self.excess, self.variance, "log-rank", self.hazard_ratio.reason)


@dataclass(frozen=True, slots=True)
class SubgroupAnalysis:
    """Two arms inside subgroups and over all of them.

    Parameters
    ----------
    subgroups : tuple of Subgroup
        In byte order of their labels, ascending where the labels are numbers.
    excess, variance : float
        U and V summed over subgroups.
    stratified : Estimate
        One-step hazard ratio over all subgroups.
    heterogeneity : ChiSquareTest
        Whether the hazard ratios differ between subgroups; no p value with fewer than two that have one.
    odds_ratio : CommonOddsRatio
        Mantel-Haenszel over the risk sets of all subgroups.
    rate_ratio : RateRatio
        Mantel-Haenszel over person-months.
    """

    subgroups: tuple[Subgroup, ...]
    excess: float
    variance: float
    stratified: Estimate
    heterogeneity: ChiSquareTest
    odds_ratio: CommonOddsRatio
    rate_ratio: RateRatio

    @property
    def test(self) -> ChiSquareTest:
        """Log-rank test stratified by subgroup."""
        return log_rank_of(self.excess, self.variance, "log-rank, stratified by subgroup", self.stratified.reason)


def one_step_hazard_ratio(index: FollowUp, reference: FollowUp, *, level: float = 0.95) -> Estimate:
    """Estimate the hazard ratio of two arms in one step.

    Parameters
    ----------
    index, reference : FollowUp
        The arms; below 1 favours the index arm.
    level : float
        Confidence level, in (0, 1).

    Returns
    -------
    Estimate
        Without a value, and with the reason, where no event was seen while both arms were at risk.
    """
    return _analyse("", index, reference, two_arm_tables(index, reference), level).hazard_ratio


def subgroup_analysis(
    follow_up: FollowUp,
    is_index: npt.NDArray[np.bool_],
    subgroups: npt.ArrayLike,
    *,
    level: float = 0.95,
) -> SubgroupAnalysis:
    """Compare two arms inside subgroups and over all of them.

    Parameters
    ----------
    follow_up : FollowUp
        Times and events of n patients.
    is_index : (n,) bool
        True in the index arm, False in the reference arm.
    subgroups : (n,) array_like
        Subgroup of each patient; numbers are taken as text.
    level : float
        Confidence level, in (0, 1).

    Returns
    -------
    SubgroupAnalysis
        Each estimate without a value, and with the reason, where the data do not determine one.

    Raises
    ------
    NotEstimable
        Nobody was observed.
    OutOfRange
        A subgroup is missing.
    """
    if follow_up.n == 0:
        raise NotEstimable(what="The subgroup analysis", reason="nobody was observed")
    chosen = np.asarray(is_index, dtype=bool)
    labels = _labels(subgroups)
    if not follow_up.months.shape == chosen.shape == labels.shape:
        msg = f"{follow_up.n} patients, {chosen.shape} arms and {labels.shape} subgroups must be one column each"
        raise ValueError(msg)
    parts: list[Subgroup] = []
    tables: list[TwoArmTables] = []
    for label in levels_of(subgroups):
        index, reference = (follow_up.where((labels == label) & arm) for arm in (chosen, ~chosen))
        tables.append(two_arm_tables(index, reference))
        parts.append(_analyse(label, index, reference, tables[-1], level))
    excess, variance = sum(part.excess for part in parts), sum(part.variance for part in parts)
    n, n_events = follow_up.n, follow_up.n_events
    method = f"{ONE_STEP}, stratified by subgroup"
    return SubgroupAnalysis(
        subgroups=tuple(parts),
        excess=excess,
        variance=variance,
        stratified=_one_step(excess, variance, n, n_events, method, _reason(parts), level),
        heterogeneity=_heterogeneity(parts),
        odds_ratio=common_odds_ratio(tables, n=n, level=level),
        rate_ratio=rate_ratio(
            [(part.n_events_index, part.months_index) for part in parts],
            [(part.n_events_reference, part.months_reference) for part in parts],
            n=n,
            level=level,
        ),
    )


def _labels(subgroups: npt.ArrayLike) -> npt.NDArray[np.object_]:
    """Give the subgroup of each patient as text, (n,)."""
    values = np.asarray(subgroups)
    if any(value is None or value != value for value in values.tolist()):
        raise OutOfRange(field="subgroups", value="missing", limit="a known subgroup")
    return np.array(as_text(values), dtype=object)


def _analyse(label: str, index: FollowUp, reference: FollowUp, table: TwoArmTables, level: float) -> Subgroup:
    """Compare the arms of one subgroup."""
    excess, variance = index.n_events - table.expected_index, table.variance
    n, n_events = index.n + reference.n, index.n_events + reference.n_events
    reason = "" if variance > 0 else _why_not(index, reference)
    observed_expected = None
    if variance > 0 and reference.n_events:
        in_index = index.n_events / table.expected_index
        observed_expected = in_index / (reference.n_events / table.expected_reference)
    ratio = Estimate(
        value=observed_expected,
        level=level,
        n=n,
        n_events=n_events,
        method=OBSERVED_EXPECTED,
        reason=reason or ("this ratio has no interval" if reference.n_events else "no event in the reference arm"),
    )
    return Subgroup(
        label=label,
        n_index=index.n,
        n_reference=reference.n,
        n_events_index=index.n_events,
        n_events_reference=reference.n_events,
        months_index=float(index.months.sum()),
        months_reference=float(reference.months.sum()),
        expected_index=table.expected_index,
        expected_reference=table.expected_reference,
        excess=excess,
        variance=variance,
        hazard_ratio=_one_step(excess, variance, n, n_events, ONE_STEP, reason, level),
        observed_expected_ratio=ratio,
    )


def _why_not(index: FollowUp, reference: FollowUp) -> str:
    """Say why two arms cannot be compared."""
    if index.n == 0 or reference.n == 0:
        return "only one arm has patients"
    if index.n_events + reference.n_events == 0:
        return "no event was seen"
    return "at each event one arm alone was at risk, or everybody at risk had it"


def _reason(parts: Sequence[Subgroup]) -> str:
    """Say why nothing can be compared over all subgroups; empty where something can."""
    if any(part.variance > 0 for part in parts):
        return ""
    reasons = {part.hazard_ratio.reason for part in parts}
    return f"no subgroup can be compared ({'; '.join(sorted(reasons))})"


def _one_step(
    excess: float, variance: float, n: int, n_events: int, method: str, reason: str, level: float
) -> Estimate:
    """Turn U and V into a hazard ratio."""
    if variance <= 0:
        return Estimate(value=None, level=level, n=n, n_events=n_events, method=method, reason=reason)
    half = normal_quantile(level) * np.sqrt(variance)
    with np.errstate(over="ignore"):  # what is too large for a number is not estimable
        low, value, high = np.exp((excess + np.array([-half, 0.0, half])) / variance)
    return Estimate(
        value=known(float(value)),
        low=known(float(low)),
        high=known(float(high)),
        level=level,
        p_value=log_rank_of(excess, variance, method, reason).p_value,
        n=n,
        n_events=n_events,
        method=method,
        reason="" if np.isfinite(high) else "too few events for an upper limit",
    )


def _heterogeneity(parts: Sequence[Subgroup]) -> ChiSquareTest:
    """Test what the common hazard ratio does not explain."""
    method = "heterogeneity of one-step hazard ratios"
    compared = [part for part in parts if part.variance > 0]
    freedom = len(compared) - 1
    if freedom < 1:
        return chi_square_test(0.0, 0, method, reason="fewer than two subgroups can be compared")
    common = sum(part.excess for part in compared) ** 2 / sum(part.variance for part in compared)
    statistic = max(sum(part.excess**2 / part.variance for part in compared) - common, 0.0)
    return chi_square_test(statistic, freedom, method)
