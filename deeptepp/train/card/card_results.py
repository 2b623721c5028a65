"""The sections of the model card with numbers: discrimination, operating points, calibration, subgroups, tiers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp
from typing import Any

from deeptepp.model.clinical_features import FEATURES
from deeptepp.train.measure.facts import (
    TITLES,
    RunFacts,
    estimate,
    estimate_alone,
    few_in,
    measured_auc,
    rows_of,
    share,
    triple,
)
from deeptepp.train.measure.group_metrics import HALF

_BALANCED = (
    "The network saw the classes balanced. Its score ranks patients; as it stands it is not a calibrated "
    "probability and overstates the risk where events are rare."
)

_TIERS = ("Low", "Moderate", "High")


def performance(facts: RunFacts) -> str:
    """Lay out discrimination by group."""
    heads = ("patients", "n", "events", "AUC (95 % CI, DeLong)", "95 % CI, bootstrap", "AUC of yes/no labels")
    rows = [
        (
            TITLES[key],
            str(group["n"]),
            str(group["n_events"]),
            measured_auc(group),
            _interval(*(None if few_in(group) else group.get(f"auc_bootstrap_{end}") for end in ("low", "high"))),
            "-" if few_in(group) else estimate_alone(group.get("auc_hard_labels")),
        )
        for key, group in facts.groups.items()
    ]
    text = rows_of(heads, rows)
    folds = facts.metrics.get("cross_validation", {}).get("auc_per_fold")
    if folds:
        text += "\n\nAUC of each fold: " + ", ".join(estimate_alone(auc) for auc in folds) + "."
    return text


def _interval(low: float | None, high: float | None) -> str:
    """Write an interval, a dash where there is none."""
    return "-" if low is None or high is None else f"{low:.3f}-{high:.3f}"


def operating_points(facts: RunFacts) -> str:
    """Lay out sensitivity, specificity and accuracy at both cut-offs."""
    rows = []
    for key, group in facts.groups.items():
        half = group.get("at_half")
        points = {f"tiers, {facts.tiers.low_below:.3f}": group, _half_name(half): half}
        rows += [
            (
                TITLES[key],
                name,
                share(point.get("sensitivity")),
                share(point.get("specificity")),
                share(point.get("accuracy")),
            )
            for name, point in points.items()
            if point
        ]
    heads = ("patients", "cut-off", "sensitivity (95 % CI)", "specificity (95 % CI)", "accuracy (95 % CI)")
    return (
        rows_of(heads, rows)
        + "\n\nPositive: score at or above the cut-off. Low lies below the cut-off of the tiers."
    )


def _how_scaled(facts: RunFacts) -> str:
    """What kind of number the score is."""
    found = facts.metrics.get("recalibration")
    if not found:
        return _BALANCED
    if effects := facts.metrics.get("effects"):
        return _fused(found, effects)
    return (
        "The network saw the classes balanced. Its softmax was turned into a probability of the event as it was "
        f"followed here: log odds = {found['intercept']:.3f} + {found['slope']:.3f} x log odds of the softmax, a "
        "logistic regression on the out-of-fold scores. In the cross-validation this calibration is therefore "
        "flattered; in the patients held out it is fair. Other follow-up or other treatment means other risks."
    )


def _fused(images: Mapping[str, float], effects: Mapping[str, float]) -> str:
    """Say how images and facts became one probability."""
    rows = [(FEATURES[name].name, f"{effect:.3f}", f"{exp(effect):.2f}") for name, effect in effects.items()]
    return rows_of(("fact", "log odds ratio", "odds ratio"), rows) + (
        "\n\n**Monotone fusion.** The network sees images alone. Log odds of the score = "
        f"{images['intercept']:.3f} + {images['slope']:.3f} x log odds of its softmax + the effects of the facts, "
        "counted from the mean of the training. No effect is below 0 and every feature rises as the prognosis "
        "worsens: a worse fact never lowers a score. The effects are bounded from below and shrunken, and are no "
        "causes. An unknown fact is averaged over patients of the training who know it. All was fitted on "
        "out-of-fold scores; each fold is scored by a fusion fitted on the other folds."
    )


def _half_name(point: Mapping[str, Any] | None) -> str:
    """Name the cut-off of the publication, which is that of the softmax."""
    threshold = HALF if point is None else point.get("threshold", HALF)
    return f"{HALF:g}" if threshold == HALF else f"softmax 0.5, {threshold:.3f}"


def calibration(facts: RunFacts) -> str:
    """Lay out intercept, slope and observed over expected events, as scored and with the balancing undone."""
    rows = []
    for key, group in facts.groups.items():
        for name, found in (
            ("as scored", group.get("calibration")),
            ("balancing undone", group.get("calibration_balancing_undone")),
        ):
            if not found:
                continue
            numbers = tuple(triple(found.get(each)) for each in ("intercept", "slope", "observed_to_expected"))
            rows.append((TITLES[key], name, *numbers, estimate_alone(found.get("brier"))))
    words = _how_scaled(facts)
    if not rows:
        return f"{words} Intercept and slope were not measured in this run."
    heads = ("patients", "score", "intercept (0 is right)", "slope (1 is right)", "observed / expected", "Brier")
    return f"{rows_of(heads, rows)}\n\n{words} Intervals: 95 %."


def simulated_truth(facts: RunFacts) -> list[str]:
    """Compare with the simulated biology, and say what the best possible reader would reach; nothing otherwise.

    Returns: one section in Markdown, or none.
    """
    found = truth_correlations(facts)
    if not found:
        return []
    lines = [
        "Correlation of the score, of its log odds and of its ranks with the simulated biology (95 % CI): "
        + "; ".join(found)
        + "."
    ]
    ceiling = facts.metrics.get("ceiling", {})
    if ceiling.get("truth_auc") is not None:
        best = estimate(ceiling["truth_auc"], ceiling["truth_auc_low"], ceiling["truth_auc_high"])
        lines.append(
            f"Ceiling: whoever knew that biology exactly would reach an AUC of {best} in cross-validation."
        )
    if ceiling.get("image_correlation") is not None:
        lines.append(
            f"The simulated images show the biology with a correlation of {ceiling['image_correlation']:.2f}."
        )
    lines.append("With few events the correlation is the more precise measure of the network.")
    return ["### Simulated truth\n\n" + " ".join(lines)]


def truth_correlations(facts: RunFacts) -> list[str]:
    """Write the correlation of the score with the simulated biology by group.

    Returns: empty where the patients are real or the truth is unknown.
    """
    if not facts.is_simulated:
        return []
    lines = []
    for key, group in facts.groups.items():
        value = group.get("correlation_with_latent_risk")
        if value is not None:
            kinds = group.get("correlation", {})
            parts = [
                estimate(each["value"], each.get("low"), each.get("high"), decimals=2)
                for each in (kinds.get("score", {"value": value}), kinds.get("logit"), kinds.get("rank"))
                if each
            ]
            lines.append(f"{TITLES[key]} {', '.join(parts)}")
    return lines


def subgroups(facts: RunFacts) -> str:
    """Lay out the AUC by subgroup, or the reason for its absence."""
    found = facts.metrics.get("subgroups")
    if not found:
        return "Subgroups were not measured in this run."
    rows = []
    for row in found:
        value = measured_auc(row)
        note = f"; {row['auc_reason']}" if row["auc_reason"] and not few_in(row) else ""
        rows.append((row["factor"], row["group"], str(row["n"]), str(row["n_events"]), value + note))
    heads = ("factor", "group", "n", "events", "AUC (95 % CI)")
    return "Out-of-fold scores of the cross-validation.\n\n" + rows_of(heads, rows)


def tiers(facts: RunFacts) -> str:
    """Lay out the number of patients per tier by group, and what followed in each tier."""
    rows = []
    for key, group in facts.groups.items():
        counts = tuple(f"{group['tiers'][tier]} ({_percent(group['tiers'][tier], group['n'])})" for tier in _TIERS)
        rows.append((TITLES[key], *counts))
    text = rows_of(("patients", *_TIERS), rows)
    outcomes = facts.metrics.get("tier_outcomes")
    if not outcomes:
        return text
    return (
        f"{text}\n\nAll patients of the bundle, whatever their treatment, Kaplan-Meier:\n\n"
        f"{survival_rows(outcomes)}"
        "\n\nThese are shares of a cohort. They are neither the risk of one patient nor the effect of a treatment."
    )


def survival_rows(outcomes: Sequence[Mapping[str, Any]]) -> str:
    """Lay out what followed in each tier; ``outcomes``: of ``measure.breakdown.tier_outcomes``."""
    n = sum(row["n"] for row in outcomes)
    survival = [
        (row["tier"], f"{row['n']} ({_percent(row['n'], n)})", str(row["n_events"]), _survival(row))
        for row in outcomes
    ]
    heads = ("tier", "n (%)", "events", "free of recurrence at 5 years, % (95 % CI)")
    return rows_of(heads, survival)


def _percent(n: int, total: int) -> str:
    """Write a share of patients."""
    return f"{100 * n / total:.1f} %" if total else "-"


def _survival(row: Mapping[str, Any]) -> str:
    """Write survival at five years with its interval and the number still followed."""
    if row["rfs"] is None:
        return str(row["rfs_reason"])
    scaled = [None if row[key] is None else 100 * row[key] for key in ("rfs", "rfs_low", "rfs_high")]
    return f"{estimate(*scaled, decimals=1)}, {row['n_at_risk']} still followed"
