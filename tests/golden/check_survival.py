"""Checks of km, km.fixed_time, logrank, rmst: curves and tests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from golden.comparison import Comparison
from golden.oracle import Case, as_levels, by_group, follow_up, in_data
from scipy.special import ndtri

from deeptepp.domain.cohort import FollowUp
from deeptepp.stats.estimate import ChiSquareTest, chi_square_test
from deeptepp.stats.multiplicity import benjamini_hochberg
from deeptepp.stats.survival.fixed_time import FixedTimeComparison, compare_survival_at
from deeptepp.stats.survival.kaplan_meier import KaplanMeierCurve, kaplan_meier, product_limit
from deeptepp.stats.survival.logrank import log_rank, log_rank_trend
from deeptepp.stats.survival.logrank_pairwise import log_rank_pairwise
from deeptepp.stats.survival.rmst import RmstComparison, area_to, compare_restricted_means


def check_curves(case: Case, comparison: Comparison) -> None:
    """Every group at every time on every scale."""
    columns = case.columns
    groups = by_group(case.table(*columns.values()), columns.get("group"), list(case.expected))
    comparison.exactly("groups", list(groups), list(case.expected))
    for label, rows in groups.items():
        expected = case.expected[label]
        times = follow_up(rows, columns)
        curve = kaplan_meier(times, label=label)
        compare_curve(label, times, curve, expected, comparison)
        quick = product_limit(times)
        comparison.numbers(f"{label} inner loops", quick[1], curve.survival.tolist())
        for scale in SCALES:
            compare_band(label, times, on_scale(curve, scale), scale, expected, comparison)


SCALES = ("log-log", "log", "plain")
"""R was asked for three bands; the package draws the first, from whose errors the others follow."""


def on_scale(curve: KaplanMeierCurve, scale: str) -> KaplanMeierCurve:
    """The curve with its band on another scale, from its survival and standard errors alone."""
    if scale == "log-log":
        return curve
    error = ndtri(0.975) * curve.standard_error
    if scale == "plain":
        low, high = curve.survival - error, curve.survival + error
    else:
        share = np.exp(np.divide(error, curve.survival, out=np.full(len(error), np.nan), where=curve.survival > 0))
        low, high = curve.survival / share, curve.survival * share
    return replace(curve, low=np.clip(low, 0, 1), high=np.clip(high, 0, 1))


def compare_curve(
    label: str, times: FollowUp, curve: KaplanMeierCurve, expected: dict, comparison: Comparison
) -> None:
    """What does not depend on the scale of the interval."""
    comparison.exactly(f"{label} n", curve.n, expected["n"])
    comparison.exactly(f"{label} events", curve.n_events, expected["events"])
    comparison.number(f"{label} max_time", curve.last_months, expected["max_time"])
    at = [curve.at(in_data(time, times)) for time in expected["times"]]
    comparison.exactly(f"{label} n_risk", [found.n_at_risk for found in at], expected["n_risk"])
    comparison.exactly(f"{label} cum_events", [found.n_events for found in at], expected["cum_events"])
    comparison.numbers(f"{label} surv", [found.value for found in at], expected["surv"])
    comparison.numbers(f"{label} se", [found.standard_error for found in at], expected["se_greenwood"])


def compare_band(
    label: str, times: FollowUp, curve: KaplanMeierCurve, scale: str, expected: dict, comparison: Comparison
) -> None:
    """Interval at every time, and the median with its interval, on one scale."""
    band = expected[f"ci_{scale.replace('-', '')}"]
    for i, time in enumerate(expected["times"]):
        found = curve.at(in_data(time, times))
        for side, ours in (("lower", found.low), ("upper", found.high)):
            # Before the first event R gives (1, 1) or null; we say that there is no interval.
            no_event_yet = found.value == 1 and ours is None and band[side][i] == 1
            comparison.number(f"{label} {scale} {side} at {time}", 1 if no_event_yet else ours, band[side][i])
    median = expected["median"][scale]
    comparison.number(f"{label} median", curve.median.months, median["estimate"])
    comparison.number(f"{label} {scale} median lower", curve.median.low, median["lower"])
    comparison.number(f"{label} {scale} median upper", curve.median.high, median["upper"])


def check_fixed_time(case: Case, comparison: Comparison) -> None:
    """Two curves at one time; the first group less the second."""
    columns, expected = case.columns, case.expected
    frame = case.table(*columns.values())
    groups = by_group(frame, columns["group"], as_list(expected["groups"]))
    comparison.exactly("groups", list(groups), as_list(expected["groups"]))
    if len(groups) < 2:
        comparison.number("diff", None, expected["diff"])
        return
    first, second = (follow_up(rows, columns) for rows in groups.values())
    found = compare_survival_at(first, second, in_data(expected["time"], follow_up(frame, columns)))
    arms = (found.index, found.reference)
    comparison.numbers("surv", [arm.value for arm in arms], expected["surv"])
    comparison.numbers("se", [arm.standard_error for arm in arms], expected["se"])
    comparison.number("diff", found.difference.value, expected["diff"])
    if expected["diff_ci"][0] == expected["diff_ci"][1]:  # R gives an interval of width 0, we give none
        comparison.exactly("diff_ci", found.difference.is_estimable, False)
    else:
        comparison.numbers("diff_ci", [found.difference.low, found.difference.high], expected["diff_ci"])
    for name, test in (("naive", naive_test(found)), ("cloglog", log_log_test(found))):
        chi_square = None if test.p_value is None else test.statistic
        comparison.number(f"chisq_{name}", chi_square, expected[f"chisq_{name}"])
        comparison.number(f"p_{name}", test.p_value, expected[f"p_{name}"])


def naive_test(found: FixedTimeComparison) -> ChiSquareTest:
    """The test behind the p value of a difference."""
    error = np.hypot(*(arm.standard_error or 0.0 for arm in (found.index, found.reference)))
    is_tested = found.difference.is_estimable
    return chi_square_test((found.difference.value / error) ** 2 if is_tested else 0.0, int(is_tested), "naive")


def log_log_test(found: FixedTimeComparison) -> ChiSquareTest:
    """The test of log(-log S), which nothing in the package asks for."""
    arms = (found.index, found.reference)
    if not all(0 < arm.value < 1 for arm in arms):
        return chi_square_test(0.0, 0, "log-log")
    values, errors = np.array([(arm.value, arm.standard_error) for arm in arms]).T
    apart = np.log(-np.log(values))
    return chi_square_test(
        (apart[0] - apart[1]) ** 2 / ((errors / (values * np.log(values))) ** 2).sum(), 1, "log-log"
    )


def check_log_rank(case: Case, comparison: Comparison) -> None:
    """The test of all groups, for trend and of every pair."""
    columns, expected = case.columns, case.expected
    frame = case.table(*columns.values())
    parts = by_group(frame, columns["group"], expected["groups"])
    groups = [follow_up(rows, columns) for rows in parts.values()]
    strata = None
    if columns.get("strata"):
        strata = [as_levels(rows[columns["strata"]]).to_numpy(str) for rows in parts.values()]
    rho = float(case.params.get("rho") or 0)
    test = log_rank(groups, strata=strata, rho=rho)
    comparison.exactly("groups", list(parts), expected["groups"])
    comparison.exactly("n", test.n.tolist(), expected["n"])
    comparison.numbers("observed", test.observed, expected["observed"])
    comparison.numbers("expected", test.expected, expected["expected"])
    comparison.numbers("var", test.covariance.ravel(), np.ravel(expected["var"]).tolist())
    comparison.number("chisq", test.statistic, expected["chisq"])
    # A group that is never at risk at an event is compared with nobody and takes no degree of freedom; R leaves it
    # out of the chi-square as well, but the oracle counts k - 1 whatever the data.
    n_compared = int((test.expected > 0).sum())
    comparison.exactly("df", test.degrees_of_freedom, max(n_compared - 1, 0))
    if n_compared == len(groups):
        comparison.exactly("df of R", test.degrees_of_freedom, expected["df"])
        comparison.number("p", test.p_value, expected["p"])
    if "trend" in expected:
        trend = log_rank_trend(groups, scores=expected["trend"]["scores"], strata=strata, rho=rho)
        comparison.test("trend", trend, expected["trend"])
    if "pairwise" in expected:
        pairs = log_rank_pairwise(groups, list(parts), rho=rho)
        theirs = expected["pairwise"]
        comparison.exactly("pairs", [[pair.first, pair.second] for pair in pairs], as_rows(theirs["pairs"]))
        raw = [1.0 if pair.test.p_value is None else pair.test.p_value for pair in pairs]
        by_rate = benjamini_hochberg(raw)
        for i, pair in enumerate(pairs):
            is_tested = pair.test.p_value is not None
            ours = {
                "p_raw": pair.test.p_value,
                "p_holm": pair.p_holm,
                "p_BH": by_rate[i] if is_tested else None,
                "p_bonferroni": min(raw[i] * len(raw), 1.0) if is_tested else None,
            }
            for name, p in ours.items():
                comparison.p_value(f"{name}[{i}]", p, as_list(theirs[name])[i])


def as_list(value: object) -> list:
    """R writes a single value without its list."""
    return value if isinstance(value, list) else [value]


def as_rows(pairs: list) -> list:
    """R writes a single pair without the list of pairs."""
    return pairs if pairs and isinstance(pairs[0], list) else [pairs]


def check_restricted_means(case: Case, comparison: Comparison) -> None:
    """Both means, their difference and their ratios; the second group against the first."""
    columns, expected = case.columns, case.expected
    frame = case.table(*columns.values())
    groups = by_group(frame, columns["group"], as_list(expected["groups"]))
    comparison.exactly("groups", list(groups), as_list(expected["groups"]))
    tau = in_data(case.params["tau"], follow_up(frame, columns))
    followed = [follow_up(rows, columns) for rows in groups.values()]
    arms = [area_to(kaplan_meier(times), tau) for times in followed]
    comparison.numbers("rmst", [arm.estimate.value for arm in arms], expected["rmst"])
    comparison.numbers("se", [arm.standard_error for arm in arms], expected["se"])
    comparison.numbers("max_time", [arm.last_months for arm in arms], expected["max_time"])
    if len(arms) < 2:
        comparison.number("diff", None, expected["diff_2_minus_1"])
        return
    compare_means(compare_restricted_means(followed[1], followed[0], tau), expected, comparison)


def compare_means(found: RmstComparison, expected: dict, comparison: Comparison) -> None:
    """The second group against the first."""
    comparison.number("diff", found.difference.value, expected["diff_2_minus_1"])
    comparison.number("diff_se", found.standard_error, expected["diff_se"])
    comparison.number("p", found.difference.p_value, expected["p"])
    arms = (found.index, found.reference)
    ratio = ratio_of([arm.estimate.value for arm in arms], arms)
    comparison.number("ratio", ratio[0], expected["ratio_2_over_1"])
    if found.standard_error > 0:
        comparison.numbers("diff_ci", [found.difference.low, found.difference.high], expected["diff_ci"])
        comparison.numbers("ratio_ci", ratio[1:], expected["ratio_ci"])
    else:  # R gives intervals of width 0, we give none
        comparison.exactly("diff_ci", found.difference.is_estimable, False)
    # Without an event no time is lost; R then divides what rounding left of tau - RMST.
    if min(found.index.lost_months, found.reference.lost_months) > 0:
        lost = ratio_of([arm.lost_months for arm in arms], arms)
        comparison.number("rmtl_ratio", lost[0], expected["rmtl_ratio_2_over_1"])
        comparison.numbers("rmtl_ratio_ci", lost[1:], expected["rmtl_ratio_ci"])


def ratio_of(values: list[float], arms: tuple) -> list[float]:
    """Ratio of two means with its interval, symmetric on the log scale, which nothing in the package shows."""
    error = np.hypot(*(arm.standard_error / value for arm, value in zip(arms, values, strict=True)))
    return [values[0] / values[1] * float(np.exp(side * ndtri(0.975) * error)) for side in (0, -1, 1)]


CHECKS = {
    "km": check_curves,
    "km.fixed_time": check_fixed_time,
    "logrank": check_log_rank,
    "rmst": check_restricted_means,
}
"""Checks by kind of case: ``check(case, comparison)``."""
