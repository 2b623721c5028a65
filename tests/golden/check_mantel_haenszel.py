"""Check of mh_interaction: two arms inside subgroups, and whether their hazard ratios differ."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from golden.common_ratios import common_odds_ratio, rate_ratio
from golden.comparison import ITERATED, LIKELIHOOD, Comparison
from golden.oracle import Case, as_levels, follow_up

from deeptepp.domain.cohort import FollowUp
from deeptepp.stats.design import design
from deeptepp.stats.estimate import ChiSquareTest, Estimate, chi_square_test
from deeptepp.stats.hazards.cox import fit_cox
from deeptepp.stats.hazards.cox_fit import ALIASED, CoxFit
from deeptepp.stats.hazards.mantel_haenszel import Subgroup, SubgroupAnalysis, subgroup_analysis
from deeptepp.stats.hazards.two_arm_tables import two_arm_tables


def check_subgroups(case: Case, comparison: Comparison) -> None:
    """Every number of the forest plot."""
    columns, expected = case.columns, case.expected
    frame = case.table(*columns.values())
    arm = as_levels(frame[columns["exposure"]])
    index, reference = as_levels(pd.Series([case.params[name] for name in ("index", "reference")]))
    frame = frame[arm.isin([index, reference])].reset_index(drop=True)
    is_index = (as_levels(frame[columns["exposure"]]) == index).to_numpy(bool)
    labels = as_levels(frame[columns["subgroup"]]).to_numpy(str)
    times = follow_up(frame, columns)
    analysis = subgroup_analysis(times, is_index, labels)
    comparison.exactly(
        "subgroups", sorted(part.label for part in analysis.subgroups), sorted(expected["subgroups"])
    )
    by_subgroup = []
    for part in analysis.subgroups:
        chosen = labels == part.label
        by_subgroup.append(tuple(times.where(chosen & arm) for arm in (is_index, ~is_index)))
        for name, arm in zip(("person_time1", "person_time0"), by_subgroup[-1], strict=True):
            comparison.number(name, float(arm.months.sum()), expected["subgroups"][part.label][name])
        compare_subgroup(part, expected["subgroups"][part.label], comparison)
        compare_cox(part, times.where(chosen), is_index[chosen], expected["subgroups"][part.label], comparison)
    compare_summary(analysis, by_subgroup, expected, comparison)
    compare_models(analysis, times, is_index, labels, expected, comparison)


def compare_subgroup(part: Subgroup, expected: dict, comparison: Comparison) -> None:
    """Counts, U and V, and the hazard ratios that need no iteration."""
    counts = (part.n_index, part.n_reference, part.n_events_index, part.n_events_reference)
    names = ("n1", "n0", "events1", "events0")
    comparison.exactly(f"{part.label} counts", list(counts), [expected[name] for name in names])
    for name, ours in (
        ("U", part.excess),
        ("V", part.variance),
        ("E1", part.expected_index),
        ("E0", part.expected_reference),
        ("hr_OE_ratio", observed_to_expected(part)),
    ):
        comparison.number(f"{part.label} {name}", ours, expected[name])
    compare_one_step(part.label, part.hazard_ratio, part.test, expected["one_step"], comparison)


def observed_to_expected(part: Subgroup) -> float | None:
    """(O/E of the index arm) / (O/E of the reference arm), which nothing in the package shows."""
    if part.variance <= 0 or not part.n_events_reference:
        return None
    return part.n_events_index / part.expected_index / (part.n_events_reference / part.expected_reference)


def compare_one_step(
    what: str, found: Estimate, test: ChiSquareTest, expected: dict, comparison: Comparison
) -> None:
    """The hazard ratio with its interval and test."""
    log_ratio = None if found.value is None else np.log(found.value)
    chi_square = None if test.p_value is None else test.statistic
    for name, ours in (
        ("logHR", log_ratio),
        ("HR", found.value),
        ("lower", found.low),
        ("upper", found.high),
        ("chisq", chi_square),
        ("p", found.p_value),
    ):
        comparison.number(f"{what} {name}", ours, expected[name])


def compare_cox(
    part: Subgroup, times: FollowUp, is_index: np.ndarray, expected: dict, comparison: Comparison
) -> None:
    """The Cox model of one subgroup; none where an arm has no event."""
    theirs = expected["cox"]
    if part.variance <= 0:  # the oracle fits no model where the log-rank test says nothing
        comparison.number(f"{part.label} cox HR", None, theirs["HR"])
        return
    fit = model(times, is_index, None, "x")
    no_event = part.variance > 0 and 0 in (part.n_events_index, part.n_events_reference)
    comparison.exactly(f"{part.label} cox monotone", no_event, theirs["monotone"])
    compare_ratio(f"{part.label} cox", fit, theirs, comparison)


def compare_ratio(what: str, fit: CoxFit, expected: dict, comparison: Comparison) -> None:
    """The hazard ratio of a Cox model of one column; R prints where it stopped when there is none."""
    (ratio,), theirs = fit.hazard_ratios(), expected["HR"]
    if np.isinf(fit.coefficients[0]):
        comparison.exactly(f"{what} without bound", theirs is None or not 1e-3 < theirs < 1e3, True)
        return
    for name, ours in (("HR", ratio.value), ("lower", ratio.low), ("upper", ratio.high)):
        is_known = ours is not None and ratio.is_estimable
        comparison.number(f"{what} {name}", ours if is_known else None, expected[name], ITERATED)


def compare_summary(
    analysis: SubgroupAnalysis, by_subgroup: list[tuple], expected: dict, comparison: Comparison
) -> None:
    """What is said over all subgroups without a model, from both arms of each."""
    stratified = expected["stratified_one_step"]
    comparison.number("stratified U", analysis.excess, stratified["U"])
    comparison.number("stratified V", analysis.variance, stratified["V"])
    compare_one_step("stratified", analysis.stratified, analysis.test, stratified, comparison)
    comparison.test("heterogeneity", analysis.heterogeneity, expected["heterogeneity_one_step"])
    odds = common_odds_ratio([two_arm_tables(*arms) for arms in by_subgroup], n=0)
    theirs = expected["mh_odds_ratio_over_risk_sets"]
    for name, ours in (
        ("estimate", odds.estimate.value),
        ("lower", odds.estimate.low),
        ("upper", odds.estimate.high),
        ("chisq", None if odds.test.p_value is None else odds.test.statistic),
        ("p", odds.estimate.p_value),
    ):
        comparison.number(f"odds ratio {name}", ours, theirs[name])
    comparison.exactly("odds ratio n_tables", odds.n_tables, theirs["n_tables"])
    sides = zip(*by_subgroup, strict=True)
    rate = rate_ratio(*([(arm.n_events, arm.months.sum()) for arm in side] for side in sides), n=0)
    theirs = expected["mh_rate_ratio_person_time"]
    if rate.standard_error_log is None:  # R gives 0 as lower limit of a ratio of 0
        theirs = {**theirs, "lower": None}
    for name, ours in (
        ("estimate", rate.estimate.value),
        ("lower", rate.estimate.low),
        ("upper", rate.estimate.high),
        ("se_log", rate.standard_error_log),
    ):
        comparison.number(f"rate ratio {name}", ours, theirs[name])


def compare_models(
    analysis: SubgroupAnalysis,
    times: FollowUp,
    is_index: np.ndarray,
    labels: np.ndarray,
    expected: dict,
    comparison: Comparison,
) -> None:
    """The stratified Cox model and both tests of interaction."""
    common = model(times, is_index, labels, "x", is_stratified=True)
    (ratio,) = common.hazard_ratios()
    compare_ratio("cox stratified", common, expected["cox_stratified"], comparison)
    if ratio.is_estimable:
        comparison.number("cox stratified p_wald", ratio.p_value, expected["cox_stratified"]["p_wald"], ITERATED)
    main, full = model(times, is_index, labels, "x", "g"), model(times, is_index, labels, "x", "g", "x:g")
    compare_likelihoods("interaction", main, full, expected["interaction_lr_cox"], comparison)
    full = model(times, is_index, labels, "x", "x:g", is_stratified=True)
    theirs = expected["interaction_lr_cox_stratified"]
    compare_likelihoods("interaction stratified", common, full, theirs, comparison)
    n_compared = sum(part.variance > 0 for part in analysis.subgroups)
    comparison.exactly("subgroups compared", n_compared - 1, theirs["df"])


def model(
    times: FollowUp, is_index: np.ndarray, labels: np.ndarray | None, *terms: str, is_stratified: bool = False
) -> CoxFit:
    """A Cox model of the arm, ``x``, and the subgroup, ``g``."""
    columns: dict[str, Any] = {"x": is_index.astype(float)}
    if labels is not None:
        columns["g"] = labels
    return fit_cox(times, design(columns, terms), strata=labels if is_stratified else None)


def near(fit: CoxFit) -> float:
    """Tolerance of a likelihood; R stops on the way where it rises without bound."""
    return ITERATED if np.isinf(fit.coefficients).any() else LIKELIHOOD


def compare_likelihoods(what: str, small: CoxFit, large: CoxFit, expected: dict, comparison: Comparison) -> None:
    """The likelihood ratio of two models; R counts a column without information as a degree of freedom."""
    test, tolerance = likelihood_ratio(small, large), max(near(small), near(large))
    # The oracle counts the coefficients that R has; of columns on their way to infinity R drops some as singular.
    is_open = any(np.isinf(fit.coefficients).any() for fit in (small, large))
    is_uncounted = is_open and expected["df"] < test.degrees_of_freedom
    if is_uncounted or any(reason == ALIASED for fit in (small, large) for reason in fit.reasons):
        comparison.number(f"{what} chisq", test.statistic, expected["chisq"], tolerance)
    else:
        comparison.test(what, test, expected, tolerance)


def likelihood_ratio(small: CoxFit, large: CoxFit) -> ChiSquareTest:
    """Test what the larger model adds."""
    freedom = large.likelihood_ratio.degrees_of_freedom - small.likelihood_ratio.degrees_of_freedom
    return chi_square_test(2 * (large.log_likelihood - small.log_likelihood), freedom, "likelihood ratio test")


CHECKS = {"mh_interaction": check_subgroups}
"""Checks by kind of case: ``check(case, comparison)``."""
