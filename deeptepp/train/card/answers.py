"""Sentences about a run for the reporting checklists, by name; one with nothing to say is empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from deeptepp.model.clinical_features import FEATURES
from deeptepp.train.card.card_results import truth_correlations
from deeptepp.train.measure.facts import TITLES, RunFacts, folds_of, measured_auc, share
from deeptepp.train.settings import BY_CENTRE

_LIBRARIES = ("torch", "numpy", "scipy", "SimpleITK")
"""Libraries that a score or a statistic depends on."""

_INPUTS = {"mri+cp": "MR and CP facts", "mri": "MR alone", "cp": "CP facts alone"}


def answers_of(facts: RunFacts) -> dict[str, str]:
    """Write what the checklists may need of a run.

    Returns: by the names that the templates use.
    """
    return {
        **_patients(facts),
        **_data(facts),
        **_network(facts),
        **_results(facts),
    }


def _patients(facts: RunFacts) -> dict[str, str]:
    """Who took which part."""
    groups = {key: group for key, group in facts.groups.items() if key != "fold_1"}
    n, events = (sum(group[key] for group in groups.values()) for key in ("n", "n_events"))
    training = facts.training
    flow = "; ".join(f"{TITLES[k]} {g['n']} patients, {g['n_events']} with the event" for k, g in groups.items())
    if training["protocol"] == "strict":
        share_held = f"{100 * float(training['holdout_fraction']):g} %"
        held = f"{share_held} held out first, the rest in {training['n_folds']} folds"
    elif training["protocol"] == BY_CENTRE:
        held = "every centre is left out in turn"
    else:
        held = f"{training['n_folds']} folds over all; fold 1 is called the testing set, which is not independent"
    scored = ", patients on T+P only scored" if "cohort_3" in groups else ""
    median = facts.follow_up_months
    dealt = "" if training["protocol"] == BY_CENTRE else f", stratified by the event, seed {training['seed']}"
    return {
        "patients": str(n),
        "events": str(events),
        "flow": flow,
        "arms": ", ".join(f"{arm} {count}" for arm, count in facts.arms.items()),
        "follow_up": f"median {median[0]:.1f} months ({median[1]:.1f} to {median[2]:.1f})" if median else "",
        "partitions": f"{held}{scored}; by patient{dealt}.",
        "also_holdout": ", a held-out set" + (" and patients on T+P" if scored else "")
        if "holdout" in groups
        else "",
    }


def _data(facts: RunFacts) -> dict[str, str]:
    """What the dataset tells of images and clinical facts."""
    told, training = facts.description, facts.training
    mix, region = told.get("n_by_protocol"), told.get("roi_settings", {})
    uses_facts = "cp" in str(training.get("inputs", "mri+cp"))
    names = [FEATURES[str(f)].name for f in facts.network.get("clinical_features", ())]
    missing = [FEATURES[str(f)].name for f in facts.network.get("had_missing", ())]
    recipe = f" (preset `{told['preset']}`, seed {told.get('seed', 0)})" if "preset" in told else ""
    detected = _detected(told)
    return {
        "label": str(training["label"]),
        "predicted": facts.predicted,
        "predicted_capital": facts.predicted[:1].upper() + facts.predicted[1:],
        "protocol": str(training["protocol"]),
        "protocols": ", ".join(f"{name} {n}" for name, n in mix.items()) if isinstance(mix, Mapping) else "",
        "roi": f"{float(region['size_mm']):g} mm at {float(region['spacing_mm']):g} mm"
        if region
        else "the bundle",
        "min_area": f"{100 * float(training.get('min_area_fraction', 0.1)):g} %",
        "cp_features": f"CP facts: {', '.join(names)}" if names and uses_facts else "no CP facts were given",
        "missing_data": _missing(missing) if uses_facts else "No CP facts were given; images are complete.",
        "dataset_sha256": str(facts.provenance.get("dataset_sha256", "")),
        "also_recipe": recipe,
        "also_detection": f" {detected}" if detected else "",
    }


def _detected(told: Mapping[str, Any]) -> str:
    """How often the detector found the tumour."""
    if told.get("hit_rate") is None:
        return ""
    return f"The detector found {told.get('n_detected')} tumours ({100 * float(told['hit_rate']):.1f} %)."


def _missing(features: list[str]) -> str:
    """How missing clinical facts were handled."""
    rule = "A missing CP fact is averaged over the training patients"
    return (
        f"{rule}. Missing in part: {', '.join(features) if features else 'none'}. No patient was left out for it."
    )


def _network(facts: RunFacts) -> dict[str, str]:
    """What was trained and how."""
    training, n = facts.training, facts.network.get("n_parameters")
    settings = facts.network.get("settings", {})
    return {
        "name": facts.name,
        "network": str(settings.get("backbone", training.get("backbone", "mm_resnet"))),
        "parameters": f"{n:,}" if n else "",
        "inputs": _INPUTS.get(str(training.get("inputs", "mri+cp")), ""),
        "mosaic": f"{facts.mosaic_px} x {facts.mosaic_px} pixels from {training['n_slices']} slices in "
        f"{len(training['view_names'])} views",
        "n_views": str(len(training["view_names"])),
        "seed": str(training["seed"]),
        "fitting": f"{folds_of(training)} and a refit, {training['epochs']} epochs each, batches of "
        f"{training['batch_size']}, SGD at learning rate {float(training['learning_rate']):g} with cosine decay, "
        f"jigsaw granularities {', '.join(map(str, training['granularities']))}, loss "
        f"`{training.get('loss', 'cross_entropy')}`, multi-view mode `{training['mv_mode']}`",
        "imbalance": _imbalance(training, is_recalibrated="recalibration" in facts.metrics),
        "recalibration": _recalibration(facts.metrics.get("recalibration")),
        "code_version": str(facts.provenance.get("code_version", "")),
        "libraries": ", ".join(f"{name} {found}" for name in _LIBRARIES if (found := _version(name))),
    }


def _recalibration(found: Mapping[str, Any] | None) -> str:
    """What was done to the softmax."""
    if not found:
        return "The scores are shown as the network gives them; nothing was updated."
    return (
        f"The log odds of the softmax were recalibrated once (intercept {found['intercept']:.3f}, slope "
        f"{found['slope']:.3f}) by a logistic regression on the out-of-fold scores, then frozen."
    )


def _imbalance(training: Mapping[str, Any], *, is_recalibrated: bool) -> str:
    """How the classes were balanced."""
    words = {
        "balanced": "Patients with an event give more views an epoch, drawn from the same views as the rest",
        "paper": "Only patients with an event are resliced, so that the view betrays the label: a control",
        "none": "Classes are weighted inversely to their size",
    }
    mode = str(training["mv_mode"])
    effect = "was undone by recalibration" if is_recalibrated else "makes scores too high as probabilities"
    return f"{words.get(mode, mode)}. This {effect}; calibration is in CARD.md."


def _version(library: str) -> str:
    """Version of a library, empty where it is not installed."""
    try:
        return version(library)
    except PackageNotFoundError:
        return ""


def _results(facts: RunFacts) -> dict[str, str]:
    """What was measured."""
    aucs = {k: f"AUC {measured_auc(g)}" for k, g in facts.groups.items()}
    main = facts.groups.get("cross_validation", {})
    folds = main.get("auc_per_fold") or ()
    truth = truth_correlations(facts)
    written = ", ".join("not estimable" if auc is None else f"{auc:.3f}" for auc in folds)
    subgroups = facts.metrics.get("subgroups") or ()
    return {
        "auc": f"{aucs['cross_validation']} in cross-validation" if "cross_validation" in aucs else "",
        "auc_all": "; ".join(f"{TITLES[key]} {auc}" for key, auc in aucs.items()),
        "operating_point": _operating_point(facts, main),
        "also_calibration": ", calibration intercept and slope" if main.get("calibration") else "",
        "also_truth": f" Correlation with the simulated biology: {'; '.join(truth)}." if truth else "",
        "cut_offs": facts.tiers.method,
        "folds": f"{len(folds)} folds and a refit." if folds else "",
        "clusters": _clusters(written, subgroups),
        "subgroups": f"{len(subgroups)} groups, CARD.md" if subgroups else "",
        "failures": _failures(main),
    }


def _operating_point(facts: RunFacts, group: Mapping[str, Any]) -> str:
    """Sensitivity and specificity at the cut-off of the tiers."""
    if not group.get("sensitivity"):
        return ""
    return (
        f"Cross-validation, cut-off {facts.tiers.low_below:.3f}: sensitivity {share(group['sensitivity'])}; "
        f"specificity {share(group['specificity'])}."
    )


def _clusters(folds: str, subgroups: Sequence[Mapping[str, Any]]) -> str:
    """AUC of each fold and scan protocol."""
    protocols = [f"{row['group']} {measured_auc(row)}" for row in subgroups if row["factor"] == "Scan protocol"]
    parts = [f"AUC of each fold: {folds}."] if folds else []
    if protocols:
        parts.append(f"By scan protocol: {'; '.join(protocols)}.")
    return " ".join(parts)


def _failures(group: Mapping[str, Any]) -> str:
    """Count the patients on the wrong side of the cut-off."""
    if not group.get("sensitivity"):
        return ""
    missed = group["sensitivity"]["n"] - group["sensitivity"]["k"]
    false = group["specificity"]["n"] - group["specificity"]["k"]
    return (
        f"In cross-validation {missed} patients with the event lay below the cut-off and {false} without it "
        "above; reference_cohort.parquet names score, tier and facts of each. Their images were not reviewed."
    )
