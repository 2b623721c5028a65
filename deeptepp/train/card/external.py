"""External validation: a finished bundle scores the patients of another dataset folder, nothing being fitted."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from deeptepp.domain.cohort import ARM, LATENT_RISK, SET, Cohort
from deeptepp.domain.lesion import ViewStack
from deeptepp.domain.risk import RESEARCH_USE_ONLY, SIMULATED_COHORT, Tier
from deeptepp.errors import BadSetting
from deeptepp.model.bundle import ModelBundle
from deeptepp.model.predict import view_probabilities
from deeptepp.train.data.dataset import Dataset, Labels, label_patients
from deeptepp.train.data.patient_source import ViewSource
from deeptepp.train.fit.journal import Listener, silent
from deeptepp.train.fit.sampling import class_weights, no_image, views_per_positive
from deeptepp.train.measure.facts import estimate, rows_of, share
from deeptepp.train.measure.group_metrics import HALF, Group, measure_group
from deeptepp.train.settings import TrainSettings

EVERY = 50
"""Patients between two sentences on how far the scoring is."""

_OWN_DATA = (
    "This is the dataset that the bundle was trained on: most of its patients taught the network, and the numbers "
    "say nothing about others."
)


def validate_bundle(bundle: ModelBundle, source: ViewSource, *, progress: Listener = silent) -> dict[str, Any]:
    """Score all patients of a dataset and measure them as one group and by treatment.

    ``bundle``: network, cut-offs and the settings that it was trained with, which say what its label is.
    ``source``: the patients; their regions of interest must be cut as the bundle's were. ``progress``: hears how
    far the scoring is; may raise ``JobCancelled``. Returns: ``groups`` by name (``all`` and each treatment), each
    as ``measure_group`` lays it out with the number of patients per tier; ``patients`` by position with score and
    label; digests of bundle and dataset; ``remark`` where the dataset is that of the training. Ready for JSON.
    """
    if isinstance(source, Dataset) and source.roi_settings != bundle.roi:
        raise BadSetting(key="roi_settings", value="other than those of the bundle", limit=str(bundle.roi))
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
        "groups": {
            name: _measure(bundle, source.cohort, labels, scores, chosen, shift) for name, chosen in groups.items()
        },
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
    view; the risk score is ``bundle.on_site`` of the mean over the views.
    """
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
    heads = (
        "patients",
        "n",
        "events",
        "AUC (95 % CI, DeLong)",
        "bootstrap",
        "yes/no at cut-off",
        "ACC",
        "SENS",
        "SPEC",
    )
    rows = [_row(name, group) for name, group in found["groups"].items()]
    tiers = [
        (name, *(str(group["tiers"][tier.value]) for tier in Tier), *_probabilities(group))
        for name, group in found["groups"].items()
    ]
    tier_heads = ("patients", *(tier.value for tier in Tier), "observed / expected", "calibration slope")
    parts = (
        f"# {found['bundle']} on other patients",
        f"{mark}**{RESEARCH_USE_ONLY.upper()}**",
        f"Bundle SHA-256 `{found['bundle_sha256'][:16]}`, dataset SHA-256 `{found['dataset_sha256'][:16]}`, label "
        f"`{found['label']}`; positive from a score of {found['cut_offs']['low_below']:.3f}, the frozen cut-off.",
        found["remark"],
        rows_of(heads, rows),
        rows_of(tier_heads, tiers),
        "Intervals: DeLong and 2000 bootstrap samples of patients for AUC, Wilson for shares. Calibration after "
        "the balancing of the training was undone, where it is known.",
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def _settings(bundle: ModelBundle) -> TrainSettings:
    """Rebuild the settings of a bundle's run; its labels as they are, even of a control run."""
    folders = {"dataset": "dataset", "output": "output"}
    known = {key: value for key, value in bundle.training.items() if key in TrainSettings.__dataclass_fields__}
    return TrainSettings.from_mapping(folders | known | {"permute_labels": False})


def _groups(cohort: Cohort) -> dict[str, npt.NDArray[np.bool_]]:
    """Everybody, and the patients of each treatment where there are several."""
    arms = np.asarray(cohort[ARM]).astype(str)
    groups = {"all": np.ones(len(cohort), dtype=bool)}
    names = np.unique(arms).tolist()
    return groups | ({name: arms == name for name in names} if len(names) > 1 else {})


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


def _row(name: str, group: dict[str, Any]) -> tuple[str, ...]:
    """Write one group of patients."""
    low, high, hard = group["auc_bootstrap_low"], group["auc_bootstrap_high"], group["auc_hard_labels"]
    return (
        name,
        str(group["n"]),
        str(group["n_events"]),
        estimate(group["auc"], group["auc_low"], group["auc_high"]),
        "-" if low is None else f"{low:.3f}-{high:.3f}",
        "-" if hard is None else f"{hard:.3f}",
        *(share(group[key]) for key in ("accuracy", "sensitivity", "specificity")),
    )


def _probabilities(group: dict[str, Any]) -> tuple[str, str]:
    """Write O/E and slope of one group."""
    found = group.get("calibration_balancing_undone", group["calibration"])
    cells = (found.get("observed_to_expected"), found.get("slope"))
    first, second = ("-" if c is None else estimate(c["value"], c["low"], c["high"], decimals=2) for c in cells)
    return first, second
