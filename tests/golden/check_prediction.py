"""Checks of prediction: accuracy of predicted survival."""

from __future__ import annotations

import numpy as np
from golden.comparison import ITERATED, LOGIT
from golden.oracle import follow_up, in_data

from deeptepp.stats.estimate import normal_quantile
from deeptepp.stats.prediction.brier import brier_score
from deeptepp.stats.prediction.concordance import harrell_c, uno_c
from deeptepp.stats.prediction.dynamic_auc import dynamic_auc
from deeptepp.stats.prediction.survival_calibration import calibration_at


def check_prediction(case, comparison):
    """All but the standard errors of C, AUC and Brier score, which are informational."""
    risk = _listed(case.columns.get("risk"))
    frame = case.table(case.columns["time"], case.columns["status"], case.columns["lp"], *risk)
    who, marker = follow_up(frame, case.columns), frame[case.columns["lp"]].to_numpy(float)
    expected = case.expected
    comparison.exactly("n", who.n, expected["n"])
    comparison.exactly("events", who.n_events, expected["events"])
    _check_concordance(who, marker, expected, comparison)
    auc = expected["td_auc"]
    for months, value in zip(_listed(auc["times"]), _listed(auc["auc"]), strict=True):
        comparison.number(f"AUC({months})", dynamic_auc(who, marker, just_after(months, who)).auc.value, value)
    if risk:
        predicted = frame[risk].to_numpy(float)
        _check_brier(who, predicted, case.expected, comparison)
        _check_calibration(who, predicted[:, -1], marker, case, comparison)


def just_after(months, who):
    """The time from which riskRegression looks: its controls are followed beyond t, weighted by 1 / G(t).

    Ours are free of the event at t, a censoring at t included, weighted by 1 / G(t-), as `survival::rttright` has
    it; so what riskRegression says of t is what we say of the next number. They differ where somebody is censored
    exactly at t; where everybody is, riskRegression has no control.
    """
    return np.nextafter(in_data(months, who), np.inf)


def _check_concordance(who, marker, expected, comparison):
    whole = harrell_c(who, marker)
    comparison.number("Harrell C", whole.index.value, expected["harrell"]["c"])
    counts = expected["harrell"].get("counts") or {}
    ours = {
        "concordant": whole.counts.concordant,
        "discordant": whole.counts.discordant,
        "tied.x": whole.counts.tied_marker,
        "tied.y": whole.counts.tied_time,
        "tied.xy": whole.counts.tied_both,
    }
    for name, count in counts.items():
        comparison.exactly(f"Harrell {name}", ours[name], int(count))
    for name, index in (("harrell_tau", harrell_c), ("uno", uno_c)):
        if name in expected:
            found = index(who, marker, horizon_months=in_data(expected[name]["tau"], who))
            comparison.number(name, found.index.value, expected[name]["c"])


def _check_brier(who, predicted, expected, comparison):
    brier = expected["brier"]
    times = [just_after(time, who) for time in _listed(brier["times"])]
    found = [brier_score(who, p, time) for p, time in zip(predicted.T, times, strict=True)]
    scores, nulls = [each.score.value for each in found], [each.null for each in found]
    comparison.numbers("Brier", scores, brier["brier"])
    comparison.numbers("null Brier", nulls, brier["null"])
    comparison.numbers("IPA", [each.scaled for each in found], brier["ipa"])
    mean = expected.get("ibs_trapezoid") or {}
    if "model" in mean:
        for name, values, theirs in (("IBS", scores, mean["model"]), ("null IBS", nulls, mean["null"])):
            comparison.number(name, np.trapezoid(values, times) / (times[-1] - times[0]), theirs)


def _check_calibration(who, p, marker, case, comparison):
    expected = case.expected["calibration"]
    knots = int(case.params.get("knots") or 3)
    groups = int(case.params.get("n_groups") or 4)
    time = in_data(expected["time"], who)
    found = calibration_at(who, p, time, n_groups=groups, n_knots=knots, linear_predictor=marker)
    comparison.number("mean predicted", found.mean_predicted, expected["mean_predicted"])
    comparison.number("observed", found.observed.value, expected["observed_km"])
    comparison.numbers("observed CI", _interval(found.observed), expected["observed_ci"])
    comparison.number("O/E", found.ratio.value, expected["oe_ratio"])
    comparison.numbers("O/E CI", _interval(found.ratio), expected["oe_ci"])
    for name, slope in (("slope_lp", found.slope_of_linear_predictor), ("slope_cloglog", found.slope)):
        comparison.number(name, slope.value, expected[name]["slope"], ITERATED)
        error = None if slope.high is None else (slope.high - slope.low) / 2 / normal_quantile(slope.level)
        comparison.number(f"{name} SE", error, expected[name]["se"], ITERATED)
    comparison.numbers("group limits", found.group_limits, expected["group_cutpoints"])
    comparison.exactly("groups", len(found.groups), len(expected["groups"]))
    for i, (ours, theirs) in enumerate(zip(found.groups, expected["groups"], strict=False)):
        comparison.exactly(f"group {i} n", ours.n, theirs["n"])
        comparison.number(f"group {i} predicted", ours.mean_predicted, theirs["mean_pred"])
        comparison.number(f"group {i} observed", ours.observed, theirs["observed"])
        for side in ("lower", "upper"):
            ours_at = {"lower": ours.low, "upper": ours.high}[side]
            if ours_at is None and ours.n_events == 0:
                # Before the first event R writes (0, 0) or null for what has no interval.
                ours_at = None if theirs[side] is None else 0.0
            comparison.number(f"group {i} {side}", ours_at, theirs[side])
    comparison.numbers("knots", found.smooth.knots, expected["rcs"]["knots"])
    for curve, name in ((found.smooth, "rcs"), (found.straight, "linear_cll")):
        for distance in ("ici", "e50", "e90", "emax"):
            if distance in expected[name]:
                comparison.number(f"{name} {distance}", getattr(curve, distance), expected[name][distance], LOGIT)


def _interval(estimate):
    return [estimate.low, estimate.high]


def _listed(values):
    return [] if values is None else list(np.atleast_1d(values).tolist())


CHECKS = {"prediction": check_prediction}
"""Checks by kind of case: ``check(case, comparison)``."""
