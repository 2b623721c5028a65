"""External validation: a finished bundle scores the patients of another dataset folder, nothing being fitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import LATENT_RISK, PROTOCOL, SET, Cohort
from deeptepp.domain.lesion import ViewStack
from deeptepp.domain.risk import RESEARCH_USE_ONLY, SIMULATED_COHORT, Tier
from deeptepp.errors import BadSetting
from deeptepp.model.bundle import EXTERNAL, PARTED, ModelBundle, parted_by
from deeptepp.model.predict import view_probabilities
from deeptepp.train.card.card_results import survival_rows
from deeptepp.train.data.dataset import Dataset, Labels, label_patients
from deeptepp.train.data.patient_source import ViewSource
from deeptepp.train.fit.journal import Listener, silent
from deeptepp.train.fit.sampling import class_weights, no_image, views_per_positive
from deeptepp.train.measure.breakdown import tier_outcomes
from deeptepp.train.measure.facts import few_in, measured_auc, rows_of, share, triple
from deeptepp.train.measure.group_metrics import HALF, Group, measure_group
from deeptepp.train.settings import TrainSettings

EVERY = 50
"""Patients between two sentences on how far the scoring is."""

HEADING = "## External validation"
"""Section of the model card with the same; it stands before that of the limits."""

_LIMITS = "## Limits"

_RECIPE = ("preset", "seed", "scanners", "image_correlation", "n_detected", "collection")
"""What is kept of the description of a dataset."""

_OWN_DATA = (
    "This is the dataset that the bundle was trained on: most of its patients taught the network, and the numbers "
    "say nothing about others."
)


def validate_bundle(bundle: ModelBundle, source: ViewSource, *, progress: Listener = silent) -> dict[str, Any]:
    """Score all patients of a dataset and measure them as one group and by treatment.

    ``bundle``: network, cut-offs and the settings that it was trained with, which say what its label is.
    ``source``: the patients; their regions of interest must be cut as the bundle's were. ``progress``: hears how
    far the scoring is; may raise ``JobCancelled``. Returns: ``groups`` by name (``all``, each treatment and each
    scan protocol), each as ``measure_group`` lays it out with its ``column``, its ``factor`` and the number of
    patients per tier; ``tier_outcomes`` of all; ``patients`` by position with score and label; what
    ``description`` tells of the dataset; digests of bundle and dataset; ``remark`` where the dataset is that of
    the training. For JSON.
    """
    settings = _settings(bundle)
    labels = label_patients(source, settings)
    view_scores = score_all(bundle, source, progress=progress)
    scores = bundle.on_site(view_scores.mean(axis=1))
    is_own = bundle.provenance.get("dataset_sha256") == source.sha256
    groups = _groups(source.cohort)
    shift = _log_odds_shift(bundle, settings)
    return {
        "bundle": bundle.name,
        "bundle_sha256": bundle.sha256,
        "dataset_sha256": source.sha256,
        "is_simulated": source.cohort.is_simulated or bundle.is_simulated,
        "label": settings.label,
        "cut_offs": {"low_below": bundle.tiers.low_below, "high_from": bundle.tiers.high_from},
        "remark": _OWN_DATA if is_own else "",
        "description": {key: source.description[key] for key in _RECIPE if key in source.description},
        "groups": {
            name: {"column": column, "factor": PARTED.get(column, "")}
            | _measure(bundle, source.cohort, labels, scores, chosen, shift)
            for (column, name), chosen in groups.items()
        },
        "tier_outcomes": tier_outcomes(source.cohort, scores, labels.event, bundle.tiers),
        "patients": {
            "event": labels.event.tolist(),
            "is_known": labels.is_known.tolist(),
            "scores": scores.tolist(),
            "view_scores": np.round(view_scores, 6).tolist(),
        },
    }


def score_all(bundle: ModelBundle, source: ViewSource, *, progress: Listener = silent) -> npt.NDArray[np.float64]:
    """Score every patient of a dataset as serving does.

    ``bundle``: the network, its views and how CP facts are encoded. Returns (n, V): probability of the event by
    view; the risk score is ``bundle.on_site`` of the mean over the views. Raises BadSetting: the patients are
    slices, or regions that were cut in another way.
    """
    if not isinstance(source, Dataset) or source.roi_settings != bundle.roi:
        raise BadSetting(key="roi_settings", value="other than those of the bundle", limit=str(bundle.roi))
    names = source.view_names(bundle.views)
    clinical, facts = bundle.clinical.encode_cohort(source.cohort), bundle.effects.of_cohort(source.cohort)
    has_images = bundle.net.settings.get("backbone") != "cp_mlp"
    scores = np.empty((len(source), len(names)))
    for patient in range(len(source)):
        if has_images:
            mosaics = [source.mosaic(patient, name, bundle.views) for name in names]
        else:
            mosaics = [no_image(source)] * len(names)
        stack = ViewStack(np.stack(mosaics), names)
        softmax = view_probabilities(bundle.net, stack, clinical[patient], bundle.score_from)
        scores[patient] = facts[patient].joined(softmax, bundle.recalibration)
        if (patient + 1) % EVERY == 0 or patient + 1 == len(source):
            progress(f"{patient + 1} of {len(source)} patients scored")
    return scores


def validation_text(found: dict[str, Any]) -> str:
    """Write what a validation came to."""
    mark = f"**{SIMULATED_COHORT}.** " if found["is_simulated"] else ""
    parts = (
        f"# {found['bundle']} on other patients",
        f"{mark}**{RESEARCH_USE_ONLY.upper()}**",
        f"Bundle SHA-256 `{found['bundle_sha256'][:16]}`, dataset SHA-256 `{found['dataset_sha256'][:16]}`, label "
        f"`{found['label']}`; positive from a score of {found['cut_offs']['low_below']:.3f}, the frozen cut-off.",
        found["remark"],
        _tables(found),
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def with_external(bundle: ModelBundle, found: Mapping[str, Any]) -> ModelBundle:
    """Let a bundle hold what other patients came to, in its measures and its card.

    ``found``: of ``validate_bundle``; takes the place of what the same patients came to before. Network, cut-offs
    and scores stay; no patient of the dataset enters the bundle. Raises BadSetting where the patients are those of
    the training.
    """
    if found["remark"]:
        raise BadSetting(key="dataset", value="the one that the bundle was trained on", limit="of other patients")
    kept = {key: value for key, value in found.items() if key not in ("patients", "bundle", "remark")}
    before = [
        each for each in bundle.metrics.get(EXTERNAL, ()) if each["dataset_sha256"] != kept["dataset_sha256"]
    ]
    metrics = {**bundle.metrics, EXTERNAL: [*before, kept]}
    return replace(bundle, metrics=metrics, card=_with_section(bundle.card, metrics[EXTERNAL]))


def _with_section(card: str, found: Sequence[Mapping[str, Any]]) -> str:
    """Put the section into a card, in place of the one before."""
    head, _, rest = card.partition(f"\n{HEADING}\n")
    if rest:
        rest = rest[rest.index(f"\n{_LIMITS}\n") :] if f"\n{_LIMITS}\n" in rest else ""
    elif f"\n{_LIMITS}\n" in head:
        head, rest = head[: head.index(f"\n{_LIMITS}\n")], head[head.index(f"\n{_LIMITS}\n") :]
    sections = [
        f"{_of_whom(each)}\n\n{_tables(each)}\n\nDataset SHA-256 `{each['dataset_sha256'][:16]}`; scored once by "
        f"the bundle with the SHA-256 `{each['bundle_sha256'][:16]}`, nothing was fitted."
        for each in found
    ]
    return f"{head.rstrip()}\n\n{HEADING}\n\n" + "\n\n".join(sections) + "\n" + (rest or "")


def _of_whom(found: Mapping[str, Any]) -> str:
    """Say who the patients are."""
    told, n = found["description"], found["groups"]["all"]["n"]
    kind = "simulated patients" if found["is_simulated"] else "patients"
    scanners = f", scanned as at other centres ({', '.join(told['scanners'])})" if told.get("scanners") else ""
    model = f", outcome model `{told['preset']}`, seed {told.get('seed', 0)}" if "preset" in told else ""
    return f"{n} other {kind}{scanners}{model}."


def _tables(found: Mapping[str, Any]) -> str:
    """Lay out discrimination, calibration and tiers of each group, and what followed in each tier."""
    heads = ("patients", "n", "events", "AUC (95 % CI, DeLong)", "bootstrap", "yes/no", "ACC", "SENS", "SPEC")
    named = [
        (f"scan protocol {name}" if parted_by(group) == PROTOCOL else name, group)
        for name, group in found["groups"].items()
    ]
    rows = [_row(name, group) for name, group in named]
    tiers = [
        (name, *(_part(group["tiers"][tier.value], group["n"]) for tier in Tier), *_probabilities(group))
        for name, group in named
    ]
    tier_heads = ("patients", *(tier.value for tier in Tier), "intercept", "slope", "observed / expected")
    return "\n\n".join(
        (
            rows_of(heads, rows),
            rows_of(tier_heads, tiers),
            survival_rows(found["tier_outcomes"]),
            "Intervals: DeLong and 2000 bootstrap samples of patients for AUC, Wilson for shares, log-log for "
            "survival. Yes/no: AUC of the frozen cut-off alone. Calibration after the balancing of the training "
            "was undone, where it is known.",
        )
    )


def _part(n: int, of: int) -> str:
    """Write a number of patients with its share."""
    return f"{n} ({100 * n / of:.1f} %)" if of else str(n)


def _settings(bundle: ModelBundle) -> TrainSettings:
    """Rebuild the settings of a bundle's run; its labels as they are, even of a control run."""
    folders = {"dataset": "dataset", "output": "output"}
    known = {key: value for key, value in bundle.training.items() if key in TrainSettings.__dataclass_fields__}
    return TrainSettings.from_mapping(folders | known | {"permute_labels": False})


def _groups(cohort: Cohort) -> dict[tuple[str, str], npt.NDArray[np.bool_]]:
    """Everybody, and the patients of each treatment and of each scan protocol where there are several."""
    groups = {("", "all"): np.ones(len(cohort), dtype=bool)}
    for column in PARTED:
        values = np.asarray(cohort[column]).astype(str) if column in cohort else np.array([], dtype=str)
        names = np.unique(values).tolist()
        if len(names) > 1:
            groups |= {(column, name): values == name for name in names}
    return groups


def _measure(
    bundle: ModelBundle,
    cohort: Cohort,
    labels: Labels,
    scores: npt.NDArray[np.float64],
    chosen: npt.NDArray[np.bool_],
    shift: float | None,
) -> dict[str, Any]:
    """Measure one group with the frozen cut-offs."""
    truth = np.asarray(cohort[LATENT_RISK], dtype=np.float64)[chosen] if LATENT_RISK in cohort else None
    group = Group(
        scores=scores[chosen],
        event=labels.event[chosen],
        is_known=labels.is_known[chosen],
        cut_off=bundle.tiers.low_below,
        latent_risk=truth,
        log_odds_shift=None if shift is None else np.full(int(chosen.sum()), shift),
        half=float(bundle.on_site(bundle.recalibration(HALF))),
    )
    names = [bundle.tiers.tier_of(float(score)) for score in scores[chosen]]
    return measure_group(group) | {"tiers": {tier.value: names.count(tier) for tier in Tier}}


def _log_odds_shift(bundle: ModelBundle, settings: TrainSettings) -> float | None:
    """What balancing did in the refit, from the patients of the bundle that trained it."""
    if SET not in bundle.reference or not bundle.recalibration.is_identity:
        return None
    reference = Dataset(bundle.reference, (), bundle.roi, "", {})
    labels = label_patients(reference, settings)
    events = labels.event[(np.asarray(bundle.reference[SET]) == "training") & labels.is_known]
    if not events.any() or events.all():
        return None
    n_views = len(bundle.views.names)
    is_weighted = class_weights(events, settings, n_views=n_views) is not None
    drawn = views_per_positive(events, settings, n_views=n_views)
    factor = (~events).sum() / events.sum() if is_weighted else drawn
    return float(np.log(factor))


def _row(name: str, group: Mapping[str, Any]) -> tuple[str, ...]:
    """Write one group of patients."""
    low, high, hard = group["auc_bootstrap_low"], group["auc_bootstrap_high"], group["auc_hard_labels"]
    few = few_in(group)
    return (
        name,
        str(group["n"]),
        str(group["n_events"]),
        measured_auc(group),
        "-" if few or low is None else f"{low:.3f}-{high:.3f}",
        "-" if few or hard is None else f"{hard:.3f}",
        *(share(group[key]) for key in ("accuracy", "sensitivity", "specificity")),
    )


def _probabilities(group: Mapping[str, Any]) -> tuple[str, ...]:
    """Write intercept, slope and O/E of one group."""
    found = {} if few_in(group) else group.get("calibration_balancing_undone", group["calibration"])
    return tuple(triple(found.get(each)) for each in ("intercept", "slope", "observed_to_expected"))
