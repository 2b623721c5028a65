"""Checks of roc, roc.unpaired, dca, kmeans: scores and cut-offs."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from golden.comparison import Comparison
from golden.oracle import Case, by_group, follow_up, in_data
from scipy.special import ndtr, stdtr
from scipy.stats import binomtest
from sklearn.cluster import KMeans

from deeptepp.domain.cohort import FollowUp
from deeptepp.stats.prediction.auc_comparison import compare_auc
from deeptepp.stats.prediction.decision_curve import DecisionCurve, decision_curve_at
from deeptepp.stats.prediction.kmeans import split_two
from deeptepp.stats.prediction.operating_point import at_threshold, youden
from deeptepp.stats.prediction.roc import roc_auc
from deeptepp.stats.proportion import proportion


def scores_of(case: Case, *names: str) -> tuple[list[np.ndarray], np.ndarray]:
    """Scores of the patients with all of them known, and who has the event."""
    frame = case.table(case.columns["y"], *names)
    negated = case.params.get("negate") or []
    columns = [frame[name].to_numpy(float) * (-1 if name in negated else 1) for name in names]
    return columns, frame[case.columns["y"]].to_numpy(float) == 1


def as_list(value: Any) -> list:
    """What R writes as a list, or as its only member."""
    return value if isinstance(value, list) else [value]


def check_roc(case: Case, comparison: Comparison) -> None:
    """Every score by itself, and the pairs."""
    for name, expected in case.expected["single"].items():
        (scores,), events = scores_of(case, name)
        compare_single(name, scores, events, expected, comparison)
    for expected in as_list(case.expected.get("paired_delong") or []):
        (first, second), events = scores_of(case, *expected["pair"])
        what = " - ".join(expected["pair"])
        if expected["z"] is None:  # of one patient R has no variance, and we no comparison
            areas = [roc_auc(scores, events).auc for scores in (first, second)]
            comparison.numbers(f"{what} auc", areas, expected["auc"])
            comparison.exactly(f"{what} can be compared", min(events.sum(), (~events).sum()) > 1, False)
            continue
        found = compare_auc(first, second, events)
        comparison.numbers(f"{what} auc", found.auc, expected["auc"])
        comparison.number(f"{what} diff", found.difference, expected["diff"])
        comparison.number(f"{what} z", found.z, expected["z"])
        comparison.number(f"{what} p", found.p_value, expected["p"])
        comparison.number(f"{what} cov", found.covariance, expected["cov"])
        comparison.numbers(f"{what} var", found.variance, expected["var"])
        if expected.get("ci_diff") is not None:
            comparison.numbers(f"{what} ci_diff", [found.low, found.high], expected["ci_diff"])


def compare_single(
    what: str, scores: np.ndarray, events: np.ndarray, expected: dict, comparison: Comparison
) -> None:
    """AUC, Youden's cut-offs and the table at the lowest and highest of them."""
    curve, point = roc_auc(scores, events), youden(scores, events)
    comparison.exactly(f"{what} n_pos", curve.n_events, expected["n_pos"])
    comparison.exactly(f"{what} n_neg", curve.n - curve.n_events, expected["n_neg"])
    comparison.number(f"{what} auc", curve.auc, expected["auc"])
    if curve.standard_error is None:
        # No variance, or none that can be estimated: we give no interval, R one of width 0.
        comparison.exactly(f"{what} delong_se", float(expected["delong_se"] or 0), 0.0)
    else:
        comparison.number(f"{what} delong_se", curve.standard_error, expected["delong_se"])
        comparison.numbers(f"{what} ci_delong", [curve.low, curve.high], expected["ci_delong"])
    best = expected["youden"]
    points = [at_threshold(scores, events, threshold) for threshold in point.tied_thresholds]
    sums = [found.sensitivity.value + found.specificity.value for found in points]
    theirs = as_list(best["thresholds"])
    if len(theirs) < len(points):
        # R adds shares as floats, so that ties of whole numbers can come apart in the last digit.
        points = [found for found, total in zip(points, sums, strict=True) if total == max(sums)]
    comparison.exactly(f"{what} n_best", len(points), best["n_best"])
    comparison.numbers(f"{what} thresholds", [found.threshold for found in points], theirs)
    comparison.numbers(f"{what} sens", [found.sensitivity.value for found in points], best["sens"])
    comparison.numbers(f"{what} spec", [found.specificity.value for found in points], best["spec"])
    for place, chosen in (("at_smallest_best", points[0]), ("at_largest_best", points[-1])):
        compare_row(f"{what} {place}", scores, events, chosen.threshold, expected[place], comparison)


def compare_row(
    what: str, scores: np.ndarray, events: np.ndarray, threshold: float, expected: dict, comparison: Comparison
) -> None:
    """One row of the cut-off table, with Wilson's interval and, from scipy, the exact one."""
    row = at_threshold(scores, events, threshold)
    comparison.number(f"{what} threshold", row.threshold, expected["threshold"])
    counts = (row.n_true_positive, row.n_false_positive, row.n_false_negative, row.n_true_negative)
    comparison.exactly(f"{what} counts", list(counts), [expected[name] for name in ("tp", "fp", "fn", "tn")])
    comparison.number(f"{what} youden_J", row.youden, expected["youden_J"])
    shares = {
        "sens": "sensitivity",
        "spec": "specificity",
        "acc": "accuracy",
    }
    shares = {name: getattr(row, ours) for name, ours in shares.items()}
    shares["ppv"] = proportion(row.n_true_positive, row.n_true_positive + row.n_false_positive)
    shares["npv"] = proportion(row.n_true_negative, row.n_true_negative + row.n_false_negative)
    for name, share in shares.items():
        comparison.number(f"{what} {name}", share.value, expected[name]["value"])
        comparison.numbers(f"{what} {name} wilson", [share.low, share.high], expected[name]["wilson"])
        # Nothing in the package asks for the exact interval; R was, so the library behind ours is held to it.
        exact = binomtest(share.n_events, share.n).proportion_ci(share.level, "exact")
        comparison.numbers(f"{what} {name} cp", [exact.low, exact.high], expected[name]["cp"])


def check_unpaired(case: Case, comparison: Comparison) -> None:
    """One score in two samples."""
    columns, expected = case.columns, case.expected
    groups = by_group(case.table(*columns.values()), columns["group"], expected["groups"])
    comparison.exactly("groups", list(groups), expected["groups"])
    samples = [
        (rows[columns["score"]].to_numpy(float), rows[columns["y"]].to_numpy(float) == 1)
        for rows in groups.values()
    ]
    curves = [roc_auc(*sample) for sample in samples]
    comparison.numbers("auc", [curve.auc for curve in curves], expected["auc"])
    for curve, error in zip(curves, expected["se"], strict=True):
        # R gives perfect separation the standard error 0, where we give none.
        comparison.number("se", 0 if error == 0 and curve.standard_error is None else curve.standard_error, error)
    if expected["D"] is None:
        return
    # Welch's test of two independent areas, which nothing in the package asks for.
    variances = np.array([curve.standard_error**2 for curve in curves])
    freedom = variances.sum() ** 2 / (variances**2 / [curve.n - 1 for curve in curves]).sum()
    apart = (curves[0].auc - curves[1].auc) / np.sqrt(variances.sum())
    comparison.number("D", apart, expected["D"])
    comparison.number("df", freedom, expected["df"])
    comparison.number("p", 2 * stdtr(freedom, -abs(apart)), expected["p"])
    comparison.number("p_normal", 2 * ndtr(-abs(apart)), expected["p_normal"])


def check_decision_curve(case: Case, comparison: Comparison) -> None:
    """Net benefit of every model."""
    columns, expected = case.columns, case.expected
    names = as_list(columns["risk"])
    frame = case.table(columns.get("y"), columns.get("time"), columns.get("status"), *names)
    for name in names:
        what, thresholds = str(name), as_list(expected["thresholds"])
        curve = curve_of(case, frame, name, thresholds)
        comparison.numbers(f"{what} thresholds", curve.thresholds, thresholds)
        comparison.numbers(f"{what} treat_all", curve.treat_all, expected["treat_all"])
        benefit, avoided = list(curve.net_benefit), list(curve.avoided_per_100)
        for i in np.flatnonzero(np.isin(np.round(thresholds, 12), np.round(frame[name].to_numpy(float), 12))):
            # The file has 15 digits of R's threshold, so a risk at it lies on one side or the other.
            beside = [thresholds[i] - 1e-14, thresholds[i] + 1e-14]
            curve = curve_of(case, frame, name, beside)
            theirs = as_list(expected["models"][name])[i]
            for net, per_100 in zip(curve.net_benefit, curve.avoided_per_100, strict=True):
                if net is not None and theirs is not None and abs(net - theirs) < 1e-12:
                    benefit[i], avoided[i] = net, per_100
        comparison.numbers(f"{what} net benefit", benefit, expected["models"][name])
        comparison.numbers(f"{what} avoided", avoided, expected["net_interventions_avoided_per_100"][name])


def curve_of(case: Case, frame: pd.DataFrame, name: str, thresholds: list[float]) -> DecisionCurve:
    """The decision curve of one risk, for an outcome known of everybody or under censoring."""
    risk = frame[name].to_numpy(float)
    if case.columns.get("time"):
        times = follow_up(frame, case.columns)
        return decision_curve_at(risk, times, in_data(case.params["at"], times), thresholds, label=name)
    known = FollowUp(np.ones(len(frame)), frame[case.columns["y"]].to_numpy(float) == 1)
    return decision_curve_at(risk, known, 1.0, thresholds, label=name)


def check_clusters(case: Case, comparison: Comparison) -> None:
    """K-means of the scores above a cut-off."""
    scores = case.table(case.columns["score"])[case.columns["score"]].to_numpy(float)
    above, expected = scores[scores > case.params["cutoff"]], case.expected
    clusters = clusters_of(above, case.params["k"])
    centres = [cluster.mean() for cluster in clusters]
    comparison.exactly("n_low", len(scores) - len(above), expected["n_low"])
    comparison.exactly("n_above", sum(map(len, clusters)), expected["n_above"])
    comparison.exactly("sizes", [len(cluster) for cluster in clusters], as_list(expected["sizes"]))
    comparison.numbers("centers", centres, expected["centers"])
    within = sum(((cluster - cluster.mean()) ** 2).sum() for cluster in clusters)
    comparison.number("tot_withinss", within, expected["tot_withinss"])
    for (lower, upper), theirs in zip(pairwise(clusters), expected["boundary_values"], strict=True):
        comparison.numbers("boundary_values", (lower.max(), upper.min()), theirs)
    middles = [(low + high) / 2 for low, high in pairwise(centres)]
    comparison.numbers("boundary_center_midpoint", middles, expected["boundary_center_midpoint"])


def clusters_of(values: np.ndarray, k: int) -> list[np.ndarray]:
    """Two clusters as the tiers have them; three, which only R was asked about, from many starts."""
    if k == 2:
        split = split_two(values)
        return [split.low, split.high]
    labels = KMeans(k, n_init=50, random_state=0).fit_predict(values[:, None])
    return sorted((values[labels == label] for label in range(k)), key=np.mean)


CHECKS = {
    "roc": check_roc,
    "roc.unpaired": check_unpaired,
    "dca": check_decision_curve,
    "kmeans": check_clusters,
}
"""Checks by kind of case: ``check(case, comparison)``."""
