"""The model card: what the bundle is for, what it was made from, what was measured and where it ends."""

from __future__ import annotations

from typing import Any

from deeptepp.domain.risk import RESEARCH_USE_ONLY, SIMULATED_COHORT, TierScheme

TITLES = {
    "cross_validation": "Cross-validation (out-of-fold)",
    "holdout": "Held out",
    "fold_1": "Fold 1 of the cross-validation",
    "cohort_3": "Cohort 3 (T+P)",
}
"""Title of each group of patients."""

_SIMULATED_DATA = (
    f"**{SIMULATED_COHORT}.** Every patient, every image and every outcome behind this bundle is simulated. "
    "Nothing measured on it is a clinical result, and its score of a real study says nothing about that patient."
)

_OWN_DATA = (
    "The bundle was trained on one centre's own cohort. It was not validated elsewhere: scanners, protocols and "
    "treatment of another centre may move its scores."
)

_LIMITS = """\
- The label is an event of recurrence-free survival as it was seen; patients censored early count as event-free
  unless a horizon was set.
- The cut-offs were found on out-of-fold scores of the fold networks; the shipped network is the refit on all
  folds, whose scores may be distributed differently.
- Cohort 3 is small and followed for a short time; its AUC is imprecise.
- Intervals are DeLong's for AUC and Wilson's for shares, at 95 %; they cover the sampling of patients only, not
  the chance of the training.
- The architecture and preprocessing follow a published description that leaves much open; the decisions made here
  are in the documentation."""


def write_card(
    *, name: str, is_simulated: bool, metrics: dict[str, Any], tiers: TierScheme, training: dict[str, Any]
) -> str:
    """Write the card of a bundle.

    Parameters
    ----------
    name : str
        Name of the bundle.
    is_simulated : bool
        Whether the patients are simulated.
    metrics : dict
        From ``train.metrics.measure``.
    tiers : TierScheme
        Frozen cut-offs.
    training : dict
        Settings of the run.

    Returns
    -------
    str
        Markdown.
    """
    sections = (
        f"# {name}",
        f"{RESEARCH_USE_ONLY.upper()}\n\n{_SIMULATED_DATA if is_simulated else _OWN_DATA}",
        "## Intended use\n\nResearch on risk tiers of HER2-positive, operable, early breast cancer from one "
        "dynamic contrast-enhanced breast MR study before treatment and five clinical-pathological facts. Not for "
        "diagnosis and not for choosing a treatment.",
        "## Data\n\n" + _data(metrics, training),
        "## Measured\n\n" + _table(metrics),
        f"## Tiers\n\n{tiers.method}\n\n{_tier_table(metrics)}",
        "## Limits\n\n" + _LIMITS,
        "## Training\n\n" + _training(training),
    )
    return "\n\n".join(sections) + "\n"


def _data(metrics: dict[str, Any], training: dict[str, Any]) -> str:
    """Say who was trained on, held out and only scored."""
    lines = [
        f"- {TITLES[key]}: {group['n']} patients, {group['n_events']} with an event"
        for key, group in metrics.items()
        if key in TITLES
    ]
    return "\n".join([*lines, f"- Label: `{training['label']}`; protocol: `{training['protocol']}`"])


def _table(metrics: dict[str, Any]) -> str:
    """Lay out AUC, sensitivity and specificity by group."""
    lines = [
        "| patients | n | events | AUC (95 % CI) | sensitivity at the cut-off | specificity at the cut-off |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for key, group in metrics.items():
        if key in TITLES:
            auc = _estimate(group["auc"], group["auc_low"], group["auc_high"])
            cells = [TITLES[key], str(group["n"]), str(group["n_events"]), auc]
            cells += [_share(group["sensitivity"]), _share(group["specificity"])]
            lines.append("| " + " | ".join(cells) + " |")
    truth = [
        f"{TITLES[key]} {group['correlation_with_latent_risk']:.2f}"
        for key, group in metrics.items()
        if key in TITLES and group.get("correlation_with_latent_risk") is not None
    ]
    if truth:
        lines += ["", "Correlation of the score with the simulated biology: " + "; ".join(truth) + "."]
    return "\n".join(lines)


def _estimate(value: float | None, low: float | None, high: float | None) -> str:
    """Write an estimate with its interval."""
    if value is None:
        return "not estimable"
    if low is None or high is None:
        return f"{value:.3f} (interval not estimable)"
    return f"{value:.3f} ({low:.3f}-{high:.3f})"


def _share(share: dict[str, Any]) -> str:
    """Write a share as k of n with its interval."""
    return f"{share['k']}/{share['n']}, {_estimate(share['value'], share['low'], share['high'])}"


def _tier_table(metrics: dict[str, Any]) -> str:
    """Lay out the number of patients per tier by group."""
    lines = ["| patients | Low | Moderate | High |", "| --- | --- | --- | --- |"]
    for key, group in metrics.items():
        if key in TITLES:
            counts = " | ".join(str(group["tiers"][tier]) for tier in ("Low", "Moderate", "High"))
            lines.append(f"| {TITLES[key]} | {counts} |")
    return "\n".join(lines)


def _training(training: dict[str, Any]) -> str:
    """Say in one paragraph how the network was trained."""
    return (
        f"{training['n_folds']} folds and a refit, {training['epochs']} epochs each, batches of "
        f"{training['batch_size']}, four optimiser steps per batch with granularities "
        f"{', '.join(map(str, training['granularities']))}, SGD from scratch at learning rate "
        f"{training['learning_rate']:g} with cosine decay, multi-view mode `{training['mv_mode']}`, seed "
        f"{training['seed']}. All settings are in `training.toml`, all numbers in `metrics.json`."
    )
