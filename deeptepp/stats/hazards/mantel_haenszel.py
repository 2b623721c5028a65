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
from deeptepp.stats.hazards.two_arm_tables import two_arm_tables
from deeptepp.wording.sentence import joined, sentence

ONE_STEP = "one-step Mantel-Haenszel (Peto) hazard ratio"
"""Name of the estimator inside one group of patients."""


@dataclass(frozen=True, slots=True)
class Subgroup:
    """Two arms in one subgroup.

    ``expected_index``, ``expected_reference``: events expected if the arms shared one hazard. ``excess``: u:
    observed less expected events of the index arm. ``variance``: v: hypergeometric variance of U.
    ``hazard_ratio``: one-step, index against reference.
    """

    label: str
    n_index: int
    n_reference: int
    n_events_index: int
    n_events_reference: int
    expected_index: float
    expected_reference: float
    excess: float
    variance: float
    hazard_ratio: Estimate

    @property
    def test(self) -> ChiSquareTest:
        """Log-rank test of this subgroup."""
        return log_rank_of(self.excess, self.variance, "log-rank", self.hazard_ratio.reason)


@dataclass(frozen=True, slots=True)
class SubgroupAnalysis:
    """Two arms inside subgroups and over all of them.

    ``subgroups``: in byte order of their labels, ascending where the labels are numbers. ``excess``, ``variance``:
    u and V summed over subgroups. ``stratified``: one-step hazard ratio over all subgroups. ``heterogeneity``:
    whether the hazard ratios differ between subgroups; no p value with fewer than two that have one.
    """

    subgroups: tuple[Subgroup, ...]
    excess: float
    variance: float
    stratified: Estimate
    heterogeneity: ChiSquareTest

    @property
    def test(self) -> ChiSquareTest:
        """Log-rank test stratified by subgroup."""
        return log_rank_of(self.excess, self.variance, "log-rank, stratified by subgroup", self.stratified.reason)


def one_step_hazard_ratio(index: FollowUp, reference: FollowUp, *, level: float = 0.95) -> Estimate:
    """Estimate the hazard ratio of two arms in one step.

    ``index``, ``reference``: the arms; below 1 favours the index arm. Returns: without a value, and with the
    reason, where no event was seen while both arms were at risk.
    """
    return _analyse("", index, reference, level).hazard_ratio


def subgroup_analysis(
    follow_up: FollowUp, is_index: npt.NDArray[np.bool_], subgroups: npt.ArrayLike, *, level: float = 0.95
) -> SubgroupAnalysis:
    """Compare two arms inside subgroups and over all of them.

    ``is_index`` (n,): True in the index arm, False in the reference arm. ``subgroups`` (n,): subgroup of each
    patient; numbers are taken as text. Returns: each estimate without a value, and with the reason, where the data
    do not determine one. Raises ``NotEstimable``: nobody was observed.
    """
    if follow_up.n == 0:
        raise NotEstimable(what="The subgroup analysis", reason="nobody was observed")
    chosen = np.asarray(is_index, dtype=bool)
    labels = _labels(subgroups)
    if not follow_up.months.shape == chosen.shape == labels.shape:
        msg = f"{follow_up.n} patients, {chosen.shape} arms and {labels.shape} subgroups must be one column each"
        raise ValueError(msg)
    # Observed less expected events and hypergeometric variance of each subgroup, then summed over all.
    parts: list[Subgroup] = []
    for label in levels_of(subgroups):
        index, reference = (follow_up.where((labels == label) & arm) for arm in (chosen, ~chosen))
        parts.append(_analyse(label, index, reference, level))
    excess, variance = sum(part.excess for part in parts), sum(part.variance for part in parts)
    n, n_events = follow_up.n, follow_up.n_events
    method = sentence("{method}, stratified by subgroup", method=ONE_STEP)
    return SubgroupAnalysis(
        subgroups=tuple(parts),
        excess=excess,
        variance=variance,
        stratified=_one_step(excess, variance, n, n_events, method, _reason(parts), level),
        heterogeneity=_heterogeneity(parts),
    )


def log_rank_of(excess: float, variance: float, method: str, reason: str) -> ChiSquareTest:
    """Test observed less expected events against their variance.

    ``reason``: why there is no test where V is 0. Returns: with one degree of freedom; without a p value where V
    is 0.
    """
    if variance <= 0:
        return chi_square_test(0.0, 0, method, reason=reason)
    return chi_square_test(excess**2 / variance, 1, method)


def _labels(subgroups: npt.ArrayLike) -> npt.NDArray[np.object_]:
    """Subgroup of each patient as text, (n,)."""
    values = np.asarray(subgroups)
    if any(value is None or value != value for value in values.tolist()):
        raise OutOfRange(field="subgroups", value="missing", limit="a known subgroup")
    return np.array(as_text(values), dtype=object)


def _analyse(label: str, index: FollowUp, reference: FollowUp, level: float) -> Subgroup:
    """Compare the arms of one subgroup."""
    table = two_arm_tables(index, reference)
    excess, variance = index.n_events - table.expected_index, table.variance
    n, n_events = index.n + reference.n, index.n_events + reference.n_events
    reason = "" if variance > 0 else _why_not(index, reference)
    return Subgroup(
        label=label,
        n_index=index.n,
        n_reference=reference.n,
        n_events_index=index.n_events,
        n_events_reference=reference.n_events,
        expected_index=table.expected_index,
        expected_reference=table.expected_reference,
        excess=excess,
        variance=variance,
        hazard_ratio=_one_step(excess, variance, n, n_events, ONE_STEP, reason, level),
    )


def _why_not(index: FollowUp, reference: FollowUp) -> str:
    """Why two arms cannot be compared."""
    if index.n == 0 or reference.n == 0:
        return "only one arm has patients"
    if index.n_events + reference.n_events == 0:
        return "no event was seen"
    return "at each event one arm alone was at risk, or everybody at risk had it"


def _reason(parts: Sequence[Subgroup]) -> str:
    """Why nothing can be compared over all subgroups; empty where something can."""
    if any(part.variance > 0 for part in parts):
        return ""
    reasons = {part.hazard_ratio.reason for part in parts}
    return sentence("no subgroup can be compared ({reasons})", reasons=joined("; ", sorted(reasons)))


def _one_step(
    excess: float, variance: float, n: int, n_events: int, method: str, reason: str, level: float
) -> Estimate:
    """Turn U and V into a hazard ratio."""
    if variance <= 0:
        return Estimate(value=None, level=level, n=n, n_events=n_events, method=method, reason=reason)
    # Peto one-step: exp(U / V), interval exp((U +- z sqrt(V)) / V).
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
    # Heterogeneity: sum of U^2 / V less (sum of U)^2 / sum of V.
    common = sum(part.excess for part in compared) ** 2 / sum(part.variance for part in compared)
    statistic = max(sum(part.excess**2 / part.variance for part in compared) - common, 0.0)
    return chi_square_test(statistic, freedom, method)
